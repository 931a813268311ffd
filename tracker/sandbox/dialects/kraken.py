"""
Kraken's public REST answers.

https://docs.kraken.com/api/docs/rest-api/get-ticker-information
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.sandbox.price_source import Candle, Source, is_halted

_ASSETS = {"BTC": "XBT", "DOGE": "XDG"}
_COINS = {"XBT"}  # old assets, with a class letter in a pair's key: XXBTZUSD, but XBTCHF
_MONEY = {"USD", "EUR", "GBP", "JPY", "CAD"}
_INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)  # minutes
_CANDLES = 720  # the maximum, however far back "since" reaches


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    name = path.removeprefix("/0/public/")
    if name == "Time":
        at = datetime.fromtimestamp(now // 1000, UTC)
        return _good({"unixtime": now // 1000, "rfc1123": at.strftime("%a, %d %b %y %H:%M:%S +0000")})
    if name == "SystemStatus":
        at = datetime.fromtimestamp(now // 1000, UTC)
        return _good({"status": "online", "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ")})
    if name not in ("AssetPairs", "Ticker", "OHLC"):
        return refusal("EGeneral:Unknown method")
    markets = _markets(source, query.get("pair"))
    if markets is None:
        return refusal("EQuery:Unknown asset pair")
    if name == "AssetPairs":
        return _good({_key(market): _asset_pair(source, market, now) for market in markets})
    if name == "Ticker":
        return _good(_tickers(source, markets, now))
    return _ohlc(source, markets, query, now)


def refusal(message: str | None = None) -> tuple[int, Any]:
    return 200, {"error": [message or "EGeneral:Too many requests"]}


def _good(result: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"error": [], "result": result}


def _markets(source: Source, names: str | None) -> list[Market] | None:
    """Return the requested markets, all by default; None if one is unknown, which fails the whole request."""
    offered = [Market("kraken", base, quote) for base, quote in sorted(source.pairs)]
    if not names:
        return offered
    known = {name: market for market in offered for name in (_key(market), _altname(market), _wsname(market))}
    requested = dict.fromkeys(names.split(","))
    return [known[name] for name in requested] if all(name in known for name in requested) else None


def _asset_pair(source: Source, market: Market, now: int) -> dict[str, Any]:
    return {
        "altname": _altname(market),
        "wsname": _wsname(market),
        "aclass_base": "currency",
        "base": _asset(market.base),
        "aclass_quote": "currency",
        "quote": _asset(market.quote),
        "lot": "unit",
        "status": "cancel_only" if is_halted(source, market, now) else "online",
    }


def _tickers(source: Source, markets: list[Market], now: int) -> dict[str, Any]:
    """Return the ticker of each of *markets* that has a last price and traded within a day."""
    todays = source.candles_since(markets, now - now % DAY, now)
    days = source.candles_since(markets, now - DAY, now)
    rows = zip(markets, source.latest(markets, now), todays, days, strict=True)
    # Just after midnight a recording may have no row of today yet.
    return {
        _key(market): _ticker(last, (today or day, day))
        for market, last, today, day in rows
        if day and not np.isnan(last)
    }


def _ticker(last: float, both: tuple[Candle, Candle]) -> dict[str, Any]:
    """Return a ticker of the *last* price and the candles of today and of the last 24 hours."""
    return {
        "a": [_text(last), "1", "1.000"],
        "b": [_text(last), "1", "1.000"],
        "c": [_text(last), "0.01000000"],
        "v": [_volume(candle) for candle in both],
        "p": [_text(candle.mean) for candle in both],
        "t": [candle.trades for candle in both],
        "l": [_text(candle.low) for candle in both],
        "h": [_text(candle.high) for candle in both],
        "o": _text(both[0].open),
    }


def _ohlc(source: Source, markets: list[Market], query: Mapping[str, str], now: int) -> tuple[int, Any]:
    try:
        minutes, since = int(query.get("interval", "1")), int(float(query.get("since", "0")))
    except (ValueError, OverflowError):
        return refusal("EGeneral:Invalid arguments")
    if minutes not in _INTERVALS or "pair" not in query or len(markets) != 1:
        return refusal("EGeneral:Invalid arguments")
    length = minutes * MINUTE
    newest = now // length * length
    starts = newest - length * np.arange(_CANDLES - 1, -1, -1)
    # "since" excludes the candle that starts at it; the open one is always included.
    starts = starts[(starts > since * 1000) | (starts == newest)]
    rows = [
        [
            candle.start // 1000,
            *(_text(value) for value in (candle.open, candle.high, candle.low, candle.close, candle.mean)),
            _volume(candle),
            candle.trades,
        ]
        for candle in source.candles(markets[0], starts, length, now)
    ]
    return _good({_key(markets[0]): rows, "last": (newest - length) // 1000})


def _asset(code: str) -> str:
    name = _ASSETS.get(code, code)
    return f"X{name}" if name in _COINS else f"Z{name}" if name in _MONEY else name


def _key(market: Market) -> str:
    has_letters = _ASSETS.get(market.base, market.base) in _COINS and market.quote in _MONEY
    return _asset(market.base) + _asset(market.quote) if has_letters else _altname(market)


def _altname(market: Market) -> str:
    return _wsname(market).replace("/", "")


def _wsname(market: Market) -> str:
    return f"{_ASSETS.get(market.base, market.base)}/{_ASSETS.get(market.quote, market.quote)}"


def _volume(candle: Candle) -> str:
    return f"{candle.trades / 100:.8f}"


def _text(price: float) -> str:
    # Enough digits for the client to read the same float, and no exponent.
    return np.format_float_positional(price, min_digits=5)
