"""
CoinGecko: a coin's price averaged over many exchanges, in 60 currencies, including gold (XAU) and silver (XAG).

Without a paid key, prices change once a minute; polling more often returns repeats.

https://docs.coingecko.com/reference/simple-price
https://docs.coingecko.com/reference/coins-id-market-chart
https://docs.coingecko.com/docs/errors-and-rate-limits
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from tracker.core.durations import DAY
from tracker.core.errors import ConfigError, RateLimited, Refused
from tracker.core.market import Market
from tracker.core.parsing import closed_candles, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote
from tracker.core.trade_facts import epoch_time

BASE_URL = "https://api.coingecko.com/api/v3"
LIMITS = ((30, 60.0),)  # about the limit of a demo key; without a key it is lower and varies, and a 429 names the pause
MAX_BATCH = 100  # a response holds every coin of a request in every currency of it
ATTRIBUTION = "Data provided by CoinGecko (https://www.coingecko.com)"  # https://brand.coingecko.com/resources

# A code does not identify a coin (a dozen have the code BTC), so only these ids are used.
_COINS = {
    **{"BTC": "bitcoin", "ETH": "ethereum", "LTC": "litecoin", "XRP": "ripple", "DOGE": "dogecoin"},
    **{"SOL": "solana", "PAXG": "pax-gold", "XAUT": "tether-gold"},
}

# Seconds between points, and the fewest and most days that have them; 365 days is the limit without a paid key.
_POINTS = ((300.0, 1, 1), (3600.0, 2, 90), (86_400.0, 91, 365))
_MARGIN = 600_000  # ms; days count back from the time of the response, by CoinGecko's clock
_PAUSE = 60.0  # seconds; the limit is per minute


def ticker_path(markets: Sequence[Market]) -> str:
    coins = ",".join(sorted({_COINS[market.base] for market in markets if market.base in _COINS}))
    currencies = ",".join(sorted({market.quote.lower() for market in markets}))
    return f"/simple/price?ids={coins}&vs_currencies={currencies}&precision=full&include_last_updated_at=true"


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    _refuse(body)
    if not any(isinstance(coin, dict) for coin in body.values()):
        raise ValueError("no coin in the answer")
    # CoinGecko leaves out unknown coins and currencies silently, or has null; coins without an id are left out here.
    coins = {market: body.get(_COINS.get(market.base)) or {} for market in markets}
    return {
        market: Quote(price(coin[market.quote.lower()]), epoch_time(coin.get("last_updated_at")))
        for market, coin in coins.items()
        if coin.get(market.quote.lower()) is not None
    }


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    """
    Return one request per distance of points, since days count back from now.

    A request has no end, so a coarser response also covers the time of the finer ones.
    """
    requests: list[tuple[str, float]] = []
    end = min(end, now)
    for seconds, fewest, most in _POINTS:
        oldest = max(start, now - most * DAY + _MARGIN)
        if market.base in _COINS and oldest < end:
            days = max(fewest, -(-(now - oldest + _MARGIN) // DAY))
            path = f"/coins/{_COINS[market.base]}/market_chart?vs_currency={market.quote.lower()}"
            requests.append((f"{path}&days={days}&precision=full", seconds))
            end = oldest
    return requests


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    _refuse(body)
    points = to_list(body["prices"])
    # A point is one price; highs and lows are unknown.
    candles = closed_candles(points, lambda row: (to_number(to_list(row, 2)[0]) / 1000, price(row[1])), now)
    del candles[-1:]  # the last point is of this moment, so its interval is not over
    return candles


def pairs_path() -> str:
    return "/simple/supported_vs_currencies"


def pairs(body: Any) -> dict[Market, str]:
    _refuse(body)
    listed: dict[Market, str] = {}
    for currency in to_list(body, 1):
        for base in _COINS:
            try:
                listed[Market("coingecko", base, currency.upper())] = ""
            except ConfigError:
                continue
    return listed


def headers(key: str, url: str) -> dict[str, str]:
    paid = urlsplit(url).hostname == "pro-api.coingecko.com"
    return {"x-cg-pro-api-key" if paid else "x-cg-demo-api-key": key}


def _refuse(body: Any) -> None:
    # {"error": text or status}, {"status": {"error_code": …, "error_message": …}}, or {"status": 429, …}
    if not isinstance(body, dict) or not ("error" in body or "status" in body):
        return
    refusal = refusal_text([body.get("status"), body.get("error")])
    too_many = "429" in refusal or "rate limit" in refusal.lower() or "throttled" in refusal.lower()
    raise RateLimited(refusal, _PAUSE) if too_many else Refused(refusal)
