"""Replacing a file: readers find the old content or the new, whatever happens in between."""

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


def raise_io_error(*_, **__):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("durable", [False, True])
def test_the_new_content_replaces_the_old(file, durable):
    replace_file(file, b"new", durable=durable)
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_file_is_created(tmp_path):
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
def test_a_failure_at_any_step_leaves_only_the_old_file(file, monkeypatch, place, step):
    with monkeypatch.context() as patch:
        patch.setattr(place, step, raise_io_error)
        with pytest.raises(OSError, match="Input/output error"):
            replace_file(file, b"new", durable=True)
    assert file.read_text() == "old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_in_the_block_leaves_only_the_old_file(file, error):
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
    [remaining] = set(file.parent.iterdir()) - {file}
    assert remaining.name.startswith(".FORMAT."), "hidden, so no program takes it for content"
    replace_file(file, b"newer")
    assert file.read_text() == "newer"


@pytest.fixture
def abandoned(file):
    """The temporary file that another process left behind when it was killed."""
    path = file.with_name(".FORMAT.1.2.new")
    path.write_text("half")
    return path


def age(path, seconds):
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - seconds))


@pytest.mark.parametrize("durable", [False, True])
def test_the_next_replacement_removes_the_file_of_a_killed_writer(file, abandoned, durable):
    age(abandoned, files.ABANDONED_AFTER + 60)
    replace_file(file, b"new", durable=durable)
    assert list(file.parent.iterdir()) == [file]


def test_a_temporary_file_that_another_writer_may_still_use_stays(file, abandoned):
    age(abandoned, files.ABANDONED_AFTER - 60)
    replace_file(file, b"new")
    assert abandoned.read_text() == "half"


@pytest.mark.parametrize(
    "name", [".FORMAT.new", ".FORMAT.1.2.new1", ".FORMAT.a.b.new", ".OTHER.1.2.new", "FORMAT.1.2.new"]
)
def test_only_temporary_files_of_the_same_file_are_removed(file, name):
    other = file.with_name(name)
    other.write_text("another program's")
    age(other, 10 * files.ABANDONED_AFTER)
    replace_file(file, b"new")
    assert other.read_text() == "another program's"


def test_an_abandoned_file_that_cannot_be_removed_is_not_a_failure(file, abandoned, monkeypatch):
    age(abandoned, files.ABANDONED_AFTER + 60)
    monkeypatch.setattr(Path, "unlink", raise_io_error)
    replace_file(file, b"new")
    assert file.read_text() == "new"


def test_a_line_file_is_synced_before_it_is_visible_and_its_folder_after(file, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "fsync", lambda path: synced.append((path.name, file.read_text())))
    replace_file(file, b"not synced")
    assert synced == []
    replace_file(file, b"new", durable=True)
    new = f".FORMAT.{os.getpid()}.{threading.get_ident()}.new"
    assert synced == [(new, "not synced"), (file.parent.name, "new")]


def test_threads_that_replace_one_file_at_once_use_separate_temporary_files(file):
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
def test_its_permissions_follow_the_umask(file):
    before = os.umask(0o022)
    try:
        replace_file(file, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_file_system_that_cannot_sync_a_folder_is_not_a_failure(file, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(files.os, "fsync", refuse)
    replace_file(file, b"new", durable=True)
    assert file.read_text() == "new"
