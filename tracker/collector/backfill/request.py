"""
A request for older prices, published by ``tracker backfill --since`` as a document of the coordination.

The collecting process fulfils it, so only one process asks the exchange and writes, and work continues after a
crash. Once everything available has been fetched, that process publishes a second document and removes the request.
A request that disappears without the second document was not fulfilled.
"""

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Literal

from tracker.collector.backfill.asked_past import AskedPast
from tracker.collector.backfill.recheck import Rechecks
from tracker.collector.document_watch import read_document, watch_document
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError

REQUEST = "backfill-request"
DONE = "backfill-done"
FORMAT = 1


class BackfillRequest:
    """
    Reads, submits and completes the backfill request of a coordination. Methods block.

    ``submit`` and ``complete`` raise LeaseError if a document cannot be read or written.

    Args:
        coordination: holds the request and the document that completes it.

    Attributes:
        rechecks: of the gaps that fulfilled requests left.
        asked: which pieces of the past were asked for.
    """

    def __init__(self, coordination: Coordination) -> None:
        self.rechecks = Rechecks(coordination)
        self.asked = AskedPast(coordination)
        self._coordination = coordination
        self._exchanges: set[str] = set()  # that must finish before the request is complete
        self._completed: dict[str, int] = {}  # epoch ms from which all of an exchange's history is fetched
        self._done_before: bytes | None = None

    def change(self, exchanges: Iterable[str], retention: int | None) -> None:
        """Let the request be complete once *exchanges* have finished; prices are kept for *retention* ms."""
        self._exchanges = set(exchanges)
        self.rechecks.retention = retention

    def read(self) -> int | None:
        """Return the epoch ms from which prices are requested; None without a readable request."""
        return _since(read_document(self._coordination, REQUEST))

    def state(self) -> Literal["pending", "none", "unknown"]:
        """Return whether a request is pending; "unknown" if it cannot be read or parsed."""
        try:
            data = self._coordination.read(REQUEST)
        except LeaseError:
            return "unknown"
        if data is None:
            return "none"
        return "unknown" if _since(data) is None else "pending"

    def submit(self, since: int) -> int:
        """Request prices from *since* (epoch ms), or from an earlier pending time, and return that time."""
        before = self.read()
        earliest = since if before is None else min(since, before)
        self._done_before = self._coordination.read(DONE)
        self._coordination.publish(REQUEST, _document(earliest))
        return earliest

    def is_complete(self, since: int) -> bool:
        """Return whether everything since *since* was fetched after this object's submit()."""
        try:
            done = self._coordination.read(DONE)
        except LeaseError:
            return False
        until = _since(done)
        return done != self._done_before and until is not None and until <= since

    def last_done(self) -> tuple[int, int] | None:
        """Return since when, and when (epoch ms), the last completed request was fulfilled; None if that is unknown."""
        try:
            document = json.loads(read_document(self._coordination, DONE) or b"")
            return (since_of(document), since_of({"since": document["at"]})) if document["format"] == FORMAT else None
        except (ValueError, LookupError, TypeError, RecursionError):
            return None  # among others, earlier releases wrote no time

    def complete(self, since: int, exchange: str, now: int = 0) -> None:
        """
        Record that all of *exchange*'s history from *since* to *now* (epoch ms) is fetched.

        Completes and removes the request once that holds for every exchange.
        """
        # A pass that began for a shorter request may end after one for a longer.
        self._completed[exchange] = min(since, self._completed.get(exchange, since))
        request = self._coordination.read(REQUEST)
        requested = _since(request)
        if requested is None or any(self._completed.get(name, requested + 1) > requested for name in self._exchanges):
            return
        self._coordination.publish(DONE, _document(requested, at=now))
        self._completed.clear()
        self.asked.forget("request")
        if self._coordination.read(REQUEST) == request:  # else another one was submitted meanwhile
            self._coordination.remove(REQUEST)

    async def watch(self, wanted: Callable[[], None]) -> None:
        """Call *wanted* whenever a request is submitted, also for a time that is requested already, until cancelled."""
        # Compares documents, not times: a request may follow another one for the same time.
        await watch_document(
            self._coordination, REQUEST, lambda document: wanted() if _since(document) is not None else None
        )


def _document(since: int, **more: int) -> bytes:
    """Encode *since* as JSON, format number first; the id distinguishes two requests for the same time."""
    return json.dumps({"format": FORMAT, "since": since, **more, "id": uuid.uuid4().hex}).encode()


def since_of(document: Any) -> int:
    """Return the epoch ms in *document*'s field ``since``. Raises ValueError, LookupError or TypeError."""
    since = document["since"]
    if isinstance(since, bool) or not isinstance(since, int) or since < 0:
        raise ValueError(f"since is {since!r:.40}, expected milliseconds since 1970")
    return since


def _since(data: bytes | None) -> int | None:
    """Return the time in a document, None if there is no valid one."""
    try:
        document = json.loads(data or b"")
        return since_of(document) if document["format"] == FORMAT else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
