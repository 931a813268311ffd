"""
Names the files of a CSV folder.

A bucket is the file of one market and one hour, UTC, ``2026-11-23-15.csv``, or of one minute,
``2026-11-23/15/04.csv``, relative to the market's folder, which may hold both kinds. Buckets are sorted by their key,
the digits of the name: an hour comes just before its minutes. What is known of a bucket's candles beside their closes
stands in the candle file beside it, ``2026-11-23-15.candles.csv``, which has the same key.

A market's folder is named after base and quote, ``ethusd``. Its file ``.market`` holds the market's full name; without
that file the base is taken to be BTC.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tracker.core.durations import MINUTE
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks

NAME = ".market"
GRANULARITIES = {"hour": "%Y-%m-%d-%H.csv", "minute": "%Y-%m-%d/%H/%M.csv"}

_LAST_MINUTE = 4_223_371_679  # 9999-12-31 23:59; later keys do not sort by time
HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
PART = re.compile(r"\d\d", re.ASCII)  # an hour's folder, or a minute
_CANDLES = ".candles.csv"


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


def held_market(folder: Path, known: Mapping[str, Market], subfolder: str) -> Market | None:
    """Return the market whose rows the folder ``kraken/btceur`` holds; *known* decides if the folder does not."""
    return stated_market(folder / subfolder) or known.get(subfolder)


def bucket_name(time: int, granularity: str = "hour") -> str:
    """Return the bucket of *time* (epoch ms); times outside of 1970 to 9999 belong to the nearest one."""
    return _datetime(time // MINUTE).strftime(GRANULARITIES[granularity])


def minute_key(time: int) -> str:
    """Return the key of the minute of *time* (epoch ms): ``202611231504``."""
    return _datetime(time // MINUTE).strftime("%Y%m%d%H%M")


def bucket_key(name: str) -> str:
    """Return what sorts buckets by time: ``2026112315`` for an hour, ``202611231504`` for a minute."""
    return bucket_of(name).removesuffix(".csv").replace("-", "").replace("/", "")


def is_candle_file(name: str) -> bool:
    """Return whether *name* is that of a candle file, not of a bucket."""
    return name.endswith(_CANDLES)


def candle_file(bucket: str) -> str:
    """Return the candle file beside *bucket*: ``2026-11-23-15.candles.csv``."""
    return bucket.removesuffix(".csv") + _CANDLES


def bucket_of(name: str) -> str:
    """Return the bucket beside the candle file *name*; of a bucket, itself."""
    return name.removesuffix(_CANDLES) + ".csv" if name.endswith(_CANDLES) else name


def bucket_end(path: str) -> int:
    """Return the epoch ms at which the bucket ``kraken/btceur/2026-11-23-15.csv`` ends. Raises ValueError."""
    key = bucket_key(path.split("/", 2)[-1])
    return key_start(key) + (MINUTE if len(key) > len("2026112315") else 60 * MINUTE)


def hours_of(paths: Iterable[str]) -> tuple[int, int]:
    """
    Return when the first hour of buckets ``kraken/btceur/2026-11-23-15.csv`` begins, and the last one ends, epoch ms.

    An hour that is no valid time bounds nothing. Nor does the last of 9999, which has the rows of all later times.
    """
    hours = {hour_of(path.split("/", 2)[-1]) for path in paths}
    with suppress(ValueError):
        start = key_start(min(hours))
        end = (key_start(max(hours)) if len(hours) > 1 else start) + 60 * MINUTE
        return start, end if end < _LAST_MINUTE * MINUTE else 2**62
    return 0, 2**62


def key_start(key: str) -> int:
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


def _datetime(minute: int) -> datetime:
    return datetime.fromtimestamp(min(max(int(minute), 0), _LAST_MINUTE) * 60, UTC)
