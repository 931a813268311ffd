"""Token files: a lease is held only once its token is on disk."""

import os
import shutil

import pytest

from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError
from tracker.runtime import files


def test_on_a_full_disk_the_lease_is_not_acquired_as_its_token_cannot_be_stored(tmp_path):
    resource = pytest.importorskip("resource", reason="no limit of a file's size")
    first, second = FileCoordination(tmp_path, "first"), FileCoordination(tmp_path, "second")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(LeaseError, match=r"cannot take the lease .*\.token-collect: File too large"):
            first.try_acquire("collect")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not first.held("collect")
    assert second.try_acquire("collect"), "the lock was released"


def test_a_lease_is_not_acquired_if_its_folder_is_deleted_before_the_token_is_written(tmp_path, monkeypatch):
    folder = tmp_path / "data"

    def delete_first(path, data, durable):
        shutil.rmtree(folder)
        files.replace_file(path, data, durable=durable)

    monkeypatch.setattr("tracker.coordination.file.replace_file", delete_first)
    lease = FileCoordination(folder)
    with pytest.raises(LeaseError, match="No such file or directory"):
        lease.try_acquire("collect")
    assert not lease.held("collect")


def test_a_lease_is_not_acquired_if_its_lock_file_is_deleted_after_the_token_is_written(tmp_path, monkeypatch):
    def delete_after(path, data, durable):
        files.replace_file(path, data, durable=durable)
        (tmp_path / ".lease-collect").unlink()

    lease = FileCoordination(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("tracker.coordination.file.replace_file", delete_after)
        assert not lease.try_acquire("collect")
    assert lease.try_acquire("collect")


def test_a_token_is_on_disk_before_the_lease_is_held(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files.os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    lease = FileCoordination(tmp_path)
    assert lease.try_acquire("collect")
    assert synced == [(tmp_path / ".token-collect").stat().st_ino, tmp_path.stat().st_ino]
    assert (tmp_path / ".token-collect").read_text() == f"{lease.token('collect')}\n"


@pytest.mark.parametrize("text", ["", "soon", "-5", "9" * 19, "9" * 30, "\u0665"])
def test_a_token_file_without_a_valid_token_counts_as_none(tmp_path, text):
    (tmp_path / ".token-collect").write_text(text)
    lease = FileCoordination(tmp_path, now=lambda: 5000)
    assert lease.try_acquire("collect")
    assert lease.token("collect") == 5000
