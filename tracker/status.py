"""
How collecting goes, as data: written by whoever holds the lease, read by every page.

The collector keeps a Board in memory; it is published as one small JSON file beside the data,
so that a page whose process only follows the store can say what a page that collects says.
"""

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from tracker.errors import ConfigError
from tracker.market import Market

MarketState = Literal["waiting", "live", "backfilling", "unreachable", "refused"]
Mode = Literal["live", "simulated", "replay"]


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """
    One market, as its collector sees it. Times are epoch milliseconds.

    ``stale`` is not among the states: a reader tells it from the age of the last tick.
    """

    interval: int  # cadence, ms
    state: MarketState = "waiting"
    since: int | None = None  # when this state began
    cause: str = ""  # the exchange's own words, or the network's
    next_try: int | None = None
    tries: int = 0  # failed ones since the last success
    progress: str = ""  # of a backfill: "12 of 24 h"


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment."""

    collector: str = ""  # who collects, for people; "" = nobody
    mode: Mode = "live"
    store_problem: str = ""  # why rows cannot be kept; "" = they can
    note: str = ""  # what else a reader should know, e.g. that the clock was set
    markets: Mapping[Market, MarketStatus] = field(default_factory=dict)


class Board:
    """Where the collector writes its status. Thread-safe; every change counts up ``version``."""

    def __init__(self, intervals: Mapping[Market, int]) -> None:
        self._lock = threading.Lock()
        self._status = Status(markets={market: MarketStatus(interval) for market, interval in intervals.items()})
        self.version = 0

    def status(self) -> Status:
        """What is known now; a value that does not change any more."""
        with self._lock:
            return self._status

    def say(self, **changes: Any) -> None:
        """Change fields of Status itself."""
        with self._lock:
            changed = replace(self._status, **changes)
            if changed != self._status:
                self._status = changed
                self.version += 1

    def works(self, markets: Iterable[Market], now: int) -> None:
        """*markets* just got a price."""
        self._set(markets, now, "live", cause="", next_try=None, tries=0)

    def fails(self, markets: Iterable[Market], now: int, cause: str, next_try: int | None) -> None:
        """*markets* got none because of *cause*; a first failure starts the count and the ``since``."""
        for market in markets:
            tries = self.status().markets[market].tries + 1
            self._set([market], now, "unreachable", cause=cause, next_try=next_try, tries=tries)

    def refuses(self, market: Market, now: int, cause: str) -> None:
        """*market* will not be asked for: the exchange does not offer it."""
        self._set([market], now, "refused", cause=cause)

    def fills(self, market: Market, progress: str) -> None:
        """A backfill of *market* is under way; "" when it ended. Live prices go on meanwhile."""
        with self._lock:
            before = self._status.markets[market]
        self._put(market, replace(before, progress=progress))

    def _set(self, markets: Iterable[Market], now: int, state: MarketState, **changes: Any) -> None:
        for market in markets:
            before = self.status().markets[market]
            since = before.since if before.state == state else now
            self._put(market, replace(before, state=state, since=since, **changes))

    def _put(self, market: Market, status: MarketStatus) -> None:
        with self._lock:
            if self._status.markets[market] != status:
                self._status = replace(self._status, markets={**self._status.markets, market: status})
                self.version += 1


def publish(status: Status, path: Path) -> None:
    """Write *status* so that a reader sees the old file or the new one, never half. Raises OSError."""
    plain = {**asdict(replace(status, markets={}))}
    plain["markets"] = {str(market): asdict(each) for market, each in status.markets.items()}
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(plain))
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def published(path: Path, fresh: float = float("inf")) -> Status | None:
    """
    What was last published at *path*; None if nothing was, or another version wrote it.

    One that is older than *fresh* seconds says so as a store problem: its writer cannot write.
    """
    try:
        age = time.time() - path.stat().st_mtime
        plain = json.loads(path.read_text())
        markets = {Market.parse(name): MarketStatus(**each) for name, each in plain.pop("markets").items()}
        status = Status(**plain, markets=markets)
    except (OSError, ValueError, TypeError, AttributeError, LookupError, ConfigError):
        return None
    if age <= fresh:
        return status
    words = f"the collector has written nothing for {age:.0f} s; {path.parent} may be full or read-only"
    return replace(status, store_problem=words)
