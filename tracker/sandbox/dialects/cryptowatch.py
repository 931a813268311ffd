"""
Cryptowatch's REST answers, as they were until it closed in 2023; its markets are Kraken's.

https://docs.cryptowat.ch/rest-api/markets/ohlc (archived)
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from tracker.core.market import Market
from tracker.sandbox.price_source import Source

_EXCHANGE = "kraken"
_PERIODS = (60, 180, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 259_200, 604_800)  # seconds
_CANDLES, _MOST_CANDLES = 500, 6000  # without "after", and with it
_CREDITS = 10.0


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    markets = _markets(source.pairs)
    match path.strip("/").lower().split("/"):
        case [""]:
            return _good(None, 0.0)
        case ["markets"] | ["markets", "kraken"]:
            listed = [_listed(number, pair) for number, pair in enumerate(markets, start=1)]
            status, body = _good(listed, 0.003)
            return status, body | {"cursor": {"last": "", "hasMore": False}}
        case ["markets", "prices"]:
            last_prices = zip(markets, source.latest(list(markets.values()), now), strict=True)
            by_market = {f"market:{_EXCHANGE}:{pair}": last for pair, last in last_prices if not np.isnan(last)}
            return _good(by_market, 0.005)
        case ["markets", "kraken", pair, *_] if pair not in markets:
            return _error(404, "Market not found")
        case ["markets", "kraken", pair, "price"]:
            [last] = source.latest([markets[pair]], now)
            return _error(404, "Market not found") if np.isnan(last) else _good({"price": last}, 0.005)
        case ["markets", "kraken", pair, "ohlc"]:
            return _ohlc(source, markets[pair], query, now)
        case ["markets", exchange, *_] if exchange != _EXCHANGE:
            return _error(404, "Exchange not found")
    return _error(404, "Route not found")


def refusal(message: str | None = None) -> tuple[int, Any]:
    usual = "Out of allowance. Please see https://docs.cryptowat.ch/rest-api/rate-limit"
    return 429, {"error": message or usual, "allowance": {"cost": 0, "remaining": 0}}


def _error(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": message, "allowance": _allowance(0.002)}


def _good(result: Any, cost: float) -> tuple[int, Any]:
    body = {"allowance": _allowance(cost)}
    return 200, body if result is None else {"result": result, **body}


def _allowance(cost: float) -> dict[str, Any]:
    return {
        "cost": cost,
        "remaining": round(_CREDITS - cost, 3),
        "upgrade": "For unlimited API access, create an account at https://cryptowat.ch",
    }


@functools.lru_cache(maxsize=8)
def _markets(pairs: frozenset[tuple[str, str]]) -> Mapping[str, Market]:
    return {(base + quote).lower(): Market("cryptowatch", base, quote) for base, quote in sorted(pairs)}


def _listed(number: int, pair: str) -> dict[str, Any]:
    route = f"https://api.cryptowat.ch/markets/{_EXCHANGE}/{pair}"
    return {"id": number, "exchange": _EXCHANGE, "pair": pair, "active": True, "route": route}


def _ohlc(source: Source, market: Market, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    periods = query.get("periods", ",".join(map(str, _PERIODS))).split(",")
    if not all(text.isdecimal() and len(text) < 12 for text in [*periods, *_times(query)]):
        return _error(400, "Invalid request parameters")
    result = {
        period: _rows(source, market, query, int(period) * 1000, now) for period in periods if int(period) in _PERIODS
    }
    return _good(result, 0.015)


def _times(query: Mapping[str, str]) -> list[str]:
    return [query[name] for name in ("after", "before") if name in query]


def _rows(source: Source, market: Market, query: Mapping[str, str], length: int, now: int) -> list[list[float]]:
    """Return candles that open between after and before; each row begins with its closing time."""
    newest = now // length * length
    last = min(newest, (int(query.get("before", newest // 1000 + 1)) * 1000 - 1) // length * length)
    first = last - (_CANDLES - 1) * length
    if "after" in query:
        first = max(-(-int(query["after"]) * 1000 // length) * length, last - (_MOST_CANDLES - 1) * length)
    return [
        [
            (candle.start + length) // 1000,
            *(candle.open, candle.high, candle.low, candle.close),
            candle.trades / 100,
            candle.trades / 100 * candle.mean,
        ]
        for candle in source.candles(market, np.arange(first, last + 1, length), length, now)
    ]
