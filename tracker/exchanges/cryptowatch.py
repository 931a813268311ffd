"""
Cryptowatch, which closed in 2023: its API, for a mirror or an archive that still serves it.

The address must be set in tracker.toml, since the original one no longer responds::

    [exchanges.cryptowatch]
    url = "http://127.0.0.1:8081/cryptowatch"

https://docs.cryptowat.ch/rest-api/markets/price (archived)
https://docs.cryptowat.ch/rest-api/markets/ohlc (archived)
"""

from collections.abc import Sequence
from typing import Any

from tracker.core.errors import RateLimited, Refused
from tracker.core.market import Market
from tracker.core.parsing import closed_candles, page_ranges, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote

BASE_URL = "https://api.cryptowat.ch"
LIMITS = ((1, 1.0),)  # a guess: the limits of a mirror are unknown
MAX_BATCH = 1  # the batch endpoint, /markets/prices, returned all 4000 markets of all exchanges
ATTRIBUTION = None

_MARKETS = "/markets/kraken"  # of the many exchanges it covered, the tracker always used Kraken
_LENGTH = 60.0  # seconds
_PAGE = 5900  # a response held 6000 candles if "after" was set
_PAUSE = 600.0  # seconds; the allowance was renewed once an hour


def ticker_path(markets: Sequence[Market]) -> str:
    return f"{_MARKETS}/{markets[0].slug}/price"


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    [market] = markets
    return {market: Quote(price(_result(body)["price"]))}


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    path = f"{_MARKETS}/{market.slug}/ohlc?periods={_LENGTH:.0f}"
    return [
        # Both are compared with the opening time; "after" may exclude the candle that opens at it.
        (f"{path}&after={max(0, first // 1000 - 1)}&before={last // 1000}", _LENGTH)
        for first, last in page_ranges(start, end, now, _LENGTH, _PAGE)
    ]


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    """Return the closed candles in *body*. Rows begin with the closing time; a minute without a trade may be zeros."""
    candles = to_list(_result(body)[f"{seconds:.0f}"])
    return closed_candles((row for row in candles if not _is_empty(row)), _candle, now)


def _candle(row: Any) -> tuple[Any, ...]:
    # A row: closing time, open, high, low, close, volume, volume in the quote currency.
    closing, first, high, low, close = to_list(row, 7)[:5]
    return to_number(closing), price(close), first, low, high


def _is_empty(row: Any) -> bool:
    if not isinstance(row, list) or len(row) < 7:
        return False
    return all(type(value) in (int, float) and not value for value in row[1:])


def _result(body: Any) -> dict[str, Any]:
    if "error" in body:
        refusal = refusal_text(body["error"])
        too_many = any(phrase in refusal.lower() for phrase in ("allowance", "rate limit", "too many"))
        raise RateLimited(refusal, _PAUSE) if too_many else Refused(refusal)
    result: dict[str, Any] = body["result"]
    return result
