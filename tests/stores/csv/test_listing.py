"""Files of a folder, listed in the order of time."""

import random

import pytest

from tracker.stores.csv.layout import bucket_key, bucket_of, candle_file
from tracker.stores.csv.listing import newest_bucket, newest_first, oldest_first, size_of, stored_files

# A whole hour and its minutes: the hour's own bucket comes first.
IN_ORDER = [
    *("2026-11-22-23.csv", "2026-11-22/23/00.csv", "2026-11-22/23/59.csv", "2026-11-23/00/00.csv"),
    *("2026-11-23-15.csv", "2026-11-23/15/04.csv", "2026-11-23/15/05.csv", "2026-11-23-16.csv", "2026-12-01/00/00.csv"),
]


@pytest.fixture
def folder(tmp_path):
    """A folder with the buckets of IN_ORDER, created in another order."""
    for name in random.Random(1).sample(IN_ORDER, len(IN_ORDER)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_buckets_of_both_lengths_are_listed_in_the_order_of_time(folder):
    assert list(oldest_first(folder)) == IN_ORDER == sorted(IN_ORDER, key=bucket_key)
    assert newest_bucket(folder) == IN_ORDER[-1]


def test_a_span_lists_the_buckets_that_hold_any_of_its_minutes(folder):
    assert list(oldest_first(folder, "202611231505", "202611231505")) == ["2026-11-23-15.csv", "2026-11-23/15/05.csv"]
    assert list(oldest_first(folder, "202611222300", "202611230000")) == IN_ORDER[:4]
    assert list(oldest_first(folder, "202611231506", "202611301200")) == ["2026-11-23-15.csv", "2026-11-23-16.csv"]


def test_a_few_hours_are_looked_up_by_name_and_give_what_listing_gives(folder, monkeypatch):
    (folder / "2026-11-23-14.candles.csv").write_text("x")
    spans = [("202611222300", "202611231506"), ("202611231401", "202611231600"), ("202612010000", "202612010030")]
    looked_up = [stored_files(folder, *span) for span in spans]
    monkeypatch.setattr("tracker.stores.csv.listing._FEW_HOURS", 0)
    assert [stored_files(folder, *span) for span in spans] == looked_up
    assert all(looked_up)


def test_an_empty_newest_bucket_is_skipped(folder):
    for name in reversed(IN_ORDER):
        assert newest_bucket(folder) == name
        (folder / name).write_text("")
    assert newest_bucket(folder) == newest_bucket(folder / "nowhere") == ""


def test_candle_files_are_listed_after_their_bucket_and_are_no_buckets(folder):
    for name in IN_ORDER:
        (folder / candle_file(name)).write_text("xyz")
    both = [file for name in IN_ORDER for file in (name, candle_file(name))]
    assert stored_files(folder) == both == sorted(both, key=bucket_key)
    assert [bucket_of(name) for name in both] == [name for name in IN_ORDER for _ in range(2)]
    assert list(oldest_first(folder)) == IN_ORDER
    assert list(newest_first(folder)) == IN_ORDER[::-1]
    assert stored_files(folder, "202611231505", "202611231505") == [*both[8:10], *both[12:14]]


def test_a_candle_file_without_its_bucket_is_listed_too(folder):
    (folder / "2026-11-23-17.candles.csv").write_text("xyz")
    assert stored_files(folder, "202611231600") == ["2026-11-23-16.csv", "2026-11-23-17.candles.csv", IN_ORDER[-1]]
    assert newest_bucket(folder) == IN_ORDER[-1]


def test_the_size_is_that_of_buckets_and_candle_files(tmp_path):
    folder = tmp_path / "kraken/btcusd"
    (folder / "2026-11-23/15").mkdir(parents=True)
    (folder / "2026-11-23-15.csv").write_text("x" * 10)
    (folder / "2026-11-23-15.candles.csv").write_text("x" * 100)
    (folder / "2026-11-23/15/04.candles.csv").write_text("x" * 1000)
    (folder / "2026-11-23-16.candles (1).csv").write_text("x" * 10_000)
    assert size_of(tmp_path, "202611230000", "202611232359") == 1110
    assert size_of(tmp_path, "202611231500", "202611231503") == 110
