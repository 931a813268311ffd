"""
Coinbase Exchange, public market data.

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-ticker
https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
https://docs.cdp.coinbase.com/exchange/rest-api/rate-limits
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tracker.core.errors import ConfigError, RateLimited, Refused
from tracker.core.market import Market
from tracker.core.parsing import closed_candles, page_ranges, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote
from tracker.core.trade_facts import iso_time, state_word

BASE_URL = "https://api.exchange.coinbase.com"
LIMITS = ((10, 1.0),)  # per address, as documented; the bursts of 15 allowed besides are not used
MAX_BATCH = 1  # a ticker holds one product, and does not name it
ATTRIBUTION = None

_LENGTH = 60.0  # seconds; the shortest, and available back to the first trade
_PAGE = 295  # a request for more than 300 candles is refused
_STOPPED = ("trading_disabled", "cancel_only", "post_only")  # flags of a product without trades
_PAUSE = 5.0  # seconds; ten requests come back each second, so this outlasts any burst


def ticker_path(markets: Sequence[Market]) -> str:
    return f"/products/{_product(markets[0])}/ticker"


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    _refuse(body)
    [market] = markets
    return {market: Quote(price(body["price"]), iso_time(body.get("time")))}


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    path = f"/products/{_product(market)}/candles?granularity={_LENGTH:.0f}"
    return [
        # Both ends are inclusive, so the end is the last second before the next candle's opening.
        (f"{path}&start={_iso(first)}&end={_iso(last - 1000)}", _LENGTH)
        for first, last in page_ranges(start, end, now, _LENGTH, _PAGE)
    ]


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    """Return the closed candles in *body*; Coinbase has none for a minute without a trade."""
    _refuse(body)
    return closed_candles(to_list(body), lambda row: _candle(row, seconds), now)


def _candle(row: Any, seconds: float) -> tuple[Any, ...]:
    # A row: opening time, low, high, open, close, volume.
    opening, low, high, first, close = to_list(row, 6)[:5]
    return to_number(opening) + seconds, price(close), first, low, high


def pairs_path() -> str:
    return "/products"


def pairs(body: Any) -> dict[Market, str]:
    _refuse(body)
    listed: dict[Market, str] = {}
    for product in to_list(body):
        if product.get("status") == "delisted":
            continue  # listed for years after
        try:
            market = Market("coinbase", product["base_currency"], product["quote_currency"])
        except ConfigError:
            continue  # not a valid currency code
        listed[market] = _state(product)
    return listed


def _state(product: dict[str, Any]) -> str:
    """Return why *product* does not trade; empty if it does: with limit orders only, it does."""
    flags = [name for name in _STOPPED if product.get(name) is True]
    return flags[0] if flags else state_word(product.get("status"), ("online",))


def _refuse(body: Any) -> None:
    if isinstance(body, dict) and "message" in body:
        refusal = refusal_text(body["message"])
        raise RateLimited(refusal, _PAUSE) if "rate limit" in refusal.lower() else Refused(refusal)


def _product(market: Market) -> str:
    return f"{market.base}-{market.quote}"


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
