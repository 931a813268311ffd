"""The secret of login cookies: kept for the next start, private, and another one for another token."""

import logging
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracker.core.errors import StoreError
from tracker.dashboard.server import cookie_secret as module
from tracker.dashboard.server.cookie_secret import FILE, cookie_secret


def test_a_server_that_starts_again_has_the_same_secret_and_one_with_another_token_or_port_has_not(tmp_path):
    folder = tmp_path / "not yet there"
    secret = cookie_secret(folder, "token", "8866")
    assert cookie_secret(folder, "token", "8866") == secret
    assert len({secret, cookie_secret(folder, "token", "8867"), cookie_secret(folder, "other", "8866")}) == 3
    assert cookie_secret(folder, "tok", "en8866") != secret
    assert cookie_secret(tmp_path / "of another user", "token", "8866") != secret


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")
def test_the_key_is_its_owners_alone_and_one_that_others_could_read_is_replaced(tmp_path, caplog):
    secret = cookie_secret(tmp_path, "token")
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in file.read_bytes()
    file.chmod(0o640)
    assert cookie_secret(tmp_path, "token") != secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is replaced, so viewers have to log in again" in caplog.text


def test_a_damaged_key_is_replaced(tmp_path):
    secret = cookie_secret(tmp_path, "token")
    (tmp_path / FILE).write_bytes(b"short")
    (tmp_path / FILE).chmod(0o600)
    renewed = cookie_secret(tmp_path, "token")
    assert renewed != secret
    assert cookie_secret(tmp_path, "token") == renewed


def test_where_no_key_can_be_kept_the_log_says_what_follows(tmp_path, caplog):
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        secrets = {cookie_secret(tmp_path / "file" / "runtime", "token") for _ in range(2)}
    assert {len(secret) for secret in secrets} == {32}
    assert len(secrets) == 2
    assert "viewers have to log in again after a restart" in caplog.text


def test_servers_that_start_at_the_same_time_have_one_key(tmp_path, caplog, monkeypatch):
    servers, have_read = 8, {threading.current_thread()}
    together, read_key = threading.Barrier(servers), module._read_key

    def read_together(file):
        key = read_key(file)
        if threading.current_thread() not in have_read:
            have_read.add(threading.current_thread())
            together.wait(30)  # none of them has found a key
        return key

    monkeypatch.setattr(module, "_read_key", read_together)
    with ThreadPoolExecutor(servers) as pool:
        secrets = set(pool.map(lambda _: cookie_secret(tmp_path, "token"), range(servers)))
    assert len(secrets) == 1
    assert secrets == {cookie_secret(tmp_path, "token")}
    assert caplog.text == ""


def test_a_key_that_another_server_makes_for_too_long_is_reported(tmp_path, caplog, monkeypatch):
    def held(*_):
        raise StoreError("another process has been writing for 5 s")

    monkeypatch.setattr(module, "locked", held)
    assert len(cookie_secret(tmp_path, "token")) == 32
    assert "viewers have to log in again after a restart: another process" in caplog.text
