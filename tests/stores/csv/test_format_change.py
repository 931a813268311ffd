"""A folder that becomes format 2: the format is on disk before the first row that needs it."""

import errno
import shutil
from pathlib import Path

import pytest

from tests.support.csv_files import (
    HOUR,
    MINUTE,
    NOW,
    USD,
    one_row,
    poll_rows,
    prices,
    raise_os_error,
    reopened,
)
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import files, line_file
from tracker.stores.csv import CsvStore, format_version


def format_of(store):
    return (store.folder / "FORMAT").read_text()


FORMAT_1 = Path(__file__).parents[2] / "formats" / "1"
STAND_IN_ROW = {USD: Ticks.of([NOW + 5000], [5.0], 1000, exchange="coinbase")}


def test_a_folder_of_format_1_keeps_its_format_until_a_row_needs_format_2(tmp_path):
    store = CsvStore(shutil.copytree(FORMAT_1, tmp_path / "data"))
    store.append(one_row(NOW + 1))
    store.purge(USD, NOW - HOUR)
    assert format_of(store) == "1\n"
    store.append(STAND_IN_ROW)
    store.append(one_row(NOW + 2))
    assert format_of(store) == "2\n"


def test_a_new_folder_has_the_oldest_format_that_can_hold_its_rows(store):
    store.append(one_row())
    assert format_of(store) == ("1\n" if store.granularity == "hour" else "2\n")
    shutil.rmtree(store.folder)
    store.append(STAND_IN_ROW)
    assert format_of(store) == "2\n"


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("is_killed", [False, True])
def test_the_new_format_is_on_disk_before_its_first_row(tmp_path, monkeypatch, step, is_killed):
    """Whichever step fails or is the last: no row is lost or repeated, and the next writer completes the change."""
    store = CsvStore(tmp_path / "data")
    store.append(one_row())
    store.close()  # its thread flushes too, and would fail as well
    _, cursor = store.poll(None)

    def fail_or_die(*args):
        if is_killed:
            raise KeyboardInterrupt
        raise_os_error(errno.ENOSPC)

    real_open = Path.open

    def open_failing_for_new(path, *args, **kwargs):
        return fail_or_die() if path.suffix == ".new" else real_open(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        places = {"open": Path, "fsync": files, "replace": Path}
        patch.setattr(places[step], step, open_failing_for_new if step == "open" else fail_or_die)
        with pytest.raises(KeyboardInterrupt if is_killed else StoreError):
            store.append(STAND_IN_ROW)
    assert format_of(store) == "1\n"
    assert not poll_rows(store, cursor)[0]
    successor = reopened(store)
    successor.append(STAND_IN_ROW)
    assert format_of(store) == "2\n"
    assert prices(successor) == [1.0, 5.0]
    assert [row[2] for row in poll_rows(successor, cursor)[0].elements()] == [5.0]


def test_a_crash_between_the_new_format_and_its_first_row_loses_only_that_row(tmp_path, monkeypatch):
    store = CsvStore(tmp_path / "data")
    store.append(one_row())
    _, cursor = store.poll(None)
    with monkeypatch.context() as patch:
        patch.setattr(line_file.LineFile, "append", lambda file, lines: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store.append(STAND_IN_ROW)
    assert format_of(store) == "2\n"
    successor = reopened(store)
    assert prices(successor) == [1.0]
    successor.append(STAND_IN_ROW)
    assert prices(successor) == [1.0, 5.0]
    assert [row[2] for row in poll_rows(successor, cursor)[0].elements()] == [5.0]


def test_the_format_is_written_once(tmp_path, monkeypatch):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append(one_row())
    monkeypatch.setattr(format_version, "replace_file", lambda path, data, durable: pytest.fail("written again"))
    store.append(one_row(NOW + MINUTE))
