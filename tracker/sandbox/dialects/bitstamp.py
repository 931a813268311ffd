"""
Bitstamp's public REST answers, version 2.

https://www.bitstamp.net/api/
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.sandbox.price_source import Candle, Source, last_trade

_STEPS = (60, 180, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 259_200)  # seconds
_CANDLES = 1000


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    markets = _markets(source.pairs)
    match path.removeprefix("/api/v2/").strip("/").split("/"):
        case ["ticker"]:
            tickers = _tickers(source, list(markets.values()), now)
            return 200, [ticker | {"pair": _name(market), "market_type": "SPOT"} for market, ticker in tickers]
        case ["ticker", symbol] if symbol in markets:
            for _, ticker in _tickers(source, [markets[symbol]], now):
                return 200, ticker
        case ["ohlc", symbol] if symbol in markets:
            return _ohlc(source, markets[symbol], query, now)
        case ["trading-pairs-info"]:
            return 200, [_info(market) for market in markets.values()]
        case ["markets"]:
            return 200, [_market(market) for market in markets.values()]
    return _error(404, "Not found.", "404.001")


def refusal(message: str | None = None) -> tuple[int, Any]:
    return _error(400, message or "Request rejected due to exceeded rate limit.", "400.002")


def _error(status: int, reason: Any, code: str) -> tuple[int, Any]:
    return status, {"status": "error", "reason": reason, "code": code}


@functools.lru_cache(maxsize=8)
def _markets(pairs: frozenset[tuple[str, str]]) -> Mapping[str, Market]:
    return {(base + quote).lower(): Market("bitstamp", base, quote) for base, quote in sorted(pairs)}


def _name(market: Market) -> str:
    return f"{market.base}/{market.quote}"


def _tickers(source: Source, markets: list[Market], now: int) -> list[tuple[Market, dict[str, Any]]]:
    """Return the ticker of each of *markets* that has a last price and traded within a day."""
    days = source.candles_since(markets, now - DAY, now)
    rows = zip(markets, source.latest(markets, now), days, strict=True)
    return [
        (market, _ticker(last, day, last_trade(source, market, now)))
        for market, last, day in rows
        if day and not np.isnan(last)
    ]


def _ticker(last: float, day: Candle, time: int) -> dict[str, Any]:
    return {
        "timestamp": str(time // 1000),
        "open": _text(day.open),
        "high": _text(day.high),
        "low": _text(day.low),
        "last": _text(last),
        "volume": f"{day.trades / 100:.8f}",
        "vwap": _text(day.mean),
        "bid": _text(last),
        "ask": _text(last),
        "side": "0",
        "open_24": _text(day.open),
        "percent_change_24": f"{100 * (last / day.open - 1):.2f}",
    }


def _info(market: Market) -> dict[str, Any]:
    return {
        "name": _name(market),
        "url_symbol": (market.base + market.quote).lower(),
        "base_decimals": 8,
        "counter_decimals": 2,
        "minimum_order": f"10 {market.quote}",
        "trading": "Enabled",
        "instant_and_market_orders": "Enabled",
        "description": f"{market.base} / {market.quote}",
    }


def _market(market: Market) -> dict[str, Any]:
    return {
        "name": _name(market),
        "market_symbol": (market.base + market.quote).lower(),
        "base_currency": market.base,
        "base_decimals": 8,
        "counter_currency": market.quote,
        "counter_decimals": 2,
        "minimum_order_value": "10",
        "trading": "Enabled",
        "instant_and_market_orders": "Enabled",
        "description": f"{market.base} / {market.quote}",
        "market_type": "SPOT",
    }


def _ohlc(source: Source, market: Market, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    errors = {
        name: ["This field is required." if name not in query else "A valid integer is required."]
        for name in ("step", "limit", "start", "end")
        if not _is_whole(query.get(name, "" if name in ("step", "limit") else "0"))
    }
    if not errors and int(query["step"]) not in _STEPS:
        errors = {"step": [f"{query['step']} is not a valid choice."]}
    if not errors and not 1 <= int(query["limit"]) <= _CANDLES:
        errors = {"limit": [f"Ensure this value is from 1 to {_CANDLES}."]}
    if errors:
        return _error(400, errors, "400.001")
    length, limit = int(query["step"]) * 1000, int(query["limit"])
    newest = now // length * length
    last = newest
    # With both set, the end counts: the page reaches back from it, even beyond the start.
    if "end" in query:
        last = min(newest, int(query["end"]) * 1000 // length * length)
    elif "start" in query:
        first = -(-int(query["start"]) * 1000 // length) * length
        last = min(newest, first + (limit - 1) * length)
        limit = (last - first) // length + 1
    starts = last - length * np.arange(limit - 1, -1, -1)
    if query.get("exclude_current_candle") == "true":
        starts = starts[starts < newest]
    rows = [
        {
            "timestamp": str(candle.start // 1000),
            "open": _text(candle.open),
            "high": _text(candle.high),
            "low": _text(candle.low),
            "close": _text(candle.close),
            "volume": f"{candle.trades / 100:.8f}",
        }
        for candle in source.candles(market, starts, length, now)
    ]
    return 200, {"data": {"pair": _name(market), "ohlc": rows}}


def _is_whole(text: str) -> bool:
    return text.isdecimal() and len(text) < 12


def _text(price: float) -> str:
    # Enough digits for the client to read the same float, and no exponent.
    return np.format_float_positional(price, trim="-")
