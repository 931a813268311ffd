"""
Binance's public spot REST answers.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.sandbox.price_source import Source, is_halted

_INTERVALS = {
    **{"1s": 1, "1m": 60, "3m": 180, "5m": 300, "15m": 900, "30m": 1800},
    **{"1h": 3600, "2h": 7200, "4h": 14_400, "6h": 21_600, "8h": 28_800, "12h": 43_200},
    **{"1d": 86_400, "3d": 259_200, "1w": 604_800},  # a calendar month, 1M, has no fixed length: left out
}
_MONDAY = 4 * DAY  # the epoch was a Thursday, weeks begin on Mondays
_CANDLES = 1000
_SYMBOL = re.compile(r"[A-Z0-9-_.]{1,20}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    match path.removeprefix("/api/v3/"):
        case "ping":
            return 200, {}
        case "time":
            return 200, {"serverTime": now}
        case "ticker/price":
            return _ticker(source, query, now)
        case "klines":
            return _klines(source, query, now)
        case "exchangeInfo":
            markets = _requested(source, query)
            return markets if isinstance(markets, tuple) else (200, _info(source, markets, now))
    return _error(404, -1000, "Path not found.")


def refusal(message: str | None = None) -> tuple[int, Any]:
    usual = (
        "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return _error(429, -1003, message or usual)


def _error(status: int, code: int, message: str) -> tuple[int, Any]:
    return status, {"code": code, "msg": message}


@functools.lru_cache(maxsize=8)
def _markets(pairs: frozenset[tuple[str, str]]) -> Mapping[str, Market]:
    # Cached, since creating 500 markets takes longer than pricing them.
    return {base + quote: Market("binance", base, quote) for base, quote in sorted(pairs)}


def _requested(source: Source, query: Mapping[str, str]) -> dict[str, Market] | tuple[int, Any]:
    """Return the requested markets by symbol, all by default; or the error caused by an unknown symbol."""
    known = _markets(source.pairs)
    if "symbol" in query and "symbols" in query:
        return _error(400, -1128, "Combination of optional parameters invalid.")
    if "symbols" in query:
        symbols = _list(query["symbols"])
        if symbols is None:
            return _illegal("symbols", r"^\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\]$")
        if len(set(symbols)) < len(symbols):
            return _error(400, -1101, "Duplicate values for parameter 'symbols'.")
    elif "symbol" in query:
        symbols = [query["symbol"]]
        if not _SYMBOL.fullmatch(symbols[0]):
            return _illegal("symbol", "^[A-Z0-9-_.]{1,20}$")
    else:
        return dict(known)
    if not all(symbol in known for symbol in symbols):
        return _error(400, -1121, "Invalid symbol.")
    return {symbol: known[symbol] for symbol in symbols}


def _list(text: str) -> list[str] | None:
    try:
        symbols = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_valid = isinstance(symbols, list) and all(
        isinstance(symbol, str) and _SYMBOL.fullmatch(symbol) for symbol in symbols
    )
    return symbols if is_valid else None


def _illegal(name: str, legal: str) -> tuple[int, Any]:
    return _error(400, -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def _ticker(source: Source, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    markets = _requested(source, query)
    if isinstance(markets, tuple):
        return markets
    last_prices = zip(markets, source.latest(list(markets.values()), now), strict=True)
    if "symbol" in query:
        [(symbol, last)] = last_prices
        # The response for one market always has the field; without a price it is 0.
        return 200, {"symbol": symbol, "price": _text(0.0 if np.isnan(last) else last)}
    return 200, [{"symbol": symbol, "price": _text(last)} for symbol, last in last_prices if not np.isnan(last)]


def _info(source: Source, markets: Mapping[str, Market], now: int) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": now,
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
        ],
        "exchangeFilters": [],
        "symbols": [
            {
                "symbol": symbol,
                "status": "BREAK" if is_halted(source, market, now) else "TRADING",
                "baseAsset": market.base,
                "baseAssetPrecision": 8,
                "quoteAsset": market.quote,
                "quotePrecision": 8,
                "quoteAssetPrecision": 8,
                "orderTypes": ["LIMIT", "MARKET"],
                "isSpotTradingAllowed": True,
                "isMarginTradingAllowed": False,
                "filters": [],
                "permissions": [],
                "permissionSets": [["SPOT"]],
            }
            for symbol, market in markets.items()
        ],
    }


def _klines(source: Source, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    for name in ("symbol", "interval"):
        if name not in query:
            message = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
            return _error(400, -1102, message)
    for name in ("startTime", "endTime", "limit"):
        if name in query and not _WHOLE.fullmatch(query[name]):
            return _illegal(name, "^[0-9]{1,20}$")
    market = _markets(source.pairs).get(query["symbol"])
    if market is None:
        return _error(400, -1121, "Invalid symbol.")
    if query["interval"] not in _INTERVALS:
        return _error(400, -1120, "Invalid interval.")
    length = _INTERVALS[query["interval"]] * 1000
    limit = min(_CANDLES, int(query.get("limit", "500")))
    if not limit:
        return _error(400, -1130, "Data sent for parameter 'limit' is not valid.")
    starts = _starts(query, length, limit, now)
    return 200, [
        [
            candle.start,
            *(_text(value) for value in (candle.open, candle.high, candle.low, candle.close)),
            _text(candle.trades / 100),
            candle.start + length - 1,
            _text(candle.trades / 100 * candle.mean),
            candle.trades,
            _text(candle.trades / 200),
            _text(candle.trades / 200 * candle.mean),
            "0",
        ]
        for candle in source.candles(market, starts, length, now)
    ]


def _starts(query: Mapping[str, str], length: int, limit: int, now: int) -> Any:
    """Return the starts of candles from startTime on, if it is set; else of the newest up to endTime."""
    shift = _MONDAY if length == _INTERVALS["1w"] * 1000 else 0
    last = (min(now, int(query.get("endTime", now))) - shift) // length * length + shift
    if "startTime" in query:
        first = -(-(int(query["startTime"]) - shift) // length) * length + shift
        return np.arange(first, min(last, first + (limit - 1) * length) + 1, length)
    return last - length * np.arange(limit - 1, -1, -1)


def _text(number: float) -> str:
    # At least the eight decimals that Binance writes, and enough for the client to read the same float.
    return np.format_float_positional(number, min_digits=8)
