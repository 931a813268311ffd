"""
Names and lists the files of a CSV folder.

A bucket is the file of one market and one hour, UTC, ``2026-11-23-15.csv``, or of one minute,
``2026-11-23/15/04.csv``, relative to the market's folder, which may hold both kinds. Buckets are sorted by their key,
the digits of the name: an hour comes just before its minutes. Listing goes by day and hour, so that the 11,520
files that eight markets write in a day need not be listed at once.

A market's folder is named after base and quote, ``ethusd``. Its file ``.market`` holds the market's full name; without
that file the base is taken to be BTC.
"""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tracker.core.durations import MINUTE
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.files import file_size

NAME = ".market"
GRANULARITIES = {"hour": "%Y-%m-%d-%H.csv", "minute": "%Y-%m-%d/%H/%M.csv"}

_LAST_MINUTE = 4_223_371_679  # 9999-12-31 23:59; later keys do not sort by time
_KEY_RANGE = "000000000000", "999999999999"
HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
PART = re.compile(r"\d\d", re.ASCII)  # an hour's folder, or a minute
_MINUTE_FILE = re.compile(r"\d\d\.csv", re.ASCII)
_EXCHANGE = re.compile(r"[a-z0-9_]+")


def market_dir(market: Market) -> str:
    """Return the market's folder: ``kraken/btceur``."""
    return f"{market.exchange}/{market.slug}"


def named_market(folder: Path) -> Market | None:
    """Return the market in the ``.market`` of *folder*; None without a valid one. Raises OSError."""
    try:
        text = (folder / NAME).read_text("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with suppress(ConfigError):
        market = Market.parse(text)
        if market_dir(market) == f"{folder.parent.name}/{folder.name}":  # else the file was copied from another folder
            return market
    return None


def guess_market(subfolder: str) -> Market | None:
    """
    Return the market of a folder ``kraken/btceur`` by its name alone; None if that is ambiguous or malformed.

    A folder ``kraken/xbteur``, named by an old code, is not where the rows of kraken:BTC/EUR are kept.
    """
    exchange, _, slug = subfolder.partition("/")
    with suppress(ConfigError):
        market = Market.from_slug(exchange, slug)
        return market if market_dir(market) == subfolder else None
    return None


def stated_market(folder: Path) -> Market | None:
    """Return the market that *folder* states, by its ``.market`` or else its name. Raises OSError."""
    return named_market(folder) or guess_market(f"{folder.parent.name}/{folder.name}")


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


def bucket_name(time: int, granularity: str = "hour") -> str:
    """Return the bucket of *time* (epoch ms); times outside of 1970 to 9999 belong to the nearest one."""
    return _datetime(time // MINUTE).strftime(GRANULARITIES[granularity])


def minute_key(time: int) -> str:
    """Return the key of the minute of *time* (epoch ms): ``202611231504``."""
    return _datetime(time // MINUTE).strftime("%Y%m%d%H%M")


def bucket_key(name: str) -> str:
    """Return what sorts buckets by time: ``2026112315`` for an hour, ``202611231504`` for a minute."""
    return name.removesuffix(".csv").replace("-", "").replace("/", "")


def bucket_end(path: str) -> int:
    """Return the epoch ms at which the bucket ``kraken/btceur/2026-11-23-15.csv`` ends. Raises ValueError."""
    key = bucket_key(path.split("/", 2)[-1])
    return _start(key) + (MINUTE if len(key) > len("2026112315") else 60 * MINUTE)


def hours_of(paths: Iterable[str]) -> tuple[int, int]:
    """
    Return when the first hour of buckets ``kraken/btceur/2026-11-23-15.csv`` begins, and the last one ends, epoch ms.

    An hour that is no valid time bounds nothing. Nor does the last of 9999, which has the rows of all later times.
    """
    hours = {hour_of(path.split("/", 2)[-1]) for path in paths}
    with suppress(ValueError):
        start, end = _start(min(hours)), _start(max(hours)) + 60 * MINUTE
        return start, end if end < _LAST_MINUTE * MINUTE else 2**62
    return 0, 2**62


def _start(key: str) -> int:
    """Return the epoch ms at which the hour or minute of *key* begins. Raises ValueError."""
    # strptime is slower, and imports a module at its first call: not possible without rights to Python's folder.
    parts = int(key[:4]), int(key[4:6]), int(key[6:8]), int(key[8:10]), int(key[10:12] or 0)
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


def hour_of(name: str) -> str:
    """Return the key of a bucket's hour: ``2026112315``."""
    return bucket_key(name)[:10]


def by_bucket(ticks: Ticks, granularity: str = "hour") -> list[tuple[str, Ticks]]:
    """Return *ticks* split by bucket, oldest bucket first; the order within a bucket is kept."""
    if not len(ticks):
        return []
    size = MINUTE if granularity == "minute" else 60 * MINUTE
    numbers = ticks.time // size
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(ticks)]
    return [
        (bucket_name(int(numbers[first]) * size, granularity), ticks[order[first:last]])
        for first, last in itertools.pairwise(starts)
    ]


def bucket_names(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> list[str]:
    """
    Return the buckets in *folder* for the minutes *first* to *last* (keys), oldest first.

    Empty if the folder does not exist. Raises OSError.
    """
    return list(newest_first(folder, first, last))[::-1]


def newest_bucket(folder: Path) -> str:
    """Return the newest bucket that is not empty, as one after a failed append is; ``""`` if there is none."""
    return next((name for name in newest_first(folder) if file_size(folder / name)), "")


def newest_first(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> Iterator[str]:
    """Yield the buckets of bucket_names(), newest first, listing folders only as needed."""
    return _in_order(folder, first, last, is_newest_first=True)


def oldest_first(folder: Path, first: str = _KEY_RANGE[0], last: str = _KEY_RANGE[1]) -> Iterator[str]:
    """Yield the buckets of bucket_names(), listing folders only as needed."""
    return _in_order(folder, first, last, is_newest_first=False)


def _in_order(folder: Path, first: str, last: str, *, is_newest_first: bool) -> Iterator[str]:
    def in_range(part: str) -> bool:
        return first[: len(part)] <= part <= last[: len(part)]

    files: dict[str, dict[str, str]] = {}  # by the keys of day and hour: the name
    for name in _entry_names(folder):
        if HOUR_FILE.fullmatch(name):
            files.setdefault(bucket_key(name)[:8], {})[bucket_key(name)] = name
        elif DAY.fullmatch(name):
            files.setdefault(bucket_key(name), {})
    for day in sorted(filter(in_range, files), reverse=is_newest_first):
        path = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        folders = {day + name: f"{path}/{name}" for name in _entry_names(folder / path) if PART.fullmatch(name)}
        for hour in sorted(filter(in_range, folders.keys() | files[day].keys()), reverse=is_newest_first):
            buckets = [files[day][hour]] if hour in files[day] else []
            if hour in folders:
                minutes = sorted(name for name in _entry_names(folder / folders[hour]) if _MINUTE_FILE.fullmatch(name))
                buckets += [f"{folders[hour]}/{name}" for name in minutes if in_range(hour + name[:2])]
            yield from reversed(buckets) if is_newest_first else buckets


def size_of(folder: Path, first: str, last: str) -> int:
    """Return the bytes of all markets' buckets for the minutes *first* to *last* (keys). Raises OSError."""
    paths = (folder / market for market in markets_in(folder))
    return sum(file_size(path / name) for path in paths for name in newest_first(path, first, last))


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


def _datetime(minute: int) -> datetime:
    return datetime.fromtimestamp(min(max(int(minute), 0), _LAST_MINUTE) * 60, UTC)


def _entry_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
