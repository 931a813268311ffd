"""Candle files beside buckets: their names and lines, what a crash leaves, and how few files are opened for them."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.csv_files import (
    HOUR,
    MINUTE,
    NOW,
    USD,
    bucket_path,
    candle,
    candle_path,
    lows,
    one_row,
    poll_rows,
    reopened,
    sizes_and_times,
)
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.candle_files import HEADER
from tracker.stores.csv.layout import candle_file


def plain(time=NOW, close=100.0):
    return Ticks.of([time], [close], MINUTE, Origin.BACKFILL)


def written(store):
    """Size and modification time of each file."""
    return {path: state for path, state in sizes_and_times(store.folder).items() if path.is_file()}


def test_a_candle_file_has_the_name_and_the_lines_that_the_docs_show(store):
    store.append({USD: Ticks.concat([candle(NOW + MINUTE - 1), plain(NOW)])})
    name = "2026-11-23-15.candles.csv" if store.granularity == "hour" else "2026-11-23/15/00.candles.csv"
    assert candle_path(store) == store.folder / "kraken/btcusd" / name
    assert candle_path(store).read_text() == ("timestamp,interval,first,low,high\n1795446059.999,60,99.5,98.25,101.0\n")
    assert (store.folder / bucket_path(store)).read_text() == (
        "timestamp,price,interval,origin\n1795446059.999,100.0,60,backfill\n1795446000,100.0,60,backfill\n"
    )


def test_rows_without_candles_make_no_candle_file(store):
    store.append({USD: plain()})
    assert store.add_candles(USD, candle(close=100.5)) == 0
    assert not candle_path(store).exists()


def test_adding_candles_appends_to_candle_files_alone_and_once(store):
    store.append({USD: Ticks.concat([candle(), plain(NOW + 1), plain(NOW - 300 * HOUR)])})
    before = written(store)
    first_line = candle_path(store).read_bytes()
    new = Ticks.concat([candle(NOW + number) for number in (0, 1, 2, -300 * HOUR)])
    assert store.add_candles(USD, new) == 2
    changed = {
        path for path, state in sizes_and_times(store.folder).items() if path.is_file() and before.get(path) != state
    }
    assert changed == {candle_path(store), candle_path(store, NOW - 300 * HOUR), store.folder / ".journal"}
    assert candle_path(store).read_bytes() == first_line + b"1795446000.001,60,99.5,98.25,101.0\n"
    before = written(store)
    assert reopened(store).add_candles(USD, new) == 0
    assert written(store) == before


def test_other_writers_can_append_between_the_parts_of_a_long_time_whose_candles_are_added(store, monkeypatch):
    monkeypatch.setattr(csv_store, "_CANDLES_BATCH", HOUR)
    hours = [NOW - number * HOUR for number in range(3)]
    store.append({USD: Ticks.concat([plain(time) for time in hours])})
    real_locked, rows = csv_store.locked, []

    @contextmanager
    def locked(*arguments):
        rows.append(len(reopened(store).read(USD, 0, NOW * 2)))
        with monkeypatch.context() as patch:
            patch.setattr(csv_store, "locked", real_locked)
            reopened(store).append(one_row(NOW + len(rows)))
        with real_locked(*arguments):
            yield

    monkeypatch.setattr(csv_store, "locked", locked)
    assert store.add_candles(USD, Ticks.concat([candle(time) for time in hours])) == 3
    assert rows == [3, 4, 5]


def test_a_candle_whose_line_would_fit_rows_of_different_prices_is_not_written(store):
    store.append({USD: Ticks.concat([plain(), plain(close=100.5), plain(close=200.0)])})
    assert store.add_candles(USD, candle()) == 0
    assert not candle_path(store).exists()
    store.append({USD: Ticks.concat([plain(NOW + 1), plain(NOW + 1, close=200.0)])})
    assert [store.add_candles(USD, candle(NOW + 1)) for _ in range(2)] == [1, 0]
    assert lows(store) == {0: None, 1: 98.25}


def test_adding_candles_to_a_market_without_rows_creates_nothing(store):
    assert store.add_candles(USD, candle()) == 0
    assert not store.folder.exists()


@pytest.mark.parametrize("granularity", ["hour", "minute"], indirect=True)
def test_candles_of_rows_in_buckets_of_the_other_length_stand_beside_these(store, granularity):
    store.append({USD: plain()})
    other = CsvStore(store.folder, granularity="minute" if granularity == "hour" else "hour")
    assert other.add_candles(USD, candle()) == 1
    assert candle_path(store).exists()
    assert not candle_path(other).exists()
    other.append({USD: plain(NOW + 1)})  # both kinds in one hour
    assert store.add_candles(USD, Ticks.concat([candle(), candle(NOW + 1)])) == 1
    assert other.add_candles(USD, candle(NOW + 1)) == 0
    for opened in (store, other):
        assert lows(opened) == {0: 98.25, 1: 98.25}
        assert opened.read(USD, NOW, NOW + 1).has_candle().all()


def test_lines_of_rows_that_are_not_there_or_were_edited_are_ignored(store):
    store.append({USD: Ticks.concat([candle(), candle(NOW + 1), candle(NOW + 2)])})
    bucket = store.folder / bucket_path(store)
    lines = bucket.read_text().splitlines(keepends=True)
    bucket.write_text("".join(lines[:2]) + lines[3].replace("100.0", "90.5"))
    assert lows(store) == {0: 98.25, 2: None}
    bucket.unlink()
    assert lows(store) == {}
    assert store.markets() == []
    assert store.extent(USD) is None
    assert store.problems() == ()


def test_malformed_lines_are_counted_with_their_file_until_they_are_mended(store):
    store.append({USD: candle()})
    sound = candle_path(store).read_bytes()
    candle_path(store).write_bytes(
        sound + b"what is this\n1795446000,60,99.5,98.25,9\n1795442399,60,99.5,98.25,101.0\n"
    )
    _, cursor = store.poll(None)
    assert lows(store) == {0: 98.25}
    (problem,) = store.problems()
    assert (problem.kind, problem.where, problem.count) == ("malformed lines", str(candle_path(store)), 3)
    assert problem.time <= NOW + HOUR
    store.append({USD: candle(NOW + 1)})
    assert poll_rows(store, cursor)[0].total() == 1
    assert [problem.count for problem in store.problems()] == [3]
    candle_path(store).write_bytes(sound)
    store.read(USD, 0, NOW * 2)
    assert store.problems() == ()


def test_copies_that_sync_programs_make_of_candle_files_are_not_read(store):
    store.append({USD: plain()})
    text = HEADER + b"1795446000,60,99.5,98.25,101.0\n"
    for copy in (
        ".candles.sync-conflict-20261123-150000-ABCDEFG.csv",
        ".candles (1).csv",
        ".Candles.csv",
        ".candles.csv.bak",
    ):
        candle_path(store).with_name(candle_path(store).name.replace(".candles.csv", copy)).write_bytes(text)
    size = store.size()
    assert lows(store) == {0: None}
    assert size == (store.folder / bucket_path(store)).stat().st_size


def test_purging_removes_candle_files_with_their_buckets_and_those_left_alone(store):
    store.append({USD: Ticks.concat([candle(NOW + hour * HOUR) for hour in (-3, -2, -1, 0)])})
    (store.folder / bucket_path(store, NOW - 3 * HOUR)).unlink()
    with candle_path(store, NOW - 2 * HOUR).open("a") as file:
        file.write("malformed\n")
    store.read(USD, 0, NOW * 2)
    assert len(store.problems()) == 1
    before = sizes_and_times(store.folder)
    assert store.purge(USD, NOW, dry_run=True) == 2
    assert sizes_and_times(store.folder) == before
    assert store.purge(USD, NOW) == 2
    assert sorted(store.folder.rglob("*.csv")) == [candle_path(store), store.folder / bucket_path(store)]
    assert store.problems() == ()
    assert store.purge(USD, NOW + HOUR) == 1
    assert [path.name for path in store.folder.rglob("*") if path.is_dir()] == ["kraken"]


def test_the_size_counts_candle_files(store):
    store.append({USD: plain()})
    size = store.size()
    store.add_candles(USD, candle())
    assert store.size() == store.size(NOW, NOW + 1) == size + candle_path(store).stat().st_size
    assert store.size(NOW + HOUR, None) == 0


@pytest.fixture
def opened(monkeypatch):
    """The names of the files of the folder that were opened, in order."""
    names, real_read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: names.append(path.name) or real_read_bytes(path))
    return names


def test_reading_opens_each_bucket_and_candle_file_once_and_looks_for_no_others(store, opened):
    store.append({USD: Ticks.concat([plain(NOW - HOUR), plain(NOW)])})
    store.add_candles(USD, candle())
    opened.clear()
    store.read(USD, 0, NOW * 2)
    names = [Path(bucket_path(store, time)).name for time in (NOW - HOUR, NOW)]
    assert sorted(opened) == sorted([*names, candle_file(names[1])])


def test_a_poll_without_new_candles_reads_no_bucket_again(store, opened):
    store.append({USD: plain()})
    _, cursor = store.poll(None)
    opened.clear()
    store.append(one_row(NOW + 1))
    seen, cursor = poll_rows(store, cursor)
    assert seen.total() == 1
    assert set(opened) <= {candle_path(store).name, "FORMAT"}


def test_a_reader_that_lost_the_journal_gets_the_rows_again_with_their_candles(store):
    store.append({USD: Ticks.concat([candle(NOW - HOUR), candle()])})
    reader = reopened(store)
    _, cursor = reader.poll(None)
    (store.folder / ".journal").unlink()
    store.append({USD: candle(NOW + 1)})
    arrived = reader.poll(cursor)[0][USD].in_order()
    assert arrived.time.tolist()[-1] == NOW + 1
    assert arrived.has_candle().all()


def test_rows_stored_anew_beside_a_candle_file_that_was_left_alone_reach_a_reader(store):
    _, cursor = store.poll(None)
    store.append({USD: candle()})
    (store.folder / bucket_path(store)).unlink()
    seen, cursor = poll_rows(store, cursor)
    assert not seen
    for number in (1, 2):  # only the first has an entry of its own in the journal
        store.append(one_row(NOW + number))
    seen, cursor = poll_rows(store, cursor)
    assert sorted(row[1] for row in seen.elements()) == [NOW + 1, NOW + 2]


def test_a_poll_of_new_rows_with_candles_reads_no_bucket_again(store, opened):
    store.append({USD: plain()})
    _, cursor = store.poll(None)
    store.append({USD: Ticks.concat([candle(NOW - 9 * HOUR), candle(NOW + 1)])})
    opened.clear()
    assert store.poll(cursor)[0][USD].has_candle().all()
    assert {name for name in opened if name != "FORMAT"} == {
        candle_path(store, time).name for time in (NOW - 9 * HOUR, NOW)
    }
