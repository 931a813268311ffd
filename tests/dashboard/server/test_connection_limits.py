"""A page's browser may cost the server so much and no more."""

from dataclasses import replace

import pytest

from tracker.dashboard.server.connection_limits import ConnectionLimiter, Rates, TokenBucket
from tracker.dashboard.server.message_check import PageMessage, PolicyViolation

RATES = Rates(
    frames=(10.0, 10),
    data=(1_000.0, 10_000),
    connections=(1.0, 10),
    state_requests=6,
    max_connections=4,
)
OPEN = PageMessage("comm_open", "control", "", 0)
ALL_STATES = PageMessage("comm_msg", "control", "request_states", 0)
ONE_STATE = PageMessage("comm_msg", "widget", "request_state", 0)
COMMS = PageMessage("comm_info_request", "", "", 0)
UPDATE = PageMessage("comm_msg", "widget", "update", 0)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return ConnectionLimiter(RATES, clock)


def passes(limiter, message, size=10):
    """Return whether *message* passes; any other exception is raised."""
    try:
        limiter.check(message, size)
    except PolicyViolation:
        return False
    return True


def count(limiter, message, attempts=100):
    """Return how often *message* passes."""
    return sum(passes(limiter, message) for _ in range(attempts))


def test_a_token_bucket_allows_a_burst_and_then_the_rate(clock):
    bucket = TokenBucket(10.0, 5.0, clock)
    assert [bucket.consume() for _ in range(6)] == [True] * 5 + [False]
    clock.now += 0.1
    assert [bucket.consume() for _ in range(2)] == [True, False]
    clock.now += 3_600
    assert sum(bucket.consume() for _ in range(100)) == 5


def test_no_more_websockets_are_admitted_than_allowed_however_many_ask_at_once(limiter):
    assert all(limiter.attempt() for _ in range(6))
    assert [limiter.admit() for _ in range(6)] == [True] * 4 + [False] * 2
    assert not limiter.attempt()
    limiter.release()
    assert [limiter.attempt(), limiter.admit(), limiter.admit()] == [True, True, False]


def test_websockets_that_are_opened_and_closed_are_limited_in_time(limiter, clock):
    assert sum(limiter.attempt() for _ in range(30)) == 10
    clock.now += 2
    assert sum(limiter.attempt() for _ in range(30)) == 2


def test_the_state_of_all_widgets_is_sent_a_few_times_a_minute(limiter, clock):
    assert passes(limiter, OPEN)
    assert count(limiter, ALL_STATES) == 6
    clock.now += 50
    assert count(limiter, ALL_STATES) == 0
    clock.now += 10
    assert count(limiter, ALL_STATES) == 6


@pytest.mark.parametrize("message", [OPEN, COMMS, ONE_STATE])
def test_other_requests_with_large_answers_are_limited_too(limiter, clock, message):
    assert count(limiter, message) == 6
    clock.now += 60
    assert count(limiter, message) == 6


def test_a_page_that_gets_no_answer_for_all_widgets_may_ask_for_each(limiter):
    widgets = [replace(ONE_STATE, comm=str(number)) for number in range(900)]
    assert all(passes(limiter, widget) for widget in widgets)
    assert count(limiter, UPDATE) == 100


def test_a_control_comm_is_asked_for_states_only_and_no_other_comm_is(limiter):
    """Otherwise the kernel logs a traceback."""
    assert not passes(limiter, ALL_STATES), "it is not open"
    assert passes(limiter, OPEN)
    assert not passes(limiter, replace(ALL_STATES, method="update"))
    assert passes(limiter, ALL_STATES)
    assert passes(limiter, PageMessage("comm_close", "control", "", 0))


def test_several_control_comms_are_known(limiter):
    comms = [str(number) for number in range(3)]
    assert all(passes(limiter, replace(OPEN, comm=comm)) for comm in comms)
    assert all(passes(limiter, replace(ALL_STATES, comm=comm)) for comm in comms)


def test_bytes_are_limited(limiter, clock):
    assert [passes(limiter, UPDATE, 4_000) for _ in range(3)] == [True, True, False]
    clock.now += 2
    assert passes(limiter, UPDATE, 4_000)


def test_a_duplicate_is_recognised_and_old_messages_are_forgotten(limiter):
    assert [limiter.is_duplicate(digest) for digest in (1, 2, 3, 1, 2, 3)] == [False] * 3 + [True] * 3
    for digest in range(100, 20_000):
        limiter.is_duplicate(digest)
    assert not limiter.is_duplicate(1)
