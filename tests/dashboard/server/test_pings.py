"""A browser is alive if it answers pings, and it can answer those only that it has read."""

import pytest

from tracker.dashboard.server.pings import Pings

INTERVAL, TIMEOUT = 10.0, 30.0  # s


@pytest.fixture
def pings():
    return Pings(INTERVAL, TIMEOUT)


def overdue_after(pings, answer, rounds=20):
    """Ping every interval, and call *answer* with each payload; return after how many seconds it is too late."""
    for count in range(rounds):
        now = 1_000 + count * INTERVAL
        if pings.is_overdue(now):
            return now - 1_000
        answer(pings.next(now))
    return None


def test_a_browser_that_answers_is_never_overdue(pings):
    assert overdue_after(pings, pings.answer) is None


def test_a_browser_that_does_not_answer_is_overdue_after_the_timeout(pings):
    assert overdue_after(pings, lambda payload: None) == TIMEOUT


@pytest.mark.parametrize("pong", [b"", b"x", bytes(8)])
def test_a_pong_that_answers_no_ping_keeps_nobody_alive(pings, pong):
    assert overdue_after(pings, lambda payload: pings.answer(pong)) == TIMEOUT


def test_an_old_answer_counts_only_once(pings):
    first = pings.next(990)
    assert overdue_after(pings, lambda payload: pings.answer(first)) == TIMEOUT


def test_a_browser_on_a_slow_line_that_answers_the_ping_before_is_not_overdue(pings):
    sent = [pings.next(990)]

    def answer_late(payload):
        pings.answer(sent[-1])
        sent.append(payload)

    assert overdue_after(pings, answer_late) is None


def test_a_browser_that_answers_only_the_last_ping_answers_those_before(pings):
    pings.next(1_000)
    pings.next(1_010)
    pings.answer(pings.next(1_020))
    assert not pings.is_overdue(1_035)


def test_pings_before_this_machine_was_suspended_are_not_waited_for(pings):
    pings.next(1_000)
    assert not pings.is_overdue(5_000)
    pings.next(5_000)
    assert not pings.is_overdue(5_010)
