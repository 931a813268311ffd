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

from tracker.core.errors import LeaseError

REQUEST, DONE, STATUS = ".wish-backfill.json", ".granted-backfill.json", ".status-collect.json"

log = logging.getLogger(__name__)


def take_over(folder: Path, submit: Callable[[int], object]) -> int | None:
    """
    Submit a pending backfill request and remove the older files. Call only under the collect lease.

    A request that cannot be parsed or submitted stays, and is tried again in the next term.

    Args:
        folder: the data folder.
        submit: takes the epoch ms from which prices are requested; may raise LeaseError.

    Returns:
        The epoch ms at which such a release last published its status; None if it left no status.
    """
    published = None
    with suppress(OSError):
        published = (folder / STATUS).stat().st_mtime_ns // 1_000_000
    for name in (STATUS, DONE):
        with suppress(OSError):
            (folder / name).unlink()
    try:
        since = json.loads((folder / REQUEST).read_bytes())["since"]
        if isinstance(since, int) and not isinstance(since, bool) and since >= 0:
            submit(since)
            (folder / REQUEST).unlink()
    except FileNotFoundError:
        pass  # no request was pending
    except (OSError, LeaseError, ValueError, LookupError, TypeError, RecursionError) as error:
        log.warning("%s is not taken over: %s", folder / REQUEST, error)
    return published
