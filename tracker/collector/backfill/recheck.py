"""
Remembers how far back a fulfilled request left gaps, so that they are asked for again later.

Exchanges add candles late, and some answer a full page with nothing now and then. Gaps within the span that backfill
keeps complete are asked for again anyway; this document is for those before it, and survives a restart.
"""

import json
import logging
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass

from tracker.core.coordination_contract import Coordination
from tracker.core.durations import DAY, HOUR
from tracker.core.errors import LeaseError

RECHECK = "backfill-recheck"
FORMAT = 1
WAITS = (HOUR, DAY, 7 * DAY)  # ms from one check to the next; after the last, what is left counts as never traded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    since: int  # epoch ms from which gaps were left
    at: int  # epoch ms of the next check
    checks: int = 0  # done so far


class Rechecks:
    """
    The checks that are due, by exchange. Methods block; a document that cannot be read or written is logged only.

    Args:
        coordination: holds the document.

    Attributes:
        retention: ms; older gaps are not checked, as their prices would be deleted at once. None: all are.
    """

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination
        self.retention: int | None = None
        self._lock = threading.Lock()  # the backfills of several exchanges share the document

    def plan(self, exchange: str, since: int, now: int) -> None:
        """Plan the checks of *exchange*'s gaps since *since*, or since an earlier time that is planned already."""
        with self._lock:
            entries = self._read()
            if exchange in entries:
                since = min(since, entries[exchange].since)
            self._write({**entries, exchange: _Entry(since, now + WAITS[0])})

    def due(self, exchange: str, now: int) -> int | None:
        """Return the epoch ms since which gaps of *exchange* are to be checked now; None without a check due."""
        entry = self._read().get(exchange)
        if entry is None or entry.at > now:
            return None
        retention = self.retention
        return entry.since if retention is None else max(entry.since, now - retention)

    def next_at(self, exchange: str) -> int | None:
        """Return the epoch ms of *exchange*'s next check; None if none is planned."""
        entry = self._read().get(exchange)
        return None if entry is None else entry.at

    def checked(self, exchange: str, now: int, *, gapless: bool) -> None:
        """Record a check of *exchange*, and plan the next one unless no gap is left or it was the last."""
        with self._lock:
            entries = self._read()
            entry = entries.pop(exchange, None)
            if entry is not None and not gapless and entry.checks + 1 < len(WAITS):
                entries[exchange] = _Entry(entry.since, now + WAITS[entry.checks + 1], entry.checks + 1)
            self._write(entries)

    def _read(self) -> dict[str, _Entry]:
        with suppress(LeaseError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            document = json.loads(self._coordination.read(RECHECK) or b"")
            if document["format"] == FORMAT:
                entries = {name: _Entry(**entry) for name, entry in document["exchanges"].items()}
                if all(type(value) is int for entry in entries.values() for value in asdict(entry).values()):
                    return entries
        return {}

    def _write(self, entries: dict[str, _Entry]) -> None:
        document = {"format": FORMAT, "exchanges": {name: asdict(entry) for name, entry in entries.items()}}
        try:
            if entries:
                self._coordination.publish(RECHECK, json.dumps(document).encode())
            else:
                self._coordination.remove(RECHECK)
        except LeaseError as error:
            log.warning("gaps before the span are not asked for again: %s", error)
