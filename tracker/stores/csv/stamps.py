"""
Finds which hours of a market's folder have changed, from name, size and time of change of its files.

An hour's stamp is one number, made of all its buckets and candle files. Whoever changes a file, and keeps its size and
time of change, is not found.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import HOUR
from tracker.core.kept_bars import UNKNOWN
from tracker.stores.csv.layout import DAY, PART

Stamps = NDArray[np.uint64]

NO_FILES = np.uint64(0)  # the stamp of an hour without any
# A file may change again without a trace within one step of the file system's clock: 2 s on FAT, else milliseconds.
_SETTLED_AFTER = 2_000_000_000  # ns
_EPOCH = date(1970, 1, 1).toordinal()
_SUFFIXES = {".csv": 1, ".candles.csv": 2}
_HOURS = {f"{hour:02}": hour for hour in range(24)}
_DAY_LENGTH = len("2026-11-23")
_OF_DAY = {f"-{name}{suffix}": (hour, kind) for name, hour in _HOURS.items() for suffix, kind in _SUFFIXES.items()}
_FEW_HOURS = 31 * 24  # for which files are looked up by name: a folder may hold those of ten years


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
    facts = find(folder, first, first + size) if size else []
    stamps, is_settled = np.zeros(size, np.uint64), np.ones(size, dtype=bool)
    if facts:
        hours, kinds, sizes, times = np.array(facts, dtype=np.int64).reshape(-1, 4).T
        hours -= first
        files = _mixed(_mixed(_mixed(kinds.astype(np.uint64)) ^ sizes.astype(np.uint64)) ^ times.astype(np.uint64))
        np.add.at(stamps, hours, files)  # a sum does not depend on the order in which the files are listed
        stamps[stamps == UNKNOWN] = 1
        is_settled[hours[times > now_ns - _SETTLED_AFTER]] = False
    return HourStamps(start, stamps, is_settled)


def _files(folder: Path, first: int, stop: int) -> list[int]:
    """
    Return hour since 1970, kind, size and ns of the last change of each file in the hours *first* to *stop*.

    One after the other, because a year of seven markets has 60,000 files: nothing is made for each that can be avoided.
    """
    facts: list[int] = []
    days = _Days(first // 24, (stop - 1) // 24)
    with _opened(folder) as place:
        for entry in _entries(place):
            name = entry.name
            day = days[name[:_DAY_LENGTH]]
            if day is None:
                continue
            of_day = _OF_DAY.get(name[_DAY_LENGTH:])
            if of_day is not None:
                hour = day + of_day[0]
                if first <= hour < stop:
                    try:  # contextlib.suppress would take as long as all else
                        stat = entry.stat()
                    except FileNotFoundError:  # purged meanwhile
                        continue
                    facts += (hour, of_day[1], stat.st_size, stat.st_mtime_ns)
            elif len(name) == _DAY_LENGTH:
                facts += _minute_files(folder / name, day, first, stop)
    return facts


def _files_by_name(folder: Path, first: int, stop: int) -> list[int]:
    """Return what _files() does."""
    facts: list[int] = []
    for day in range(first // 24, -(-stop // 24)):
        name = f"{folder}/{_day_text(day)}"
        for suffix, (hour, kind) in _OF_DAY.items():
            if first <= day * 24 + hour < stop:
                try:
                    stat = os.stat(name + suffix)  # noqa: PTH116 - a Path takes twice as long
                except (FileNotFoundError, NotADirectoryError):
                    continue
                facts += (day * 24 + hour, kind, stat.st_size, stat.st_mtime_ns)
        facts += _minute_files(Path(name), day * 24, first, stop)
    return facts


def _minute_files(folder: Path, day: int, first: int, stop: int) -> list[int]:
    """Return the same for the files of minutes in the *folder* of a day, which begins with the hour *day*."""
    facts: list[int] = []
    for part in _entries(folder):
        of_day = _HOURS.get(part.name)
        if of_day is not None and first <= (hour := day + of_day) < stop:
            for entry in _entries(Path(part.path)):
                minute, kind = entry.name[:2], _SUFFIXES.get(entry.name[2:])
                if kind is not None and PART.fullmatch(minute):
                    with suppress(FileNotFoundError):
                        stat = entry.stat()
                        facts += (hour, (int(minute) + 1) << 8 | kind, stat.st_size, stat.st_mtime_ns)
    return facts


class _Days(dict[str, int | None]):
    """The hour since 1970 with which a day ``2026-11-23`` begins; None if it is not one of *first* to *last*."""

    def __init__(self, first: int, last: int) -> None:
        self._range = range(first, last + 1)

    def __missing__(self, text: str) -> int | None:
        self[text] = None
        with suppress(ValueError):
            if DAY.fullmatch(text):
                day = date(int(text[:4]), int(text[5:7]), int(text[8:])).toordinal() - _EPOCH
                self[text] = day * 24 if day in self._range else None
        return self[text]


def _day_text(day: int) -> str:
    """Return ``2026-11-23`` for a number of days since 1970."""
    return date.fromordinal(min(max(day + _EPOCH, 1), date.max.toordinal())).isoformat()


@contextmanager
def _opened(folder: Path) -> Iterator[Path | int]:
    """Open *folder*, where that is possible: each of its files is found in a tenth less time from there."""
    try:
        opened = os.open(folder, os.O_RDONLY) if os.scandir in os.supports_fd else None
    except (FileNotFoundError, NotADirectoryError):
        opened = None
    try:
        yield folder if opened is None else opened
    finally:
        if opened is not None:
            os.close(opened)


def _entries(folder: Path | int) -> Iterator[os.DirEntry[str]]:
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
