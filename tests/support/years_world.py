"""A backfill of years in virtual time: an exchange with hourly candles in pages of 100, and its scripted history."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.support.backfill_world import BackfillWorld, first_minute, request_of
from tests.support.fakes import FakeExchange
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market

NOW = 1_600_000_200.0  # epoch s
PAGE = 100 * HOUR  # ms; the other time of a piece of 28 d is 72 h: seven pages


class HourlyExchange(FakeExchange):
    """A hundred hourly candles to a page, the newest page first, and ten requests in a minute."""

    LIMITS = ((10, 10.0),)

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        oldest, newest = start // HOUR * HOUR, -(-min(end, now) // HOUR) * HOUR
        edges = [*range(newest, oldest, -PAGE), oldest]
        return [
            (f"/history/{market.slug}/{first // 1000}?to={last // 1000}", 3600.0) for last, first in pairwise(edges)
        ]


def page_of(path: str) -> tuple[int, int]:
    """Return the start and the end (epoch s) of the page at *path*."""
    first, _, last = path.rpartition("?to=")
    return first_minute(first), int(last)


def hourly(has: Callable[[int], bool] = lambda close: True) -> Callable[[str, float], Any]:
    """Return a history of hourly candles, those that *has* accepts by their close (epoch s)."""

    def respond(path: str, now: float) -> Any:
        first, last = page_of(path)
        return [[float(close), 50.0] for close in range(first + 3600, last + 1, 3600) if close <= now and has(close)]

    return respond


def years_world(
    respond: Callable[[str, float], Any],
    days: float,
    coordination: MemoryCoordination,
    stored: MemoryStore | None = None,
) -> BackfillWorld:
    """Return a world in which prices of the last *days* are requested, unless a request is pending or *days* is 0."""
    request = request_of(coordination, "fake")
    if request.read() is None and days:
        request.submit(round(NOW * 1000 - days * DAY))
    world = BackfillWorld(respond, start=NOW, exchange=HourlyExchange, request=request)
    world.store = stored or world.store
    return world
