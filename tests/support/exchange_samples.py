"""
Sample answers of the exchanges, and what the checks do with them: read them, and break copies of them.

A sample is written for the test, in the documented format:
``tickers``   markets, path, body, prices; a market without a price is not in the body. ``traded_at``, epoch ms,
              if the answer states it.
              Each price is in the body once, so that a check can break just that one.
``refusals``  body, words; ``too_many`` if they report too many requests.
``history``   market, seconds, now, body, closes; candles: first, low and high for each of the closes, null where
              the answer has none; rows is the path to the list of candles in the body. Null if the exchange has none.
``pages``     of history: the parameters of a page's start and end (null: up to now), their unit
              (s, ms, iso, or days back from now), how many candles an answer holds (null: any).
``pairs``     body, markets. Null if the exchange has none.
"""

import copy
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.core.errors import UnreadableAnswer
from tracker.core.market import Market
from tracker.core.quotes import Candle, CandlePage, Quote
from tracker.runtime.clock import WallClock

SAMPLES = {path.stem: path for path in sorted((Path(__file__).parents[1] / "exchanges").glob("*.json"))}
NOW = 1_763_900_020_000  # 40 s into a minute
HOUR, DAY = 3_600_000, 86_400_000
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
# No element, key or character is a positive number, except for some that must not count as one.
JUNK: tuple[Any, ...] = (
    *(None, True, False, "", "soon", "5 minutes", " 5 ", "1_000", "0x5f", "٣", "NaN", "Infinity", "1e300", "-0.01"),
    *(0, -1, -95012.3, 1e300, 1e-300, 10**400, math.nan, math.inf, -math.inf, "0.00000000", "9" * 400),
    *([], {}, [[]], [None], [""], {"": None}, {"price": None}, {"error": {}}, [[None, "soon"]], {"c": "5 minutes"}),
)
Place = tuple[str | int, ...]
CLIENTS: dict[Any, ExchangeClient] = {}  # the collector's reader of each adapter; it sends no request


async def no_network(url: str, headers: Any) -> Response:
    raise AssertionError(f"no request may be sent: {url}")


def sample_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SAMPLES[name].read_text(encoding="utf-8"))
    return content


def read(exchange: Any, body: Any, markets: Sequence[Market]) -> dict[Market, float]:
    """Read prices as the collector does: all markets at once, and if that fails, each separately."""
    if exchange not in CLIENTS:
        name = exchange.__name__.rpartition(".")[2]
        CLIENTS[exchange] = ExchangeClient(name, exchange, "http://nowhere", no_network, WallClock())
    try:
        quotes, _ = CLIENTS[exchange].parse_quotes(Response(body), markets)
        return {market: quote.price for market, quote in quotes.items()}
    except UnreadableAnswer:
        return {}


def read_history(exchange: Any, body: Any, history: dict[str, Any], now: int | None = None) -> list[list[float]]:
    candles = history_page(exchange, body, history, now)
    assert all(isinstance(candle, Candle) for candle in candles)
    return [[candle.close_time / 1000, candle.close] for candle in candles]


def history_page(exchange: Any, body: Any, history: dict[str, Any], now: int | None = None) -> CandlePage:
    """Return the candles in *body* at *now*, by default that of the sample."""
    now = history["now"] if now is None else now
    page = exchange.history(body, Market.parse(history["market"]), history["seconds"], now)
    assert isinstance(page, CandlePage)
    return page


def markets_of(texts: Sequence[str]) -> list[Market]:
    return [Market.parse(text) for text in texts]


def quotes_of(ticker: dict[str, Any]) -> dict[Market, Quote]:
    traded_at = ticker.get("traded_at", {})
    return {market: Quote(price, traded_at.get(str(market))) for market, price in prices_of(ticker).items()}


def prices_of(ticker: dict[str, Any]) -> dict[Market, float]:
    return {Market.parse(text): price for text, price in ticker["prices"].items()}


def places(body: Any, at: Place = ()) -> Iterator[Place]:
    """Yield the path to every value in *body*, including *body* itself."""
    yield at
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def value_at(body: Any, place: Place) -> Any:
    for key in place:
        body = body[key]
    return body


def replaced(body: Any, place: Place, value: Any) -> Any:
    """Return a copy of *body* with *value* at *place*."""
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
    """Return the place of *price* in the sample."""

    def is_price(value: Any) -> bool:
        try:
            return isinstance(value, int | float | str) and float(value) == price
        except ValueError:
            return False

    matches = [place for place in places(body) if is_price(value_at(body, place))]
    assert len(matches) == 1, f"{price} is {len(matches)} times in the sample, expected once: {matches}"
    return matches[0]


def entries(ticker: dict[str, Any]) -> Iterator[tuple[Market, list[Place]]]:
    """Yield each market with a price, and the places, innermost first, that belong to it alone."""
    price_places = {market: place_of(ticker["body"], price) for market, price in prices_of(ticker).items()}
    for market, place in price_places.items():
        others = [other for other in price_places.values() if other != place]
        sizes = range(len(place), 0, -1)
        yield market, [place[:size] for size in sizes if all(place[:size] != other[:size] for other in others)]


def sample_market(sample: dict[str, Any]) -> Market:
    return Market.parse(sample["tickers"][0]["markets"][0])
