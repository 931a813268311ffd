"""How a poll finds what is new, through a journal that may be torn, foreign or gone."""

import errno
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.csv_files import EUR, HOUR, NOW, USD, again, fail, file_of, on_disk, one, polled
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import durable_file, files
from tracker.stores.csv import CsvStore, tail
from tracker.stores.csv.journal import Entry, read_journal
from tracker.stores.csv.rows import HEADER


@pytest.fixture(params=["hour", "minute"])
def store(request, tmp_path):
    return CsvStore(tmp_path / "data", granularity=request.param)


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something happen in the next poll, after it has read the journal and before it reads a bucket."""
    real, waiting = tail.read_journal, []

    def read_journal(folder, offset):
        found = real(folder, offset)
        while waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(tail, "read_journal", read_journal)
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
    note_without_rows(store, file_of(store), 1000)
    heir = again(store)
    heir.append(one(NOW + HOUR + 1, 3.0))
    meanwhile(lambda: heir.append(one(NOW + 1, 4.0)))
    first, cursor = polled(heir, cursor)
    second, _ = polled(heir, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [3.0, 4.0]


def test_rows_read_ahead_of_a_note_that_is_still_waiting_do_not_come_twice(store, meanwhile):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    note_without_rows(store, file_of(store), 1000)
    again(store).append(one(NOW + HOUR + 1, 3.0))
    rows = [b"1795446001,4.0,10,live\n", b"1795446002,5.0,10,live\n"]
    meanwhile(lambda: (note_without_rows(store, file_of(store), len(b"".join(rows))), write(rows[0])))

    def write(data):
        with (store.folder / file_of(store)).open("ab") as file:
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
    heir, seen = again(store), Counter()
    for number in range(9):  # past where the reader had been
        heir.append(one(NOW + number, 3.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0 + number for number in range(9)]


@pytest.mark.parametrize("left", [0, 1])
def test_a_purge_while_a_reader_looks_for_its_place_is_no_trouble(store, monkeypatch, left):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    real, waiting = tail.newest_bucket, [1]

    def newest_bucket(folder):
        found = real(folder)
        while waiting:
            waiting.pop()
            if left:
                (folder / found).unlink()
            else:
                store.purge(USD, NOW * 2)
        return found

    monkeypatch.setattr(tail, "newest_bucket", newest_bucket)
    _, cursor = store.poll(None)
    again(store).append(one(NOW + 1, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def test_a_bucket_that_was_announced_and_never_came_is_not_waited_for(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    note_without_rows(store, file_of(store, NOW + HOUR), 60)
    heir = again(store)
    seen = Counter()
    for number in range(3):
        heir.append(one(NOW + 1 + number, 2.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0, 4.0]


def test_a_cursor_taken_between_a_note_and_its_rows_leads_to_them(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    rows = b"1795446001,3.0,10,live\n"
    note_without_rows(store, file_of(store), len(rows))
    _, cursor = store.poll(None)
    assert not polled(store, cursor)[0]
    with (store.folder / file_of(store)).open("ab") as file:
        file.write(rows)
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("left", [b"", HEADER], ids=["empty", "header only"])
def test_a_new_bucket_that_could_not_be_written_leads_no_reader_astray(store, monkeypatch, left):
    store.append(one(NOW, 1.0))
    real = durable_file.LineFile.append

    def full(file, lines):
        if lines.startswith(HEADER):
            real(file, left)
            fail(errno.ENOSPC)
        real(file, lines)

    with monkeypatch.context() as patch:
        patch.setattr(durable_file.LineFile, "append", full)
        with pytest.raises(StoreError, match="No space left"):
            store.append(one(NOW + HOUR, 2.0))
    assert (store.folder / file_of(store, NOW + HOUR)).read_bytes() == left
    empty = store.folder / file_of(store, market=EUR)
    empty.parent.mkdir(parents=True)
    empty.touch()
    assert store.markets() == [USD]
    _, cursor = store.poll(None)
    seen = Counter()
    for row in (one(NOW + 1, 3.0), one(NOW + 2, 4.0), one(NOW + HOUR, 5.0), one(NOW + 3, 6.0)):
        store.append(row)
        more, cursor = polled(store, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0, 6.0]


def test_a_day_deleted_under_writer_and_reader_is_made_anew_and_followed(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    for path in (store.folder / "kraken/btcusd").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    seen = Counter()
    for number in range(3):
        store.append(one(NOW + number, 3.0 + number))
        more, cursor = polled(store, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_a_folder_swapped_for_another_under_writer_and_reader_is_followed_whole(store, tmp_path):
    """The other one may be of the other granularity, as after restoring a copy."""
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    for granularity in ("hour", "minute"):
        other = CsvStore(tmp_path / granularity, granularity=granularity)
        other.append({USD: Ticks.of([NOW - HOUR, NOW + 1], [3.0, 4.0], 10)})
        shutil.rmtree(store.folder)
        other.folder.rename(store.folder)
        seen, cursor = polled(store, cursor)
        assert seen == on_disk(store.folder)
        store.append(one(NOW + 2, 5.0))
        seen, cursor = polled(store, cursor)
        assert [row[2] for row in seen] == [5.0]


def test_an_older_copy_put_back_under_writer_and_reader_is_followed(store, tmp_path):
    store.append(one())
    shutil.copytree(store.folder, tmp_path / "copy")
    store.append({USD: Ticks.of([NOW - hour * HOUR for hour in range(1, 9)], [1.0] * 8, 10)})
    _, cursor = store.poll(None)
    shutil.rmtree(store.folder)
    (tmp_path / "copy").rename(store.folder)
    store.append(one(NOW - HOUR, 2.0))
    seen, cursor = polled(store, cursor)
    assert seen == on_disk(store.folder)
    store.append(one(NOW - 2 * HOUR, 3.0))
    assert [row[2] for row in polled(store, cursor)[0].elements()] == [3.0]


def test_a_bucket_deleted_and_filled_again_is_announced_again(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    (store.folder / file_of(store)).unlink()
    _, cursor = store.poll(None)
    store.append(one(NOW, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("rows", [1, 50, 120], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("by", ["hand", "purge"])
def test_a_bucket_replaced_under_a_reader_is_read_anew(store, rows, by):
    """Also where the new file gets the inode of the old one, as it often does."""
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    if by == "purge":
        store.purge(USD, NOW * 2)
    else:
        (store.folder / file_of(store)).unlink()
    store.append({USD: Ticks.of(range(NOW, NOW + rows), [2.0] * rows, 10)})
    assert polled(store, cursor)[0] == on_disk(store.folder)


def test_a_late_bucket_read_ahead_then_purged_and_filled_again_is_read_anew(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    store.append({USD: Ticks.of(range(NOW - HOUR, NOW - HOUR + 50), [9.0] * 50, 10)})
    _, cursor = polled(store, cursor)
    for rows in (50, 1, 60):
        assert store.purge(USD, NOW)
        store.append({USD: Ticks.of(range(NOW - HOUR, NOW - HOUR + rows), [float(rows)] * rows, 10)})
        seen, cursor = polled(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [float(rows)] * rows


@pytest.mark.parametrize("price", ["1", "1.0000", "11111111111.5"])
@pytest.mark.parametrize("is_late", [False, True])
def test_an_edit_in_place_falsifies_no_row(store, price, is_late):
    store.append({USD: Ticks.of([NOW, NOW + 1000], [1.0, 2.0], 10)})
    if is_late:
        store.append(one(NOW + HOUR, 7.0))
    _, cursor = store.poll(None)
    file = store.folder / file_of(store)
    if is_late:
        store.append(one(NOW + 2000, 3.0))  # its note gives the place before the edit
    with file.open("r+b") as edited:
        text = edited.read().replace(b",1.0,", f",{price},".encode())
        edited.seek(0)
        edited.write(text)
        edited.truncate()
    store.append(one(NOW + 3000, 4.0))
    seen, cursor = polled(store, cursor)
    assert seen <= on_disk(store.folder)
    assert seen[("btcusd", NOW + 3000, 4.0, 10_000, 0, "")] == 1
    assert store.problems() == ()
    assert not polled(store, cursor)[0]


def test_an_edit_before_late_rows_were_read_hides_none_of_them(store):
    store.append(one())
    _, cursor = store.poll(None)
    store.append({USD: Ticks.of([NOW - HOUR, NOW - HOUR + 1], [1.0, 2.0], 10)})
    file = store.folder / file_of(store, NOW - HOUR)
    file.write_bytes(file.read_bytes().replace(b",1.0,", b",1.000,"))
    seen, cursor = polled(store, cursor)
    assert sorted(row[2] for row in seen.elements()) == [1.0, 2.0]
    assert not polled(store, cursor)[0]


@pytest.mark.parametrize("polls", [False, True])
@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("time", [1, HOUR], ids=["in the newest bucket", "in a new bucket"])
def test_a_journal_deleted_or_emptied_is_begun_anew_and_hides_no_row(store, polls, emptied, time):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [0.5, 1.0], 10)})
    store.append(one(NOW, 1.5, EUR))
    _, cursor = store.poll(None)
    store.append(one(NOW + time, 2.0))
    store.append(one(NOW + time, 2.5, EUR))
    seen, journal = Counter(), store.folder / ".journal"
    journal.write_bytes(b"") if emptied else journal.unlink()
    for number in range(3):
        if polls:
            more, cursor = polled(store, cursor)
            seen += more
        store.append(one(NOW + time + 1 + number, 3.0 + number))
        store.append(one(NOW - HOUR + 1 + number, 6.0 + number))
    for _ in range(2):
        more, cursor = polled(store, cursor)
        seen += more
    new = {2.0, 2.5, *(3.0 + number for number in range(6))}
    assert new <= {row[2] for row in seen} <= new | {0.5, 1.0, 1.5}  # what was there before may come again


@pytest.mark.parametrize("lost", ["deleted", "deleted and begun anew", "cut", "cut and grown again"])
def test_late_rows_whose_notes_were_lost_before_anyone_read_them_are_found(store, lost):
    store.append({market: Ticks.of([NOW - HOUR * hour for hour in range(5)], [1.0] * 5, 10) for market in (USD, EUR)})
    store.append(one(NOW - 7 * HOUR, 1.5))
    _, cursor = store.poll(None)
    journal = store.folder / ".journal"
    whole = journal.read_bytes()
    store.append({USD: Ticks.of([NOW - 3 * HOUR + 1, NOW - 30 * HOUR], [2.0, 3.0], 10)})
    store.append(one(NOW - HOUR + 1, 4.0, EUR))
    journal.unlink() if "deleted" in lost else journal.write_bytes(whole[: whole.index(b"\n") + 1])
    late = [NOW - hour * HOUR + 2 for hour in range(1, 20)] if "again" in lost or "anew" in lost else []
    for time in late:
        store.append(one(time, 5.0))
    assert (journal.exists() and journal.stat().st_size > len(whole)) == bool(late)
    seen, cursor = polled(store, cursor)
    new = [row for row in on_disk(store.folder) if row[2] > 1.5]
    assert len(new) == 3 + len(late)
    assert set(new) <= set(seen) <= set(on_disk(store.folder))
    assert set(seen.values()) == {1}
    assert not polled(store, cursor)[0]


def test_of_buckets_whose_notes_were_lost_those_of_the_newest_days_are_read_again_and_no_others(store):
    day = 24 * HOUR
    store.append({USD: Ticks.of([NOW - number * day for number in range(30)], [1.0 + n for n in range(30)], 10)})
    store.append(one(NOW + 1000 * day, 99.0))  # by a clock that was ahead
    _, cursor = store.poll(None)
    (store.folder / ".journal").unlink()
    seen, cursor = polled(store, cursor)
    assert sorted(row[2] for row in seen) == [1.0 + number for number in range(8)]
    assert not polled(store, cursor)[0]


@pytest.mark.parametrize("empty", [False, True], ids=["gone", "an empty place to mount it"])
def test_a_folder_that_is_away_for_a_moment_is_an_error_and_its_rows_do_not_come_again(store, tmp_path, empty):
    store.append({market: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10) for market in (USD, EUR)})
    _, cursor = store.poll(None)
    store.folder.rename(tmp_path / "away")
    if empty:
        store.folder.mkdir()
    words = "it is empty, but held prices before; is its disk there" if empty else "No such file"
    with pytest.raises(StoreError, match=f"cannot read {store.folder}: {words}"):
        store.poll(cursor)
    if empty:
        store.folder.rmdir()
    (tmp_path / "away").rename(store.folder)
    assert not polled(store, cursor)[0]
    store.append(one(NOW + 1, 3.0))
    assert [row[2] for row in polled(store, cursor)[0].elements()] == [3.0]


@pytest.mark.parametrize("had", [True, False])
def test_a_folder_swapped_for_a_copy_without_notes_is_followed_whole(store, tmp_path, had):
    other = CsvStore(tmp_path / "other", granularity=store.granularity)
    other.append({USD: Ticks.of([NOW - HOUR, NOW], [3.0, 4.0], 10)})
    other.append(one(NOW - HOUR, 5.0, EUR))
    for note in ("FORMAT", ".journal", ".append-lock"):
        (other.folder / note).unlink()
    if had:
        store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    if had:
        shutil.rmtree(store.folder)
    other.folder.rename(store.folder)
    seen = Counter()
    for number in range(3):
        more, cursor = polled(store, cursor)
        seen += more
        store.append({USD: Ticks.of([NOW - HOUR + 1 + number, NOW + 1 + number], [6.0 + number] * 2, 10)})
    assert set(seen + polled(store, cursor)[0]) == set(on_disk(store.folder))


def test_a_journal_torn_at_any_byte_still_leads_every_reader_to_every_row(store, monkeypatch):
    monkeypatch.setattr(files.os, "fsync", lambda handle: None)  # slow, and no part of this
    store.append(one(NOW, 1.0))
    whole = (store.folder / ".journal").read_bytes()
    for length in range(len(whole) + 1):
        (store.folder / ".journal").write_bytes(whole[:length])
        _, cursor = store.poll(None)
        again(store).append(one(NOW - HOUR, 2.0))
        again(store).append(one(NOW + HOUR, 3.0))
        seen, _ = polled(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0]
        shutil.rmtree(store.folder)
        again(store).append(one(NOW, 1.0))


def test_a_writer_that_gets_its_job_back_sees_what_others_wrote_meanwhile(store):
    store.append(one(NOW, 1.0))
    again(store).append(one(NOW + HOUR, 2.0))
    _, cursor = store.poll(None)
    store.append(one(NOW + 1, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def note_without_rows(store, path, length):
    """What a writer leaves that dies between the two."""
    bucket = store.folder / path
    with (store.folder / ".journal").open("ab") as file:
        file.write(Entry(path, bucket.stat().st_size if bucket.exists() else 0, length).line())


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
    chunks, _ = tail.follow(store.folder, cursor)
    assert sorted(chunk.data.removeprefix(HEADER).count(b"\n") for chunk in chunks) == [1, 1]


@pytest.mark.parametrize(
    "last", [b"", b"half a note", b"x" * 9000, b"x" * 9000 + b"\n"], ids=["whole", "torn", "long and torn", "long"]
)
def test_the_cursor_of_now_costs_the_end_of_the_journal_not_its_length(store, last):
    store.append(one())
    with (store.folder / ".journal").open("ab") as file:
        file.write(Entry(file_of(store), 0, 10).line() * 20_000 + last)
    size = read_journal(store.folder, 0).end
    before = read_so_far()
    cursor = tail.cursor_of_now(store.folder)
    assert cursor.offset == size - (0 if last.endswith(b"\n") else len(last))
    if len(last) < 9000:
        assert read_so_far() - before < 100_000 < size
    store.append(one(NOW - HOUR, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def read_so_far():
    """Bytes that this process has read from files; 0 where the system does not tell."""
    try:
        counted = Path("/proc/self/io").read_text()
    except OSError:
        return 0
    return int(counted.split("rchar: ")[1].split()[0])


def test_the_writer_remembers_one_bucket_of_each_market_however_long_it_runs(store):
    for hour in range(5):
        store.append({USD: Ticks.of([NOW + hour * HOUR], [1.0], 10), EUR: Ticks.of([NOW - hour * HOUR], [1.0], 10)})
    assert len(store._writer._newest) == len(store._writer._announced) == 2
    lines = (store.folder / ".journal").read_text().splitlines()
    store.append(one(NOW + 4 * HOUR + 1))
    assert (store.folder / ".journal").read_text().splitlines() == lines


def test_foreign_lines_in_the_journal_are_passed_over(store):
    store.append(one())
    _, cursor = store.poll(None)
    with (store.folder / ".journal").open("a") as file:
        file.write(f"../../etc/passwd 0 100\n{file_of(store)} x 1\n\n")
    store.append(one(NOW - HOUR, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def test_a_folder_copied_without_its_notes_is_followed(store, tmp_path):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    shutil.copytree(store.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "FORMAT"))
    copy = CsvStore(tmp_path / "copy", granularity=store.granularity)
    _, cursor = copy.poll(None)
    copy.append(one(NOW + 1, 3.0))
    copy.append(one(NOW - HOUR + 1, 4.0))
    assert {3.0, 4.0} <= {row[2] for row in polled(copy, cursor)[0]} <= {1.0, 3.0, 4.0}


def test_rows_that_come_while_there_is_no_journal_yet_come_once(store, monkeypatch):
    reader, real = again(store), tail.read_journal
    _, cursor = reader.poll(None)

    def read_journal(folder, offset):
        found = real(folder, offset)
        monkeypatch.setattr(tail, "read_journal", real)
        for step in (-2, -1, 0):  # after this reader looked for the journal, before it looks for buckets
            store.append(one(NOW + step * HOUR))
        return found

    monkeypatch.setattr(tail, "read_journal", read_journal)
    seen, cursor = polled(reader, cursor)
    assert seen == on_disk(store.folder)
    store.append(one(NOW - 3 * HOUR))
    seen, cursor = polled(reader, cursor)
    assert [row[1] for row in seen.elements()] == [NOW - 3 * HOUR]
    assert not polled(reader, cursor)[0]
