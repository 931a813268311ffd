"""Files that grow by whole lines and are on the disk soon after: what the CSV store writes with."""

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tracker.runtime.file_lock import reinit_after_fork
from tracker.runtime.files import fsync

Verdict = Literal["cut", "keep", "finish"]

_log = logging.getLogger(__name__)


class LineFile:
    """
    A file opened to append whole lines; created if missing.

    Lines that were whole once stay, so a reader that has read up to the last newline never
    finds the file shorter than that. *judge* says what becomes of bytes after it: "cut" them off,
    "keep" a copy beside the file first, or "finish" the line, which the next append is to begin by.

    Attributes:
        size: bytes in it, up to its last newline.
        tail: the bytes after it, if they are to be finished.

    Raises:
        OSError: as does every method.
    """

    def __init__(self, path: Path, judge: Callable[[bytes], Verdict] = lambda tail: "cut") -> None:
        self.tail = b""
        # Unbuffered: one append is one write.
        self._file = path.open("ab+", buffering=0)
        try:
            self.size = self._file.seek(0, os.SEEK_END)
            if self.size:
                self._file.seek(self.size - 1)
                if self._file.read(1) != b"\n":
                    self._settle(path, judge)
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
        """What tells this file, at this length, from another in its place."""
        return os.fstat(self._file.fileno()).st_ino, self.size

    def append(self, lines: bytes) -> None:
        """Write *lines*; if that fails, no part of a line stays behind."""
        rest = memoryview(lines)
        try:
            while rest:
                # A short write is the disk's last free byte; the next one gets the reason.
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            with suppress(OSError):
                self.size = self._cut_after(self.size + len(self.tail))
            raise
        self.size += len(self.tail) + len(lines)
        self.tail = b""

    def _settle(self, path: Path, judge: Callable[[bytes], Verdict]) -> None:
        """Deal with the bytes after the last newline."""
        self._file.seek(0)
        data = self._file.readall()
        self.size = data.rfind(b"\n") + 1
        tail = data[self.size :]
        verdict = judge(tail)
        if verdict == "finish":
            self.tail = tail
            return
        kept = f", kept in {_write_beside(path, tail)}" if verdict == "keep" else ""
        self._file.truncate(self.size)
        _log.warning("%s: cut off a torn last line of %d bytes%s", path, len(tail), kept)

    def _cut_after(self, start: int) -> int:
        """Cut off what follows the last newline after byte *start*; the length left."""
        self._file.seek(start)
        whole = start + self._file.readall().rfind(b"\n") + 1
        self._file.truncate(whole)
        return whole


def _write_beside(path: Path, data: bytes) -> Path:
    """Write *data* to a new file ``<path>.torn``, or ``.torn2`` and so on, on the disk when this returns."""
    for number in itertools.count(1):
        beside = path.with_name(f"{path.name}.torn{number if number > 1 else ''}")
        with suppress(FileExistsError), beside.open("xb") as file:
            file.write(data)
            break
    fsync(beside)
    return beside


class Flusher:
    """
    Has what was written on the disk within a second, without making the writer wait.

    Its thread starts with the first file marked and ends when there is nothing left to do.
    """

    PERIOD = 0.5  # seconds; with the flush itself, a power cut loses at most a second

    def __init__(self) -> None:
        self._dirty: set[Path] = set()
        self._failure = ""
        reinit_after_fork(self, Flusher._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None  # a forked child has the object, but not the running thread

    def mark(self, paths: Iterable[Path]) -> None:
        """Files and folders that have changed."""
        with self._lock:
            self._dirty.update(paths)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Everything marked is on the disk, or the failure is logged and kept for failure()."""
        with self._lock:
            paths, self._dirty = self._dirty, set()
        for path in sorted(paths):
            try:
                fsync(path)
            except FileNotFoundError:
                continue  # purged since
            except OSError as error:
                failure = f"{path} may not survive a power cut: {error.strerror}"
                _log.error("%s", failure)
                with self._lock:
                    self._failure = failure

    def failure(self) -> str:
        """What could not be made safe since this was last asked; ``""`` if all was."""
        with self._lock:
            failure, self._failure = self._failure, ""
        return failure

    def close(self) -> None:
        """Flush at once and end the thread."""
        self._closed.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join()
        self.flush()
        self._closed.clear()

    def _run(self) -> None:
        while True:
            self._closed.wait(self.PERIOD)
            self.flush()
            with self._lock:
                if not self._dirty:
                    self._thread = None
                    return
