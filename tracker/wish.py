"""
A wish for older prices, left in the data folder by ``tracker backfill --since``.

Whoever collects grants it: so there is one process that asks the exchange, one that writes, and
what was begun goes on after a crash. When all there is has been fetched, a mark says so and the file
goes: a file that is gone without the mark was not granted, whoever removed it.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tracker.clock import Clock
from tracker.runtime.files import replace_file
from tracker.threads import in_thread

FILE = ".wish-backfill.json"
MARK = ".granted-backfill.json"
LOOK = 1.0  # seconds between two looks for a wish


class Wish:
    """
    The wish in *folder*, if there is one. Every method that touches the file blocks and may raise OSError.

    Args:
        exchanges: whose history it takes to grant it.
    """

    def __init__(self, folder: Path, exchanges: Iterable[str] = ()) -> None:
        self.path = folder / FILE
        self._exchanges = set(exchanges)
        self._granted: dict[str, int] = {}  # since when each exchange has given all it has
        self._mark = folder / MARK
        self._marked_before: int | None = None

    def read(self) -> int | None:
        """From when on (epoch ms) prices are wanted; None without a wish, or for a file that is none."""
        with suppress(OSError):
            return _since(self.path)
        return None

    def state(self) -> Literal["wished", "none", "unknown"]:
        """Whether there is a wish; it is not known of a file that cannot be read, or is torn."""
        try:
            return "unknown" if _since(self.path) is None else "wished"
        except FileNotFoundError:
            return "none"
        except OSError:
            return "unknown"

    def leave(self, since: int) -> int:
        """Wish for prices from *since* on, or from an earlier time that is wished for already; which it is now."""
        before = self.read()
        earliest = since if before is None else min(since, before)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._marked_before = self._marked()
        _write(self.path, earliest)
        return earliest

    def fulfilled(self, since: int) -> bool:
        """Whether all there is since *since* was fetched after this one was left."""
        try:
            marked = self._marked()
            until = _since(self._mark)
        except OSError:
            return False
        return marked != self._marked_before and until is not None and until <= since

    def _marked(self) -> int | None:
        """The mark's own time; None without one."""
        try:
            return self._mark.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def granted(self, since: int, exchange: str) -> None:
        """*exchange* has given all it has since *since*; when all have, the wish is fulfilled."""
        # A look for what was wished for before may end after one for more.
        self._granted[exchange] = min(since, self._granted.get(exchange, since))
        wished = self.read()
        if wished is None or any(self._granted.get(each, wished + 1) > wished for each in self._exchanges):
            return
        _write(self._mark, wished)
        self._granted.clear()
        with suppress(FileNotFoundError):
            self.path.unlink()

    async def watch(self, clock: Clock, wanted: Callable[[], None]) -> None:
        """Call *wanted* whenever a new wish is left, until cancelled."""
        before = None
        while True:
            now = await in_thread(self.read)
            if now is not None and now != before:
                wanted()
            before = now
            await clock.sleep(LOOK)


def _since(path: Path) -> int | None:
    """What *path* says, None if it says nothing that can be one. Raises OSError."""
    try:
        since = json.loads(path.read_bytes())["since"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return since if isinstance(since, int) and not isinstance(since, bool) and since >= 0 else None


def _write(path: Path, since: int) -> None:
    replace_file(path, json.dumps({"since": since}).encode())
