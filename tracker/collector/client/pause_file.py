"""
Keeps the pause that an exchange demands in a file of the state folder, so that it outlives a restart.

A process that asks during a ban makes it longer.
"""

import json
import logging
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tracker.runtime.files import replace_file

FORMAT = 1

log = logging.getLogger(__name__)


class PauseFile:
    """
    The file ``.pause-<exchange>`` in *folder*. Methods block and raise nothing.

    Args:
        folder: created by the first write.
        exchange: its name.
        url: the address asked: a pause of one host is none of another, such as a mirror.
    """

    def __init__(self, folder: Path, exchange: str, url: str) -> None:
        self._path = folder / f".pause-{exchange}"
        parts = urlsplit(url)
        self._host = f"{parts.hostname}:{parts.port or parts.scheme}"  # never the whole URL: it may hold a key

    def read(self, now: int) -> int:
        """
        Return how long the pause of this host still lasts at *now* (epoch ms), in ms; 0 if there is none.

        That is never longer than from its beginning, which lies after *now* if the clock was set back meanwhile.
        """
        with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
            note = json.loads(self._path.read_bytes())
            start, end = note["start"], note["end"]
            if note["format"] == FORMAT and note["host"] == self._host and type(start) is type(end) is int:
                return max(0, end - max(start, now))
        return 0

    def write(self, start: int, end: int) -> None:
        """Keep a pause (epoch ms) in place of the one before."""
        note = {"format": FORMAT, "host": self._host, "start": start, "end": end}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(note).encode() + b"\n")
        except OSError as error:
            log.warning("the pause of an exchange is not kept for the next start: %s", error)
