"""Names of buckets and candle files, and their order in time."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import CASES, HOUR, MINUTE, NOW
from tracker.core.ticks import Ticks
from tracker.stores.csv.layout import (
    bucket_end,
    bucket_key,
    bucket_name,
    by_bucket,
    hours_of,
    minute_key,
)

EACH_GRANULARITY = pytest.mark.parametrize("granularity", ["hour", "minute"])


def test_a_bucket_is_named_by_its_hour_or_minute_in_utc():
    assert bucket_name(NOW) == "2026-11-23-15.csv"
    assert bucket_name(NOW - 1) == "2026-11-23-14.csv"
    assert bucket_name(NOW + 4 * MINUTE, "minute") == "2026-11-23/15/04.csv"
    assert bucket_name(NOW - 1, "minute") == "2026-11-23/14/59.csv"


@EACH_GRANULARITY
def test_bucket_keys_sort_by_time_even_for_extreme_times(granularity):
    times = [-(10**18), 0, HOUR, NOW, 10**18]
    names = [bucket_name(time, granularity) for time in times]
    assert names == sorted(names, key=bucket_key)
    assert [bucket_key(name) for name in names] == [minute_key(time)[: len(bucket_key(names[0]))] for time in times]
    assert len(set(names)) == len(times) - 1  # before 1970 is 1970


@EACH_GRANULARITY
@CASES
@given(times=st.lists(st.integers(0, 5 * HOUR) | st.integers(0, 5 * MINUTE), max_size=30))
def test_rows_go_to_the_bucket_of_their_time_and_keep_their_order(granularity, times):
    ticks = Ticks.of(np.array(times, dtype=np.int64) + NOW, np.arange(1.0, len(times) + 1), 1000)
    parts = by_bucket(ticks, granularity)
    assert [name for name, _ in parts] == sorted({bucket_name(time + NOW, granularity) for time in times})
    for name, part in parts:
        assert {bucket_name(time, granularity) for time in part.time.tolist()} == {name}
        assert (np.diff(part.price) > 0).all()
    assert sum(len(part) for _, part in parts) == len(times)


@pytest.mark.parametrize(("granularity", "length"), [("hour", HOUR), ("minute", MINUTE)])
def test_a_bucket_ends_where_the_next_one_begins(granularity, length):
    path = f"kraken/btceur/{bucket_name(NOW, granularity)}"
    assert bucket_end(path) == (NOW // length + 1) * length
    assert hours_of([path]) == (NOW // HOUR * HOUR, (NOW // HOUR + 1) * HOUR)


@pytest.mark.parametrize("name", ["2026-13-23-15.csv", "2026-11-31-15.csv", "2026-11-23-24.csv"])
def test_a_bucket_of_an_impossible_time_has_no_end_and_bounds_nothing(name):
    with pytest.raises(ValueError, match=r"must be in|out of range"):
        bucket_end(f"kraken/btceur/{name}")
    assert hours_of([f"kraken/btceur/{name}"])[1] > NOW


def test_rows_are_read_without_a_module_that_is_not_loaded_yet():
    """A process that gave up its rights may not be able to read Python's folder any more."""
    code = "import sys; from tracker.stores.csv.layout import bucket_end; bucket_end('k/b/2026-11-23-15.csv')"
    subprocess.run([sys.executable, "-c", f"{code}; sys.exit('_strptime' in sys.modules)"], check=True)
