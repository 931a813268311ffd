"""
The contract that exchanges fulfil.

An adapter is a module in tracker/exchanges, found by its name; see ``tracker.core.adapters``.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from tracker.core.market import Market
from tracker.core.quotes import CandlePage, Quote


class Exchange(Protocol):
    """
    What to request from an exchange and how to read its answer: a module of pure functions, no I/O.

    Bodies are parsed JSON. A refusal raises Refused with the exchange's own words, or RateLimited
    if there were too many requests. A missing key or a text in place of a number
    may raise LookupError, TypeError, ValueError, AttributeError or ArithmeticError: the caller reads
    the same body once more for each market alone, so that one broken entry costs one market, and raises
    UnreadableAnswer. Therefore last_prices reads only the entries of *markets*. Numbers are read by
    ``tracker.core.parsing``, which is strict.

    The functions of ListsPairs, StatesTrading and TakesKey are optional.
    """

    BASE_URL: str
    LIMITS: tuple[tuple[int, float], ...]  # (requests, seconds) from one address, the shortest time first; all hold
    MAX_BATCH: int  # markets in one ticker request
    ATTRIBUTION: str | None  # a line the exchange's terms ask to be shown

    def ticker_path(self, markets: Sequence[Market]) -> str:
        """Return path and query, relative to BASE_URL, of a request for the last prices of *markets*."""

    def last_prices(self, body: Any, markets: Sequence[Market]) -> dict[Market, Quote]:
        """
        Return the last trade of each market; a market that is not in the answer is absent.

        The time of the trade goes with it where the answer states it; one that cannot be read costs no price.
        """

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        """
        Return (path, candle seconds) of the pages that cover start..end (epoch ms), the newest page first.

        No page asks for more than one answer holds; candles are coarser where finer ones do not reach back.
        """

    def history(self, body: Any, market: Market, seconds: float, now: int) -> CandlePage:
        """
        Return the candles closed by *now* (epoch ms), oldest first, each at its own close, on the minute or off it.

        A candle that cannot be read is left out and counted; if none can, an error is raised.

        *seconds* is the candle length that history_requests returned with the path: it does not follow
        from an answer with one candle.
        """


@runtime_checkable
class ListsPairs(Protocol):
    """An Exchange whose list of pairs can be read."""

    def pairs_path(self) -> str:
        """Return path and query, relative to BASE_URL, of a request for the list of pairs."""

    def pairs(self, body: Any) -> dict[Market, str]:
        """
        Return the pairs offered, each with ``""`` or the exchange's word for why it does not trade now: cancel_only.

        Such a pair is polled and stored; one that is left out, e.g. as delisted, is not.
        """


@runtime_checkable
class StatesTrading(ListsPairs, Protocol):
    """An Exchange whose list of pairs does not state which of them trade, but another answer does."""

    def states_path(self, markets: Sequence[Market]) -> str:
        """
        Return path and query, relative to BASE_URL, of a request for the states of listed *markets*.

        They are at most MAX_BATCH; ``pairs`` reads the answer.
        """


@runtime_checkable
class TakesKey(Protocol):
    """An Exchange whose requests may carry an API key."""

    def headers(self, key: str, url: str) -> dict[str, str]:
        """Return the headers that carry *key* to the exchange at *url*."""
