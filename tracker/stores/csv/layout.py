"""
What the files of a CSV folder are called, and which there are.

A bucket is the file of one market and one hour, UTC, ``2026-11-23-15.csv``, or of one minute,
``2026-11-23/15/04.csv``; its name is seen from the market's folder. A folder may hold both kinds. What
orders them is the stamp, a name's digits: an hour's comes just before those of its minutes. A bucket
is reached by way of day and hour, so that nobody lists the 11,520 files that eight markets get in a day.

A market's folder is named after base and quote, ``ethusd``. Where one ends and the other begins is in its
file ``.market``, unless base is BTC, which is what a folder without that file is taken for.
"""

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks

NAME = ".market"
GRANULARITIES = {"hour": "%Y-%m-%d-%H.csv", "minute": "%Y-%m-%d/%H/%M.csv"}

_MINUTE = 60_000
_LAST_MINUTE = 4_223_371_679  # 9999-12-31 23:59; beyond it, stamps no longer sort by time
_ENDS_OF_TIME = "000000000000", "999999999999"
_HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PART = re.compile(r"\d\d", re.ASCII)  # an hour's folder
_MINUTE_FILE = re.compile(r"\d\d\.csv", re.ASCII)
_EXCHANGE = re.compile(r"[a-z0-9_]+")


def market_dir(market: Market) -> str:
    """The market's folder: ``kraken/btceur``."""
    return f"{market.exchange}/{market.slug}"


def named_market(folder: Path) -> Market | None:
    """The market of *folder* as its ``.market`` tells; None if nothing does. OSError: it cannot be read."""
    try:
        text = (folder / NAME).read_text("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with suppress(ConfigError):
        market = Market.parse(text)
        if market_dir(market) == f"{folder.parent.name}/{folder.name}":  # else it was copied here
            return market
    return None


def guess_market(place: str) -> Market | None:
    """The market of a folder ``kraken/btceur`` by its name alone; None if that is not one's, or does not tell."""
    exchange, _, slug = place.partition("/")
    with suppress(ConfigError):
        return Market.from_slug(exchange, slug)
    return None


def markets_in(folder: Path) -> list[str]:
    """The folders that may be a market's, ``kraken/btceur``, sorted. OSError: *folder* cannot be read."""
    try:
        # By name too: a volume has a lost+found, which only root can read.
        exchanges = [path for path in folder.iterdir() if _EXCHANGE.fullmatch(path.name) and path.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(f"{path.parent.name}/{path.name}" for each in exchanges for path in each.iterdir() if path.is_dir())


def bucket_name(time: int, granularity: str = "hour") -> str:
    """The bucket of *time* (epoch ms). Times out of 1970..9999 go to the nearest."""
    return _moment(time // _MINUTE).strftime(GRANULARITIES[granularity])


def stamp_of(time: int) -> str:
    """The minute of *time* (epoch ms) as stamps write it: ``202611231504``."""
    return _moment(time // _MINUTE).strftime("%Y%m%d%H%M")


def bucket_key(name: str) -> str:
    """What sorts buckets by time: ``2026112315`` for an hour, ``202611231504`` for a minute."""
    return name.removesuffix(".csv").replace("-", "").replace("/", "")


def hour_of(name: str) -> str:
    """The hour of a bucket: ``2026112315``."""
    return bucket_key(name)[:10]


def by_bucket(ticks: Ticks, granularity: str = "hour") -> list[tuple[str, Ticks]]:
    """*ticks* parted by bucket, oldest bucket first; inside one, the order stays."""
    if not len(ticks):
        return []
    size = _MINUTE if granularity == "minute" else 60 * _MINUTE
    numbers = ticks.time // size
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(ticks)]
    return [
        (bucket_name(int(numbers[first]) * size, granularity), ticks[order[first:last]])
        for first, last in itertools.pairwise(starts)
    ]


def bucket_names(folder: Path, first: str = _ENDS_OF_TIME[0], last: str = _ENDS_OF_TIME[1]) -> list[str]:
    """
    The buckets in *folder* that hold any of the minutes *first* to *last* (stamps), oldest first.

    Empty if the folder does not exist. OSError: it cannot be read.
    """
    return list(newest_first(folder, first, last))[::-1]


def newest_bucket(folder: Path) -> str:
    """The newest bucket that holds anything; ``""`` if none does. A failed append may leave an empty one."""
    return next((name for name in newest_first(folder) if file_size(folder / name)), "")


def newest_first(folder: Path, first: str = _ENDS_OF_TIME[0], last: str = _ENDS_OF_TIME[1]) -> Iterator[str]:
    """As bucket_names, but the newest first, and found one by one."""
    return _in_order(folder, first, last, is_newest_first=True)


def oldest_first(folder: Path, first: str = _ENDS_OF_TIME[0], last: str = _ENDS_OF_TIME[1]) -> Iterator[str]:
    """As bucket_names, but found one by one."""
    return _in_order(folder, first, last, is_newest_first=False)


def _in_order(folder: Path, first: str, last: str, *, is_newest_first: bool) -> Iterator[str]:
    def wanted(part: str) -> bool:
        return first[: len(part)] <= part <= last[: len(part)]

    files: dict[str, dict[str, str]] = {}  # day: hour: name; hours and days as stamps
    for name in _listed(folder):
        if _HOUR_FILE.fullmatch(name):
            files.setdefault(bucket_key(name)[:8], {})[bucket_key(name)] = name
        elif _DAY.fullmatch(name):
            files.setdefault(bucket_key(name), {})
    for day in sorted(filter(wanted, files), reverse=is_newest_first):
        path = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        folders = {day + name: f"{path}/{name}" for name in _listed(folder / path) if _PART.fullmatch(name)}
        for hour in sorted(filter(wanted, folders.keys() | files[day].keys()), reverse=is_newest_first):
            found = [files[day][hour]] if hour in files[day] else []
            if hour in folders:
                minutes = sorted(name for name in _listed(folder / folders[hour]) if _MINUTE_FILE.fullmatch(name))
                found += [f"{folders[hour]}/{name}" for name in minutes if wanted(hour + name[:2])]
            yield from reversed(found) if is_newest_first else found


def remove_empty_folders(folder: Path, before: str) -> None:
    """Remove the folders of days and hours up to *before* (a stamp) in which nothing is left, and then *folder*."""
    for day in filter(_DAY.fullmatch, _listed(folder)):
        if bucket_key(day) <= before[:8]:
            for hour in filter(_PART.fullmatch, _listed(folder / day)):
                with suppress(OSError):  # it is not empty
                    (folder / day / hour).rmdir()
            with suppress(OSError):
                (folder / day).rmdir()
    with suppress(OSError):
        if _listed(folder) == [NAME]:
            (folder / NAME).unlink()
        folder.rmdir()


def file_size(path: Path) -> int:
    """Bytes in the file *path*; 0 if there is none."""
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _moment(minute: int) -> datetime:
    return datetime.fromtimestamp(min(max(int(minute), 0), _LAST_MINUTE) * 60, UTC)


def _listed(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
