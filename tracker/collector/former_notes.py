"""
Takes over the files that releases before 0.1.0 left in the data folder under other names.

Those releases acquire the same lease, so only one release collects at a time. While this one does, a page of an older
release finds no status file; it names the holder of the lease and derives the status from the rows. If the file
stayed, that page would report that the collector cannot write.
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tracker.collector.backfill.request import since_of
from tracker.core.errors import LeaseError

REQUEST, DONE, STATUS = ".wish-backfill.json", ".granted-backfill.json", ".status-collect.json"

log = logging.getLogger(__name__)


class FormerNotes:
    """
    Takes over the files of older releases. Call only under the collect lease.

    Args:
        folder: the data folder.
        submit: takes the epoch ms from which prices are requested; may raise LeaseError.
    """

    def __init__(self, folder: Path, submit: Callable[[int], object]) -> None:
        self._folder = folder
        self._submit = submit
        self._submitted: bytes | None = None  # a request that may still be in its file
        self._refusal = ""  # why the request in the file is not taken over, as logged

    def take_over(self) -> int | None:
        """
        Submit a pending backfill request and remove the older files.

        An older release may leave a request at any time. One that cannot be parsed or submitted stays, is logged
        once, and is tried again by the next call.

        Returns:
            The epoch ms at which such a release last published its status; None if it left no status.
        """
        published = None
        with suppress(OSError):
            published = (self._folder / STATUS).stat().st_mtime_ns // 1_000_000
        for name in (STATUS, DONE):
            with suppress(OSError):
                (self._folder / name).unlink()
        refusal = ""
        try:
            self._take_over_request(self._folder / REQUEST)
        except FileNotFoundError:
            self._submitted = None  # no request is pending
        except (OSError, LeaseError, ValueError, LookupError, TypeError, RecursionError) as error:
            refusal = str(error) or type(error).__name__
        if refusal and refusal != self._refusal:
            log.warning("%s is not taken over: %s", self._folder / REQUEST, refusal)
        self._refusal = refusal
        return published

    def _take_over_request(self, file: Path) -> None:
        data = file.read_bytes()
        if data != self._submitted:  # else only removing it failed: submitted again, it would never be complete
            self._submit(since_of(json.loads(data)))
            self._submitted = data
        if file.read_bytes() == data:  # else an older release replaced it meanwhile: the next call submits that one
            file.unlink()
            self._submitted = None
