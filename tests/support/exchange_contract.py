"""
What every exchange's adapter must do, each check run against one adapter and its sample answer.

A sample is written for the test, in the documented format:
``tickers``   markets, path, body, prices; a market without a price is one that the body lacks.
              Each price stands in the body once, so that a check can break just that one.
``refusals``  body, words; ``too_many`` if these say that requests were too many.
``history``   market, seconds, now, body, closes; rows is the way to the list of candles in the body.
              Null if there is none.
``pages``     of history: the parameters of a page's start and end (null: up to now), their unit
              (s, ms, iso, or days back from now), how many candles an answer holds (null: any).
``pairs``     body, markets. Null if there is none.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.core.errors import ExchangeError, RateLimited, Refused, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.quotes import Candle, Quote
from tracker.runtime.clock import WallClock

SAMPLES = {path.stem: path for path in sorted((Path(__file__).parents[1] / "exchanges").glob("*.json"))}
NOW = 1_763_900_020_000  # 40 s into a minute
HOUR, DAY = 3_600_000, 86_400_000
LATE = 120_000  # ms that a request may wait for its turn

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
# No element, key or letter of it is a positive number, but for such as must not be taken for one.
JUNK: tuple[Any, ...] = (
    *(None, True, False, "", "soon", "5 minutes", " 5 ", "1_000", "0x5f", "٣", "NaN", "Infinity", "1e300", "-0.01"),
    *(0, -1, -95012.3, 1e300, 1e-300, 10**400, math.nan, math.inf, -math.inf, "0.00000000", "9" * 400),
    *([], {}, [[]], [None], [""], {"": None}, {"price": None}, {"error": {}}, [[None, "soon"]], {"c": "5 minutes"}),
)

Place = tuple[str | int, ...]

SOURCES: dict[Any, ExchangeClient] = {}  # the real reader of each adapter; it asks nobody


async def no_network(url: str, headers: Any) -> Response:
    raise AssertionError(f"nothing may be asked: {url}")


def sample_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SAMPLES[name].read_text(encoding="utf-8"))
    return content


def read(exchange: Any, body: Any, markets: Sequence[Market]) -> dict[Market, float]:
    """As the collector reads an answer: all markets at once, and if that fails, each alone."""
    if exchange not in SOURCES:
        name = exchange.__name__.rpartition(".")[2]
        SOURCES[exchange] = ExchangeClient(name, exchange, "http://nowhere", no_network, WallClock())
    try:
        return SOURCES[exchange].parse_prices(Response(body), markets)[0]
    except UnreadableAnswer:
        return {}


def read_history(exchange: Any, body: Any, history: dict[str, Any], now: int | None = None) -> list[list[float]]:
    now = history["now"] if now is None else now
    candles = exchange.history(body, Market.parse(history["market"]), history["seconds"], now)
    assert all(isinstance(candle, Candle) for candle in candles)
    return [[candle.close_time / 1000, candle.close] for candle in candles]


def markets_of(texts: Sequence[str]) -> list[Market]:
    return [Market.parse(text) for text in texts]


def quotes_of(ticker: dict[str, Any]) -> dict[Market, Quote]:
    return {market: Quote(price) for market, price in prices_of(ticker).items()}


def prices_of(ticker: dict[str, Any]) -> dict[Market, float]:
    return {Market.parse(text): price for text, price in ticker["prices"].items()}


def places(body: Any, at: Place = ()) -> Iterator[Place]:
    """The way to every value in *body*, the whole of it included."""
    yield at
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def value_at(body: Any, place: Place) -> Any:
    for key in place:
        body = body[key]
    return body


def replaced(body: Any, place: Place, value: Any) -> Any:
    """A copy of *body* with *value* at *place*."""
    if not place:
        return value
    body = copy.deepcopy(body)
    value_at(body, place[:-1])[place[-1]] = value
    return body


def without(body: Any, place: Place) -> Any:
    body = copy.deepcopy(body)
    del value_at(body, place[:-1])[place[-1]]
    return body


def place_of(body: Any, price: float) -> Place:
    """Where the sample's *price* stands."""

    def is_price(value: Any) -> bool:
        try:
            return isinstance(value, int | float | str) and float(value) == price
        except ValueError:
            return False

    found = [place for place in places(body) if is_price(value_at(body, place))]
    assert len(found) == 1, f"{price} stands {len(found)} times in the sample, expected once: {found}"
    return found[0]


def entries(ticker: dict[str, Any]) -> Iterator[tuple[Market, list[Place]]]:
    """Each market with a price, and the places, innermost first, that belong to it alone."""
    ways = {market: place_of(ticker["body"], price) for market, price in prices_of(ticker).items()}
    for market, way in ways.items():
        others = [other for other in ways.values() if other != way]
        sizes = range(len(way), 0, -1)
        yield market, [way[:size] for size in sizes if all(way[:size] != other[:size] for other in others)]


def page_of(path: str, seconds: float, pages: dict[str, Any]) -> tuple[float, float, bool]:
    """(opening of the first candle, closing of the last) of a request, in ms, and whether it runs up to now."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
    scale = {"s": 1000.0, "ms": 1.0}.get(pages["unit"], 0.0)
    if pages["unit"] == "days":
        return NOW - float(query[pages["start"]]) * DAY, NOW, True

    def time(name: str) -> float:
        return float(query[name]) * scale if scale else datetime.fromisoformat(query[name]).timestamp() * 1000

    length = seconds * 1000
    end = time(pages["end"]) if pages["end"] else NOW
    return math.ceil(time(pages["start"]) / length) * length, math.ceil(end / length) * length, not pages["end"]


def says_where_and_how_often_to_ask(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    assert exchange.BASE_URL.startswith("https://")
    assert not exchange.BASE_URL.endswith("/")
    assert exchange.LIMITS
    assert all(count >= 1 and seconds > 0 for count, seconds in exchange.LIMITS)
    assert max(len(ticker["markets"]) for ticker in sample["tickers"]) <= exchange.MAX_BATCH
    assert exchange.ATTRIBUTION is None or exchange.ATTRIBUTION.strip()


def asks_for_last_prices_by_a_path_relative_to_its_address(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        path = exchange.ticker_path(markets_of(ticker["markets"]))
        assert path == ticker["path"]
        assert path.startswith("/")


def reads_each_last_price_and_leaves_out_what_the_answer_lacks(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    for ticker in sample["tickers"]:
        assert exchange.last_prices(ticker["body"], markets_of(ticker["markets"])) == quotes_of(ticker)


def reads_a_price_alike_from_text_number_and_power_of_ten(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        for market, (place, *_) in entries(ticker):
            price = prices_of(ticker)[market]
            for value in (price, str(price), f"{price:.17e}", f"{price:.17E}"):
                body = replaced(ticker["body"], place, value)
                assert exchange.last_prices(body, markets_of(ticker["markets"])) == quotes_of(ticker), value


def a_broken_entry_costs_its_own_market_only(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        for market, own in entries(ticker):
            others = {other: price for other, price in prices_of(ticker).items() if other != market}
            for place in own:
                for junk in JUNK:
                    body = replaced(ticker["body"], place, junk)
                    assert read(exchange, body, markets_of(ticker["markets"])) == others, (place, junk)
                body = without(ticker["body"], place)
                assert read(exchange, body, markets_of(ticker["markets"])) == others, f"without {place}"


def does_not_take_the_price_of_another_market(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    if exchange.MAX_BATCH == 1:
        return  # the answer need not say what it is the price of
    for ticker in sample["tickers"]:
        for market in markets_of(ticker["markets"]):
            strangers = [Market(name, market.quote, market.base), Market(name, market.base, "ZZZ")]
            assert read(exchange, ticker["body"], strangers) == {}


def a_refusal_raises_with_the_exchanges_own_words(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    assert sample["refusals"]
    for refusal in sample["refusals"]:
        ways = [
            lambda body, ticker=ticker: exchange.last_prices(body, markets_of(ticker["markets"]))
            for ticker in sample["tickers"]
        ]
        if sample["history"]:
            ways.append(lambda body: read_history(exchange, body, sample["history"]))
        if sample["pairs"]:
            ways.append(exchange.pairs)
        for way in ways:
            kind = RateLimited if refusal.get("too_many") else Refused
            with pytest.raises(kind) as raised:
                way(refusal["body"])
            assert refusal["words"] in str(raised.value)
            if isinstance(raised.value, RateLimited):
                assert raised.value.retry_after >= 1, "it says nothing of when to ask again"


def an_answer_of_another_kind_raises_what_the_collector_expects(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    market = markets_of(sample["tickers"][0]["markets"])[:1]
    for body in (None, [], "busy", {}, {"result": 1}, {"result": None}, 7, True):
        with pytest.raises((*UNREADABLE, ExchangeError)):
            assert exchange.last_prices(body, market) != {}, f"nothing was read of {body}, and nothing said so"
        if sample["history"]:
            try:
                assert read_history(exchange, body, sample["history"]) == []
            except (*UNREADABLE, ExchangeError):
                continue


def a_wrong_kind_anywhere_gives_a_right_number_or_an_expected_error(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    for _, body, judge in judged(name, exchange, sample):
        for place in places(body):
            for junk in JUNK:
                judge(replaced(body, place, junk))
            if place:
                judge(without(body, place))


def judged(name: str, exchange: Any, sample: dict[str, Any]) -> Iterator[tuple[str, Any, Callable[[Any], None]]]:
    """(kind, body, judge) of each body in the sample; the judge fails if a broken copy is read for what it is not."""

    def judge(read_it: Callable[[Any], Any], is_right: Callable[[Any], bool]) -> Callable[[Any], None]:
        def judge_one(body: Any) -> None:
            try:
                got = read_it(body)
            except (*UNREADABLE, ExchangeError):
                return
            assert is_right(got), f"{name} reads {got} in {body}"

        return judge_one

    for ticker in sample["tickers"]:
        markets, prices = markets_of(ticker["markets"]), prices_of(ticker)
        yield (
            "ticker",
            ticker["body"],
            judge(
                lambda body, markets=markets: read(exchange, body, markets),
                lambda got, prices=prices: got.items() <= prices.items(),
            ),
        )
    readers: list[Callable[[Any], Any]] = [lambda body: read(exchange, body, markets)]
    if history := sample["history"]:
        readers.append(lambda body: read_history(exchange, body, history))
        yield (
            "history",
            history["body"],
            judge(readers[1], lambda got: all(close in history["closes"] for close in got)),
        )
    if sample["pairs"]:
        yield (
            "pairs",
            sample["pairs"]["body"],
            judge(exchange.pairs, lambda got: {market.exchange for market in got} <= {name}),
        )
    for refusal in sample["refusals"]:
        for reader in readers:
            yield "refusal", refusal["body"], judge(reader, lambda got: not got)


def history_is_closed_candles_only_oldest_first(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    assert read_history(exchange, history["body"], history) == history["closes"]
    assert history["closes"] == sorted(history["closes"])
    assert len(value_at(history["body"], tuple(history["rows"]))) > len(history["closes"]), "none is still open"
    for time, _ in history["closes"]:
        earlier = read_history(exchange, history["body"], history, now=round(time * 1000) - 1)
        assert [close for close in earlier if close[0] >= time or close not in history["closes"]] == []


def the_order_and_repetition_of_candles_change_nothing(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    place = tuple(history["rows"])
    rows = value_at(history["body"], place)
    for other in (rows[::-1], rows + rows, [*rows[2:], *rows[:2]]):
        assert read_history(exchange, replaced(history["body"], place, other), history) == history["closes"]
    assert read_history(exchange, replaced(history["body"], place, []), history) == []


def a_broken_candle_costs_no_other(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    place = tuple(history["rows"])
    rows = value_at(history["body"], place)
    for number in range(len(rows)):
        left = read_history(exchange, replaced(history["body"], place, rows[:number] + rows[number + 1 :]), history)
        assert len(left) >= len(history["closes"]) - 1
        for junk in JUNK:
            body = replaced(history["body"], (*place, number), junk)
            assert read_history(exchange, body, history) == left, (number, junk)
    with pytest.raises(UNREADABLE):
        read_history(exchange, replaced(history["body"], place, ["soon", None]), history)


def asks_for_history_by_relative_paths_finest_candles_first(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    requests = exchange.history_requests(sample_market(sample), NOW - DAY, NOW, NOW)
    lengths = [seconds for _, seconds in requests]
    assert bool(requests) == bool(sample["history"])
    assert lengths == sorted(lengths)
    assert all(path.startswith("/") and seconds > 0 for path, seconds in requests)


def pages_cover_a_span_without_a_hole_and_none_is_longer_than_an_answer(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    market = sample_market(sample)
    spans = [(HOUR, 0), (DAY, 0), (30 * DAY, 0), (3 * HOUR, 2 * HOUR), (90_001, 29_999)] if sample["history"] else []
    for back, until in spans:
        start, end = NOW - back, NOW - until
        requests = exchange.history_requests(market, start, end, NOW)
        assert requests
        reached = end
        for path, seconds in requests:
            first, last, grows = page_of(path, seconds, sample["pages"])
            assert first < last
            assert last >= reached, f"a hole of {(reached - last) / 1000} s after {path}"
            if sample["pages"]["holds"]:
                count = (last + (LATE if grows else 0) - first) / (seconds * 1000)
                assert count <= sample["pages"]["holds"], f"{count} candles asked for by {path}"
            reached = first
        assert reached <= start, f"{(reached - start) / 1000} s at the start are not asked for"
        assert reached > start - 2 * requests[-1][1] * 1000 - DAY, "far more than the span is asked for"


def asks_for_no_history_of_a_time_that_is_empty_or_to_come(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    market = sample_market(sample)
    assert exchange.history_requests(market, NOW - HOUR, NOW - HOUR, NOW) == []
    assert exchange.history_requests(market, NOW + HOUR, NOW + 2 * HOUR, NOW) == []


def lists_the_markets_it_offers(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    if sample["pairs"] is None:
        assert not hasattr(exchange, "pairs")
        return
    assert exchange.pairs_path().startswith("/")
    found = exchange.pairs(sample["pairs"]["body"])
    assert sorted(map(str, found)) == sorted(sample["pairs"]["markets"])
    assert {market.exchange for market in found} == {name}
    assert all(isinstance(reason, str) for reason in found.values())


def sample_market(sample: dict[str, Any]) -> Market:
    return Market.parse(sample["tickers"][0]["markets"][0])


CHECKS = (
    says_where_and_how_often_to_ask,
    asks_for_last_prices_by_a_path_relative_to_its_address,
    reads_each_last_price_and_leaves_out_what_the_answer_lacks,
    reads_a_price_alike_from_text_number_and_power_of_ten,
    a_broken_entry_costs_its_own_market_only,
    does_not_take_the_price_of_another_market,
    a_refusal_raises_with_the_exchanges_own_words,
    an_answer_of_another_kind_raises_what_the_collector_expects,
    a_wrong_kind_anywhere_gives_a_right_number_or_an_expected_error,
    history_is_closed_candles_only_oldest_first,
    the_order_and_repetition_of_candles_change_nothing,
    a_broken_candle_costs_no_other,
    asks_for_history_by_relative_paths_finest_candles_first,
    pages_cover_a_span_without_a_hole_and_none_is_longer_than_an_answer,
    asks_for_no_history_of_a_time_that_is_empty_or_to_come,
    lists_the_markets_it_offers,
)
