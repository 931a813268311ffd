"""Keeps which lines of which buckets are malformed, as far as they have been read."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tracker.core.contracts import Problem
from tracker.stores.csv.layout import bucket_end

log = logging.getLogger(__name__)


class MalformedLines:
    """The malformed lines of the buckets in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buckets: dict[str, tuple[frozenset[int], int]] = {}  # byte offsets of lines, and the time of the latest

    def record(self, path: str, offsets: Iterable[int], *, is_whole: bool) -> None:
        """
        Record that lines of the bucket *path* are malformed. New ones are logged.

        Args:
            path: of the bucket, from the folder on.
            offsets: of the malformed lines in the bytes that were read.
            is_whole: whether the whole bucket was read, so that other lines of it are malformed no longer.
        """
        before, time = self._buckets.get(path, (frozenset(), 0))
        lines = frozenset(offsets)
        if new := lines - before:
            log.warning("%s: skipped %d malformed lines", self._folder / path, len(new))
            time = self._time(path)
        if not is_whole:
            lines |= before
        if lines != before:
            self.forget(path)  # so the latest comes last
            if lines:
                self._buckets[path] = lines, time

    def forget(self, path: str) -> None:
        """Forget the bucket *path*, which was removed."""
        self._buckets.pop(path, None)

    def problems(self) -> tuple[Problem, ...]:
        """Return a problem for each bucket with malformed lines, the latest found last."""
        buckets = list(self._buckets.items())  # another thread may be reading
        return tuple(
            Problem("malformed lines", str(self._folder / path), len(lines), time) for path, (lines, time) in buckets
        )

    def _time(self, path: str) -> int:
        """Return when *path* was last written, at most its bucket's end: a copied folder has new files of old rows."""
        time = 0
        with suppress(OSError):  # purged after it was read
            time = (self._folder / path).stat().st_mtime_ns // 1_000_000
        with suppress(ValueError):  # not every number of four digits is a year
            time = min(time, bucket_end(path))
        return time
