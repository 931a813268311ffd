"""
Lists the files of a CSV folder, see ``layout``.

Listing goes by day and hour, so that the 11,520 files that eight markets write in a day need not be listed at once.
"""

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tracker.core.durations import DAY as DAY_MS
from tracker.core.durations import HOUR
from tracker.runtime.files import file_size
from tracker.stores.csv.layout import DAY, NAME, PART, bucket_key, bucket_name, candle_file, is_candle_file, key_start

_KEY_RANGE = "000000000000", "999999999999"
_FEW_HOURS = 50  # for which files are looked up by name; a folder of years is not listed for a day
_EXCHANGE = re.compile(r"[a-z0-9_]+")
_HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d(\.candles)?\.csv", re.ASCII)
_MINUTE_FILE = re.compile(r"\d\d(\.candles)?\.csv", re.ASCII)


def markets_in(folder: Path) -> list[str]:
    """Return the folders that may be a market's, ``kraken/btceur``, sorted. Raises OSError."""
    try:
        # Filtered by name, because a volume has a lost+found that only root can read.
        exchanges = [path for path in folder.iterdir() if _EXCHANGE.fullmatch(path.name) and path.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(
        f"{exchange.name}/{path.name}" for exchange in exchanges for path in exchange.iterdir() if path.is_dir()
    )


def stored_files(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> list[str]:
    """Return the buckets of oldest_first() and all candle files of that time, each after the bucket of its key."""
    return list(_in_order(folder, first, last, is_newest_first=False))


def newest_bucket(folder: Path) -> str:
    """Return the newest bucket that is not empty, as one after a failed append is; ``""`` if there is none."""
    return next((name for name in newest_first(folder) if file_size(folder / name)), "")


def newest_first(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> Iterator[str]:
    """Yield the buckets of oldest_first(), the newest first, listing folders only as needed."""
    return itertools.filterfalse(is_candle_file, _in_order(folder, first, last, is_newest_first=True))


def oldest_first(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> Iterator[str]:
    """
    Yield the buckets in *folder* for the minutes *first* to *last* (keys), listing folders only as needed.

    There are none if the folder does not exist. Raises OSError.
    """
    return itertools.filterfalse(is_candle_file, _in_order(folder, first, last, is_newest_first=False))


def _in_order(folder: Path, first: str, last: str, *, is_newest_first: bool) -> Iterator[str]:
    def in_range(part: str) -> bool:
        return first[: len(part)] <= part <= last[: len(part)]

    # Sorted, the names of a day follow each other; only those of the days that are asked for are looked at.
    names = sorted(_names_between(folder, first, last), reverse=is_newest_first)
    for path, of_day in itertools.groupby(names, lambda name: name[: len("2026-11-23")]):
        if not DAY.fullmatch(path) or not in_range(day := bucket_key(path)):
            continue
        files: dict[str, list[str]] = {}  # by the key of the hour: the names, the bucket first
        for name in filter(_HOUR_FILE.fullmatch, of_day):
            of_hour = files.setdefault(bucket_key(name), [])
            of_hour.insert(len(of_hour) if is_candle_file(name) else 0, name)
        folders = {day + name: f"{path}/{name}" for name in _entry_names(folder / path) if PART.fullmatch(name)}
        for hour in sorted(filter(in_range, folders.keys() | files.keys()), reverse=is_newest_first):
            buckets = list(files.get(hour, ()))
            if hour in folders:
                minutes = sorted(filter(_MINUTE_FILE.fullmatch, _entry_names(folder / folders[hour])), key=_order)
                buckets += [f"{folders[hour]}/{name}" for name in minutes if in_range(hour + name[:2])]
            yield from reversed(buckets) if is_newest_first else buckets


def _order(name: str) -> tuple[str, bool]:
    return bucket_key(name), is_candle_file(name)


def size_of(folder: Path, first: str, last: str) -> int:
    """Return the bytes of all markets' files for the minutes *first* to *last* (keys). Raises OSError."""
    names = ((market, stored_files(folder / market, first, last)) for market in markets_in(folder))
    return sum(file_size(f"{folder}/{market}/{name}") for market, files in names for name in files)


def remove_empty_folders(folder: Path, before: str) -> None:
    """Remove empty folders of days and hours up to *before* (a key), then *folder* if it is empty."""
    for day in filter(DAY.fullmatch, _entry_names(folder)):
        if bucket_key(day) <= before[:8]:
            for hour in filter(PART.fullmatch, _entry_names(folder / day)):
                with suppress(OSError):  # it is not empty
                    (folder / day / hour).rmdir()
            with suppress(OSError):
                (folder / day).rmdir()
    with suppress(OSError):
        if _entry_names(folder) == [NAME]:
            (folder / NAME).unlink()
        folder.rmdir()


def _names_between(folder: Path, first: str, last: str) -> list[str]:
    """Return the names in *folder* of the hours and days of the minutes *first* to *last*, and perhaps of others."""
    with suppress(ValueError):
        start, end = key_start(first) // HOUR, key_start(last) // HOUR
        if end - start < _FEW_HOURS:
            days = {day: bucket_name(day * DAY_MS)[: len("2026-11-23")] for day in range(start // 24, end // 24 + 1)}
            buckets = [f"{days[hour // 24]}-{hour % 24:02}.csv" for hour in range(start, end + 1)]
            names = (*buckets, *map(candle_file, buckets), *days.values())
            return [name for name in names if _exists(f"{folder}/{name}")]  # text, because a path takes thrice the time
    return _entry_names(folder)


def _exists(path: str) -> bool:
    """Return whether *path* exists. Raises OSError if that cannot be found out."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _entry_names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - the paths of 8,760 files take ten times as long
    except (FileNotFoundError, NotADirectoryError):
        return []
