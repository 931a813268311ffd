"""Bars kept beside the buckets: used while the buckets are those they were made from, and made anew if not."""

import os
import shutil

import pytest

from tests.support.bar_rows import assert_same_bars
from tests.support.csv_files import EUR, HOUR, NOW, USD, bucket_path, reopened
from tests.support.kept_bars import (
    CLOSED,
    MONTH,
    assert_right,
    bar_files,
    fill,
    keep_all,
    kept,
    minutes,
    touch,
)
from tracker.core.bars import COARSE, FINE, MEDIUM
from tracker.core.durations import DAY, MINUTE
from tracker.core.kept_bars import UNKNOWN, BarWork
from tracker.core.ticks import Origin, Ticks


@pytest.fixture
def granularity():
    return "hour"


@pytest.fixture
def reads(monkeypatch):
    """The spans of the rows that are read, in hours from NOW."""
    spans = []

    def watch(store):
        read = store.read
        monkeypatch.setattr(
            store,
            "read",
            lambda market, start, end: (
                spans.append(((start - NOW - 1) / HOUR, (end - NOW - 1) / HOUR)) or read(market, start, end)
            ),
        )
        return spans

    return watch


@pytest.mark.parametrize(("step", "number"), [(FINE, 300), (MEDIUM, 51), (COARSE, 3)])
def test_kept_bars_are_used_without_reading_rows(filled, reads, step, number):
    spans = reads(filled)
    assert len(filled.bars(USD, NOW - 4 * DAY, NOW + 4 * DAY, step)) == number
    assert spans == []


def test_bars_are_those_of_the_rows(filled):
    assert_right(filled)
    assert_right(filled, NOW - DAY - 7, NOW - 5)


def test_a_changed_hour_costs_the_reading_of_that_hour_and_of_the_one_that_it_ends(filled, reads):
    path = bucket_path(filled, NOW - 5 * HOUR)
    text = (filled.folder / path).read_text()
    (filled.folder / path).write_text(text.replace(",1", ",2"))
    touch(filled.folder / path)
    spans = reads(filled)
    filled.bars(USD, NOW - 2 * DAY, NOW, MEDIUM)
    assert spans == [(-6, -4)]
    assert_right(filled)
    spans.clear()
    assert keep_all(filled) == ["2026-11"]
    assert spans == [(-6, -4)]
    spans.clear()
    filled.bars(USD, NOW - 2 * DAY, NOW, FINE)
    assert spans == []


def late_rows(store):
    store.append({USD: minutes(NOW - 30 * HOUR + 1, 60)})


def an_edit(store):
    path = store.folder / bucket_path(store, NOW - 3 * HOUR)
    path.write_text(path.read_text().replace(",10", ",90"))


def an_edit_that_keeps_the_size(store):
    path = store.folder / bucket_path(store, NOW - 3 * HOUR)
    path.write_text(path.read_text().replace(",10", ",90"))
    touch(path)


def a_deleted_file(store):
    (store.folder / bucket_path(store, NOW - 3 * HOUR)).unlink()


def a_price_at_the_end_of_an_hour(store):
    store.append({USD: Ticks.of([NOW + 3 * HOUR], [7.0], 1000)})


def candles(store):
    rows = store.read(USD, NOW - 9 * HOUR, NOW - 8 * HOUR)
    columns = (rows.price, rows.price - 1, rows.price + 1)
    assert store.add_candles(USD, Ticks.of(rows.time, rows.price, rows.interval, Origin.BACKFILL, "", *columns))


def a_long_candle_over_many_hours(store):
    store.append({USD: Ticks.of([NOW - 20 * HOUR + 1], [55.0], 16 * HOUR, Origin.BACKFILL)})


def a_purge(store):
    assert store.purge(USD, NOW - DAY)


def no_rows_at_all(store):
    shutil.rmtree(store.folder / "kraken")


@pytest.mark.parametrize(
    "change",
    [
        late_rows,
        an_edit,
        an_edit_that_keeps_the_size,
        a_deleted_file,
        a_price_at_the_end_of_an_hour,
        candles,
        a_long_candle_over_many_hours,
        a_purge,
        no_rows_at_all,
    ],
)
@pytest.mark.parametrize("granularity", ["hour", "minute"])
def test_after_a_change_no_stale_bar_is_used_and_all_are_made_anew(filled, change):
    change(filled)
    assert_right(filled)
    assert_right(reopened(filled))
    assert keep_all(filled) == ["2026-11"]
    assert_right(filled)
    assert keep_all(filled) == []


def test_closed_hours_have_a_file_a_day_and_closed_days_a_file_a_month(store):
    fill(store, hours=48)  # from the 21st at 15:00 to NOW, the 23rd at 15:00
    assert keep_all(store, NOW + 40 * MINUTE) == ["2026-11-23", "2026-11"]
    assert bar_files(store) == ["2026-11-23.arrow", "2026-11.arrow"]
    store.append({USD: minutes(NOW, 60)})
    assert_right(store)
    assert keep_all(store, NOW + 59 * MINUTE) == []
    assert keep_all(store, NOW + HOUR) == ["2026-11-23"]  # the hour up to NOW: its last row's file is closed
    assert_right(store)
    assert keep_all(store, NOW + 10 * HOUR - 1) == []
    assert keep_all(store, NOW + 10 * HOUR) == ["2026-11"]  # the 23rd is closed
    assert bar_files(store) == ["2026-11.arrow"]
    assert keep_all(store) == []
    assert_right(store)


def test_a_row_at_the_first_moment_of_a_month_belongs_to_the_month_before(store):
    month = 1796083200000  # 2026-12-01
    store.append({USD: minutes(month - 3 * HOUR, 180)})
    assert keep_all(store) == ["2026-11"]
    store.append({USD: minutes(month, 1)})
    assert keep_all(store) == ["2026-12", "2026-11"]
    assert_right(store, month - DAY, month + DAY)
    assert store.bars(USD, month - DAY, month + DAY, COARSE).end.tolist() == [month]


def test_an_hour_whose_files_may_still_change_without_a_trace_is_not_kept(store):
    fill(store, hours=3)
    now = store.kept_bars()
    assert now.work(CLOSED) == []
    touch(store.folder / bucket_path(store, NOW - 2 * DAY), -9)
    touch(store.folder / bucket_path(store, NOW - 2 * DAY + HOUR), -9)
    work = now.work(CLOSED)
    assert [each.size for each in work] == [2]


def test_bars_of_such_an_hour_are_not_used_from_a_file_that_was_made_meanwhile(filled, reads):
    touch(filled.folder / bucket_path(filled, NOW - 5 * HOUR), 3600)  # it may be changed in that moment, too
    assert filled.kept_bars().keep(BarWork(USD, "2026-11", MONTH, MONTH + 30 * DAY, 1))
    spans = reads(filled)
    filled.bars(USD, NOW - 2 * DAY, NOW, MEDIUM)
    assert any(start <= -6 and end >= -4 for start, end in spans)


def test_purging_the_oldest_prices_leaves_the_bars_of_the_others(filled):
    filled.purge(USD, NOW - DAY)
    assert bar_files(filled) == ["2026-11.arrow"]
    assert keep_all(filled) == ["2026-11"]
    assert keep_all(filled) == []


def test_work_can_be_ended_before_each_day_and_then_changes_nothing(store):
    fill(store)
    (work,) = kept(store).work(CLOSED)
    for allowed in range(3):
        asked = iter([True] * allowed + [False])
        assert not kept(store).keep(work, lambda asked=asked: next(asked))
        assert bar_files(store) == []
    asked = iter([True] * 3)
    assert kept(store).keep(work, lambda: next(asked))


def test_a_stamp_changes_with_the_files_of_its_hour_alone(store):
    fill(store, NOW - HOUR, 3)
    bars = kept(store)
    before = bars.stamps(USD, NOW - 2 * HOUR + 1, NOW + 3 * HOUR - 1)
    assert (before != 0).tolist() == [False, True, True, True, False]
    touch(store.folder / bucket_path(store, NOW + HOUR))
    after = bars.stamps(USD, NOW - 2 * HOUR + 1, NOW + 3 * HOUR - 1)
    assert (before != after).tolist() == [False, False, False, True, False]
    assert not bars.stamps(EUR, NOW, NOW + DAY).any()


@pytest.mark.parametrize("step", [FINE, MEDIUM, COARSE])
def test_bars_come_with_the_stamps_of_their_hours_and_of_the_one_that_begins_at_their_end(filled, step):
    start = (NOW - DAY) // step * step
    for end in (start, start + step, start + 3 * step):
        bars, stamps = kept(filled).stamped_bars(USD, start, end, step)
        assert_same_bars(bars, filled.bars(USD, start, end, step))
        assert stamps.tolist() == kept(filled).stamps(USD, start, end + 1).tolist()


def test_an_hour_that_changed_a_moment_ago_has_no_known_stamp(store, monkeypatch):
    monkeypatch.setattr("tracker.stores.csv.stamps._SETTLED_AFTER", 10**15)
    fill(store, NOW - HOUR, 2)
    bars = store.kept_bars()
    assert bars.stamps(USD, NOW - HOUR, NOW + 2 * HOUR).tolist() == [UNKNOWN, UNKNOWN, 0]
    assert bars.stamped_bars(USD, NOW // HOUR * HOUR - HOUR, NOW // HOUR * HOUR, MEDIUM)[1].tolist() == [UNKNOWN] * 2


def test_a_bucket_that_is_a_link_counts_as_what_it_points_to(filled, tmp_path):
    path = filled.folder / bucket_path(filled, NOW - 3 * HOUR)
    shutil.move(path, tmp_path / "elsewhere.csv")
    path.symlink_to(tmp_path / "elsewhere.csv")
    assert keep_all(filled) == []
    os.truncate(tmp_path / "elsewhere.csv", 60)
    assert_right(filled)
    assert keep_all(filled) == ["2026-11"]
