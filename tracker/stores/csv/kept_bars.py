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

from tracker.core.bars import COARSE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR
from tracker.core.kept_bars import UNKNOWN, BarWork
from tracker.core.market import Market
from tracker.core.stored_bars import bars_of_rows
from tracker.core.ticks import Ticks
from tracker.stores.csv import format_version
from tracker.stores.csv.bar_file import STEPS, KeptPart, read_part, write_part
from tracker.stores.csv.hourly_bars import HourlyBars
from tracker.stores.csv.layout import market_dir
from tracker.stores.csv.listing import markets_in
from tracker.stores.csv.stamps import NO_FILES, HourStamps, Stamps, hour_stamps
from tracker.stores.csv.writer import as_store_error

FOLDER = ".bars"
CLOSED_AFTER = HOUR  # ms after its end, when the bucket with the row at its end is closed too
_SUFFIX = ".arrow"
_MONTH, _DAY = len("2026-11"), len("2026-11-23")


class KeptBars:
    """
    The kept bars of the store in *folder*. Every method may raise StoreError.

    Args:
        folder: of the markets' folders.
        owner: returns the market whose rows a folder ``kraken/btceur`` holds; None if unknown.
        read: returns the rows of a market with start <= time < end.
        now_ns: epoch ns, the clock of the file system.
    """

    def __init__(
        self,
        folder: Path,
        owner: Callable[[str], Market | None],
        read: Callable[[Market, int, int], Ticks],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._folder = folder
        self._owner = owner
        self._read = read
        self._now_ns = now_ns

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return what ``Store.bars`` is to return; writes nothing."""
        return self.stamped_bars(market, -(-start // step) * step, end // step * step, step)[0]

    def stamped_bars(self, market: Market, start: int, end: int, step: int) -> tuple[Bars, Stamps]:
        with as_store_error("read", self._folder / market_dir(market)):
            format_version.check(self._folder)
            present = self._stamps(market, start // HOUR * HOUR, -(-end // HOUR) * HOUR)
            is_held = self._owner(market_dir(market)) in (market, None)
            bars = self._bars(market, present, start, end, step) if is_held and start < end else Bars.none(step)
            return bars, _settled(present)[: max(end // HOUR - start // HOUR + 1, 0)]

    def stamps(self, market: Market, start: int, end: int) -> Stamps:
        with as_store_error("read", self._folder / market_dir(market)):
            return _settled(self._hour_stamps(market, start // HOUR * HOUR, -(-end // HOUR) * HOUR))

    def work(self, now: int) -> list[BarWork]:
        with as_store_error("read", self._folder):
            format_version.check(self._folder)
            folders = markets_in(self._folder)
            with suppress(OSError):  # keep() reports it
                folders += markets_in(self._folder / FOLDER)
            markets = filter(None, map(self._owner, dict.fromkeys(folders)))
            work = [work for market in markets for work in self._work(market, now)]
        return sorted(work, key=lambda work: -work.end)

    def keep(self, work: BarWork, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        with as_store_error("write", self._path(work.market, work.name)):
            return self._keep(work, may_go_on)

    def forget(self, market: Market, before: int) -> None:
        """Remove the files of what is older than *before* (epoch ms)."""
        with as_store_error("delete", self._path(market, "").parent):
            for name in self._names(market):
                if _span(name)[1] <= before:
                    self._path(market, name).unlink(missing_ok=True)
            with suppress(OSError):  # there are others
                self._path(market, "").parent.rmdir()

    def _bars(self, market: Market, present: HourStamps, start: int, end: int, step: int) -> Bars:
        if step not in STEPS:
            return bars_of_rows(lambda since, to: self._read(market, since, to), start, end, step)
        # Days that are not kept as a whole are merged from hours.
        steps = (MEDIUM, COARSE) if step == COARSE else (step,)
        return self._hourly(market, present, steps).bars(step).inside(start, end)

    def _work(self, market: Market, now: int) -> list[BarWork]:
        packed = (now - CLOSED_AFTER) // DAY * DAY  # days before are closed
        closed = (now - CLOSED_AFTER) // HOUR * HOUR
        present = self._stamps(market, 0, closed)
        has_files = present.stamps != NO_FILES
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
                size = self._missing(market, name, present, start, min(end, closed))
            else:
                end = min(end, packed)
                size = self._missing(market, name, present, start, end)
                size += sum(len(day) == _DAY and start <= _span(day)[0] < end for day in kept)
            if size:
                work.append(BarWork(market, name, start, end, size))
        return work

    def _keep(self, work: BarWork, may_go_on: Callable[[], bool]) -> bool:
        market, path = work.market, self._path(work.market, work.name)
        present = self._stamps(market, work.start, work.end)
        if not present.stamps.any():
            path.unlink(missing_ok=True)
            return True
        hourly = self._hourly(market, present, STEPS)
        if not hourly.make(may_go_on):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        write_part(path, KeptPart(work.start, _settled(present), {step: hourly.bars(step) for step in STEPS}))
        if len(work.name) == _MONTH:
            for name in self._names(market):
                if len(name) == _DAY and work.start <= _span(name)[0] < work.end:
                    self._path(market, name).unlink(missing_ok=True)
        return True

    def _stamps(self, market: Market, start: int, end: int) -> HourStamps:
        """Return the stamps of the hours *start* to *end*, and of the one after, which holds a row at the end."""
        return self._hour_stamps(market, start, end + HOUR)

    def _hour_stamps(self, market: Market, start: int, end: int) -> HourStamps:
        return hour_stamps(self._folder / market_dir(market), start, end, self._now_ns())

    def _hourly(self, market: Market, present: HourStamps, steps: Iterable[int]) -> HourlyBars:
        end = present.start + (len(present.stamps) - 1) * HOUR
        parts = []
        for name in self._names(market):
            first, stop = _span(name)
            if first < end and stop > present.start and (part := read_part(self._path(market, name), steps)):
                parts.append(part)
        return HourlyBars(present, parts, lambda since, to: self._read(market, since, to), steps)

    def _missing(self, market: Market, name: str, present: HourStamps, start: int, end: int) -> int:
        """Return how many hours of *start* to *end* the file *name* lacks that are settled."""
        part = read_part(self._path(market, name), ())
        hours = slice((start - present.start) // HOUR, (end - present.start) // HOUR + 1)
        taken = HourStamps(start, present.stamps[hours], present.is_settled[hours])
        return HourlyBars(taken, [part] if part else [], lambda *_: Ticks.none(), ()).missing

    def _names(self, market: Market) -> list[str]:
        """Return the names of the kept files, without their suffix, in the order of time."""
        with suppress(OSError):  # as without any: bars are then made of rows
            paths = self._path(market, "").parent.iterdir()
            names = [path.name.removesuffix(_SUFFIX) for path in paths if path.suffix == _SUFFIX]
            return sorted(filter(_is_name, names))
        return []

    def _path(self, market: Market, name: str) -> Path:
        return self._folder / FOLDER / market_dir(market) / f"{name}{_SUFFIX}"


def _settled(present: HourStamps) -> Stamps:
    """Return the stamps of *present*, UNKNOWN of hours whose next change might leave their stamp as it is."""
    return np.where(present.is_settled, present.stamps, UNKNOWN)


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
