"""Malformed lines are skipped, logged once, and reported as problems of their files."""

import os
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import (
    CASES,
    EUR,
    NOW,
    USD,
    bucket_path,
    one_row,
    poll_rows,
    prices,
)
from tracker.core.contracts import Problem
from tracker.core.durations import HOUR, MINUTE
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv.layout import bucket_name, candle_file
from tracker.stores.csv.malformed_lines import MalformedLines

LINES = [b"good", b"1,2,3\n", b"1;2\n", b"nan,1,1,live\n", b"1,1,1,seen\n", b"1,1,1,live@\n", b"\n"]


@CASES
@pytest.mark.parametrize("granularity", ["hour", "minute"])
@given(lines=st.lists(st.sampled_from(LINES), max_size=12))
def test_malformed_lines_are_skipped_wherever_they_are_and_each_counts_once(tmp_path_factory, granularity, lines):
    store = CsvStore(tmp_path_factory.mktemp("malformed") / "data", granularity=granularity)
    store.append(one_row())
    expected = [1.0]
    _, cursor = store.poll(None)
    with (store.folder / bucket_path(store)).open("ab") as file:
        for number, line in enumerate(lines, start=2):
            file.write(b"%d,%d,1,live\n" % (NOW // 1000 + number, number) if line == b"good" else line)
            expected += [float(number)] * (line == b"good")
    malformed = sum(line not in (b"good", b"\n") for line in lines)
    for _ in range(2):
        assert prices(store) == expected
        assert sorted(row[2] for row in poll_rows(store, cursor)[0]) == expected[1:]
        file = str(store.folder / bucket_path(store))
        assert [(problem.where, problem.count) for problem in store.problems()] == [(file, malformed)][: malformed > 0]


def test_a_malformed_line_is_logged_once_however_often_it_is_read(store, caplog):
    store.append(one_row())
    with (store.folder / bucket_path(store)).open("a") as file:
        file.write("malformed\n")
    prices(store), prices(store)
    assert caplog.text.count("skipped 1 malformed lines") == 1


def test_purging_forgets_the_malformed_lines_of_the_files_it_removes(store):
    store.append({**one_row(), **one_row(market=EUR)})
    for market in (USD, EUR):
        with (store.folder / bucket_path(store, market=market)).open("a") as file:
            file.write("malformed\n")
    prices(store), prices(store, EUR)
    assert len(store.problems()) == 2
    assert store.purge(USD, NOW * 2) == 1
    assert [problem.where for problem in store.problems()] == [str(store.folder / bucket_path(store, market=EUR))]


def test_mended_lines_are_no_problem_once_their_file_is_read_again(store):
    store.append(one_row())
    file = store.folder / bucket_path(store)
    intact = file.read_bytes()
    file.write_bytes(intact + b"malformed\n" * 2)
    prices(store)
    file.write_bytes(intact + b"malformed\n")
    prices(store)
    assert [(problem.where, problem.count) for problem in store.problems()] == [(str(file), 1)]
    file.write_bytes(intact)
    prices(store)
    assert store.problems() == ()


def test_the_latest_problem_comes_last(store):
    files = [store.folder / bucket_path(store, market=market) for market in (USD, EUR)]
    for market, file, count in ((USD, files[0], 1), (EUR, files[1], 1), (USD, files[0], 2)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("malformed\n" * count)
        prices(store, market)
    assert [(problem.where, problem.count) for problem in store.problems()] == [(str(files[1]), 1), (str(files[0]), 2)]


@pytest.mark.parametrize(("granularity", "end"), [("hour", "2026-11-23T16:00Z"), ("minute", "2026-11-23T15:05Z")])
@pytest.mark.parametrize("seconds_before", [1, 0, -86_400])
def test_a_problem_is_as_old_as_its_file_and_at_most_as_new_as_its_bucket(tmp_path, granularity, end, seconds_before):
    store, ended = CsvStore(tmp_path, granularity=granularity), round(datetime.fromisoformat(end).timestamp())
    file = write_malformed(store, f"kraken/btcusd/{bucket_name(1000 * ended - 1, granularity)}", ended - seconds_before)
    prices(store)
    (problem,) = store.problems()
    assert problem == Problem("malformed lines", str(file), 1, 1000 * (ended - max(0, seconds_before)))


def test_rows_added_after_a_malformed_line_do_not_make_it_newer(store):
    file = write_malformed(store, bucket_path(store), NOW // 1000 - 60)
    prices(store)
    with file.open("a") as opened:
        opened.write(f"{NOW // 1000},1,1,live\n")
    os.utime(file, (NOW // 1000, NOW // 1000))
    assert prices(store) == [1.0]
    assert store.problems()[0].time == NOW - 60_000


def test_a_line_added_later_makes_the_problem_newer(store):
    file = write_malformed(store, bucket_path(store), NOW // 1000 - 60)
    prices(store)
    file.write_text("malformed\n" * 2)
    os.utime(file, (NOW // 1000, NOW // 1000))
    prices(store)
    assert [(problem.count, problem.time) for problem in store.problems()] == [(2, NOW)]


@pytest.mark.parametrize("name", ["0000-01-01-00.csv", "2026-13-45-99.csv"])
def test_a_problem_of_a_file_that_is_named_after_no_hour_is_as_old_as_the_file(tmp_path, name):
    lines = MalformedLines(tmp_path)
    file = tmp_path / "kraken" / "btcusd" / name
    file.parent.mkdir(parents=True)
    file.touch()
    os.utime(file, (5, 5))
    lines.record(f"kraken/btcusd/{name}", [0], is_whole=True)
    assert lines.problems() == (Problem("malformed lines", str(file), 1, 5000),)


def write_malformed(store, path, time):
    """Write a file with one malformed line, last written at *time* (epoch s), and return it."""
    file = store.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("malformed\n")
    os.utime(file, (time, time))
    return file


@pytest.mark.parametrize("is_candle_file", [False, True])
def test_a_row_in_the_file_of_another_hour_counts_nowhere(tmp_path, is_candle_file):
    store = CsvStore(tmp_path / "data")
    hours = [range(NOW - back, NOW - back + HOUR, MINUTE) for back in (3 * HOUR, HOUR)]
    store.append({USD: Ticks.concat([Ticks.of(times, [1.0] * 60, MINUTE) for times in hours])})
    path = store.folder / bucket_path(store, NOW - 3 * HOUR)
    if is_candle_file:
        header, line = "timestamp,interval,first,low,high\n", f"{NOW // 1000 - 60},60,1,0.5,2\n"
        path.with_name(candle_file(path.name)).write_text(header + line)
        (store.folder / candle_file(bucket_path(store, NOW - HOUR))).write_text(header)
    else:
        path.write_text(f"{path.read_text()}{NOW / 1000 - 0.5},0.5,1,live\n")
    for start, end in ((0, 2**50), (NOW - 3 * HOUR, NOW - 2 * HOUR), (NOW - HOUR, NOW)):
        rows = store.read(USD, start, end)
        assert rows.price.min() == rows.lows().min() == 1.0
    assert [problem.count for problem in store.problems()] == [1]
