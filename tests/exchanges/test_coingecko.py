"""What is particular to CoinGecko; see tests/support/exchange_contract.py for what all exchanges share."""

import pytest

from tracker.core.market import Market
from tracker.core.quotes import Candle, Quote
from tracker.exchanges import coingecko

GOLD = Market("coingecko", "BTC", "XAU")
NOW = 1_763_900_020_000
HOUR, DAY = 3_600_000, 86_400_000


def requested(start: int, end: int = NOW) -> list[tuple[str, float]]:
    paths = coingecko.history_requests(GOLD, start, end, NOW)
    assert all("vs_currency=xau" in path for path, _ in paths)
    return [(path.partition("&days=")[2].partition("&")[0], seconds) for path, seconds in paths]


def test_five_minutes_reach_back_a_day_hours_ninety_days_and_days_a_year():
    assert requested(NOW - HOUR) == [("1", 300)]
    assert requested(NOW - DAY) == [("1", 300), ("2", 3600)], "the day's first minutes are too close to the edge"
    assert requested(NOW - 30 * DAY) == [("1", 300), ("31", 3600)]
    assert requested(NOW - 2000 * DAY) == [("1", 300), ("90", 3600), ("365", 86_400)]


def test_a_gap_of_last_week_requests_no_points_of_today():
    assert requested(NOW - 7 * DAY, NOW - 6 * DAY) == [("8", 3600)]


def test_the_point_of_this_moment_is_not_a_closed_candle():
    points = [[NOW - 600_000, 23.1], [NOW - 299_000, 23.2], [NOW - 1000, 23.3]]
    closes = coingecko.history({"prices": points}, GOLD, 300, NOW)
    assert closes == [Candle(NOW - 600_000, 23.1), Candle(NOW - 299_000, 23.2)]


def test_a_coin_without_a_known_id_is_never_requested_by_its_code():
    market = Market("coingecko", "AVAX", "USD")
    assert "avax" not in coingecko.ticker_path([GOLD, market]).lower()
    assert coingecko.last_prices({"bitcoin": {"xau": 23.3}, "avax": {"usd": 1.0}}, [GOLD, market]) == {
        GOLD: Quote(23.3)
    }
    assert coingecko.history_requests(market, NOW - HOUR, NOW, NOW) == []


def test_an_unknown_currency_and_a_coin_that_the_answer_lacks_are_absent():
    dollar, ether = Market("coingecko", "BTC", "USD"), Market("coingecko", "ETH", "USD")
    assert coingecko.last_prices({"bitcoin": {}}, [GOLD]) == {}
    assert coingecko.last_prices({"bitcoin": {"usd": 49357}}, [dollar, ether]) == {dollar: Quote(49357)}
    assert coingecko.last_prices({"bitcoin": {"usd": 49357}}, [ether]) == {}


@pytest.mark.parametrize("lacking", [None, {}, {"usd": None}, {"usd": None, "last_updated_at": None}])
def test_a_coin_or_price_that_is_null_is_absent_and_the_others_are_kept(lacking):
    dollar, ether = Market("coingecko", "BTC", "USD"), Market("coingecko", "ETH", "USD")
    body = {"bitcoin": {"usd": 49357}, "ethereum": lacking}
    assert coingecko.last_prices(body, [dollar, ether]) == {dollar: Quote(49357)}
    assert coingecko.last_prices(body, [ether]) == {}


def test_an_answer_without_any_coin_raises():
    with pytest.raises(ValueError, match="no coin"):
        coingecko.last_prices({}, [GOLD])


@pytest.mark.parametrize(
    ("url", "header"),
    [
        (coingecko.BASE_URL, "x-cg-demo-api-key"),
        ("http://127.0.0.1:8081/pro-api.coingecko.com", "x-cg-demo-api-key"),
        ("https://pro-api.coingecko.com/api/v3", "x-cg-pro-api-key"),
    ],
)
def test_a_key_is_sent_in_the_header_of_its_plan(url, header):
    assert coingecko.headers("abc", url) == {header: "abc"}


def test_its_attribution_is_the_one_that_its_terms_require():
    assert coingecko.ATTRIBUTION.startswith("Data provided by CoinGecko")
