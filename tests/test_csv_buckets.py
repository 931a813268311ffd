"""What is special to CSV buckets: files, crashes, full disks, foreign hands, and how a poll finds what is new."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import csv_journal, durable
from tracker.csv_rows import HEADER, bucket_names, parse_rows, whole_lines
from tracker.errors import StoreError
from tracker.market import Market, Ticks
from tracker.stores import csv_buckets
from tracker.stores.csv_buckets import CsvBuckets

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC
FILE = "kraken/btcusd/2026-11-23-15.csv"
CASES = settings(deadline=None, max_examples=40)  # a busy machine is not a fault

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


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def store(tmp_path):
    return CsvBuckets(tmp_path / "data")


def one(time=NOW, price=1.0, market=USD):
    return {market: Ticks.of([time], [price], 10_000)}


def prices(store, market=USD):
    return store.read(market, 0, NOW * 2).price.tolist()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def on_disk(folder):
    """Every row of every bucket; a last line without its end is none yet."""
    rows = Counter()
    for file in Path(folder).glob("*/*/*.csv"):
        data = whole_lines(file.read_bytes())
        ticks, aliens = parse_rows([data])
        assert aliens == [[]]
        assert data == b"" or data.startswith(HEADER)
        rows.update((file.parent.name, *row) for row in rows_of(ticks))
    return rows


def polled(store, cursor):
    batch, cursor = store.poll(cursor)
    return Counter((market.slug, *row) for market, ticks in batch.items() for row in rows_of(ticks)), cursor


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


# --- torn and alien lines


def test_a_last_line_torn_at_any_byte_is_not_read_and_is_cut_off_by_the_next_append(store, caplog):
    store.append({USD: Ticks.of([NOW, NOW + 1, NOW + 2], [1.0, 2.0, 3.0], 10)})
    whole = (store.folder / FILE).read_bytes()
    for length in range(len(whole)):
        kept = max(whole[:length].count(b"\n") - 1, 0)
        (store.folder / FILE).write_bytes(whole[:length])
        assert prices(store) == [1.0, 2.0, 3.0][:kept]
        caplog.clear()
        CsvBuckets(store.folder).append(one(NOW + 5, 9.0))
        assert prices(store) == [*[1.0, 2.0, 3.0][:kept], 9.0]
        on_disk(store.folder)
        assert ("torn last line" in caplog.text) == (not whole[:length].endswith(b"\n") and length > 0)
    assert store.alien_lines == 0


def test_a_journal_torn_at_any_byte_still_leads_every_reader_to_every_row(store, monkeypatch):
    monkeypatch.setattr(durable, "_fsync", lambda path: None)  # slow, and no part of this
    store.append(one(NOW, 1.0))
    whole = (store.folder / ".journal").read_bytes()
    for length in range(len(whole) + 1):
        (store.folder / ".journal").write_bytes(whole[:length])
        _, cursor = store.poll(None)
        CsvBuckets(store.folder).append(one(NOW - HOUR, 2.0))
        CsvBuckets(store.folder).append(one(NOW + HOUR, 3.0))
        seen, _ = polled(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0]
        shutil.rmtree(store.folder)
        CsvBuckets(store.folder).append(one(NOW, 1.0))


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


def limit_file_size(size):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_half_way_leaves_whole_lines_only(store):
    store.append(one())
    size = (store.folder / FILE).stat().st_size
    release = limit_file_size(size + 70)
    try:
        with pytest.raises(StoreError, match=rf"cannot write .*{FILE}: File too large"):
            store.append({USD: Ticks.of([NOW + 1, NOW + 2, NOW + 3, NOW + 4], [2.0, 3.0, 4.0, 5.0], 10)})
    finally:
        release()
    assert (store.folder / FILE).read_bytes().endswith(b"\n")
    assert prices(store) in ([1.0, 2.0], [1.0, 2.0, 3.0])


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


def test_a_bucket_replaced_under_a_reader_is_read_anew(store):
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    (store.folder / FILE).unlink()
    store.append(one(NOW, 2.0))
    assert polled(store, cursor)[0] == on_disk(store.folder)


def test_another_writer_that_hangs_is_said_in_words(store, monkeypatch):
    monkeypatch.setattr(csv_buckets, "_LOCK_WAIT", 0.01)
    store.append(one())
    with csv_buckets.FileLock(store.folder / ".append-lock"), pytest.raises(StoreError, match="another process"):
        store.append(one(NOW + 1))
    store.append(one(NOW + 1))


# --- on the disk within a second


def test_what_was_written_is_flushed_within_a_second_and_the_thread_ends(store, monkeypatch):
    flushed, done = [], threading.Event()
    real = durable._fsync

    def fsync(path):
        real(path)
        if path.is_relative_to(store.folder.parent):  # other tests' stores are flushed meanwhile
            flushed.append(path)
        if len(flushed) == 6:
            done.set()

    monkeypatch.setattr(durable, "_fsync", fsync)
    store.append(one())
    assert done.wait(1.0 * 5), "a busy machine may be five times slower"
    folders = {store.folder.parent, store.folder, store.folder / "kraken", store.folder / "kraken/btcusd"}
    assert set(flushed) == folders | {store.folder / FILE, store.folder / ".journal"}
    thread = store._flusher._thread
    if thread:
        thread.join(5)
        assert not thread.is_alive()


def test_closing_flushes_at_once_and_leaves_the_store_usable(store, monkeypatch):
    monkeypatch.setattr(durable.Flusher, "PERIOD", 3600)
    flushed = []
    monkeypatch.setattr(durable, "_fsync", flushed.append)
    for number in range(2):
        store.append(one(NOW + number))
        store.close()
        assert store.folder / FILE in flushed
        flushed.clear()


def test_closing_waits_for_a_flush_under_way(store, monkeypatch):
    begun, go_on, safe = threading.Event(), threading.Event(), []

    def fsync(path):
        begun.set()
        assert go_on.wait(5)
        safe.append(path)

    monkeypatch.setattr(durable, "_fsync", fsync)
    store.append(one())
    assert begun.wait(5)
    threading.Timer(0.05, go_on.set).start()
    store.close()
    assert store.folder / FILE in safe


def test_a_failed_flush_is_logged_and_told_by_the_next_append_which_still_keeps_its_rows(store, monkeypatch, caplog):
    monkeypatch.setattr(durable.os, "fsync", lambda handle: fail(errno.EIO))
    store.append(one())
    store.close()
    assert "may not survive a power cut: Input/output error" in caplog.text
    monkeypatch.undo()
    with pytest.raises(StoreError, match="may not survive a power cut: Input/output error"):
        store.append(one(NOW + 1, 2.0))
    store.append(one(NOW + 2, 3.0))
    assert prices(store) == [1.0, 2.0, 3.0]
    store.close()


@pytest.mark.parametrize("harmless", ["purged since", "a file system that cannot flush folders"])
def test_a_flush_with_nothing_to_lose_is_no_failure(store, monkeypatch, harmless):
    if harmless == "purged since":
        monkeypatch.setattr(durable.Flusher, "PERIOD", 3600)
    else:
        monkeypatch.setattr(durable.os, "fsync", lambda handle: fail(errno.EINVAL))
    store.append(one())
    if harmless == "purged since":
        shutil.rmtree(store.folder)
    store.close()
    store.append(one(NOW + 1))


def fail(number):
    raise OSError(number, os.strerror(number))


# --- a poll, at every step of the writer

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"),
            st.dictionaries(
                st.sampled_from([USD, EUR]),
                st.lists(st.integers(-3, 3), min_size=1, max_size=4),
                min_size=1,
                max_size=2,
            ),
        ),
        st.tuples(
            st.sampled_from(["killed", "failed"]), st.tuples(st.integers(1, 6), st.integers(0, 130), st.integers(-3, 3))
        ),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("reader"), st.none()),
    ),
    max_size=8,
)


class Watched:
    """A writer whose every write is watched, in halves, by all readers; it can fail or be killed in one of them."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.writer, self.plain = folder, CsvBuckets(folder), CsvBuckets(folder)
        self.readers = []  # [what was there before it, what it saw, its cursor]
        self.trouble = None  # (writes still good, bytes still good, what then)
        self.number = 0
        real = durable.LineFile.append

        def write(file, data):
            """FileIO.write, in two halves, or up to the trouble."""
            if self.trouble:
                writes, size, error = self.trouble
                self.trouble = (writes - 1, size, error)
                if writes == 1:
                    os.write(file.fileno(), bytes(data[:size]))
                    self.watch()
                    self.trouble = None
                    raise error
            half = len(data) // 2 or 1
            self.watch()
            os.write(file.fileno(), bytes(data[:half]))
            self.watch()
            return half

        class Halves:
            def __init__(self, file):
                self._file = file

            def __getattr__(self, name):
                return getattr(self._file, name)

            def write(self, data):
                return write(self._file, data)

        def append(line_file, lines):
            line_file._file = Halves(line_file._file)
            try:
                real(line_file, lines)
            finally:
                line_file._file = line_file._file._file
            self.watch()

        monkeypatch.setattr(durable.LineFile, "append", append)

    def watch(self):
        for reader in self.readers:
            seen, reader[2] = polled(self.plain, reader[2])
            reader[1] += seen

    def step(self, kind, value):
        if kind == "reader":
            self.readers.append([on_disk(self.folder), Counter(), self.plain.poll(None)[1]])
        elif kind == "restart":
            self.writer = CsvBuckets(self.folder)
        elif kind == "append":
            self.append(value)
        else:
            writes, size, hour = value
            self.trouble = (writes, size, Killed() if kind == "killed" else OSError(errno.ENOSPC, "No space left"))
            try:
                with suppress(StoreError):
                    self.append({USD: [hour, hour, hour + 1], EUR: [hour]})
            except Killed:
                self.writer = CsvBuckets(self.folder)
            self.trouble = None

    def append(self, hours_of):
        batch = {}
        for market, hours in hours_of.items():
            numbers = range(self.number, self.number + len(hours))
            self.number += len(hours)
            times = [NOW + hour * HOUR + number for hour, number in zip(hours, numbers, strict=True)]
            batch[market] = Ticks.of(times, [number + 1.0 for number in numbers], 10)
        self.writer.append(batch)


@settings(CASES, max_examples=30)
@given(STEPS)
def test_every_row_reaches_every_reader_once_wherever_the_writer_stands_or_falls(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("watched") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "_fsync", lambda path: None)  # slow, and no part of this
        watched = Watched(folder, patch)
        for kind, value in [("reader", None), *steps]:
            watched.step(kind, value)
    # One more append by a new writer, so that what died in the middle is settled.
    CsvBuckets(folder).append({market: Ticks.of([NOW - 9 * HOUR], [0.5], 10) for market in (USD, EUR)})
    watched.watch()
    assert set(on_disk(folder).values()) == {1}
    for before, seen, _ in watched.readers:
        assert seen == on_disk(folder) - before


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something happen in the next poll, after it has read the journal and before it reads a bucket."""
    real, waiting = csv_journal._read_journal, []

    def read_journal(folder, offset):
        found = real(folder, offset)
        while waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(csv_journal, "_read_journal", read_journal)
    return waiting.append


def test_late_rows_that_a_poll_reads_ahead_of_their_note_do_not_come_again(store, meanwhile):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    store.append(one(NOW + HOUR, 2.0))
    meanwhile(lambda: store.append(one(NOW + 1, 3.0)))
    first, cursor = polled(store, cursor)
    second, _ = polled(store, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [2.0, 3.0]


def test_rows_in_the_place_of_others_that_never_came_do_not_come_twice(store, meanwhile):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    note_without_rows(store, FILE, 1000)
    heir = CsvBuckets(store.folder)
    heir.append(one(NOW + HOUR + 1, 3.0))
    meanwhile(lambda: heir.append(one(NOW + 1, 4.0)))
    first, cursor = polled(heir, cursor)
    second, _ = polled(heir, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [3.0, 4.0]


def test_rows_read_ahead_of_a_note_that_is_still_waiting_do_not_come_twice(store, meanwhile):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    note_without_rows(store, FILE, 1000)
    CsvBuckets(store.folder).append(one(NOW + HOUR + 1, 3.0))
    rows = [b"1795446001,4.0,10,live\n", b"1795446002,5.0,10,live\n"]
    meanwhile(lambda: (note_without_rows(store, FILE, len(b"".join(rows))), write(rows[0])))

    def write(data):
        with (store.folder / FILE).open("ab") as file:
            file.write(data)

    seen = Counter()
    for step in range(4):
        more, cursor = polled(store, cursor)
        seen += more
        if step == 1:
            write(rows[1])
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_purging_the_newest_bucket_leads_no_reader_astray(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    assert store.purge(USD, NOW * 2) == 2
    heir, seen = CsvBuckets(store.folder), Counter()
    for number in range(3):
        heir.append(one(NOW + number, 3.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_a_bucket_that_was_announced_and_never_came_is_not_waited_for(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    note_without_rows(store, "kraken/btcusd/2026-11-23-16.csv", 60)
    heir = CsvBuckets(store.folder)
    seen = Counter()
    for number in range(3):
        heir.append(one(NOW + 1 + number, 2.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0, 4.0]


def test_a_cursor_taken_between_a_note_and_its_rows_leads_to_them(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    rows = b"1795446001,3.0,10,live\n"
    note_without_rows(store, FILE, len(rows))
    _, cursor = store.poll(None)
    assert not polled(store, cursor)[0]
    with (store.folder / FILE).open("ab") as file:
        file.write(rows)
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("left", [b"", HEADER], ids=["empty", "header only"])
def test_a_new_bucket_that_could_not_be_written_leads_no_reader_astray(store, monkeypatch, left):
    store.append(one(NOW, 1.0))
    real = durable.LineFile.append

    def full(file, lines):
        if lines.startswith(HEADER):
            real(file, left)
            fail(errno.ENOSPC)
        real(file, lines)

    with monkeypatch.context() as patch:
        patch.setattr(durable.LineFile, "append", full)
        with pytest.raises(StoreError, match="No space left"):
            store.append(one(NOW + HOUR, 2.0))
    assert (store.folder / FILE.replace("-15", "-16")).read_bytes() == left
    (store.folder / "kraken/btceur").mkdir()
    (store.folder / "kraken/btceur/2026-11-23-15.csv").touch()
    assert store.markets() == [USD]
    _, cursor = store.poll(None)
    seen = Counter()
    for row in (one(NOW + 1, 3.0), one(NOW + 2, 4.0), one(NOW + HOUR, 5.0), one(NOW + 3, 6.0)):
        store.append(row)
        more, cursor = polled(store, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0, 6.0]


def test_a_bucket_deleted_and_filled_again_is_announced_again(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    (store.folder / FILE).unlink()
    _, cursor = store.poll(None)
    store.append(one(NOW, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def test_a_deleted_journal_is_begun_anew_and_readers_go_on_from_there(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    (store.folder / ".journal").unlink()
    _, cursor = polled(store, cursor)
    store.append(one(NOW + 1, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def test_a_writer_that_gets_its_job_back_sees_what_others_wrote_meanwhile(store):
    store.append(one(NOW, 1.0))
    CsvBuckets(store.folder).append(one(NOW + HOUR, 2.0))
    _, cursor = store.poll(None)
    store.append(one(NOW + 1, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def note_without_rows(store, path, length):
    """What a writer leaves that dies between the two."""
    bucket = store.folder / path
    with (store.folder / ".journal").open("ab") as file:
        file.write(csv_journal.Note(path, bucket.stat().st_size if bucket.exists() else 0, length).line())


def test_a_poll_with_nothing_new_opens_no_bucket(store, monkeypatch):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    opened = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *args, **kw: opened.append(path.name) or real(path, *args, **kw))
    store.poll(cursor)
    assert [name for name in opened if name.endswith(".csv")] == []


def test_a_poll_reads_only_the_bytes_added(store, monkeypatch):
    store.append({USD: Ticks.of(range(NOW, NOW + 1000), [1.0] * 1000, 10)})
    _, cursor = store.poll(None)
    store.append(one(NOW + 5000, 2.0))
    store.append(one(NOW - HOUR, 3.0))
    chunks, _ = csv_journal.follow(store.folder, cursor)
    assert sorted(chunk.data.removeprefix(HEADER).count(b"\n") for chunk in chunks) == [1, 1]


def test_foreign_lines_in_the_journal_are_passed_over(store):
    store.append(one())
    _, cursor = store.poll(None)
    with (store.folder / ".journal").open("a") as file:
        file.write("../../etc/passwd 0 100\nkraken/btcusd/2026-11-23-15.csv x 1\n\n")
    store.append(one(NOW - HOUR, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def test_a_folder_copied_without_its_notes_is_followed(store, tmp_path):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    shutil.copytree(store.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "FORMAT"))
    copy = CsvBuckets(tmp_path / "copy")
    _, cursor = copy.poll(None)
    copy.append(one(NOW + 1, 3.0))
    copy.append(one(NOW - HOUR + 1, 4.0))
    assert sorted(row[2] for row in polled(copy, cursor)[0]) == [3.0, 4.0]


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
