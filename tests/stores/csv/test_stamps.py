"""Stamps of hours: numbers that change with name, size and time of the files."""

import os

import pytest

from tests.support.csv_files import HOUR, NOW
from tracker.core.durations import DAY
from tracker.stores.csv.stamps import NO_FILES, hour_stamps

LATER = 10**19 // 4  # ns, after all files were written


@pytest.fixture(params=[0, 10**6], ids=["listed", "by name"], autouse=True)
def few_hours(request, monkeypatch):
    """The files of a few hours are looked up by name, those of more are listed: with the same result."""
    monkeypatch.setattr("tracker.stores.csv.stamps._FEW_HOURS", request.param)


def write(folder, name, text="x", time=10**18):
    """Write a file, changed at *time* (ns); return it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(time, time))
    return path


def hours_of(folder, start=NOW, end=NOW + 3 * HOUR):
    """Which hours have files."""
    found = hour_stamps(folder, start, end, LATER)
    assert found.start == start
    return (found.stamps != NO_FILES).tolist()


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-23-16.csv",
        "2026-11-23-16.candles.csv",
        "2026-11-23/16/00.csv",
        "2026-11-23/16/59.csv",
        "2026-11-23/16/59.candles.csv",
    ],
)
def test_buckets_and_candle_files_count_for_their_hour(tmp_path, name):
    write(tmp_path, name)
    assert hours_of(tmp_path) == [False, True, False]
    assert hours_of(tmp_path, NOW, NOW + HOUR) == [False]
    assert hours_of(tmp_path, NOW + 2 * HOUR, NOW + 4 * HOUR) == [False, False]
    assert hours_of(tmp_path, NOW - 400 * DAY, NOW + 400 * DAY).count(True) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("2026-11-23-24.csv", "2026-11-23-+5.csv", "2026-11-31-05.csv", "2026-11-23T16.csv", "2026-11-23-1６.csv"),
        *("2026-11-23-16.csv.torn", "2026-11-23-16 (copy).csv", "2026-11-23/24/05.csv", "2026-11-23/16/5.csv"),
        *("2026-11-23/16/0a.csv", "2026-11-31/16/05.csv", "2026-11-23/16.csv", ".market", "notes.csv", ".csv"),
    ],
)
def test_other_files_count_for_no_hour(tmp_path, name):
    write(tmp_path, name)
    assert not any(hours_of(tmp_path, NOW // DAY * DAY - 10 * DAY, NOW // DAY * DAY + 10 * DAY))


def test_a_folder_that_is_missing_or_a_file_has_no_hours(tmp_path):
    assert not any(hours_of(tmp_path / "missing"))
    assert not any(hours_of(write(tmp_path, "file")))
    assert hours_of(tmp_path, NOW, NOW) == hours_of(tmp_path, NOW, NOW - HOUR) == []


@pytest.mark.parametrize("name", ["2026-11-23-16.csv", "2026-11-23/16/05.csv"])
def test_a_stamp_changes_with_size_time_and_name_and_not_with_anything_else(tmp_path, name):
    def stamp():
        return int(hour_stamps(tmp_path, NOW + HOUR, NOW + 2 * HOUR, LATER).stamps[0])

    path = write(tmp_path, name)
    first = stamp()
    write(tmp_path, "2026-11-23-17.csv")
    write(tmp_path, name, "y")  # whoever keeps size and time is not found
    assert stamp() == first
    seen = {first}
    for change in (
        lambda: write(tmp_path, name, "xx"),
        lambda: write(tmp_path, name, "x", 10**18 + 1),
        lambda: path.rename(path.with_name(path.name.replace(".csv", ".candles.csv"))),
        lambda: write(tmp_path, name),
        lambda: write(tmp_path, name, "x", 10**18 + 1),
        lambda: write(tmp_path, "2026-11-23/16/06.csv"),
        lambda: (tmp_path / "2026-11-23/16/06.csv").rename(tmp_path / "2026-11-23/16/07.csv"),
    ):
        change()
        assert stamp() not in seen
        seen.add(stamp())


def test_files_whose_times_were_exchanged_have_another_stamp(tmp_path):
    def stamp():
        return int(hour_stamps(tmp_path, NOW, NOW + HOUR, LATER).stamps[0])

    one, other = write(tmp_path, "2026-11-23/15/01.csv", time=1), write(tmp_path, "2026-11-23/15/02.csv", time=2)
    before = stamp()
    os.utime(one, ns=(2, 2))
    os.utime(other, ns=(1, 1))
    assert stamp() != before


def test_an_hour_is_settled_two_seconds_after_the_last_change(tmp_path):
    write(tmp_path, "2026-11-23-15.csv", time=10**18)
    write(tmp_path, "2026-11-23-16.csv", time=10**18 + 1)
    found = hour_stamps(tmp_path, NOW, NOW + 3 * HOUR, 10**18 + 2 * 10**9)
    assert found.is_settled.tolist() == [True, False, True]
