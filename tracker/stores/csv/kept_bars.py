"""
Bars kept beside the buckets of a CSV folder: ``data/.bars/kraken/btceur/2026-11.arrow``.

They are derived from the buckets, and may be deleted at any time. A month has one file with all of its closed days;
a day that is not closed has one of its own, ``2026-11-23.arrow``, with the hours that are. Both say from what they were
made: bars of an hour are used while the stamps of that hour and of the next, which begins with the row that ends the
bar, are still the same. All others are made of rows each time they are asked for, until keep() has replaced the file.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tracker.core.bar_work import BarWork
from tracker.core.bars import COARSE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.stored_bars import bars_of_rows
from tracker.core.ticks import Ticks
from tracker.stores.csv.bar_file import STEPS, KeptPart, read_part, write_part
from tracker.stores.csv.hourly_bars import HourlyBars
from tracker.stores.csv.layout import market_dir
from tracker.stores.csv.stamps import NO_FILES, UNKNOWN, HourStamps, hour_stamps

FOLDER = ".bars"
CLOSED_AFTER = HOUR  # ms after its end, when the bucket with the row at its end is closed too
_SUFFIX = ".arrow"
_MONTH, _DAY = len("2026-11"), len("2026-11-23")


class KeptBars:
    """
    The kept bars of the store in *folder*. Every method may raise OSError, and whatever *read* raises.

    Args:
        folder: of the markets' folders.
        read: returns the rows of a market with start <= time < end.
        now_ns: epoch ns, the clock of the file system.
    """

    def __init__(
        self, folder: Path, read: Callable[[Market, int, int], Ticks], now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._folder = folder
        self._read = read
        self._now_ns = now_ns

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return what ``Store.bars`` is to return; writes nothing."""
        first, stop = -(-start // step) * step, end // step * step
        if step not in STEPS or stop <= first:
            return bars_of_rows(lambda since, to: self._read(market, since, to), start, end, step)
        found = self._stamps(market, first // HOUR * HOUR, -(-stop // HOUR) * HOUR)
        # Days that are not kept as a whole are merged from hours.
        steps = (MEDIUM, COARSE) if step == COARSE else (step,)
        return self._hourly(market, found, steps).bars(step).inside(first, stop)

    def work(self, market: Market, now: int) -> list[BarWork]:
        """Return the files to make or to remove at *now* (epoch ms), the newest first."""
        packed = (now - CLOSED_AFTER) // DAY * DAY  # days before are closed
        closed = (now - CLOSED_AFTER) // HOUR * HOUR
        found = self._stamps(market, 0, closed)
        has_files = found.stamps != NO_FILES
        days = np.unique(np.flatnonzero(has_files[:-1] | has_files[1:]) // (DAY // HOUR)) * DAY
        names = {_name(day, _MONTH if day < packed else _DAY) for day in days.tolist()}
        kept = self._names(market)
        work = []
        for name in sorted(names.union(kept), reverse=True):
            start, end = _span(name)
            if name not in names:
                is_month_ahead = len(name) == _DAY and start < packed and _name(start, _MONTH) in names
                size = 0 if is_month_ahead or self._stamps(market, start, end).stamps.any() else 1
            elif len(name) == _DAY:
                size = self._missing(market, name, found, start, min(end, closed))
            else:
                end = min(end, packed)
                size = self._missing(market, name, found, start, end)
                size += sum(len(day) == _DAY and start <= _span(day)[0] < end for day in kept)
            if size:
                work.append(BarWork(market, name, start, end, size))
        return work

    def keep(self, work: BarWork, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """
        Make or remove one file of *work*; return False if *may_go_on* did, and nothing was changed.

        Args:
            work: from work().
            may_go_on: called before the rows of each day are read.
        """
        market, path = work.market, self._path(work.market, work.name)
        found = self._stamps(market, work.start, work.end)
        if not found.stamps.any():
            path.unlink(missing_ok=True)
            return True
        hourly = self._hourly(market, found, STEPS)
        if not hourly.make(may_go_on):
            return False
        stamps = np.where(found.is_settled, found.stamps, UNKNOWN)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_part(path, KeptPart(work.start, stamps, {step: hourly.bars(step) for step in STEPS}))
        if len(work.name) == _MONTH:
            for name in self._names(market):
                if len(name) == _DAY and work.start <= _span(name)[0] < work.end:
                    self._path(market, name).unlink(missing_ok=True)
        return True

    def forget(self, market: Market, before: int) -> None:
        """Remove the files with bars of rows older than *before* (epoch ms)."""
        for name in self._names(market):
            if _span(name)[0] < before:
                self._path(market, name).unlink(missing_ok=True)
        with suppress(OSError):  # there are others
            self._path(market, "").parent.rmdir()

    def stamps(self, market: Market, start: int, end: int) -> HourStamps:
        """Return the stamps of the hours that hold *start* to *end* (epoch ms)."""
        return hour_stamps(
            self._folder / market_dir(market), start // HOUR * HOUR, -(-end // HOUR) * HOUR, self._now_ns()
        )

    def _stamps(self, market: Market, start: int, end: int) -> HourStamps:
        """Return the stamps of the hours *start* to *end*, and of the one after, which holds a row at the end."""
        return self.stamps(market, start, end + HOUR)

    def _hourly(self, market: Market, found: HourStamps, steps: Iterable[int]) -> HourlyBars:
        end = found.start + (len(found.stamps) - 1) * HOUR
        parts = []
        for name in self._names(market):
            first, stop = _span(name)
            if first < end and stop > found.start and (part := read_part(self._path(market, name), steps)):
                parts.append(part)
        return HourlyBars(found, parts, lambda since, to: self._read(market, since, to), steps)

    def _missing(self, market: Market, name: str, found: HourStamps, start: int, end: int) -> int:
        """Return how many hours from *start* to *end* the file *name* lacks that are settled, and have rows."""
        part = read_part(self._path(market, name), ())
        hours = slice((start - found.start) // HOUR, (end - found.start) // HOUR + 1)
        taken = HourStamps(start, found.stamps[hours], found.is_settled[hours])
        return HourlyBars(taken, [part] if part else [], lambda *_: Ticks.none(), ()).missing

    def _names(self, market: Market) -> list[str]:
        """Return the names of the kept files, without their suffix, in the order of time."""
        with suppress(FileNotFoundError, NotADirectoryError):
            paths = self._path(market, "").parent.iterdir()
            names = [path.name.removesuffix(_SUFFIX) for path in paths if path.suffix == _SUFFIX]
            return sorted(filter(_is_name, names))
        return []

    def _path(self, market: Market, name: str) -> Path:
        return self._folder / FOLDER / market_dir(market) / f"{name}{_SUFFIX}"


def _name(time: int, length: int) -> str:
    """Return the name of the month or day of *time*: the first *length* characters of ``2026-11-23``."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d")[:length]


def _span(name: str) -> tuple[int, int]:
    """Return when the month ``2026-11`` or the day ``2026-11-23`` begins and ends, epoch ms. Raises ValueError."""
    year, month, *day = map(int, name.split("-"))
    start = _time(year, month, *day)
    return (start, start + DAY) if day else (start, _time(year + month // 12, month % 12 + 1))


def _time(year: int, month: int, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000


def _is_name(text: str) -> bool:
    """Return whether *text* names a kept file: another program's are left alone."""
    try:
        return text in (_name(_span(text)[0], length) for length in (_MONTH, _DAY))
    except (ValueError, TypeError):
        return False
