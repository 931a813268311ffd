"""
Kraken spot, public market data.

https://docs.kraken.com/api/docs/rest-api/get-ticker-information
https://docs.kraken.com/api/docs/rest-api/get-ohlc-data
"""

from collections.abc import Sequence
from typing import Any

from tracker.core.durations import MINUTE
from tracker.core.errors import ConfigError, RateLimited, Refused
from tracker.core.market import OLD_CODES, Market
from tracker.core.parsing import closed_candles, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote
from tracker.core.trade_facts import state_word

BASE_URL = "https://api.kraken.com"
LIMITS = ((1, 1.0),)  # per address: https://support.kraken.com/articles/206548367
MAX_BATCH = 50  # markets in one ticker request
ATTRIBUTION = None

# Kraken uses codes with an X for these, in the style of ISO 4217; its answers may mix them with the common ones.
_ASSETS = {code: old for old, code in OLD_CODES.items()}

_CANDLES = (1, 5, 15, 30, 60, 240, 1440)  # minutes; some of the lengths that Kraken offers, enough for two years
# A response holds 720 candles. One of them is still open; the rest of the margin, some minutes, is for clocks that
# differ and requests that wait for the rate limit.
_REACH = 715
_TRADING = ("online", "limit_only", "reduce_only")  # the states of a pair in which trades occur
_PAUSE = 15.0  # seconds; the counter, which was at its limit, falls by one a second
_TOO_MANY = ("rate limit", "too many requests", "throttled")


def ticker_path(markets: Sequence[Market]) -> str:
    return "/0/public/Ticker?pair=" + ",".join(map(_altname, markets))


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    result = _result(body)
    keys = {market: _key(result, market) for market in markets}
    return {market: Quote(price(to_list(result[key]["c"], 2)[0])) for market, key in keys.items() if key is not None}


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    """
    Return one request per candle length, since only the newest 720 candles of each are available.

    A request has no end, so a coarser page also covers the time of the finer ones.
    """
    requests: list[tuple[str, float]] = []
    end = min(end, now)
    for minutes in _CANDLES:
        length = minutes * MINUTE
        oldest = max(start, now - _REACH * length)
        if oldest < end:
            # "since" excludes the candle that starts at it; the first one needed ends at *oldest*.
            since = max(0, (oldest - length) // 1000 - 1)
            path = f"/0/public/OHLC?pair={_altname(market)}&interval={minutes}&since={since}"
            requests.append((path, length / 1000))
            end = oldest
    return requests


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    result = _result(body)
    key = _key(result, market)
    if key is None:
        raise KeyError(f"no candles of {market}")
    return closed_candles(to_list(result[key]), lambda row: _candle(row, seconds), now)  # the last one is still open


def _candle(row: Any, seconds: float) -> tuple[Any, ...]:
    # A row: opening time, open, high, low, close, mean, volume, trades.
    opening, first, high, low, close = to_list(row, 8)[:5]
    return to_number(opening) + seconds, price(close), first, low, high


def pairs_path() -> str:
    return "/0/public/AssetPairs"


def pairs(body: Any) -> dict[Market, str]:
    listed: dict[Market, str] = {}
    for pair in _result(body).values():
        # Dark-pool pairs have no wsname and no public ticker.
        base, _, quote = pair.get("wsname", "").partition("/")
        try:
            market = Market("kraken", base, quote)
        except ConfigError:
            continue  # not a valid currency code, e.g. ETH2.S
        # A pair that is listed by its old and its new code is traded if one of them is.
        word = state_word(pair.get("status"), _TRADING)
        listed[market] = word if listed.get(market, word) else ""
    return listed


def _result(body: Any) -> dict[str, Any]:
    # Kraken refuses with status 200. An error that begins with W is a warning beside a valid result.
    refusals = [text for text in map(refusal_text, to_list(body["error"])) if not text.startswith("W")]
    if refusals:
        refusal = ", ".join(refusals)
        too_many = any(phrase in refusal.lower() for phrase in _TOO_MANY)
        raise RateLimited(refusal, _PAUSE) if too_many else Refused(refusal)
    result: dict[str, Any] = body["result"]
    return result


def _altname(market: Market) -> str:
    return _ASSETS.get(market.base, market.base) + _ASSETS.get(market.quote, market.quote)


def _key(result: dict[str, Any], market: Market) -> str | None:
    """Return the key of *market* in Kraken's response: XXBTZUSD, XBTCHF or XBT/USD."""
    for base in _names(market.base):
        for quote in _names(market.quote):
            for key in (base + quote, f"{base}/{quote}"):
                if key in result:
                    return key
    return None


def _names(code: str) -> list[str]:
    # Old assets have a class letter, X for coins and Z for national currencies; newer ones do not.
    plain = dict.fromkeys((_ASSETS.get(code, code), code))
    return [prefix + name for name in plain for prefix in ("", "X", "Z")]
