"""
Remembers which pieces of the past were asked for, and which of them an exchange had nothing of.

Neither is asked for again soon. It is kept as a document of the coordination, so that a request for years goes on where
it was interrupted. If the document is lost, pieces are asked for again; which prices are missing is seen in the store.
"""

import json
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tracker.collector.backfill.gap_planning import GapsLeft
from tracker.collector.backfill.pieces import Piece
from tracker.core.coordination_contract import Coordination
from tracker.core.durations import DAY
from tracker.core.errors import LeaseError
from tracker.core.market import Market

ASKED = "backfill-asked"
FORMAT = 1
DONE_LASTS = 7 * DAY  # ms for which a piece that was asked for completely is not asked for again
EMPTY_LASTS = 30 * DAY  # ms for which an exchange counts as having no prices of a time, which seldom changes

log = logging.getLogger(__name__)

Stretch: TypeAlias = tuple[int, int, int]  # start and end, and when it was asked for: epoch ms


@dataclass
class _Record:
    stretches: list[Stretch] = field(default_factory=list)  # in order of time, apart from each other
    gaps: GapsLeft = field(default_factory=GapsLeft)


class AskedPast:
    """
    What was asked for, by purpose, and which exchanges had nothing of it. Methods block.

    The purpose of a pass is ``request`` for a time that somebody asked for, ``span`` for what is completed in any case,
    and ``check`` for gaps that a request left, of which nothing is recorded. What the span asked for does not count for
    a request. That an exchange has nothing counts for all. A document that cannot be read counts as empty; one that
    cannot be written is logged, and what was asked for is forgotten with the process.

    Args:
        coordination: holds the document.
    """

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination
        self._lock = threading.Lock()  # the backfills of several exchanges share the document
        self._records: dict[str, _Record] | None = None  # None: not read yet

    def is_done(self, purpose: str, market: Market, piece: Piece, now: int) -> bool:
        """Return whether all of *piece* was asked for, for *purpose*, within DONE_LASTS."""
        with self._lock:
            return _holds(self._record(f"{purpose} {market}"), piece, now - DONE_LASTS)

    def gaps(self, purpose: str, market: Market) -> GapsLeft:
        """Return the gaps that were left in the pieces of *market* that are done."""
        with self._lock:
            return self._record(f"{purpose} {market}").gaps

    def mark_done(self, purpose: str, market: Market, piece: Piece, gaps: GapsLeft, now: int) -> None:
        """Record that *piece* was asked for completely, and left *gaps*."""
        with self._lock:
            record = self._record(f"{purpose} {market}")
            if all(at <= now - DONE_LASTS for _, _, at in record.stretches):
                record.stretches, record.gaps = [], GapsLeft()
            _add(record, piece, now)
            record.gaps += gaps
            self._write()

    def forget(self, purpose: str) -> None:
        """Forget the pieces that were asked for, for *purpose*: it is fulfilled."""
        with self._lock:
            for key in [key for key in self._all() if key.startswith(f"{purpose} ")]:
                del self._all()[key]
            self._write()

    def is_empty(self, market: Market, exchange: str, piece: Piece, now: int) -> bool:
        """Return whether *exchange* answered within EMPTY_LASTS that it has no price of *market* in all of *piece*."""
        with self._lock:
            return _holds(self._record(f"empty {market} {exchange}"), piece, now - EMPTY_LASTS)

    def mark_empty(self, market: Market, exchange: str, piece: Piece, now: int) -> None:
        """Record that *exchange* has no price of *market* in *piece*."""
        with self._lock:
            _add(self._record(f"empty {market} {exchange}"), piece, now)
            self._write()

    def _record(self, key: str) -> _Record:
        return self._all().setdefault(key, _Record())

    def _all(self) -> dict[str, _Record]:
        if self._records is None:
            self._records = self._read()
        return self._records

    def _read(self) -> dict[str, _Record]:
        with suppress(LeaseError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            document = json.loads(self._coordination.read(ASKED) or b"")
            if document["format"] == FORMAT:
                return {key: _record(record) for key, record in document["asked"].items()}
        return {}

    def _write(self) -> None:
        records = {
            key: {"stretches": record.stretches, "gaps": [record.gaps.count, record.gaps.length, *record.gaps.longest]}
            for key, record in self._all().items()
            if record.stretches
        }
        try:
            if records:
                self._coordination.publish(ASKED, json.dumps({"format": FORMAT, "asked": records}).encode())
            else:
                self._coordination.remove(ASKED)
        except (LeaseError, ValueError) as error:  # ValueError: too large
            log.warning("what was asked for of the past is not remembered over a restart: %s", error)


def _record(document: Any) -> _Record:
    """Return the record in a document. Raises ValueError, LookupError or TypeError for one of another form."""
    stretches = [(int(start), int(end), int(at)) for start, end, at in document["stretches"]]
    count, length, *longest = document["gaps"]
    return _Record(sorted(stretches), GapsLeft(int(count), int(length), tuple((int(a), int(b)) for a, b in longest)))


def _holds(record: _Record, piece: Piece, since: int) -> bool:
    return any(start <= piece.start and piece.end <= end and at > since for start, end, at in record.stretches)


def _add(record: _Record, piece: Piece, now: int) -> None:
    """Add *piece*, joined with the stretches that it touches; the earliest time of asking counts."""
    apart = [other for other in record.stretches if other[1] < piece.start or piece.end < other[0]]
    near = [other for other in record.stretches if other not in apart]
    start, end = min([piece.start, *(other[0] for other in near)]), max([piece.end, *(other[1] for other in near)])
    record.stretches = sorted([*apart, (start, end, min([now, *(other[2] for other in near)]))])
