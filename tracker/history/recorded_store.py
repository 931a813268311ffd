"""The prices of a recording, in files that pages map into their memory: opening them reads and copies nothing."""

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars
from tracker.core.contracts import Cursor, Problem
from tracker.core.durations import HOUR
from tracker.core.errors import StoreError
from tracker.core.kept_bars import KeptBars
from tracker.core.market import Market
from tracker.core.stored_bars import bars_of_rows, part_with_rows
from tracker.core.ticks import Origin, Ticks

_INDEX = "recorded.json"  # the interval (ms) of each market, whose position names its file


def write_recorded(folder: Path, rows: Mapping[Market, Ticks]) -> None:
    """Write *rows* into *folder* for a ``RecordedStore``; each market has one interval throughout."""
    folder.mkdir(parents=True)
    for number, ticks in enumerate(rows.values()):
        np.save(folder / f"{number}.npy", np.stack([ticks.time, ticks.price.view(np.int64)]))
    intervals = {str(market): int(ticks.interval[0]) for market, ticks in rows.items()}
    (folder / _INDEX).write_text(json.dumps(intervals), encoding="utf-8")


class RecordedStore:
    """
    The rows that ``write_recorded`` wrote, under the contract of a store, except that nothing can be written.

    Only what is read takes memory of the process. Safe from several threads.

    Raises:
        StoreError: *folder* has no such rows.
    """

    visible_after = 0.0
    can_purge = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._intervals = {
                Market.parse(name): interval for name, interval in json.loads((folder / _INDEX).read_bytes()).items()
            }
            self._columns = {
                market: np.load(folder / f"{number}.npy", mmap_mode="r")
                for number, market in enumerate(self._intervals)
            }
        except OSError as error:
            raise StoreError(f"{folder}: cannot be read: {error.strerror}") from error
        self._lock = threading.Lock()
        self._bars: dict[tuple[Market, int], Bars] = {}  # of all rows, an hour or longer; the rows never change

    @property
    def place(self) -> str:
        return str(self._folder)

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        self._refuse()

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        return self._refuse()

    def add_candles(self, market: Market, ticks: Ticks) -> int:
        return self._refuse()

    def read(self, market: Market, start: int, end: int) -> Ticks:
        times, prices = self._of(market)
        first, stop = times.searchsorted([start, max(start, end)])
        if first == stop:
            return Ticks.none()
        interval = self._intervals[market]
        return Ticks.of(times[first:stop].copy(), prices[first:stop].copy(), interval, Origin.REPLAY)

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        if step < HOUR:  # those of a year would take more memory than its rows
            span = part_with_rows(partial(self.extent, market), start, end, step)
            return bars_of_rows(partial(self.read, market), *span, step)
        with self._lock:
            bars = self._bars.get((market, step))
            if bars is None:
                first, last = self.extent(market) or (1, 1)
                bars = bars_of_rows(partial(self.read, market), (first - 1) // step * step, last + step, step)
                self._bars[market, step] = bars
        return bars[slice(*bars.start.searchsorted([start, max(start, end // step * step)]))]

    def kept_bars(self) -> KeptBars | None:
        return None

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        times, _ = self._of(market)
        first = 0 if start is None else int(times.searchsorted(start))
        stop = len(times) if end is None else int(times.searchsorted(end))
        return (int(times[first]), int(times[stop - 1])) if first < stop else None

    def size(self, start: int | None = None, end: int | None = None) -> int | None:
        return None

    def poll(self, cursor: Cursor | None) -> tuple[Mapping[Market, Ticks], Cursor]:
        return {}, 0

    def markets(self) -> list[Market]:
        return sorted(self._intervals)

    def problems(self) -> tuple[Problem, ...]:
        return ()

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        return self._refuse()

    def close(self) -> None:
        pass

    def _of(self, market: Market) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        columns = self._columns.get(market, np.empty((2, 0), dtype=np.int64))
        return columns[0], columns[1].view(np.float64)

    def _refuse(self) -> NoReturn:
        raise StoreError(f"{self._folder}: nothing can be written to a recording")
