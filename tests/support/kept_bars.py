"""Bars kept beside the buckets of a CSV store, for tests."""

import os
import time

from tests.support.bar_rows import assert_same_bars
from tests.support.csv_files import HOUR, NOW, USD
from tracker.core.bars import COARSE, FINE, MEDIUM
from tracker.core.durations import DAY, MINUTE
from tracker.core.stored_bars import bars_of_rows
from tracker.core.ticks import Ticks
from tracker.stores.csv.kept_bars import KeptBars

MONTH = 1793491200000  # 2026-11-01
CLOSED = MONTH + 40 * DAY  # November and its last day are closed


def kept(store):
    """The kept bars of *store*, by a clock that is an hour ahead: all files are old enough to be kept."""
    return KeptBars(store.folder, store.kept_bars()._owner, store.read, lambda: time.time_ns() + HOUR * 10**6)


def keep_all(store, now=CLOSED):
    """Do all the work; return the names of the files."""
    bars = kept(store)
    work = bars.work(now)
    assert all(bars.keep(each) for each in work)
    return [each.name for each in work]


def minutes(start, number, every=MINUTE):
    """Rows every minute from *start*, each with another price."""
    return Ticks.of([start + row * every for row in range(number)], [100.0 + row % 17 for row in range(number)], every)


def fill(store, start=NOW - 2 * DAY, hours=50):
    """Append a row for each ten minutes of *hours* from *start*."""
    store.append({USD: minutes(start, hours * 6, 10 * MINUTE)})


def assert_right(store, start=NOW - 4 * DAY, end=NOW + 4 * DAY):
    """Fail unless bars of every step are those of the rows."""
    for step in (FINE, MEDIUM, COARSE):
        of_rows = bars_of_rows(lambda since, to: store.read(USD, since, to), start, end, step)
        assert_same_bars(store.bars(USD, start, end, step), of_rows)


def bar_files(store):
    """The names of what is kept, sorted."""
    return sorted(path.name for path in (store.folder / ".bars").glob("*/*/*"))


def touch(path, seconds=5):
    """Change the time of *path*, as an edit does."""
    changed = path.stat().st_mtime_ns + seconds * 10**9
    os.utime(path, ns=(changed, changed))
