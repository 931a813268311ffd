"""
CoinGecko's public REST answers, version 3: one coin against many currencies.

https://docs.coingecko.com/reference/simple-price
https://docs.coingecko.com/reference/coins-id-market-chart
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.sandbox.price_source import Source, last_trade

_COINS = {
    **{"bitcoin": "BTC", "ethereum": "ETH", "litecoin": "LTC", "ripple": "XRP", "dogecoin": "DOGE", "solana": "SOL"},
    **{"pax-gold": "PAXG", "tether-gold": "XAUT"},
}
_REACH = 365 * DAY  # without a paid key
_TURNOVER = 3e10  # market caps and volumes are present but constant


def answer(path: str, query: Mapping[str, str], source: Source, now: int) -> tuple[int, Any]:
    match path.removeprefix("/api/v3").strip("/").split("/"):
        case ["ping"]:
            return 200, {"gecko_says": "(V3) To the Moon!"}
        case ["simple", "price"]:
            return _missing(query, "ids", "vs_currencies") or (200, _prices(source, query, now))
        case ["simple", "supported_vs_currencies"]:
            return 200, sorted({quote.lower() for base, quote in source.pairs if base in _COINS.values()})
        case ["coins", coin, "market_chart"]:
            return _missing(query, "vs_currency", "days") or _chart_of_days(source, coin, query, now)
        case ["coins", coin, "market_chart", "range"]:
            return _missing(query, "vs_currency", "from", "to") or _chart_of_range(source, coin, query, now)
    return 404, {"error": "Incorrect path. Please check https://www.coingecko.com/api/"}


def refusal(message: str | None = None) -> tuple[int, Any]:
    usual = "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing to subscribe."
    return 429, {"status": {"error_code": 429, "error_message": message or usual}}


def _missing(query: Mapping[str, str], *names: str) -> tuple[int, Any] | None:
    return next(((422, {"error": f"Missing parameter {name}"}) for name in names if name not in query), None)


def _prices(source: Source, query: Mapping[str, str], now: int) -> dict[str, dict[str, float]]:
    """Return the last prices by coin and currency; unknown ones, and those without a price, are left out."""
    prices: dict[str, dict[str, float]] = {}
    currencies = dict.fromkeys(query["vs_currencies"].split(","))
    for coin in query["ids"].split(","):
        base = _COINS.get(coin)
        if base is None:
            continue
        quotes = [code.upper() for code in currencies if (base, code.upper()) in source.pairs]
        markets = [Market("coingecko", base, quote) for quote in quotes]
        last_prices = source.latest(markets, now)
        prices[coin] = {
            quote.lower(): last for quote, last in zip(quotes, last_prices, strict=True) if not np.isnan(last)
        }
        if prices[coin] and query.get("include_last_updated_at") == "true":
            prices[coin]["last_updated_at"] = max(last_trade(source, market, now) for market in markets) // 1000
    return prices


def _chart_of_days(source: Source, coin: str, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    try:
        days = 365.0 if query["days"] == "max" else float(query["days"])
    except ValueError:
        days = math.nan
    if not 0 < days < 100_000:
        return 422, {"error": "Invalid days"}
    length = _length(days)
    if "interval" in query:
        if query["interval"] != "daily":
            return _for_payers(10005, "This request is limited to Enterprise plan subscribers.")
        length = DAY
    return _chart(source, coin, query["vs_currency"], now - round(days * DAY), now, length, now)


def _chart_of_range(source: Source, coin: str, query: Mapping[str, str], now: int) -> tuple[int, Any]:
    start, end = _time(query["from"]), _time(query["to"])
    if start is None or end is None or start > end:
        return 422, {"error": "Invalid date range"}
    length = _length((end - start) / DAY)
    # Points every five minutes exist for the last day only; the margin is for the duration of a request.
    if start < now - DAY - 10 * MINUTE:
        length = max(length, HOUR)
    return _chart(source, coin, query["vs_currency"], start, end, length, now)


def _length(days: float) -> int:
    return 5 * MINUTE if days <= 1 else HOUR if days <= 90 else DAY


def _chart(source: Source, coin: str, currency: str, start: int, end: int, length: int, now: int) -> tuple[int, Any]:
    if coin not in _COINS:
        return 404, {"error": "coin not found"}
    pair = _COINS[coin], currency.upper()
    if pair not in source.pairs:
        return 422, {"error": "invalid vs_currency"}
    if start < now - _REACH - HOUR:
        message = "Your request exceeds the allowed time range. Public API users are limited to the past 365 days."
        return _for_payers(10012, message)
    times = _times(start, end, length, now)
    candles = source.candles(Market("coingecko", *pair), times - length, length, now)
    points = [[candle.start + length, candle.close] for candle in candles]
    return 200, {
        "prices": points,
        "market_caps": [[time, close * 2e7] for time, close in points],
        "total_volumes": [[time, _TURNOVER] for time, _ in points],
    }


def _times(start: int, end: int, length: int, now: int) -> NDArray[np.int64]:
    """Return the times of points: up to a minute after the full five minutes, as real ones are; the last one is now."""
    grid = np.arange(start // length - 1, min(end, now) // length + 1)
    late = 0 if length == DAY else grid * 48_271 % 61_000
    times = grid * length + late
    times = times[(times >= start) & (times <= min(end, now))]
    return np.append(times[times < now], now) if start <= now <= end else times


def _for_payers(code: int, message: str) -> tuple[int, Any]:
    return 401, {"error": {"status": {"error_code": code, "error_message": message}}}


def _time(text: str) -> int | None:
    """Return epoch milliseconds from an ISO time or epoch seconds; None for any other text."""
    try:
        if "-" in text[1:]:
            at = datetime.fromisoformat(text)
            return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
        seconds = float(text)
    except ValueError:
        return None
    return round(seconds * 1000) if 0 <= seconds < 1e11 else None
