"""
Heartbeats of a lease, as files, for folders whose locks exclude nobody, as on some network file systems.

Each process that holds the lease, or has stepped down from it, rewrites a file of its own. A file that changes belongs
to a live process, whatever the clocks and process ids of its computer. Where locks work, at most one process beats.
"""

import json
import os
import platform
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tracker.core.errors import LeaseError

BEAT = 0.5  # seconds between two beats of a holder
SILENT_AFTER = 2.0  # seconds without a change, after which a process counts as gone
LISTEN = 1.0  # seconds to wait for a change; a holder beats about twice in that time
_STEP = 0.05  # seconds


class Beat(NamedTuple):
    """What one file says."""

    holds: bool  # whether its process holds the lease; False: it has stepped down
    token: int  # of its term
    process: str  # a random text
    name: str  # for people, e.g. ``collect (pid 7)``
    host: str
    pid: int

    def description(self) -> str:
        """Return the name, and whether it runs on another computer, whose name no viewer of a page has to know."""
        return self.name if self.host == platform.node() else f"{self.name} on another computer"

    def is_surely_dead(self) -> bool:
        """Return whether its process ran on this computer and runs no longer; False also if that is unknown."""
        if os.name == "nt" or self.host != platform.node():  # on Windows, os.kill ends the process
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            pass
        return False


class Heartbeats:
    """
    The heartbeats of the lease *lease* in *folder*.

    Args:
        folder: of the lock files.
        lease: its name.
        name: of this process, for people.
        monotonic: seconds, those of sleep included.

    Attributes:
        has_stepped_down: whether this process found that the lock excludes nobody, and waits for another process.
    """

    def __init__(self, folder: Path, lease: str, name: str, monotonic: Callable[[], float]) -> None:
        self._folder = folder
        self._name = name
        self._monotonic = monotonic
        self._process = uuid.uuid4().hex
        self._own = f".heartbeat-{lease}.{self._process}"
        self._pattern = re.compile(rf"\.heartbeat-{re.escape(lease)}\.[0-9a-f]{{32}}")
        self.has_stepped_down = False
        self._count, self._pid = 0, 0  # of this process's beats
        self._kept_token, self._kept_at = -1, float("-inf")
        self._seen: dict[str, tuple[bytes, float]] = {}  # by file: its content, and when that was seen to change
        self._live: tuple[Beat, ...] = ()  # as of the last look

    @property
    def live(self) -> tuple[Beat, ...]:
        """The other processes that were seen to beat, as of the last look; the first is the oldest holder."""
        return self._live

    def rival(self, token: int | None = None) -> Beat | None:
        """Return a live holder of the lease; with *token*, one that holds it since before that term of this process."""
        for beat in self._live:
            if beat.holds and (token is None or (beat.token, beat.process) < (token, self._process)):
                return beat
        return None

    def keep(self, token: int) -> Beat | None:
        """
        Beat and look, if BEAT seconds have passed, as the holder; return another holder since before *token*.

        A process that was suspended returns a newer holder too: that one has heard nobody, and took over.
        """
        now = self._monotonic()
        if self._kept_token == token and now - self._kept_at > SILENT_AFTER:
            self.look(is_new_live=True)
            if rival := self.rival():
                return rival
        if self._kept_token != token or now - self._kept_at >= BEAT:
            self._write(token, holds=True)
            self.look(is_new_live=self._kept_token == token)
            self._kept_token, self._kept_at = token, now
        self.has_stepped_down = False
        return self.rival(token)

    def step_down(self, lock: Path, now: int) -> None:
        """
        Raise LeaseError, and show that this process waits, if another one holds the lease.

        Args:
            lock: the lock file, which did not exclude this process.
            now: epoch ms.
        """
        if (rival := self.rival()) is None:
            return
        self._write(now, holds=False)
        self.has_stepped_down = True
        raise LeaseError(
            f"the lock {lock} excludes nobody, as on some network folders: {rival.description()} holds the lease too, "
            "so this process steps down; keep the folder on a disk of this computer, or collect on one computer only"
        )

    def _write(self, token: int, *, holds: bool) -> None:
        """Write that this process lives; a file that cannot be written costs only the protection."""
        self._count += 1
        self._pid = os.getpid()
        fields = {"token": token, "name": self._name, "host": platform.node(), "pid": os.getpid()}
        # Always as long as before, so that it is written without emptying the file for a moment.
        text = json.dumps({"format": 1, "holds": int(holds), "count": f"{self._count:012}", **fields})
        with suppress(OSError):
            handle = os.open(self._folder / self._own, os.O_WRONLY | os.O_CREAT, 0o666)
            try:
                os.write(handle, f"{text}\n".encode())
            finally:
                os.close(handle)

    def stop(self) -> None:
        """Remove what this process wrote."""
        self.has_stepped_down = False
        if self._pid == os.getpid():  # not a forked child
            with suppress(OSError):
                (self._folder / self._own).unlink(missing_ok=True)
            self._pid = 0

    def look(self, *, is_new_live: bool) -> None:
        """
        Read the files of other processes.

        Args:
            is_new_live: whether a file that was not there at the last look counts as a beat. Only if that was just now.
        """
        now, seen = self._monotonic(), {}
        for file, content in self._read().items():
            before, changed_at = self._seen.get(file, (None, 0.0))
            if before is None:
                changed_at = now if is_new_live else float("-inf")
            elif content != before:
                changed_at = now
            seen[file] = content, changed_at
        self._seen = seen
        beats = [
            _parse(file, content) for file, (content, changed_at) in seen.items() if now - changed_at < SILENT_AFTER
        ]
        self._live = tuple(sorted((beat for beat in beats if beat), key=lambda beat: (not beat.holds, *beat[1:3])))

    def listen(self, *, for_all: bool = False) -> None:
        """Look until another holder is seen to beat, or *for_all* processes, for LISTEN seconds if any may be alive."""
        self.look(is_new_live=False)
        end = time.monotonic() + LISTEN
        while self._may_be_alive() and (for_all or not self.rival()) and time.monotonic() < end:
            time.sleep(_STEP)
            self.look(is_new_live=True)

    def remove_dead(self) -> None:
        """Remove the files of processes that do not beat."""
        alive = {f".heartbeat-{beat.process}" for beat in self._live}
        for file in self._seen:
            if f".heartbeat-{file[-32:]}" not in alive:
                with suppress(OSError):
                    (self._folder / file).unlink()

    def _may_be_alive(self) -> bool:
        """Return whether a process may live that was not seen to fall silent."""
        beats = [_parse(file, content) for file, (content, at) in self._seen.items() if at == float("-inf")]
        return bool(self._live) or any(beat is not None and not beat.is_surely_dead() for beat in beats)

    def _read(self) -> dict[str, bytes]:
        files = {}
        with suppress(OSError), os.scandir(self._folder) as entries:
            for name in [entry.name for entry in entries if self._pattern.fullmatch(entry.name)]:
                if name != self._own:
                    with suppress(OSError):  # removed meanwhile
                        files[name] = (self._folder / name).read_bytes()
        return files


def _parse(file: str, content: bytes) -> Beat | None:
    """Return what *file* says; None if it is torn or of another format."""
    try:
        fields = json.loads(content)
        if fields["format"] != 1:
            return None
        return Beat(
            bool(fields["holds"]),
            int(fields["token"]),
            file[-32:],
            str(fields["name"])[:100],
            str(fields["host"])[:100],
            int(fields["pid"]),
        )
    except (ValueError, TypeError, LookupError):
        return None
