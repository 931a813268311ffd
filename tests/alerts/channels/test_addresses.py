"""Where the address of a channel stands: it is read when something is sent, and never shown."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.channels import channels, message
from tests.support.collector_services import wait_for
from tests.support.receivers.http import closed_base
from tracker.alerts.channels import addresses
from tracker.alerts.channels.addresses import find_address
from tracker.core.errors import ConfigError
from tracker.runtime.channel_settings import ChannelSettings

ADDRESS = "json://user:SECRET@example.org/path"


def found(text, folder):
    return find_address(ChannelSettings(address=SecretStr(text)), folder)


def test_an_address_is_itself_or_stands_in_a_variable_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("OPS_URL", f" {ADDRESS}\n")
    file = tmp_path / "secrets" / "ops"
    file.parent.mkdir()
    file.write_text(f"\ufeff{ADDRESS}\n")
    assert [found(text, tmp_path) for text in (ADDRESS, "env:OPS_URL", "file:secrets/ops", f"file:{file}")] == [
        ADDRESS
    ] * 4


@pytest.mark.parametrize(
    ("address", "content", "problem"),
    [
        ("env:OPS_URL", None, "the variable OPS_URL is not set"),
        ("env:OPS_URL", " ", "the variable OPS_URL is empty; expected one of apprise on one line"),
        ("env:OPS_URL", "SECRET", "the variable OPS_URL contains no address; expected"),
        ("env:OPS_URL", "json://SECRET\njson://SECRET", "the variable OPS_URL contains no address"),
        ("file:ops", None, "there is no file ops"),
        ("file:ops", "", "the file ops is empty"),
        ("file:ops", "SECRET", "the file ops contains no address"),
        ("file:ops", b"json://SECRET\xff", "the file ops contains no address"),
        ("file:ops", b"json://" + b"SECRET" * 2000, "the file ops contains no address; expected"),
        ("file:.", None, ". is no file; expected one whose content is an address"),
        ("file:~nobody-here/ops", None, "the file ~nobody-here/ops: no such user's folder, expected e.g. "),
    ],
)
def test_what_is_wrong_where_an_address_stands_is_told_without_it(tmp_path, monkeypatch, address, content, problem):
    monkeypatch.delenv("OPS_URL", raising=False)
    if content is not None and address.startswith("env:"):
        monkeypatch.setenv("OPS_URL", content)
    elif content is not None:
        (tmp_path / "ops").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as error:
        found(address, tmp_path)
    assert str(error.value).startswith(problem)
    assert "SECRET" not in str(error.value)
    ops = channels(folder=tmp_path, ops=address)
    assert ops.problem("ops") == str(error.value) == ops.send("ops", message()).words
    assert ops.takes_single_firings("ops") is False, "nothing is raised where rules are watched"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "ops")
    assert channels(folder=tmp_path, ops="file:ops").problem("ops").startswith("ops is no file; expected ")


def test_a_folder_that_does_not_answer_is_waited_for_once_and_the_file_is_read_when_it_does(tmp_path, monkeypatch):
    (tmp_path / "ops").write_text(ADDRESS)
    answers, real = threading.Event(), Path.open
    monkeypatch.setattr(addresses, "_PATIENCE", 0.02)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode: answers.wait(30) and real(path, mode))
        for _ in range(3):
            with pytest.raises(ConfigError, match="the file ops cannot be read, as its folder does not answer"):
                found("file:ops", tmp_path)
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("tracker-address") == 1, "none is added each time"
        assert channels(folder=tmp_path, ops="file:ops").problem("ops").endswith("its folder does not answer")
        answers.set()
        wait_for(lambda: not addresses._under_way, "it is read")
    monkeypatch.undo()
    assert found("file:ops", tmp_path) == ADDRESS


def test_without_a_thread_a_file_is_read_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "ops").write_text(ADDRESS)

    def fail(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("tracker.alerts.channels.addresses.threading.Thread.start", fail)
    assert [found("file:ops", tmp_path) for _ in range(2)] == [ADDRESS] * 2


def test_who_asks_for_an_address_while_it_is_read_gets_it_too(tmp_path, monkeypatch):
    (tmp_path / "ops").write_text(ADDRESS)
    asked, answers, real = threading.Event(), threading.Event(), Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: asked.set() or (answers.wait(30) and real(path, mode)))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(found, "file:ops", tmp_path)
        assert asked.wait(10)
        second = pool.submit(found, "file:ops", tmp_path)
        assert not second.done()
        answers.set()
        assert [each.result(10) for each in (first, second)] == [ADDRESS] * 2


def test_an_address_is_read_anew_for_each_message(tmp_path, monkeypatch):
    ops = channels(ops={"address": "env:OPS_URL", "base": closed_base()})
    monkeypatch.setenv("OPS_URL", "json://example.org")
    assert ops.problem("ops") == ""
    assert ops.send("ops", message()).words == "the webhook refuses the connection"
    monkeypatch.delenv("OPS_URL")
    assert ops.send("ops", message()).words == ops.problem("ops") == "the variable OPS_URL is not set"


def test_a_channel_that_was_taken_out_of_the_settings_is_an_outcome():
    outcome = channels().send("ops", message())
    assert (outcome.arrived, outcome.may_have_arrived) == (False, False)
    assert outcome.words == channels().problem("ops") == "there is no channel 'ops' in the settings any more"
    assert not channels().takes_pictures("ops")
    assert not channels().takes_single_firings("ops")
