"""
Keeps the status of collecting, and writes it for other processes.

The collector keeps a StatusBoard in memory; it is published as one small JSON file beside the data,
so that a page whose process only follows the store shows what a page that collects shows.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from tracker.core.contracts import Coordination
from tracker.core.errors import ConfigError, LeaseError
from tracker.core.market import Market
from tracker.core.market_status import (
    BackfillResult,
    Failure,
    HeldBack,
    MarketState,
    MarketStatus,
    Mode,
    Note,
    Status,
    recent,
)

DOCUMENT = "status"  # its name in the coordination
MOST_NOTES = 3  # the newest; a clock that is set again and again must not fill the page
FORMAT: Final = 2  # raised when a field changes its meaning; the first one had no number and held sentences


class StatusBoard:
    """Where the collector writes its status. Thread-safe; every change counts up ``version``."""

    def __init__(self, intervals: Mapping[Market, int]) -> None:
        self._lock = threading.Lock()
        self._status = Status(markets={market: MarketStatus(interval) for market, interval in intervals.items()})
        self.version = 0

    def status(self) -> Status:
        """What is known now; a value that does not change any more."""
        with self._lock:
            return self._status

    def update(self, **changes: Any) -> None:
        """Change fields of Status itself."""
        with self._lock:
            changed = replace(self._status, **changes)
            if changed != self._status:
                self._status = changed
                self.version += 1

    def add_note(self, note: Note) -> None:
        """Add *note*; one that differs only in its time is replaced, those that have ended are dropped."""
        with self._lock:
            others = [each for each in recent(self._status.notes, note.time) if replace(each, time=note.time) != note]
            self._status = replace(self._status, notes=(*others, note)[-MOST_NOTES:])
            self.version += 1

    def mark_live(self, markets: Iterable[Market], now: int, stand_in: str = "") -> None:
        """*markets* just got an accepted price, from their own exchange or from *stand_in*."""
        # The own exchange's failure stays visible while another stands in for it.
        cleared: dict[str, Any] = {} if stand_in else {"failure": None, "next_try": None, "tries": 0}

        def change(before: MarketStatus) -> MarketStatus:
            # Once the own exchange works, a stand-in is not asked again, and could never clear this itself.
            stays = stand_in and before.held_back_from != stand_in
            reason = before.held_back_reason if stays else None
            return _entered(before, now, "live", held_back_reason=reason, stand_in=stand_in, **cleared)

        self._set(markets, change)

    def mark_failed(
        self, markets: Iterable[Market], now: int, failure: Failure, next_try: int | None, stand_in: str = ""
    ) -> None:
        """
        *markets* got no price because of *failure*: of their own exchange, or of *stand_in*.

        A first failure starts the count and the ``since``; a stand-in's prices go on meanwhile.
        """

        def change(before: MarketStatus) -> MarketStatus:
            if stand_in:
                is_in_use = before.stand_in == stand_in
                return _entered(before, now, "unreachable", stand_in="") if is_in_use else before
            failed: dict[str, Any] = {"failure": failure, "next_try": next_try, "tries": before.tries + 1}
            return replace(before, **failed) if before.stand_in else _entered(before, now, "unreachable", **failed)

        self._set(markets, change)

    def mark_refused(self, market: Market, now: int, failure: Failure) -> None:
        """The market's own exchange is not asked for it as usual: it does not list it, or refuses it."""
        refused: dict[str, Any] = {"failure": failure, "next_try": None, "tries": 0}
        self._set(
            [market],
            lambda before: (
                replace(before, **refused) if before.stand_in else _entered(before, now, "refused", **refused)
            ),
        )

    def mark_held_back(self, market: Market, reason: HeldBack, stand_in: str = "") -> None:
        """A price of *market* is held back: its own exchange's, or that of *stand_in*."""
        # The own exchange does answer, so an earlier failure is out of date.
        failure = Failure("held_back", market.exchange)
        answered: dict[str, Any] = {} if stand_in else {"failure": failure, "next_try": None, "tries": 0}
        self._set(
            [market],
            lambda before: replace(
                before,
                held_back_count=before.held_back_count + 1,
                held_back_reason=reason,
                held_back_from=stand_in,
                **answered,
            ),
        )

    def backfill_progress(self, market: Market, page: int = 0, pages: int = 0) -> None:
        """A backfill of *market* is at *page* of *pages*; none is under way. Live prices go on meanwhile."""
        self._set([market], lambda before: replace(before, page=page, pages=pages))

    def backfill_done(self, market: Market, result: BackfillResult) -> None:
        """A pass over the gaps of *market* has ended."""
        self._set([market], lambda before: replace(before, backfill=result))

    def _set(self, markets: Iterable[Market], change: Callable[[MarketStatus], MarketStatus]) -> None:
        with self._lock:
            known = self._status.markets
            changed = {market: new for market in markets if (new := change(known[market])) != known[market]}
            if changed:
                self._status = replace(self._status, markets={**known, **changed})
                self.version += 1


def _entered(before: MarketStatus, now: int, state: MarketState, **changes: Any) -> MarketStatus:
    goes_on = before.state == state and before.stand_in == changes.get("stand_in", before.stand_in)
    return replace(before, state=state, since=before.since if goes_on else now, **changes)


@dataclass(frozen=True, slots=True)
class _Document:
    """What stands in the file, the format's number first."""

    format: Literal[2]
    collector: str
    mode: Mode
    store_problem: str
    notes: tuple[Note, ...]
    markets: dict[str, MarketStatus]
    published: int = 0  # epoch ms


_DOCUMENT = TypeAdapter(_Document)


def encode(status: Status, at: int = 0) -> bytes:
    """*status* as JSON that begins with its format's number; *at* is when it is published, epoch ms."""
    markets = {str(market): each for market, each in status.markets.items()}
    document = _Document(FORMAT, status.collector, status.mode, status.store_problem, status.notes, markets, at)
    return _DOCUMENT.dump_json(document)


def decode(data: bytes) -> Status | None:
    """
    What encode() wrote; None if *data* is of another format, torn or strange.

    Fields that a later release may add are ignored.
    """
    found = _decode(data)
    return found and found[0]


def _decode(data: bytes) -> tuple[Status, int] | None:
    try:
        document = _DOCUMENT.validate_json(data, strict=True)
        markets = {Market.parse(name): each for name, each in document.markets.items()}
    except (ValueError, ConfigError):
        return None
    status = Status(document.collector, document.mode, document.store_problem, notes=document.notes, markets=markets)
    return status, document.published


def publish(status: Status, coordination: Coordination) -> None:
    """Publish *status* to every process of *coordination*. Raises LeaseError."""
    coordination.publish(DOCUMENT, encode(status, round(time.time() * 1000)))


def published(coordination: Coordination, fresh: float = float("inf")) -> Status | None:
    """
    What was last published; None if nothing was, it cannot be read, or a release with another format wrote it.

    One that is older than *fresh* seconds has ``silent_for`` set: its writer cannot write.
    """
    found = _read(coordination)
    if found is None:
        return None
    status, at = found
    age = time.time() - at / 1000
    return status if age <= fresh else replace(status, silent_for=age)


def last_published(coordination: Coordination) -> int | None:
    """When a collector last published its status, epoch ms; None: never, as far as can be read."""
    found = _read(coordination)
    return found and found[1]


def _read(coordination: Coordination) -> tuple[Status, int] | None:
    try:
        data = coordination.read(DOCUMENT)
    except LeaseError:
        return None
    return None if data is None else _decode(data)
