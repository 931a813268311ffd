"""The file of the database: other programs, full disks, missing rights, content that cannot be read."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.support.alert_database import NOW, files, fired, opened, raw, state, waiting
from tests.support.csv_files import limit_file_size
from tracker.alerts.database import schema, sqlite_file
from tracker.alerts.database.database import FILE
from tracker.core.errors import StoreError


def test_a_closed_database_is_one_file(folder):
    assert list(files(folder)) == [FILE]


def test_the_file_has_a_write_ahead_log_and_the_version_of_its_format(folder):
    assert raw(folder, "PRAGMA journal_mode") == [("wal",)]
    assert raw(folder, "SELECT value FROM alert_meta WHERE key = 'version'") == [(schema.VERSION,)]


def test_a_database_of_another_program_is_refused_and_as_it_was(tmp_path):
    raw(tmp_path, "CREATE TABLE notes (text)")
    before = files(tmp_path)
    with pytest.raises(StoreError, match="database of another program"):
        opened(tmp_path)
    assert files(tmp_path) == before


def test_a_file_that_is_no_database_is_refused_and_as_it_was(tmp_path):
    (tmp_path / FILE).write_text("timestamp,price\n" * 100)
    before = files(tmp_path)
    with pytest.raises(StoreError, match=r"\.alerts\.db: file is not a database; it is no database of alerts"):
        opened(tmp_path)
    assert files(tmp_path) == before


def test_a_file_without_content_becomes_a_database(tmp_path):
    (tmp_path / FILE).touch()
    assert opened(tmp_path).load_states() == ()


def test_a_reader_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match="does not exist, as no rule has been watched yet"):
        opened(tmp_path / "state", None)
    assert not (tmp_path / "state").exists()


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk, and a function that fills the disk and returns one that empties it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = [shutil.which("mount") or sys.executable, "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder]
    is_mounted = not subprocess.run(mount, check=False, capture_output=True).returncode
    ballast = folder / "ballast"

    def fill():
        if not is_mounted:  # without the right to, a limit does the same
            return limit_file_size(0)
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        return ballast.unlink

    yield folder, fill
    if is_mounted:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither such a disk nor a limit")
def test_on_a_full_disk_nothing_is_kept_by_halves_and_afterwards_it_goes_on(small_disk):
    folder, fill = small_disk
    database = opened(folder)
    database.commit([state()], [fired()], NOW)
    states = [state(NOW + 1, f"rule {number}") for number in range(1000)]
    empty = fill()
    try:
        with pytest.raises(StoreError, match=r"cannot use .*\.alerts\.db: (database or disk is full|disk I/O error)"):
            database.commit(states, [fired(NOW + 1, "low")], NOW + 1)
    finally:
        empty()
    assert (database.load_states(), len(database.history(0))) == ((state(),), 1)
    database.commit(states, [fired(NOW + 1, "low")], NOW + 1)
    assert len(database.load_states()) == 1001
    assert [each[0] for each in waiting(database)] == ["fired", "fired"]
    database.close()


def test_a_file_that_another_program_has_locked_is_reported(folder, monkeypatch):
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT", 0.01)
    database = opened(folder, 2)
    other = sqlite3.connect(folder / FILE)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked; another program has kept it locked for 5 s; close what has it open"):
        database.commit([state()], (), NOW)
    other.rollback()
    other.close()
    database.commit([state()], (), NOW)


def test_a_file_that_cannot_be_opened_is_reported(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="unable to open database file; the folder has to exist, with the right to"):
        opened(tmp_path)


def test_a_folder_that_is_a_file_is_reported(tmp_path):
    (tmp_path / "state").touch()
    with pytest.raises(StoreError, match=r"cannot use .*state"):
        opened(tmp_path / "state")


def test_a_folder_that_can_have_no_log_is_reported(tmp_path, monkeypatch):
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *_, **options: connect(":memory:", **options | {"uri": False}))
    with pytest.raises(StoreError, match="this folder cannot hold it, as on a network; set state to a folder"):
        opened(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a file that is open")
def test_a_file_that_was_removed_while_it_was_in_use_is_reported(folder):
    database = opened(folder, 2)
    (folder / FILE).unlink()
    with pytest.raises(StoreError, match="was removed or replaced while it was in use"):
        database.commit([state()], (), NOW)
    database.close()
    assert opened(folder, 3).load_states() == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"rule": "high"}'])
def test_a_state_that_cannot_be_read_is_reported_with_its_rule(folder, text):
    raw(folder, f"UPDATE alert_states SET state = '{text}'")
    with pytest.raises(StoreError, match=r"cannot read the state of 'high' in kraken:BTC/EUR: .*; move the file"):
        opened(folder, 2).load_states()


@pytest.mark.parametrize("text", ["{", "[]", '{"rule": "high"}'])
def test_an_event_that_cannot_be_read_is_reported(folder, text):
    raw(folder, f"UPDATE alert_events SET event = '{text}'")
    database = opened(folder, 2)
    for read in (database.due, database.history):
        with pytest.raises(StoreError, match=r"cannot read an event in the database of alerts: .*; move its file"):
            read(NOW)
