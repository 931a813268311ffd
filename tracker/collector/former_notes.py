"""
Takes over the notes that releases before 0.1.0 left in the data folder under names of their own.

Those releases take the same lease, so only one of both collects. While this one does, a page of theirs finds no
status file: it names the holder of the lease and goes by the rows. Left in place, the file would have it say that
the collector cannot write.
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
    Submit the pending backfill request and remove what has another name now; only under the collect lease.

    A request that cannot be submitted or understood stays, and is tried again in the next term.

    Args:
        submit: takes the time (epoch ms) from which on prices are requested; may raise LeaseError.

    Returns:
        When such a release last published its status, epoch ms; None if it left none.
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
        pass
    except (OSError, LeaseError, ValueError, LookupError, TypeError, RecursionError) as error:
        log.warning("%s is not taken over: %s", folder / REQUEST, error)
    return published
