"""The sandbox's CoinGecko dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import coingecko

DAY = 86_400_000
CHART = "/coins/bitcoin/market_chart"


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return coingecko.answer(path, query, source or Simulated(1), now)


def get(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = request(path, now, source, **query)
    assert status == 200
    return body


def chart(start: int, end: int, now: int = NOW) -> list[list[Any]]:
    seconds = {"from": str(start // 1000), "to": str(end // 1000)}
    return get(f"{CHART}/range", now, vs_currency="eur", **seconds)["prices"]


def gaps(points: list[list[Any]]) -> list[float]:
    """Return the minutes between points."""
    return [(after[0] - before[0]) / 60_000 for before, after in pairwise(points)]


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_one_response_holds_a_coin_in_many_currencies_and_in_gold(prefix):
    body = get(f"{prefix}/simple/price", ids="bitcoin", vs_currencies="usd,EUR,xau")
    assert body == {"bitcoin": {quote: price(1, market(quote.upper()), NOW) for quote in ("usd", "eur", "xau")}}
    assert all(isinstance(value, float) for value in body["bitcoin"].values())


def test_an_unknown_currency_or_coin_is_left_out_silently():
    assert get("/simple/price", ids="bitcoin", vs_currencies="ethereum") == {"bitcoin": {}}
    assert list(get("/simple/price", ids="bitcoin", vs_currencies="qqq,usd")["bitcoin"]) == ["usd"]
    assert get("/simple/price", ids="nothing", vs_currencies="usd") == {}


def test_several_coins_and_the_time_can_be_requested():
    body = get("/simple/price", ids="bitcoin,pax-gold", vs_currencies="usd", include_last_updated_at="true")
    assert body["pax-gold"]["usd"] == price(1, market("USD", "PAXG"), NOW)
    assert body["bitcoin"]["last_updated_at"] == NOW // 1000


def test_lists_the_currencies_in_lower_case():
    currencies = get("/simple/supported_vs_currencies")
    assert {"usd", "eur", "jpy", "xau"} <= set(currencies)
    assert len(currencies) == len(set(currencies))


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/simple/price", {"vs_currencies": "usd"}, "ids"),
        ("/simple/price", {"ids": "bitcoin"}, "vs_currencies"),
        (CHART, {"days": "1"}, "vs_currency"),
        (CHART, {"vs_currency": "usd"}, "days"),
        (f"{CHART}/range", {"vs_currency": "usd", "from": "1"}, "to"),
    ],
)
def test_a_missing_parameter_is_named(path, query, name):
    assert request(path, **query) == (422, {"error": f"Missing parameter {name}"})


def test_a_day_is_five_minutes_apart_and_its_last_point_is_now():
    body = get(CHART, vs_currency="eur", days="1")
    points = body["prices"]
    assert len(points) in (288, 289)
    assert NOW - DAY <= points[0][0] < NOW - DAY + 400_000
    assert points[-1] == [NOW, price(1, market("EUR"), NOW)]
    assert all(3.9 < gap < 6.1 for gap in gaps(points)[:-1])
    assert {len(body[name]) for name in ("market_caps", "total_volumes")} == {len(points)}


@pytest.mark.parametrize(("days", "hours"), [("1", 1 / 12), ("2", 1), ("90", 1), ("91", 24), ("max", 24)])
def test_more_days_have_coarser_points(days, hours):
    points = get(CHART, vs_currency="eur", days=days)["prices"]
    assert sorted(gaps(points))[len(points) // 2] == pytest.approx(60 * hours, rel=0.25)
    assert points[-1][0] == NOW


def test_points_are_what_live_polls_got_at_their_times_which_are_not_full_minutes():
    points = get(CHART, vs_currency="eur", days="1")["prices"] + chart(NOW - 30 * DAY, NOW)
    assert [value for _, value in points] == [price(1, market("EUR"), time) for time, _ in points]
    assert sum(time % 60_000 != 0 for time, _ in points) > len(points) / 2


def test_a_range_ends_at_its_end_and_never_after_now():
    points = chart(NOW - 4 * 3_600_000, NOW - 3_600_000)
    assert NOW - 4 * 3_600_000 <= points[0][0] < NOW - 4 * 3_600_000 + 400_000
    assert NOW - 3_600_000 - 400_000 < points[-1][0] <= NOW - 3_600_000
    for end in range(NOW - 900_000, NOW - 300_000, 20_000):
        assert end - 361_000 < chart(NOW - 3_600_000, end)[-1][0] <= end
    assert chart(NOW - 3_600_000, NOW + DAY)[-1][0] == NOW
    assert chart(NOW + 60_000, NOW + DAY) == []


def test_five_minutes_are_for_the_last_day_only():
    assert max(gaps(chart(NOW - DAY - 60_000, NOW - 60_000))) < 6.1
    assert min(gaps(chart(NOW - 3 * DAY, NOW - 2 * DAY))) > 50
    assert min(gaps(chart(NOW - 80 * DAY, NOW))[:-1]) > 50
    assert {time % DAY for time, _ in chart(NOW - 100 * DAY, NOW)[:-1]} == {0}


def test_daily_points_can_be_requested():
    points = get(CHART, vs_currency="eur", days="10", interval="daily")["prices"]
    assert {time % DAY for time, _ in points[:-1]} == {0}
    assert len(points) == 11
    assert request(CHART, vs_currency="eur", days="1", interval="5m")[0] == 401


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/coins/nothing/market_chart", {"days": "1", "vs_currency": "usd"}, 404),
        (CHART, {"days": "1", "vs_currency": "qqq"}, 422),
        (CHART, {"days": "x", "vs_currency": "usd"}, 422),
        (CHART, {"days": "nan", "vs_currency": "usd"}, 422),
        (CHART, {"days": "0", "vs_currency": "usd"}, 422),
        (CHART, {"days": "400", "vs_currency": "usd"}, 401),
        (f"{CHART}/range", {"from": "x", "to": "2", "vs_currency": "usd"}, 422),
        (f"{CHART}/range", {"from": "3", "to": "2", "vs_currency": "usd"}, 422),
        (f"{CHART}/range", {"from": "2", "to": "1763900020", "vs_currency": "usd"}, 401),
        ("/nothing", {}, 404),
    ],
    ids=str,
)
def test_invalid_requests_are_rejected_with_an_error(path, query, status):
    actual, body = request(path, **query)
    assert (actual, list(body)) == (status, ["error"])


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    status, body = coingecko.refusal()
    assert (status, body["status"]["error_code"]) == (429, 429)
    assert body["status"]["error_message"].startswith("You've exceeded the Rate Limit")
    assert coingecko.refusal("busy")[1]["status"]["error_message"] == "busy"


def test_a_gap_of_the_recording_is_left_out_everywhere(tmp_path):
    recording = recording_with_gaps(tmp_path)
    for after, quotes in [(0, ["usd", "eur"]), (600_000, ["usd"]), (1_200_000, ["usd", "eur"])]:
        body = get("/simple/price", TEN + after, recording, ids="bitcoin", vs_currencies="usd,eur")
        assert list(body["bitcoin"]) == quotes
    points = get(CHART, TEN + 1_230_000, recording, vs_currency="eur", days="1")["prices"]
    assert [round((time - TEN) / 300_000) for time, _ in points] == [0, 4, 4]
    assert points[0][1] == TEN // 1000 % 1000 + 0.123456
