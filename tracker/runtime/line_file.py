"""Append-only files of whole lines."""

import errno
import itertools
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tracker.runtime.files import fsync

TailAction = Literal["cut", "keep", "finish"]

log = logging.getLogger(__name__)


class LineFile:
    """
    File opened to append whole lines; created if missing.

    Complete lines are never removed, so the file never becomes shorter than a reader has read up to the last newline.

    Args:
        path: the file.
        choose_action: returns what is done with the bytes after the last newline: "cut" removes them, "keep" copies
            them to a file beside this one first, "finish" leaves them for the next append, which must begin by
            completing the line.

    Attributes:
        size: bytes up to the last newline.
        tail: the bytes after it, if they are to be finished.

    Raises:
        OSError: as every method may.
    """

    def __init__(self, path: Path, choose_action: Callable[[bytes], TailAction] = lambda tail: "cut") -> None:
        self.tail = b""
        # Unbuffered: one append is one write.
        self._file = path.open("ab+", buffering=0)
        try:
            self.size = self._file.seek(0, os.SEEK_END)
            if self.size:
                self._file.seek(self.size - 1)
                if self._file.read(1) != b"\n":
                    self._handle_tail(path, choose_action)
        except OSError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def identity(self) -> tuple[int, int]:
        """Inode and size; they differ if the file was replaced or has changed."""
        return os.fstat(self._file.fileno()).st_ino, self.size

    def append(self, lines: bytes) -> None:
        """
        Append *lines*; after a failure no partial line is left.

        Raises:
            OSError: as the file system reports, or another process, which no lock kept out, wrote between two parts.
        """
        rest, end = memoryview(lines), self.size + len(self.tail)
        try:
            while rest:
                # A short write means that the disk is full; the next write raises the reason.
                written = self._file.write(rest) or 0
                rest, end = rest[written:], end + written
                if rest and self._file.seek(0, os.SEEK_END) != end:
                    raise OSError(errno.EIO, "another process writes to this file at the same time")
        except OSError:
            with suppress(OSError):
                self.size = self._cut_after(self.size + len(self.tail))
            raise
        self.size += len(self.tail) + len(lines)
        self.tail = b""

    def _handle_tail(self, path: Path, choose_action: Callable[[bytes], TailAction]) -> None:
        """Cut, keep or finish the bytes after the last newline, as *choose_action* returns."""
        self._file.seek(0)
        data = self._file.readall()
        self.size = data.rfind(b"\n") + 1
        tail = data[self.size :]
        action = choose_action(tail)
        if action == "finish":
            self.tail = tail
            return
        kept = f", kept in {_write_beside(path, tail)}" if action == "keep" else ""
        self._file.truncate(self.size)
        log.warning("%s: cut off a torn last line of %d bytes%s", path, len(tail), kept)

    def _cut_after(self, start: int) -> int:
        """Cut off what follows the last newline after byte *start*; return the new size."""
        self._file.seek(start)
        size = start + self._file.readall().rfind(b"\n") + 1
        self._file.truncate(size)
        return size


def _write_beside(path: Path, data: bytes) -> Path:
    """Write *data* durably to a new file ``<path>.torn`` (or ``.torn2`` and so on); return its path."""
    for number in itertools.count(1):
        beside = path.with_name(f"{path.name}.torn{number if number > 1 else ''}")
        with suppress(FileExistsError), beside.open("xb") as file:
            file.write(data)
            break
    fsync(beside)
    return beside
