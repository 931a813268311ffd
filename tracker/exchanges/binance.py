"""
Binance spot, public market data.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tracker.core.errors import ConfigError, RateLimited, Refused
from tracker.core.market import Market
from tracker.core.parsing import closed_candles, page_ranges, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote
from tracker.core.trade_facts import state_word

BASE_URL = "https://api.binance.com"
# 6000 weight a minute per address; prices of several symbols cost 4 and candles 2, counted here as 4 each.
LIMITS = ((1500, 60.0),)
MAX_BATCH = 100  # keeps the path under 2000 characters
ATTRIBUTION = None

_LENGTH = 60.0  # seconds; one-second candles exist, but 86,400 a day would be too many
_PAGE, _LIMIT = 990, 1000
_PAUSE, _BAN = 60.0, 120.0  # seconds; weight is counted by the minute, and the shortest ban takes two
_TOO_MANY = -1003

# The known quote currencies; USD is for Binance US, which has the same API.
_QUOTES = (
    *("FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD1", "USDE", "USDP", "EURI", "BIDR", "IDRT", "DOGE"),
    *("BTC", "ETH", "BNB", "XRP", "TRX", "SOL", "DOT", "DAI", "VAI", "XUSD", "EUR", "GBP", "AUD", "TRY"),
    *("BRL", "USD", "JPY", "MXN", "ARS", "COP", "CZK", "PLN", "RON", "RUB", "UAH", "ZAR", "NGN"),
)


def ticker_path(markets: Sequence[Market]) -> str:
    return f"/api/v3/ticker/price?symbols={_symbols(markets)}"


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    _refuse(body)
    requested = {_symbol(market): market for market in markets}
    quotes: dict[Market, Quote] = {}
    for entry in to_list(body, 1):
        symbol = entry.get("symbol") if isinstance(entry, dict) else None
        # A market that was never traded has the price 0.
        if isinstance(symbol, str) and symbol in requested and to_number(entry["price"]) != 0:
            quotes[requested[symbol]] = Quote(price(entry["price"]))
    return quotes


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    path = f"/api/v3/klines?symbol={_symbol(market)}&interval=1m&limit={_LIMIT}"
    return [
        (f"{path}&startTime={first}&endTime={last - 1}", _LENGTH)
        for first, last in page_ranges(start, end, now, _LENGTH, _PAGE)
    ]


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    _refuse(body)
    return closed_candles(to_list(body), lambda row: _candle(row, seconds), now)


def _candle(row: Any, seconds: float) -> tuple[Any, ...]:
    """Return when a candle closed (epoch s), its close, first, low and high."""
    # A row: opening time in ms, open, high, low, close, volume, last ms before the close, and five more.
    fields = to_list(row, 12)
    opening, closing = to_number(fields[0]), to_number(fields[6]) + 1
    # After an outage, candles are off the minute or shorter.
    if not 0 < closing - opening <= seconds * 1000:
        raise ValueError(f"a candle from {opening!r} to {closing!r} where one of {seconds:g} s belongs")
    return closing / 1000, price(fields[4]), fields[1], fields[3], fields[2]


def pairs_path() -> str:
    # exchangeInfo separates base from quote, but has megabytes and weight 20; this has weight 4.
    return "/api/v3/ticker/price"


def states_path(markets: Sequence[Market]) -> str:
    return f"/api/v3/exchangeInfo?symbols={_symbols(markets)}"


def pairs(body: Any) -> dict[Market, str]:
    """
    Return every market that a symbol can mean: split before each known quote currency, and after BTC.

    BTCTUSD becomes both BTC/TUSD and BTCT/USD, so that no existing market is rejected. One unknown symbol
    fails a whole request, and the response does not name it.

    A response of ``states_path`` separates base from quote, and states whether each market is traded.
    """
    _refuse(body)
    listed: dict[Market, str] = {}
    if isinstance(body, dict):
        return _states(body)
    for entry in to_list(body):
        symbol = entry["symbol"]
        if to_number(entry["price"]) == 0:
            continue
        bases = {symbol.removesuffix(code) for code in _QUOTES if symbol.endswith(code)}
        for base in bases | ({"BTC"} if symbol.startswith("BTC") else set()):
            try:
                listed[Market("binance", base, symbol.removeprefix(base))] = ""
            except ConfigError:
                continue  # not a valid currency code
    return listed


def _states(body: dict[str, Any]) -> dict[Market, str]:
    listed: dict[Market, str] = {}
    for entry in to_list(body["symbols"]):
        try:
            market = Market("binance", entry["baseAsset"], entry["quoteAsset"])
        except ConfigError:
            continue  # not a valid currency code
        listed[market] = state_word(entry.get("status"), ("TRADING",))
    return listed


def _refuse(body: Any) -> None:
    if not isinstance(body, dict) or "code" not in body:
        return
    refusal = refusal_text([body["code"], body.get("msg")])
    if body["code"] != _TOO_MANY:
        raise Refused(refusal)
    raise RateLimited(refusal, _BAN if "banned" in refusal else _PAUSE)


def _symbols(markets: Sequence[Market]) -> str:
    return quote(json.dumps([_symbol(market) for market in markets], separators=(",", ":")))


def _symbol(market: Market) -> str:
    return market.base + market.quote
