"""Logins from an address are delayed after some failures, for longer each time, in bounded memory."""

import pytest

from tracker.dashboard.server.failed_logins import FailedLogins

HERE, ELSEWHERE = "192.0.2.7", "192.0.2.8"


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def failed(clock):
    return FailedLogins(free=10, first=1, longest=60, kept=900, max_addresses=100, clock=clock)


def fail(failed, address=HERE, times=1):
    for _ in range(times):
        failed.record(address)


def test_ten_failures_have_no_delay_and_then_it_doubles_up_to_a_minute(failed, clock):
    fail(failed, times=9)
    assert failed.seconds_left(HERE) == 0
    delays = []
    for _ in range(9):
        fail(failed)
        delays.append(failed.seconds_left(HERE))
        clock.now += delays[-1]
        assert failed.seconds_left(HERE) == 0
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_delay_ends_by_itself_however_often_it_is_asked_for(failed, clock):
    fail(failed, times=11)
    for left in (2, 1.5, 1, 0.5, 0):
        assert failed.seconds_left(HERE) == left
        clock.now += 0.5


def test_other_addresses_are_not_delayed(failed):
    fail(failed, times=20)
    assert failed.seconds_left(ELSEWHERE) == 0


def test_failures_are_forgotten_after_a_while_without_any(failed, clock):
    fail(failed, times=30)
    clock.now += 899
    fail(failed)
    assert failed.seconds_left(HERE) == 60
    clock.now += 900
    fail(failed, times=9)
    assert failed.seconds_left(HERE) == 0


def test_ever_more_failures_neither_overflow_nor_wait_longer(failed):
    fail(failed, times=3_000)
    assert failed.seconds_left(HERE) == 60


def test_the_address_that_failed_longest_ago_is_forgotten_first(failed):
    fail(failed, HERE, times=10)
    fail(failed, ELSEWHERE, times=10)
    fail(failed, HERE)
    for number in range(99):
        fail(failed, f"198.51.100.{number}")
    assert len(failed) == 100
    assert (failed.seconds_left(HERE), failed.seconds_left(ELSEWHERE)) == (2, 0)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1:2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
        ("no address", "192.0.2.7", False),
    ],
)
def test_addresses_of_one_ipv6_network_count_together(failed, one, other, is_same):
    fail(failed, one, times=10)
    assert (failed.seconds_left(other) > 0) == is_same
