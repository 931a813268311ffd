"""
Bitstamp spot, public market data.

https://www.bitstamp.net/api/#tag/Tickers
https://www.bitstamp.net/api/#tag/Market-info/operation/GetOHLCData
"""

from collections.abc import Sequence
from typing import Any

from tracker.core.errors import ConfigError, RateLimited, Refused
from tracker.core.market import Market
from tracker.core.parsing import closed_candles, page_ranges, price, refusal_text, to_list, to_number
from tracker.core.quotes import CandlePage, Quote
from tracker.core.trade_facts import epoch_time

BASE_URL = "https://www.bitstamp.net"
LIMITS = ((400, 1.0), (10_000, 600.0))  # as documented, per client
MAX_BATCH = 1000  # one response holds every market
ATTRIBUTION = None

_LENGTH = 60.0  # seconds; the shortest, and available back to the first trade
# A response holds 1000 candles, the last ones before its end, whatever its start.
_PAGE, _LIMIT = 990, 1000
_PAUSE = 60.0  # seconds; the limit counts ten minutes, a tenth of which is free again by then
_TOO_MANY = ("400.002", "400.067", "400.068")  # codes: per address, per client, per market


def ticker_path(markets: Sequence[Market]) -> str:
    return "/api/v2/ticker/"


def last_prices(body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
    _refuse(body)
    tickers = to_list(body, 1)
    quotes: dict[Market, Quote] = {}
    for market in markets:
        name = f"{market.base}/{market.quote}"
        for ticker in tickers:
            if isinstance(ticker, dict) and ticker.get("pair") == name:
                # The time of the ticker; the last trade in it is not newer.
                quotes[market] = Quote(price(ticker["last"]), epoch_time(ticker.get("timestamp")))
    return quotes


def history_requests(market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
    path = f"/api/v2/ohlc/{market.slug}/?step={_LENGTH:.0f}&limit={_LIMIT}"
    return [
        (f"{path}&start={first // 1000}&end={last // 1000 - 1}", _LENGTH)
        for first, last in page_ranges(start, end, now, _LENGTH, _PAGE)
    ]


def history(body: Any, market: Market, seconds: float, now: int) -> CandlePage:
    _refuse(body)
    return closed_candles(to_list(body["data"]["ohlc"]), lambda row: _candle(row, seconds), now)


def _candle(row: Any, seconds: float) -> tuple[Any, ...]:
    closing, close = to_number(row["timestamp"]) + seconds, price(row["close"])
    return closing, close, row.get("open"), row.get("low"), row.get("high")


def pairs_path() -> str:
    return "/api/v2/trading-pairs-info/"


def pairs(body: Any) -> dict[Market, str]:
    _refuse(body)
    listed: dict[Market, str] = {}
    for pair in to_list(body):
        if pair.get("trading", "Enabled") != "Enabled":
            continue
        try:
            listed[Market.parse(f"bitstamp:{pair['name']}")] = ""
        except ConfigError:
            continue  # a perpetual, BTC/USD-PERP
    return listed


def _refuse(body: Any) -> None:
    # Two forms: {"status": "error", "reason": …, "code": …}, and the old {"error": …}.
    if not isinstance(body, dict) or not ("error" in body or body.get("status") == "error"):
        return
    refusal = refusal_text(body.get("reason", body.get("error")))
    too_many = refusal_text(body.get("code")) in _TOO_MANY or "rate limit" in refusal.lower()
    raise RateLimited(refusal, _PAUSE) if too_many else Refused(refusal)
