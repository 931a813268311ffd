"""Buckets of an hour and of a minute side by side in one folder."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import (
    CASES,
    HOUR,
    MINUTE,
    NOW,
    USD,
    one_row,
    poll_rows,
    reopened,
    rows_on_disk,
)
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore


@pytest.fixture
def listed(monkeypatch):
    """The names of the folders that were listed."""
    names = []
    for function in (os.listdir, os.scandir):

        def noted(path, real=function):
            names.append(Path(path).name)  # pathlib itself lists by text from Python 3.13 on
            return real(path)

        monkeypatch.setattr(os, function.__name__, noted)
    return names


def test_finding_the_newest_minute_or_the_minutes_of_a_span_lists_no_other_day_or_hour(tmp_path, listed):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of([NOW + hour * HOUR for hour in range(-80, 1)], [1.0] * 81, 10)})
    listed.clear()
    reopened(store).append(one_row(NOW + 1, 2.0))
    assert listed == ["btcusd", "2026-11-23", "15"]
    listed.clear()
    assert len(store.read(USD, NOW - 50 * HOUR, NOW - 48 * HOUR)) == 2
    assert listed == ["2026-11-21", "13", "14"]  # a few hours are looked up by name in the market's folder


@CASES
@given(st.lists(st.tuples(st.sampled_from(["hour", "minute"]), st.integers(-200, 60)), unique_by=lambda row: row[1]))
def test_every_method_reads_buckets_of_both_lengths_however_often_the_setting_changes(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("both") / "data"
    reader = CsvStore(folder)
    _, cursor = reader.poll(None)
    seen = Counter()
    for granularity, minute in steps:
        CsvStore(folder, granularity=granularity).append(one_row(NOW + minute * MINUTE, 1000.0 + minute))
        new_rows, cursor = poll_rows(reader, cursor)
        seen += new_rows
    assert seen == rows_on_disk(folder) if folder.exists() else not steps
    times = sorted(NOW + minute * MINUTE for _, minute in steps)
    assert reader.read(USD, 0, NOW * 2).time.tolist() == times
    assert reader.read(USD, NOW - HOUR, NOW + 7 * MINUTE).time.tolist() == [
        time for time in times if NOW - HOUR <= time < NOW + 7 * MINUTE
    ]
    assert reader.markets() == ([USD] if steps else [])
    # An hour is purged when all of it is old, a minute when that minute is.
    before = NOW - 90 * MINUTE
    old = {"hour": NOW - 2 * HOUR, "minute": before}
    purged = [NOW + minute * MINUTE for granularity, minute in steps if NOW + minute * MINUTE < old[granularity]]
    assert reader.purge(USD, before, dry_run=True) == reader.purge(USD, before) == len(purged)
    assert reader.read(USD, 0, NOW * 2).time.tolist() == sorted(set(times) - set(purged))


@pytest.mark.parametrize(
    "steps",
    [[("hour", HOUR), ("minute", 4 * MINUTE)], [("minute", 4 * MINUTE), ("hour", HOUR)], [("minute", 0), ("hour", 0)]],
)
def test_the_newest_bucket_is_the_one_with_the_latest_time_not_the_last_name(tmp_path, steps):
    """As text, 2026-11-23-16.csv comes before 2026-11-23/15/04.csv."""
    reader = CsvStore(tmp_path / "data")
    _, cursor = reader.poll(None)
    seen = Counter()
    for granularity, time in steps:
        store = CsvStore(tmp_path / "data", granularity=granularity)
        for number in range(3):
            store.append(one_row(NOW + time + number, 1.0 + len(seen)))
            new_rows, cursor = poll_rows(reader, cursor)
            seen += new_rows
    assert seen == rows_on_disk(reader.folder)
