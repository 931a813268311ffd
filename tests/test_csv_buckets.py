"""What is special to CSV buckets: files, full disks, foreign hands, and writers killed at work."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bucket_helpers import CASES, EUR, FILE, HOUR, NOW, USD, limit_file_size, on_disk, one, polled, prices
from hypothesis import given
from hypothesis import strategies as st

from tracker.csv_rows import bucket_names
from tracker.errors import StoreError
from tracker.market import Market, Ticks
from tracker.stores import csv_buckets
from tracker.stores.csv_buckets import CsvBuckets

# Appends a row to each of two markets, now and then late ones too, and says so after each append.
WRITER = """
import sys
from pathlib import Path
from tracker.market import Market, Ticks
from tracker.stores.csv_buckets import CsvBuckets
store = CsvBuckets(Path(sys.argv[1]))
USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
first = int(sys.argv[2])
for n in range(first, first + 100_000):
    time = 1795446000000 + n * 1000 - (7_200_000 if n % 5 == 0 else 0)
    store.append({market: Ticks.of([time] * 30, [n + 1.0] * 30, range(1, 31)) for market in (USD, EUR)})
    print(n, flush=True)
"""


@pytest.fixture
def store(tmp_path):
    return CsvBuckets(tmp_path / "data")


# --- the files


def test_a_bucket_looks_as_its_readme_says(store):
    store.append({USD: Ticks.of([NOW, NOW + 10_500], [78123.4, 78120.05], [10_000, 60_000], [0, 1])})
    assert (store.folder / FILE).read_text() == (
        "timestamp,price,interval,origin\n1795446000,78123.4,10,live\n1795446010.5,78120.05,60,backfill\n"
    )
    assert (store.folder / "FORMAT").read_text() == "1\n"


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
    assert csv_buckets.open_store("data", base=tmp_path, known=()).folder == tmp_path / "data"
    assert csv_buckets.open_store("/srv/prices", base=tmp_path, known=()).folder == Path("/srv/prices")


@pytest.mark.parametrize("found", ["2\n", "1.1", "x"])
def test_another_format_is_refused_unharmed(store, found):
    store.append(one())
    (store.folder / "FORMAT").write_text(found)
    before = stamps(store.folder)
    for work in (
        lambda: store.append(one(NOW + 1)),
        lambda: store.read(USD, 0, NOW),
        lambda: store.poll(None),
        store.markets,
        lambda: store.purge(USD, NOW * 2),
    ):
        with pytest.raises(
            StoreError, match=rf"FORMAT: format {found.strip()!r}, this version reads format 1; .*upgrade"
        ):
            work()
    assert stamps(store.folder) == before


def test_a_format_file_left_empty_by_a_full_disk_is_written_again(store):
    store.append(one())
    (store.folder / "FORMAT").write_text("")
    store.append(one(NOW + 1, 2.0))
    assert prices(store) == [1.0, 2.0]
    assert (store.folder / "FORMAT").read_text() == "1\n"


def stamps(folder):
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_folders_that_are_no_market_are_passed_over(store):
    store.append(one())
    for name in ("lost+found", ".git/btcusd", "kraken/unknown", "Kraken/btcusd", "kraken/btceur"):
        (store.folder / name).mkdir(parents=True)
    for name in ("README.md", "kraken/notes.txt", "kraken/btcusd/2026-11-23-15.csv.bak"):
        (store.folder / name).write_text("x,y\n")
    assert store.markets() == [USD]
    assert prices(store) == [1.0]
    assert not store.poll(store.poll(None)[1])[0]


def test_only_buckets_that_overlap_the_range_are_opened(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW, NOW + HOUR], [1.0, 2.0, 3.0], 10)})
    for name in ("2026-11-23-14.csv", "2026-11-23-16.csv"):
        (store.folder / "kraken/btcusd" / name).unlink()
        (store.folder / "kraken/btcusd" / name).mkdir()  # opening it would fail
    assert store.read(USD, NOW, NOW + HOUR).price.tolist() == [2.0]
    with pytest.raises(StoreError, match=r"cannot read .*2026-11-23-16\.csv: Is a directory"):
        store.read(USD, NOW, NOW + HOUR + 1)


# --- alien lines


@CASES
@given(
    st.lists(st.sampled_from([b"good", b"1,2,3\n", b"1;2\n", b"nan,1,1,live\n", b"1,1,1,seen\n", b"\n"]), max_size=12)
)
def test_alien_lines_anywhere_are_skipped_and_each_counts_once(tmp_path_factory, lines):
    store = CsvBuckets(tmp_path_factory.mktemp("alien") / "data")
    store.append(one())
    expected = [1.0]
    _, cursor = store.poll(None)
    with (store.folder / FILE).open("ab") as file:
        for number, line in enumerate(lines, start=2):
            file.write(b"%d,%d,1,live\n" % (NOW // 1000 + number, number) if line == b"good" else line)
            expected += [float(number)] * (line == b"good")
    aliens = sum(line not in (b"good", b"\n") for line in lines)
    for _ in range(2):
        assert prices(store) == expected
        assert sorted(row[2] for row in polled(store, cursor)[0]) == expected[1:]
        assert store.alien_lines == aliens
        assert store.alien_file == (str(store.folder / FILE) if aliens else "")


def test_an_alien_line_is_logged_once_however_often_it_is_read(store, caplog):
    store.append(one())
    with (store.folder / FILE).open("a") as file:
        file.write("alien\n")
    prices(store), prices(store)
    assert caplog.text.count("skipped 1 lines that are not rows") == 1


def test_purging_forgets_the_alien_lines_of_what_it_removes(store):
    store.append({**one(), **one(market=EUR)})
    for name in ("btcusd", "btceur"):
        with (store.folder / "kraken" / name / "2026-11-23-15.csv").open("a") as file:
            file.write("alien\n")
    prices(store), prices(store, EUR)
    assert store.alien_lines == 2
    assert store.purge(USD, NOW * 2) == 1
    assert store.alien_lines == 1


# --- disks and folders that fail


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 64 kB, and what fills it up; without mounts, a file size limit does the same."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    is_mounted = (
        bool(mount)
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    )
    yield folder, is_mounted
    if is_mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Use up the disk to the last byte; gives the file to remove."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        write_forever(file)
    return ballast


def write_forever(file):
    while True:
        file.write(b"x" * 4096)


def append_forever(store, batch):
    while True:
        store.append(batch)


def test_a_full_disk_harms_nothing_and_collection_resumes_when_there_is_room(small_disk):
    folder, is_mounted = small_disk
    store = CsvBuckets(folder / "data")
    store.append({USD: Ticks.of(range(NOW, NOW + 100), [1.0] * 100, 10), EUR: Ticks.of([NOW], [5.0], 10)})
    before = on_disk(store.folder)
    seen, cursor = polled(store, store.poll(None)[1])
    big = {USD: Ticks.of(range(NOW + 1000, NOW + 1500), [2.0] * 500, 10)}
    if is_mounted:
        ballast = fill(folder)
        release = ballast.unlink
    else:
        release = limit_file_size(5000)
    try:
        for batch in (big, one(NOW + HOUR, 3.0), one(NOW, 4.0, Market("kraken", "BTC", "GBP"))):
            with pytest.raises(StoreError, match=r"cannot write .*data.*: (No space left on device|File too large)"):
                append_forever(store, batch)
        now = on_disk(store.folder)
        assert all(now[row] >= count for row, count in before.items())
        assert store.read(USD, NOW, NOW + 100).price.tolist() == [1.0] * 100
    finally:
        release()
    store.append(one(NOW + 2 * HOUR, 7.0))
    assert prices(store)[-1] == 7.0
    seen += polled(store, cursor)[0]
    assert seen == on_disk(store.folder) - before


def test_one_market_that_cannot_be_written_does_not_cost_the_others(store):
    store.append(one())
    (store.folder / "kraken/btceur").write_text("a file where a folder belongs")
    with pytest.raises(StoreError, match=r"cannot write .*btceur.*: (File exists|Not a directory)"):
        store.append({**one(market=EUR), **one(NOW + 1, 2.0)})
    assert prices(store) == [1.0, 2.0]
    (store.folder / "kraken/btceur").unlink()
    store.append(one(market=EUR))
    assert prices(store, EUR) == [1.0]


def test_a_file_in_the_place_of_the_folder_is_said_in_words(store):
    store.folder.write_text("a file")
    for work in (lambda: store.append(one()), store.markets, lambda: store.read(USD, 0, NOW), lambda: store.poll(None)):
        with pytest.raises(StoreError, match=r"cannot (read|write) .*data.*: (File exists|Not a directory)"):
            work()
    store.folder.unlink()
    store.append(one())
    assert prices(store) == [1.0]


def test_a_read_only_folder_is_said_in_words_can_be_read_and_heals(small_disk):
    folder, is_mounted = small_disk
    store = CsvBuckets(folder / "data")
    store.append(one())
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        words, heal = "Read-only file system", lambda: subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    else:
        (store.folder / ".append-lock").unlink()
        (store.folder / ".append-lock").mkdir()  # opening it to write fails as it would there
        words, heal = "Is a directory", (store.folder / ".append-lock").rmdir
    try:
        with pytest.raises(StoreError, match=f"cannot write .*data.*: {words}"):
            store.append(one(NOW + 1, 2.0))
        with pytest.raises(StoreError, match=words):
            store.purge(USD, NOW * 2)
        reader = CsvBuckets(store.folder)
        assert prices(reader) == [1.0]
        assert not reader.poll(reader.poll(None)[1])[0]
    finally:
        heal()
    store.append(one(NOW + 1, 2.0))
    assert prices(store) == [1.0, 2.0]


def test_a_folder_removed_under_the_writer_is_made_anew_and_followed(store):
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    for price in (2.0, 3.0):
        shutil.rmtree(store.folder)
        store.append(one(NOW + 60, price))
        store.append(one(NOW + 70, price))
        seen, cursor = polled(store, cursor)
        assert seen == on_disk(store.folder)
        assert set(prices(store)) == {price}
    shutil.rmtree(store.folder)
    assert not polled(store, cursor)[0]


def test_another_writer_that_hangs_is_said_in_words(store, monkeypatch):
    monkeypatch.setattr(csv_buckets, "_LOCK_WAIT", 0.01)
    store.append(one())
    with csv_buckets.FileLock(store.folder / ".append-lock"), pytest.raises(StoreError, match="another process"):
        store.append(one(NOW + 1))
    store.append(one(NOW + 1))


# --- processes


def test_killing_the_writer_loses_no_acknowledged_row_tears_none_and_doubles_none(store):
    reader = CsvBuckets(store.folder)
    _, cursor = reader.poll(None)
    acknowledged, first, seen = [], 0, Counter()
    for lines_to_await in (1, 7, 40):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.folder), str(first)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
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
            [sys.executable, "-c", WRITER.replace("100_000", "60"), str(store.folder), first],
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
        )
        for first in ("0", "1000")
    ]
    assert [process.wait() for process in writers] == [0, 0]
    rows = on_disk(store.folder)
    assert sum(rows.values()) == 2 * 60 * 2 * 30
    assert set(rows.values()) == {1}
    assert bucket_names(store.folder / "kraken/btcusd")
