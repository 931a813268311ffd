"""
A viewer's request to poll now, published by a page as a document of the coordination.

The collecting process fulfils it at most as often as ``early_polls.MIN_PAUSE`` allows, whoever publishes it and
however often. It has no effect on a process that begins to collect later.
"""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress

from tracker.collector.document_watch import watch_document
from tracker.core.coordination_contract import Coordination

REQUEST = "poll-request"
FORMAT = 1


class PollRequest:
    """Submits and awaits the request to poll markets without a price now, or to poll their stand-ins."""

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination

    def submit(self, *, stand_ins: bool = False) -> None:
        """Request a poll of the markets that have no price; if *stand_ins*, of those too. Raises LeaseError."""
        document = {"format": FORMAT, "stand_ins": stand_ins, "id": uuid.uuid4().hex}
        self._coordination.publish(REQUEST, json.dumps(document).encode())

    async def watch(self, wanted: Callable[[bool], None]) -> None:
        """Call *wanted* with ``stand_ins`` for each request that is submitted from now on, until cancelled."""

        def on_document(data: bytes | None) -> None:
            with suppress(ValueError, LookupError, TypeError, RecursionError):
                document = json.loads(data or b"")
                if document["format"] == FORMAT:
                    wanted(document["stand_ins"] is True)

        await watch_document(self._coordination, REQUEST, on_document, from_now=True)
