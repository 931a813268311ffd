"""Appending whole lines: what the CSV store does with a last line that is torn or edited."""

import errno

import pytest

from tests.support.csv_files import (
    HOUR,
    NOW,
    USD,
    bucket_path,
    limit_file_size,
    one_row,
    poll_rows,
    prices,
    raise_os_error,
    rows_of,
    rows_on_disk,
)
from tracker.core.errors import StoreError
from tracker.core.ticks import Origin, Ticks
from tracker.runtime import line_file
from tracker.stores.csv import CsvStore
from tracker.stores.csv.rows import HEADER


@pytest.fixture
def store(tmp_path):
    return CsvStore(tmp_path / "data")


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ((NOW, 2.0, 10_000, Origin.LIVE), False),
        ((NOW, 2.0, 60_000, Origin.LIVE), False),
        ((NOW, 2.0, 10_000, Origin.BACKFILL), False),
        ((NOW, 2.0, 1_000, Origin.BACKFILL), False),
        ((NOW, 2.0, 1_000, Origin.LIVE), True),
        ((NOW + 1, 2.0, 10_000, Origin.LIVE), True),
    ],
)
def test_a_row_without_its_newline_occupies_its_slot(store, row, kept):
    """Readers skip such a row, so its slot could look free, and get a second one."""
    store.append(one_row(NOW + 5, 0.5))
    with (store.folder / bucket_path(store)).open("ab") as file:
        file.write(b"%d,1.0,10,live" % (NOW // 1000))
    reader = CsvStore(store.folder)
    _, cursor = reader.poll(None)
    CsvStore(store.folder).append({USD: Ticks.of(*([value] for value in row))})
    polled, cursor = poll_rows(reader, cursor)
    assert sorted(row[2] for row in polled.elements()) == ([1.0, 2.0] if kept else [1.0])
    assert sum(rows_on_disk(store.folder).values()) == 2 + kept
    store.append(one_row(NOW + 9, 3.0))
    assert prices(store)[-1] == 3.0
    assert [row[2] for row in poll_rows(reader, cursor)[0].elements()] == [3.0]


def test_a_last_line_torn_at_any_byte_is_not_read_and_is_cut_off_by_the_next_append(store, caplog):
    store.append({USD: Ticks.of([NOW, NOW + 1, NOW + 2], [1.0, 2.0, 3.0], 10)})
    whole = (store.folder / bucket_path(store)).read_bytes()
    for length in range(len(whole)):
        kept = max(whole[:length].count(b"\n") - 1, 0)
        (store.folder / bucket_path(store)).write_bytes(whole[:length])
        assert prices(store) == [1.0, 2.0, 3.0][:kept]
        caplog.clear()
        is_row = whole[:length].endswith(b"live")  # only its newline is missing
        kept += is_row
        CsvStore(store.folder).append(one_row(NOW + 5, 9.0))
        assert prices(store) == [*[1.0, 2.0, 3.0][:kept], 9.0]
        rows_on_disk(store.folder)
        assert ("torn last line" in caplog.text) == (not whole[:length].endswith(b"\n") and length > 0 and not is_row)
    assert store.problems() == ()


@pytest.mark.parametrize("row", ["%d, 2.5 ,10,live", "%d,7_8123,10,live", "%d,2.5,10,live ", "%d;2.5", "x"])
def test_a_last_line_of_another_program_is_kept_beside_the_bucket(store, row):
    store.append(one_row())
    file, line = store.folder / bucket_path(store), (row % (NOW // 1000) if "%" in row else row).encode()
    with file.open("ab") as bucket:
        bucket.write(line)
    CsvStore(store.folder).append(one_row(NOW + 1, 3.0))
    assert prices(store) == [1.0, 3.0]
    assert file.with_name(f"{file.name}.torn").read_bytes() == line


def test_a_write_that_fails_half_way_leaves_only_whole_lines(store):
    store.append(one_row())
    size = (store.folder / bucket_path(store)).stat().st_size
    release = limit_file_size(size + 70)
    try:
        with pytest.raises(StoreError, match=rf"cannot write .*{bucket_path(store)}: File too large"):
            store.append({USD: Ticks.of([NOW + 1, NOW + 2, NOW + 3, NOW + 4], [2.0, 3.0, 4.0, 5.0], 10)})
    finally:
        release()
    assert (store.folder / bucket_path(store)).read_bytes().endswith(b"\n")
    assert prices(store) in ([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("is_late", [False, True])
def test_a_row_saved_without_its_line_break_is_completed_and_reaches_readers(store, is_late):
    """As some editors save. The folder's rows name no exchange, so only the line break can be missing."""
    store.append({USD: Ticks.of([NOW, NOW + 1], [1.0, 2.0], 10)})
    if is_late:
        store.append(one_row(NOW + HOUR, 4.0))
    file = store.folder / bucket_path(store)
    file.write_bytes(file.read_bytes()[:-1])
    _, cursor = store.poll(None)
    store.append(one_row(NOW + 2, 3.0))
    assert prices(store)[:3] == [1.0, 2.0, 3.0]
    assert sorted(row[2] for row in poll_rows(store, cursor)[0]) == [2.0, 3.0]
    assert store.problems() == ()
    assert list(store.folder.rglob("*.torn*")) == []


def test_a_last_line_with_a_carriage_return_inside_is_not_a_row_and_blocks_no_write(store):
    store.append(one_row(NOW, 1.0))
    file = store.folder / bucket_path(store)
    with file.open("ab") as edited:
        edited.write(b"%d,2.0\r,10,live" % (NOW // 1000 + 1))
    store.append(one_row(NOW + 2000, 3.0))
    assert prices(store) == [1.0, 3.0]
    assert file.with_name(f"{file.name}.torn").read_bytes().endswith(b"2.0\r,10,live")


@pytest.mark.parametrize("size", [0, 1, 20])
def test_a_write_that_fails_while_it_completes_a_row_leaves_that_row(store, size):
    store.append({USD: Ticks.of([NOW, NOW + 1], [1.0, 2.0], 10)})
    file = store.folder / bucket_path(store)
    file.write_bytes(file.read_bytes()[:-1])
    release = limit_file_size(file.stat().st_size + size)
    try:
        with pytest.raises(StoreError, match="File too large"):
            store.append(one_row(NOW + 2, 9.0))
    finally:
        release()
    store.append(one_row(NOW + 2, 3.0))
    assert prices(store) == [1.0, 2.0, 3.0]


def test_a_row_whose_exchange_may_be_torn_off_is_kept_beside_the_bucket_and_not_read(store):
    """``live@coinbase`` may be torn after ``live``, or after ``coin``."""
    from_coinbase = Ticks.of([NOW], [1.0], 10, exchange="coinbase")
    store.append({USD: from_coinbase})
    file = store.folder / bucket_path(store)
    whole = file.read_bytes()
    for number, length in enumerate((len("@coinbase\n"), len("base\n"))):
        file.write_bytes(whole[:-length])
        store.append({USD: from_coinbase})
        assert file.read_bytes() == whole
        kept = file.with_name(f"{file.name}.torn{'2' if number else ''}")
        assert kept.read_bytes() == whole[:-length].removeprefix(HEADER)
    assert rows_of(store.read(USD, 0, NOW * 2)) == rows_of(from_coinbase)
    assert store.markets() == [USD]


@pytest.mark.parametrize("rows", [3, 30])
def test_a_bucket_saved_with_other_line_ends_is_kept_completely_and_never_overwritten(store, rows, caplog):
    saved = []
    for number in range(3):
        store.append({USD: Ticks.of(range(NOW, NOW + rows), [1.0 + number] * rows, 10)})
        file = store.folder / bucket_path(store)
        saved.append(file.read_bytes().replace(b"\n", b"\r"))
        file.write_bytes(saved[-1])
        store.append(one_row(NOW + 50, 9.0))
        assert prices(store) == [9.0]
        file.unlink()
    names = [f"{file.name}.torn{number}" for number in ("", 2, 3)]
    assert [file.with_name(name).read_bytes() for name in names] == saved
    assert "kept in " in caplog.text


def test_nothing_is_cut_off_if_it_cannot_be_kept(store, monkeypatch):
    store.append(one_row())
    file = store.folder / bucket_path(store)
    file.write_bytes(b"x" * 1000)
    monkeypatch.setattr(line_file, "_write_beside", lambda path, data: raise_os_error(errno.ENOSPC))
    with pytest.raises(StoreError, match="No space left"):
        store.append(one_row())
    assert file.read_bytes() == b"x" * 1000
