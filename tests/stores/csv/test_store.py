"""What is special to CSV buckets: files, full disks, foreign hands, and writers killed at work."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import (
    CASES,
    EUR,
    HOUR,
    MINUTE,
    NOW,
    USD,
    again,
    bucket_files,
    file_of,
    on_disk,
    one,
    polled,
    prices,
    stamps,
)
from tracker.core.contracts import Problem
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.layout import bucket_names, market_dir
from tracker.stores.csv.rows import HEADER

# Appends a row to each of two markets, now and then late ones too, and says so after each append.
WRITER = """
import sys
from pathlib import Path
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
store = CsvStore(Path(sys.argv[1]), granularity=sys.argv[3])
USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
first = int(sys.argv[2])
for n in range(first, first + 100_000):
    time = 1795446000000 + n * 1000 - (7_200_000 if n % 5 == 0 else 0)
    store.append({market: Ticks.of([time] * 30, [n + 1.0] * 30, range(1, 31)) for market in (USD, EUR)})
    print(n, flush=True)
"""


@pytest.fixture(params=["hour", "minute"])
def store(request, tmp_path):
    return CsvStore(tmp_path / "data", granularity=request.param)


# --- the files


def test_a_bucket_looks_as_its_readme_says(store):
    store.append({USD: Ticks.of([NOW, NOW + 10_500], [78123.4, 78120.05], [10_000, 60_000], [0, 1])})
    assert [file.relative_to(store.folder).as_posix() for file in bucket_files(store.folder)] == [
        f"kraken/btcusd/{'2026-11-23-15.csv' if store.granularity == 'hour' else '2026-11-23/15/00.csv'}"
    ]
    assert (store.folder / file_of(store)).read_text() == (
        "timestamp,price,interval,origin\n1795446000,78123.4,10,live\n1795446010.5,78120.05,60,backfill\n"
    )


def test_the_folder_is_made_by_the_first_append_and_not_by_looking(store):
    store.read(USD, 0, NOW)
    store.markets()
    store.purge(USD, NOW)
    store.poll(store.poll(None)[1])
    store.append({})
    assert not store.folder.exists()
    store.append(one())
    assert store.folder.is_dir()


def test_a_relative_place_belongs_to_the_base_and_an_absolute_one_to_itself(tmp_path):
    by_minute = csv_store.open_store("data", base=tmp_path, known=(), granularity="minute")
    assert (by_minute.folder, by_minute.granularity) == (tmp_path / "data", "minute")
    assert csv_store.open_store("/srv/prices", base=tmp_path, known=()).folder == Path("/srv/prices")


def test_folders_that_are_no_market_are_passed_over(store):
    store.append(one())
    for name in ("lost+found", ".git/btcusd", "kraken/unknown", "Kraken/btcusd", "kraken/btceur"):
        (store.folder / name).mkdir(parents=True)
    for name in ("kraken/btcusd/2026-13", "kraken/btcusd/2026-11-24/xx", "kraken/btcusd/2026-11-25/07/00.csv.d"):
        (store.folder / name).mkdir(parents=True)
    for name in (
        *("README.md", "kraken/notes.txt", "kraken/btcusd/2026-11-23-15.csv.bak", "kraken/btcusd/2026-11-26"),
        *("kraken/btcusd/2026-11-25/08", "kraken/btcusd/2026-11-25/07/1.csv", "kraken/btcusd/2026-11-25/07/notes.txt"),
    ):
        (store.folder / name).write_text("x,y\n")
    assert store.markets() == [USD]
    assert prices(store) == [1.0]
    assert not store.poll(store.poll(None)[1])[0]


def test_only_buckets_that_overlap_the_range_are_opened(store):
    step = HOUR if store.granularity == "hour" else MINUTE
    store.append({USD: Ticks.of([NOW - step, NOW, NOW + step], [1.0, 2.0, 3.0], 10)})
    for time in (NOW - step, NOW + step):
        (store.folder / file_of(store, time)).unlink()
        (store.folder / file_of(store, time)).mkdir()  # opening it would fail
    assert store.read(USD, NOW, NOW + step).price.tolist() == [2.0]
    for start, end in ((NOW, NOW + step + 1), (NOW - 1, NOW + step)):
        with pytest.raises(StoreError, match=r"cannot read .*\.csv: Is a directory"):
            store.read(USD, start, end)


@pytest.fixture
def listed(monkeypatch):
    """Which folders were listed: their last parts."""
    names, real = [], os.scandir

    def scandir(path):
        names.append(Path(path).name)  # pathlib itself lists by text from Python 3.13 on
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return names


@pytest.mark.parametrize("hours", [3, 300])
def test_an_extent_reads_the_buckets_at_both_ends_however_many_lie_between(store, monkeypatch, hours):
    for hour in range(hours):
        file = store.folder / file_of(store, NOW + hour * HOUR)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{NOW // 1000 + 3600 * hour + 7},1,60,live\n{NOW // 1000 + 3600 * hour},1,60,live\n")
    read, real = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or real(path))
    assert store.extent(USD) == (NOW, NOW + (hours - 1) * HOUR + 7000)
    assert [str(path.relative_to(store.folder)) for path in read] == [
        file_of(store, NOW), file_of(store, NOW + (hours - 1) * HOUR)
    ]  # fmt: skip


def test_an_extent_passes_over_buckets_without_rows(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10_000)})
    for step, text in ((-2, ""), (-1, HEADER.decode()), (2, "malformed\n"), (3, "17954460")):
        file = store.folder / file_of(store, NOW + step * HOUR)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert store.extent(USD) == (NOW, NOW + HOUR)


def test_finding_the_newest_minute_and_those_of_a_span_lists_no_other_day_or_hour(tmp_path, listed):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of([NOW + hour * HOUR for hour in range(-80, 1)], [1.0] * 81, 10)})
    listed.clear()
    again(store).append(one(NOW + 1, 2.0))
    assert listed == ["btcusd", "2026-11-23", "15"]
    listed.clear()
    assert len(store.read(USD, NOW - 50 * HOUR, NOW - 48 * HOUR)) == 2
    assert listed == ["btcusd", "2026-11-21", "14", "13"]


# --- whose a folder is

ETHER, CROSS = Market("kraken", "ETH", "USD"), Market("kraken", "BTCX", "USD")


@pytest.mark.parametrize("market", [ETHER, CROSS], ids=["cannot be told", "looks like another"])
def test_whose_a_folder_is_outlives_the_settings_that_told_it(store, market):
    store.append(one(market=market))
    assert (store.folder / market_dir(market) / ".market").read_text() == f"{market}\n"
    stranger = again(store)
    _, cursor = stranger.poll(None)
    store.append(one(NOW + 1, 2.0, market))
    assert list(stranger.poll(cursor)[0]) == again(store).markets() == [market]
    store.purge(market, NOW * 2)
    assert not (store.folder / market_dir(market)).exists()


def test_a_folder_whose_name_tells_whose_it_is_holds_buckets_alone(store):
    store.append(one())
    assert not list(store.folder.rglob(".market"))


def test_a_folder_of_an_older_release_is_named_by_the_next_append(store):
    store.append(one(market=ETHER))
    name = store.folder / market_dir(ETHER) / ".market"
    name.unlink()
    assert again(store).markets() == []
    again(store).append(one(NOW + 1, 2.0, ETHER))
    assert name.read_text() == "kraken:ETH/USD\n"


@pytest.mark.parametrize("text", ["", "ether", "kraken:BTC/USD", "coinbase:ETH/USD", "\udcff"])
def test_a_name_that_cannot_be_the_folders_is_none(store, text):
    store.append({**one(market=ETHER), **one(market=CROSS)})
    for market in (ETHER, CROSS):
        (store.folder / market_dir(market) / ".market").write_bytes(text.encode(errors="surrogateescape"))
    assert again(store).markets() == [Market("kraken", "BTC", "XUSD")]


def test_what_the_settings_say_goes_above_a_folders_own_name(store):
    store.append(one(market=ETHER))
    other = Market("kraken", "ETHU", "SD")
    assert CsvStore(store.folder, [other]).markets() == [other]


# --- hours and minutes side by side


@CASES
@given(st.lists(st.tuples(st.sampled_from(["hour", "minute"]), st.integers(-200, 60)), unique_by=lambda row: row[1]))
def test_a_folder_may_hold_both_kinds_and_every_method_sees_both(tmp_path_factory, steps):
    """The user changes the setting again and again, late rows come too."""
    folder = tmp_path_factory.mktemp("both") / "data"
    reader = CsvStore(folder)
    _, cursor = reader.poll(None)
    seen = Counter()
    for granularity, minute in steps:
        CsvStore(folder, granularity=granularity).append(one(NOW + minute * MINUTE, 1000.0 + minute))
        more, cursor = polled(reader, cursor)
        seen += more
    assert seen == on_disk(folder) if folder.exists() else not steps
    times = sorted(NOW + minute * MINUTE for _, minute in steps)
    assert reader.read(USD, 0, NOW * 2).time.tolist() == times
    assert reader.read(USD, NOW - HOUR, NOW + 7 * MINUTE).time.tolist() == [
        time for time in times if NOW - HOUR <= time < NOW + 7 * MINUTE
    ]
    assert reader.markets() == ([USD] if steps else [])
    # An hour goes when all of it is old, a minute when that minute is.
    before = NOW - 90 * MINUTE
    old = {"hour": NOW - 2 * HOUR, "minute": before}
    gone = [NOW + minute * MINUTE for granularity, minute in steps if NOW + minute * MINUTE < old[granularity]]
    assert reader.purge(USD, before, dry_run=True) == reader.purge(USD, before) == len(gone)
    assert reader.read(USD, 0, NOW * 2).time.tolist() == sorted(set(times) - set(gone))


@pytest.mark.parametrize(
    "steps",
    [[("hour", HOUR), ("minute", 4 * MINUTE)], [("minute", 4 * MINUTE), ("hour", HOUR)], [("minute", 0), ("hour", 0)]],
)
def test_the_newest_bucket_is_that_of_the_latest_time_not_of_the_last_name(tmp_path, steps):
    """As text, 2026-11-23-16.csv comes before 2026-11-23/15/04.csv."""
    reader = CsvStore(tmp_path / "data")
    _, cursor = reader.poll(None)
    seen = Counter()
    for granularity, time in steps:
        store = CsvStore(tmp_path / "data", granularity=granularity)
        for number in range(3):
            store.append(one(NOW + time + number, 1.0 + len(seen)))
            more, cursor = polled(reader, cursor)
            seen += more
    assert seen == on_disk(reader.folder)


def test_purging_minutes_leaves_no_empty_folder_behind(tmp_path):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of([NOW - 30 * HOUR, NOW - HOUR, NOW, NOW + MINUTE], [1.0, 2.0, 3.0, 4.0], 10)})
    assert store.purge(USD, NOW + MINUTE) == 3
    folders = [path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_dir()]
    assert sorted(folders) == ["kraken", "kraken/btcusd", "kraken/btcusd/2026-11-23", "kraken/btcusd/2026-11-23/15"]
    assert store.purge(USD, NOW + HOUR) == 1
    assert [path.name for path in store.folder.rglob("*") if path.is_dir()] == ["kraken"]


def test_a_dry_purge_changes_nothing_and_counts_what_a_real_one_removes(store):
    store.append({USD: Ticks.of([NOW - 2 * HOUR, NOW - HOUR, NOW], [1.0, 2.0, 3.0], 10)})
    with (store.folder / file_of(store, NOW - HOUR)).open("a") as file:
        file.write("malformed\n")
    before = stamps(store.folder)
    assert store.purge(USD, NOW, dry_run=True) == 2
    assert stamps(store.folder) == before
    assert store.purge(USD, NOW) == 2


def test_a_purge_lets_others_write_before_each_few_files_and_counts_what_they_wrote(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_store, "_PURGE_BATCH", 3)
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of(range(NOW, NOW + 8 * MINUTE, MINUTE), [1.0] * 8, 10)})
    real, held, minutes = CsvStore._count, [], iter([*range(8)] * 2)

    def count(self, paths):
        found = real(self, paths)
        if not self._lock.locked():
            for _ in paths:
                again(store).append(one(NOW + next(minutes) * MINUTE + 1, 2.0))
        held.append(self._lock.locked())
        return found

    monkeypatch.setattr(CsvStore, "_count", count)
    assert store.purge(USD, NOW + HOUR, dry_run=True) == 8
    assert len(prices(store)) == 16
    held.clear()
    assert store.purge(USD, NOW + HOUR) == 24
    assert held == [False, True, True, True] * 2 + [False, True, True]
    assert prices(store) == []


# --- malformed lines


LINES = [b"good", b"1,2,3\n", b"1;2\n", b"nan,1,1,live\n", b"1,1,1,seen\n", b"1,1,1,live@\n", b"\n"]


@CASES
@pytest.mark.parametrize("granularity", ["hour", "minute"])
@given(lines=st.lists(st.sampled_from(LINES), max_size=12))
def test_malformed_lines_anywhere_are_skipped_and_each_counts_once(tmp_path_factory, granularity, lines):
    store = CsvStore(tmp_path_factory.mktemp("malformed") / "data", granularity=granularity)
    store.append(one())
    expected = [1.0]
    _, cursor = store.poll(None)
    with (store.folder / file_of(store)).open("ab") as file:
        for number, line in enumerate(lines, start=2):
            file.write(b"%d,%d,1,live\n" % (NOW // 1000 + number, number) if line == b"good" else line)
            expected += [float(number)] * (line == b"good")
    malformed = sum(line not in (b"good", b"\n") for line in lines)
    for _ in range(2):
        assert prices(store) == expected
        assert sorted(row[2] for row in polled(store, cursor)[0]) == expected[1:]
        file = str(store.folder / file_of(store))
        assert store.problems() == ((Problem("malformed lines", file, malformed),) if malformed else ())


def test_a_malformed_line_is_logged_once_however_often_it_is_read(store, caplog):
    store.append(one())
    with (store.folder / file_of(store)).open("a") as file:
        file.write("malformed\n")
    prices(store), prices(store)
    assert caplog.text.count("skipped 1 malformed lines") == 1


def test_purging_forgets_the_malformed_lines_of_what_it_removes(store):
    store.append({**one(), **one(market=EUR)})
    for name in (USD, EUR):
        with (store.folder / file_of(store, market=name)).open("a") as file:
            file.write("malformed\n")
    prices(store), prices(store, EUR)
    assert len(store.problems()) == 2
    assert store.purge(USD, NOW * 2) == 1
    assert [problem.where for problem in store.problems()] == [str(store.folder / file_of(store, market=EUR))]


def test_malformed_lines_that_were_mended_are_no_problem_once_their_file_is_read_again(store):
    store.append(one())
    file = store.folder / file_of(store)
    whole = file.read_bytes()
    file.write_bytes(whole + b"malformed\n" * 2)
    prices(store)
    file.write_bytes(whole + b"malformed\n")
    prices(store)
    assert store.problems() == (Problem("malformed lines", str(file), 1),)
    file.write_bytes(whole)
    prices(store)
    assert store.problems() == ()


def test_the_problem_that_was_found_last_comes_last(store):
    files = [store.folder / file_of(store, market=market) for market in (USD, EUR)]
    for market, file, count in ((USD, files[0], 1), (EUR, files[1], 1), (USD, files[0], 2)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("malformed\n" * count)
        prices(store, market)
    assert [(each.where, each.count) for each in store.problems()] == [(str(files[1]), 1), (str(files[0]), 2)]


# --- processes


def test_killing_the_writer_loses_no_acknowledged_row_tears_none_and_doubles_none(store):
    reader = again(store)
    _, cursor = reader.poll(None)
    acknowledged, first, seen = [], 0, Counter()
    for lines_to_await in (1, 7, 40):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.folder), str(first), store.granularity],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        acknowledged += [int(process.stdout.readline()) for _ in range(lines_to_await)]
        process.kill()
        acknowledged += [int(line) for line in process.communicate()[0].split("\n")[:-1]]
        more, cursor = polled(reader, cursor)
        seen += more
        first = acknowledged[-1] + 2  # the next one may have been half written
    store.append(one(NOW - 99 * HOUR, 0.5))
    seen += polled(reader, cursor)[0]
    rows = on_disk(store.folder)
    assert set(rows.values()) == {1}
    assert seen == rows
    for market in ("btcusd", "btceur"):
        kept = Counter(row[2] for row in rows if row[0] == market)
        assert {number for number in acknowledged if kept[number + 1.0] != 30} == set()


def test_two_processes_that_append_by_mistake_never_mix_their_lines(store):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER.replace("100_000", "60"), str(store.folder), first, store.granularity],
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )
        for first in ("0", "1000")
    ]
    assert [process.wait() for process in writers] == [0, 0]
    rows = on_disk(store.folder)
    assert sum(rows.values()) == 2 * 60 * 2 * 30
    assert set(rows.values()) == {1}
    assert bucket_names(store.folder / "kraken/btcusd")
