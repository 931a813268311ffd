"""
A wish for older prices, left in the data folder by ``tracker backfill --since``.

Whoever collects grants it: so there is one process that asks the exchange, one that writes, and
what was begun goes on after a crash. The file goes when all there is has been fetched.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tracker.clock import Clock
from tracker.threads import in_thread

FILE = ".wish-backfill.json"
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
        self._granted: set[str] = set()
        self._since: int | None = None

    def read(self) -> int | None:
        """From when on (epoch ms) prices are wanted; None without a wish, or for a file that is none."""
        try:
            since = json.loads(self.path.read_text())["since"]
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return since if isinstance(since, int) and not isinstance(since, bool) and since >= 0 else None

    def leave(self, since: int) -> int:
        """Wish for prices from *since* on, or from an earlier time that is wished for already; which it is now."""
        before = self.read()
        earliest = since if before is None else min(since, before)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f"{FILE}.new")
        temporary.write_text(json.dumps({"since": earliest}))
        temporary.replace(self.path)
        return earliest

    def granted(self, since: int, exchange: str) -> None:
        """*exchange* has given all it has since *since*; when all have, the wish is fulfilled."""
        if since != self._since:
            self._since, self._granted = since, set()
        self._granted.add(exchange)
        if self._granted >= self._exchanges and self.read() == since:
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
