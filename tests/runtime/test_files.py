"""A file that is replaced as a whole: others find the old or the new, whatever happens in between."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tracker.runtime import files
from tracker.runtime.files import replace_file, replacing


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "FORMAT"
    path.write_text("old")
    return path


def fail(*_, **__):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("durable", [False, True])
def test_the_new_content_takes_the_old_ones_place(file, durable):
    replace_file(file, b"new", durable=durable)
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_not_there_yet_is_made(tmp_path):
    replace_file(tmp_path / ".note.json", b"new")
    assert (tmp_path / ".note.json").read_text() == "new"


def test_a_reader_finds_the_old_content_until_the_new_is_complete(file):
    with replacing(file) as new:
        new.write(b"half")
        new.flush()
        assert file.read_text() == "old"
        new.write(b" and half")
    assert file.read_text() == "half and half"


@pytest.mark.parametrize(("place", "step"), [(Path, "open"), (Path, "replace"), (os, "fsync")])
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_beside_it(file, monkeypatch, place, step):
    with monkeypatch.context() as patch:
        patch.setattr(place, step, fail)
        with pytest.raises(OSError, match="Input/output error"):
            replace_file(file, b"new", durable=True)
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_in_the_block_leaves_the_old_file_and_nothing_beside_it(file, error):
    def write():
        with replacing(file) as new:
            new.write(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


def test_a_process_that_dies_between_write_and_replace_leaves_the_old_file(file):
    code = f"""
import os, pathlib
from tracker.runtime.files import replace_file
pathlib.Path.replace = lambda self, target: os._exit(9)
replace_file(pathlib.Path({str(file)!r}), b"new")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert file.read_text() == "old"
    [left] = set(file.parent.iterdir()) - {file}
    assert left.name.startswith(".FORMAT."), "hidden, so no program takes it for content"
    replace_file(file, b"newer")
    assert file.read_text() == "newer"


@pytest.fixture
def left_behind(file):
    """The temporary file of a killed writer of *file*, by another process's name."""
    path = file.with_name(".FORMAT.1.2.new")
    path.write_text("half")
    return path


def age(path, seconds):
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))


@pytest.mark.parametrize("durable", [False, True])
def test_the_next_replacement_removes_what_a_killed_writer_left_behind(file, left_behind, durable):
    age(left_behind, files.ABANDONED_AFTER + 60)
    replace_file(file, b"new", durable=durable)
    assert list(file.parent.iterdir()) == [file]


def test_a_temporary_file_that_another_writer_may_still_use_stays(file, left_behind):
    age(left_behind, files.ABANDONED_AFTER - 60)
    replace_file(file, b"new")
    assert left_behind.read_text() == "half"


@pytest.mark.parametrize(
    "name", [".FORMAT.new", ".FORMAT.1.2.new1", ".FORMAT.a.b.new", ".OTHER.1.2.new", "FORMAT.1.2.new"]
)
def test_only_temporary_files_of_the_same_file_are_removed(file, name):
    other = file.with_name(name)
    other.write_text("somebody's")
    age(other, 10 * files.ABANDONED_AFTER)
    replace_file(file, b"new")
    assert other.read_text() == "somebody's"


def test_what_cannot_be_removed_is_no_failure(file, left_behind, monkeypatch):
    age(left_behind, files.ABANDONED_AFTER + 60)
    monkeypatch.setattr(Path, "unlink", fail)
    replace_file(file, b"new")
    assert file.read_text() == "new"


def test_a_durable_file_is_on_the_disk_before_it_is_seen_and_its_folder_after(file, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "fsync", lambda path: synced.append((path.name, file.read_text())))
    replace_file(file, b"passing")
    assert synced == []
    replace_file(file, b"new", durable=True)
    new = f".FORMAT.{os.getpid()}.{threading.get_ident()}.new"
    assert synced == [(new, "passing"), (file.parent.name, "new")]


def test_threads_that_replace_one_file_at_once_do_not_share_the_new_one(file):
    contents = [bytes([65 + number]) * 100_000 for number in range(8)]
    start = threading.Barrier(len(contents))

    def write(content):
        start.wait()
        for _ in range(20):
            replace_file(file, content)

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_bytes() in contents
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_it_as_the_umask_says(file):
    before = os.umask(0o022)
    try:
        replace_file(file, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_file_system_that_cannot_sync_a_folder_is_no_failure(file, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(files.os, "fsync", refuse)
    replace_file(file, b"new", durable=True)
    assert file.read_text() == "new"
