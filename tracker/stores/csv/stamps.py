"""
Finds which hours of a market's folder have changed, from name, size and time of change of its files.

An hour's stamp is one number, made of all its buckets and candle files. Whoever changes a file, and keeps its size and
time of change, is not found.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import HOUR
from tracker.stores.csv.layout import DAY, PART

Stamps = NDArray[np.uint64]

NO_FILES = np.uint64(0)  # the stamp of an hour without any
UNKNOWN = np.uint64(2**64 - 1)  # equals no hour's stamp
# A file may change again without a trace within one step of the file system's clock: 2 s on FAT, else milliseconds.
_SETTLED_AFTER = 2_000_000_000  # ns
_EPOCH = date(1970, 1, 1).toordinal()
_SUFFIXES = {".csv": 1, ".candles.csv": 2}
_PREFIX = len("2026-11-23-15")
_HOURS = {f"-{hour:02}": hour for hour in range(24)}
_FEW_HOURS = 31 * 24  # for which files are looked up by name: a folder may hold those of ten years
_NEVER = -(2**40)  # an hour before all others


class HourStamps(NamedTuple):
    """
    What the files of some hours look like.

    Attributes:
        start: epoch ms at which the first hour begins.
        stamps: of each hour; NO_FILES, or a number that changes with its files.
        is_settled: whether a further change of an hour's files would change its stamp.
    """

    start: int
    stamps: Stamps
    is_settled: NDArray[np.bool_]


def hour_stamps(folder: Path, start: int, end: int, now_ns: int) -> HourStamps:
    """
    Return the stamps of the hours from *start* to *end*, multiples of an hour since 1970, epoch ms.

    Args:
        folder: of the market; it need not exist.
        start: where the first hour begins.
        end: where the last hour ends.
        now_ns: epoch ns, before the call; files changed shortly before are not settled.

    Raises:
        OSError: the folder cannot be read.
    """
    first, size = start // HOUR, max((end - start) // HOUR, 0)
    find = _files_by_name if size <= _FEW_HOURS else _files
    rows = list(find(folder, first, first + size)) if size else []
    stamps, is_settled = np.zeros(size, np.uint64), np.ones(size, dtype=bool)
    if rows:
        hours, kinds, sizes, times = np.array(rows, dtype=np.int64).T
        hours -= first
        files = _mixed(_mixed(_mixed(kinds.astype(np.uint64)) ^ sizes.astype(np.uint64)) ^ times.astype(np.uint64))
        np.add.at(stamps, hours, files)  # a sum does not depend on the order in which the files are listed
        stamps[stamps == UNKNOWN] = 1
        is_settled[hours[times > now_ns - _SETTLED_AFTER]] = False
    return HourStamps(start, stamps, is_settled)


def _files(folder: Path, first: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield hour since 1970, kind, size and ns of the last change of each file in the hours *first* to *stop*."""
    days = _Days()
    newest = _day_text(stop // 24)
    oldest = _day_text(first // 24)
    for entry in _entries(folder):
        name = entry.name
        day = name[:10]
        if oldest <= day <= newest:
            kind = _SUFFIXES.get(name[_PREFIX:])
            if kind is not None:
                hour = days[day] + _HOURS.get(name[10:_PREFIX], _NEVER)
                if first <= hour < stop:
                    try:  # contextlib.suppress would take as long as all else, for years of files
                        stat = entry.stat()
                    except FileNotFoundError:  # purged meanwhile
                        continue
                    yield hour, kind, stat.st_size, stat.st_mtime_ns
            elif DAY.fullmatch(name):
                yield from _minute_files(Path(entry.path), days[name], first, stop)


def _files_by_name(folder: Path, first: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield what _files() does."""
    for day in range(first // 24, -(-stop // 24)):
        name = _day_text(day)
        for hour in range(max(day * 24, first), min(day * 24 + 24, stop)):
            for suffix, kind in _SUFFIXES.items():
                with suppress(FileNotFoundError, NotADirectoryError):
                    stat = os.stat(f"{folder}/{name}-{hour % 24:02}{suffix}")  # noqa: PTH116 - a Path takes twice as long
                    yield hour, kind, stat.st_size, stat.st_mtime_ns
        yield from _minute_files(folder / name, day * 24, first, stop)


def _minute_files(folder: Path, day: int, first: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the same for the files of minutes in the *folder* of a day, which begins with the hour *day*."""
    for part in _entries(folder):
        if first <= (hour := day + _HOURS.get(f"-{part.name}", _NEVER)) < stop:
            for entry in _entries(Path(part.path)):
                minute, kind = entry.name[:2], _SUFFIXES.get(entry.name[2:])
                if kind is not None and PART.fullmatch(minute):
                    with suppress(FileNotFoundError):
                        stat = entry.stat()
                        yield hour, (int(minute) + 1) << 8 | kind, stat.st_size, stat.st_mtime_ns


class _Days(dict[str, int]):
    """The hour since 1970 with which a day ``2026-11-23`` begins; _NEVER for what is no date."""

    def __missing__(self, day: str) -> int:
        self[day] = _NEVER
        with suppress(ValueError):
            if DAY.fullmatch(day):
                self[day] = (date(int(day[:4]), int(day[5:7]), int(day[8:])).toordinal() - _EPOCH) * 24
        return self[day]


def _day_text(day: int) -> str:
    """Return ``2026-11-23`` for a number of days since 1970."""
    return date.fromordinal(min(max(day + _EPOCH, 1), date.max.toordinal())).isoformat()


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _mixed(values: Stamps) -> Stamps:
    """Return *values* with every bit spread over all others: the finaliser of splitmix64."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
