"""Feeds: which markets are collected, and from when on another cadence holds."""

import pytest

from tests.support.fakes import EUR, USD, FakeClock
from tracker.collector.feeds import Feeds
from tracker.collector.schedule import Feed


class SetClock(FakeClock):
    """A clock that a test sets."""

    time = 0

    def now(self):
        return self.time


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def begun():
    """The feeds whose cadence has begun to hold."""
    return []


@pytest.fixture
def feeds(clock, begun):
    made = Feeds(clock, begun.append)
    made.change([Feed(EUR, 10_000), Feed(USD, 10_000)])
    return made


def test_the_feed_of_a_market_that_is_no_longer_collected_can_be_read_but_is_not_among_them(feeds):
    assert feeds.change([Feed(USD, 10_000)]) == set()
    assert (list(feeds), EUR in feeds, len(feeds)) == ([USD], False, 1)
    assert feeds[EUR].interval == 10_000
    assert feeds.change([Feed(EUR, 20_000)]) == {EUR}
    assert feeds[EUR] == Feed(EUR, 20_000)


def test_a_cadence_holds_from_the_next_slot_of_its_grid_on(feeds, clock, begun):
    clock.time = 25_000
    new = Feed(EUR, 40_000, ("other",))
    feeds.change([new, Feed(USD, 10_000)])
    assert feeds[EUR] == Feed(EUR, 10_000, ("other",), until=40_000)
    clock.time = 39_999
    assert (feeds[EUR].interval, begun) == (10_000, [])
    clock.time = 40_000
    assert (feeds[EUR], begun) == (new, [new])


def test_a_cadence_that_is_taken_back_never_holds(feeds, clock, begun):
    feeds.change([Feed(EUR, 40_000)])
    feeds.change([Feed(EUR, 10_000)])
    clock.time = 100_000
    assert (feeds[EUR], begun) == (Feed(EUR, 10_000), [])


@pytest.mark.parametrize(
    ("interval", "until", "now", "expected"),
    [(10_000, None, 25_000, 30_000), (10_000, None, 30_000, 40_000), (60_000, 26_000, 25_000, 26_000)],
)
def test_the_next_slot_may_be_the_first_of_another_cadence(interval, until, now, expected):
    assert Feed(EUR, interval, until=until).next_slot(now) == expected
