"""
Keeps the status of collecting, and publishes it to other processes.

It is published as one small JSON document of the coordination, so that a page in a process that only follows the
store shows the same as a page in the collecting process.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tracker.collector.status_document import decode as decode
from tracker.collector.status_document import decode_published, encode
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError
from tracker.core.market import Market
from tracker.core.market_status import (
    LASTING,
    BackfillResult,
    Failure,
    HeldBack,
    MarketState,
    MarketStatus,
    Note,
    NoteKind,
    Status,
    Stop,
    recent,
)

DOCUMENT = "status"  # name in the coordination
MOST_NOTES = 3  # newest notes of events kept; a clock that is set repeatedly must not fill the page


class StatusBoard:
    """
    Holds the collector's status. Thread-safe; every change increments ``version``.

    What is recorded of a market that is not on the board is ignored: it may have been taken from it meanwhile.
    """

    def __init__(self, intervals: Mapping[Market, int]) -> None:
        self._lock = threading.Lock()
        self._status = Status(markets={market: MarketStatus(interval) for market, interval in intervals.items()})
        self.version = 0

    def status(self) -> Status:
        """Return the current status, an immutable value."""
        with self._lock:
            return self._status

    def market(self, market: Market) -> MarketStatus:
        """Return the status of *market*; that of one without a price if it is not on the board."""
        return self.status().markets.get(market) or MarketStatus(0)

    def change_markets(self, intervals: Mapping[Market, int]) -> None:
        """Have the markets of *intervals*, with these cadences (ms) and in this order, and no others."""
        with self._lock:
            before = self._status.markets
            markets = {
                market: replace(before.get(market) or MarketStatus(interval), interval=interval)
                for market, interval in intervals.items()
            }
            if list(markets.items()) != list(before.items()):
                self._status = replace(self._status, markets=markets)
                self.version += 1

    def change_cadence(self, market: Market, interval: int) -> None:
        """Record that *market* is polled every *interval* ms from now on."""
        self._set([market], lambda before: replace(before, interval=interval))

    def update(self, **changes: Any) -> None:
        """Replace fields of the Status itself."""
        with self._lock:
            changed = replace(self._status, **changes)
            if changed != self._status:
                self._status = changed
                self.version += 1

    def add_note(self, note: Note) -> None:
        """Add *note*, replacing one that differs only in time; drop notes that are no longer recent."""
        with self._lock:
            others = [old for old in recent(self._status.notes, note.time) if replace(old, time=note.time) != note]
            events = [each for each in (*others, note) if each.kind not in LASTING][-MOST_NOTES:]
            notes = tuple(each for each in (*others, note) if each.kind in LASTING or each in events)
            self._status = replace(self._status, notes=notes)
            self.version += 1

    def remove_notes(self, kind: NoteKind) -> None:
        """Remove the notes of *kind*: what they state is over."""
        with self._lock:
            others = tuple(note for note in self._status.notes if note.kind != kind)
            if others != self._status.notes:
                self._status = replace(self._status, notes=others)
                self.version += 1

    def mark_live(self, markets: Iterable[Market], now: int, stand_in: str = "") -> None:
        """Record an accepted price of *markets*, from their own exchange or from *stand_in*."""
        # The own exchange's failure stays visible while a stand-in is used, whose prices are current.
        cleared: dict[str, Any] = {"stop": None} if stand_in else {"failure": None, "next_try": None, "tries": 0}

        def change(before: MarketStatus) -> MarketStatus:
            # A stand-in is not asked once the own exchange works, so it could not clear its held-back price itself.
            stays = stand_in and before.held_back_from != stand_in
            reason = before.held_back_reason if stays else None
            return _entered(before, now, "live", held_back_reason=reason, stand_in=stand_in, **cleared)

        self._set(markets, change)

    def mark_failed(
        self, markets: Iterable[Market], now: int, failure: Failure, next_try: int | None, stand_in: str = ""
    ) -> None:
        """Record that *markets* got no price from their own exchange, or from *stand_in*, because of *failure*."""

        # Failures in a row of the own exchange are counted. A market with a stand-in in use stays live meanwhile.
        def change(before: MarketStatus) -> MarketStatus:
            if stand_in:
                is_in_use = before.stand_in == stand_in
                return _entered(before, now, "unreachable", stand_in="") if is_in_use else before
            failed: dict[str, Any] = {"failure": failure, "next_try": next_try, "tries": before.tries + 1}
            return replace(before, **failed) if before.stand_in else _entered(before, now, "unreachable", **failed)

        self._set(markets, change)

    def mark_stops(self, stops: Mapping[Market, Stop | None]) -> None:
        """Record what the markets' own exchange states about their trading; None: they are traded."""
        with self._lock:
            statuses = self._status.markets
            changed = {
                market: replace(statuses[market], stop=stop)
                for market, stop in stops.items()
                if market in statuses and statuses[market].stop != stop
            }
            self._update_markets(changed)

    def mark_refused(self, market: Market, now: int, failure: Failure) -> None:
        """Record that *market* is not polled as usual, as its own exchange does not list it or refuses it."""
        refused: dict[str, Any] = {"failure": failure, "next_try": None, "tries": 0}
        self._set(
            [market],
            lambda before: (
                replace(before, **refused) if before.stand_in else _entered(before, now, "refused", **refused)
            ),
        )

    def mark_held_back(self, market: Market, reason: HeldBack, stand_in: str = "") -> None:
        """Record that a price of *market* is held back, from its own exchange or from *stand_in*."""
        failure = Failure("held_back", market.exchange)  # the own exchange responds: an earlier one is outdated
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

    def backfill_progress(
        self, market: Market, page: int = 0, pages: int = 0, seconds_left: float | None = None
    ) -> None:
        """
        Record that a backfill of *market* is at *page* of *pages*; 0 of 0: none is under way.

        *seconds_left* is the estimate of how long it will take; None without one.
        """
        left = None if seconds_left is None else round(seconds_left, 1)
        self._set([market], lambda before: replace(before, page=page, pages=pages, backfill_seconds=left))

    def backfill_done(self, market: Market, result: BackfillResult) -> None:
        """Record the *result* of a pass over the gaps of *market*."""
        self._set([market], lambda before: replace(before, backfill=result))

    def _set(self, markets: Iterable[Market], change: Callable[[MarketStatus], MarketStatus]) -> None:
        with self._lock:
            statuses = self._status.markets
            self._update_markets(
                {
                    market: new
                    for market in markets
                    if (before := statuses.get(market)) is not None and (new := change(before)) != before
                }
            )

    def _update_markets(self, changed: Mapping[Market, MarketStatus]) -> None:
        if changed:
            self._status = replace(self._status, markets={**self._status.markets, **changed})
            self.version += 1


def _entered(before: MarketStatus, now: int, state: MarketState, **changes: Any) -> MarketStatus:
    is_unchanged = before.state == state and before.stand_in == changes.get("stand_in", before.stand_in)
    return replace(before, state=state, since=before.since if is_unchanged else now, **changes)


def publish(status: Status, coordination: Coordination) -> None:
    """Publish *status* to every process of *coordination*. Raises LeaseError, or ValueError if it is too large."""
    coordination.publish(DOCUMENT, encode(status, round(time.time() * 1000)))


def published(coordination: Coordination, fresh: float = float("inf")) -> Status | None:
    """
    Return the last published status; None without a readable one of this format.

    A status older than *fresh* seconds has ``silent_for`` set: its collector cannot publish.
    """
    document = _read(coordination)
    if document is None:
        return None
    status, at = document
    age = time.time() - at / 1000
    return status if age <= fresh else replace(status, silent_for=age)


def last_published(coordination: Coordination) -> int | None:
    """Return the epoch ms at which a collector last published its status; None without a readable one."""
    document = _read(coordination)
    return document and document[1]


def _read(coordination: Coordination) -> tuple[Status, int] | None:
    try:
        data = coordination.read(DOCUMENT)
    except LeaseError:
        return None
    return None if data is None else decode_published(data)
