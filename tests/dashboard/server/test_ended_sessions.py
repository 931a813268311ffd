"""Sessions that were logged out stay so when the server restarts."""

import pytest

from tracker.dashboard.server.ended_sessions import EndedSessions


def test_a_session_that_was_logged_out_stays_so_after_a_restart(tmp_path):
    sessions = EndedSessions(3, tmp_path / "sessions")
    assert "a" not in sessions
    sessions.add("a")
    assert "a" in sessions
    sessions.save()
    assert "a" in EndedSessions(3, tmp_path / "sessions")


def test_the_oldest_are_forgotten_also_in_the_file(tmp_path):
    sessions = EndedSessions(2, tmp_path / "sessions")
    for name in "abc":
        sessions.add(name)
        sessions.save()
    assert (tmp_path / "sessions").read_text() == "b\nc\n"
    assert [name in EndedSessions(1, tmp_path / "sessions") for name in "abc"] == [False, False, True]


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    sessions = EndedSessions(2)
    sessions.add("a")
    sessions.save()
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_cannot_be_written_is_reported_and_one_that_cannot_be_read_is_an_error(tmp_path, caplog):
    sessions = EndedSessions(2, tmp_path / "no folder" / "sessions")
    sessions.add("a")
    sessions.save()
    assert "log-outs are forgotten at a restart: " in caplog.text
    assert "a" in sessions
    with pytest.raises(OSError, match="directory"):
        EndedSessions(2, tmp_path)


def test_servers_of_one_port_at_two_addresses_do_not_forget_each_others_log_outs(tmp_path):
    servers = [EndedSessions(3, tmp_path / "sessions") for _ in range(2)]
    for name, sessions in zip("ab", servers, strict=True):
        sessions.add(name)
        sessions.save()
    assert [name in EndedSessions(3, tmp_path / "sessions") for name in "ab"] == [True, True]
