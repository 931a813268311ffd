"""
Coinbase Exchange's public REST answers.

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.sandbox.price_source import Source, is_halted, last_trade

_GRANULARITIES = (60, 300, 900, 3600, 21_600, 86_400)  # seconds
_CANDLES = 300


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    if path == "/time":
        return 200, {"iso": _iso(now, "milliseconds"), "epoch": now / 1000}
    if path == "/products":
        return 200, [_product(source, Market("coinbase", *pair), now) for pair in sorted(source.pairs)]
    match path.removeprefix("/products/").upper().split("/"):
        case [name, *more] if (pair := _pair(name)) in source.pairs:
            market = Market("coinbase", *pair)
            if not more:
                return 200, _product(source, market, now)
            if more == ["TICKER"]:
                return _ticker(source, market, now)
            if more == ["CANDLES"]:
                return _candles(source, market, query, now)
    return _error(404, "NotFound")


def refusal(message: str | None = None) -> tuple[int, Any]:
    return _error(429, message or "Public rate limit exceeded")


def _error(status: int, message: str) -> tuple[int, Any]:
    return status, {"message": message}


def _pair(name: str) -> tuple[str, str]:
    base, _, quote = name.partition("-")
    return base, quote


def _product(source: Source, market: Market, now: int) -> dict[str, Any]:
    base, quote = market.base, market.quote
    return {
        "id": f"{base}-{quote}",
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": f"{base}-{quote}",
        "min_market_funds": "1",
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": is_halted(source, market, now),
        "status": "online",
        "status_message": "",
        "trading_disabled": False,
        "fx_stablecoin": False,
        "max_slippage_percentage": "0.02000000",
        "auction_mode": False,
        "high_bid_limit_percentage": "",
    }


def _ticker(source: Source, market: Market, now: int) -> tuple[int, Any]:
    [last] = source.latest([market], now)
    if np.isnan(last):
        return _error(404, "NotFound")
    [day] = source.candles_since([market], now - DAY, now)
    price, traded_at = np.format_float_positional(last, trim="-"), last_trade(source, market, now)
    return 200, {
        "ask": price,
        "bid": price,
        "volume": f"{(day.trades if day else 0) / 100:.8f}",
        "trade_id": traded_at // 1000,
        "price": price,
        "size": "0.01",
        "time": _iso(traded_at, "microseconds"),
    }


def _candles(source: Source, market: Market, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    granularity = query.get("granularity", "60")
    if granularity not in map(str, _GRANULARITIES):
        return _error(400, "Unsupported granularity")
    length = int(granularity) * 1000
    newest = now // length * length
    first, last = newest - (_CANDLES - 1) * length, newest
    # One without the other is ignored.
    if "start" in query and "end" in query:
        start, end = _time(query["start"]), _time(query["end"])
        if start is None or end is None or start > end:
            return _error(400, "Invalid start or end")
        if end - start > _CANDLES * length:
            message = "granularity too small for the requested time range. Count of aggregations requested exceeds "
            return _error(400, f"{message}{_CANDLES}")
        first, last = -(-start // length) * length, min(end, now) // length * length
    # A range of 300 minutes between full minutes touches 301 candles.
    starts = np.arange(first, last + 1, length)[-_CANDLES:]
    rows = [
        [candle.start // 1000, candle.low, candle.high, candle.open, candle.close, candle.trades / 100]
        for candle in source.candles(market, starts, length, now)
    ]
    return 200, rows[::-1]


def _time(text: str) -> int | None:
    """Return epoch milliseconds from an ISO time or epoch seconds; None for any other text."""
    if text.isdecimal() and len(text) < 12:
        return int(text) * 1000
    try:
        # A plus sign that was not escaped arrives as a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        return None
    return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)


def _iso(time: int, digits: str) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).replace(tzinfo=None).isoformat(timespec=digits) + "Z"
