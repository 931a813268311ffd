"""RateLimiter: no window holds more requests than allowed, polls go first, and pauses are kept."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fakes import FakeClock, run
from tracker.collector.client.rate_limit import (
    FIRST_PAUSE,
    LONG_PAUSE,
    LONGEST_PAUSE,
    STARVATION,
    RateLimiter,
    sustained_rate,
)

SINGLE_RATES = st.tuples(st.integers(1, 40), st.sampled_from([0.5, 1.0, 10.0, 60.0])).map(lambda rate: [rate])
RATES = SINGLE_RATES | st.sampled_from([[(10, 1.0), (30, 10.0)], [(5, 1.0), (60, 60.0)], [(400, 1.0), (10_000, 600.0)]])


async def acquire_times(limiter, clock, count, *, urgent=True):
    """Return the times (s) at which *count* concurrent requests were let through."""
    times = []

    async def acquire():
        await limiter.acquire(urgent=urgent)
        times.append(clock.monotonic())

    await asyncio.gather(*(acquire() for _ in range(count)))
    return times


@given(RATES, st.integers(1, 80))
@settings(max_examples=60)
def test_no_window_holds_more_requests_than_is_allowed(rates, count):
    async def scenario():
        clock = FakeClock()
        return await acquire_times(RateLimiter(rates, clock), clock, count)

    times = run(scenario())
    assert len(times) == count
    for limit, seconds in rates:
        for first in range(len(times) - limit):
            # A request at the start of a window and one at its end are not both inside it.
            assert times[first + limit] - times[first] >= seconds - 0.002 * limit


@given(RATES)
@settings(max_examples=30)
def test_the_sustained_rate_can_be_sustained(rates):
    count = 200

    async def scenario():
        clock = FakeClock()
        return await acquire_times(RateLimiter(rates, clock), clock, count)

    # Milliseconds are rounded up at each step.
    assert run(scenario())[-1] <= count / sustained_rate(rates) + 0.002 * count


@pytest.mark.parametrize(
    ("rates", "limit"), [([(1, 1.0)], 1.0), ([(10, 1.0)], 8.0), ([(400, 1.0), (10_000, 600.0)], 13.3)]
)
def test_the_sustained_rate_leaves_room_for_a_burst(rates, limit):
    assert sustained_rate(rates) == pytest.approx(limit, rel=0.01)


def test_a_poll_precedes_history_that_has_waited_longer():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 1.0)], clock)
        order = []

        async def acquire(name, urgent):
            await limiter.acquire(urgent=urgent)
            order.append(name)

        await limiter.acquire()
        history = [asyncio.ensure_future(acquire(f"history {n}", False)) for n in range(2)]
        await clock.sleep(0.1)
        await asyncio.gather(*(acquire(f"poll {n}", True) for n in range(3)), *history)
        return order

    assert run(scenario()) == ["poll 0", "poll 1", "poll 2", "history 0", "history 1"]


def test_history_waits_while_its_request_would_delay_the_next_poll():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 1.0)], clock)
        limiter.expect_poll("poller", 1.4)
        return (await acquire_times(limiter, clock, 2, urgent=False)), clock

    first, second = run(scenario())[0]
    # At 0 s the token is back in time for the poll; the next one, at 1 s, would not be.
    assert first == 0
    assert second >= 1.4


def test_a_poller_that_has_ended_does_not_delay_history():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 1.0)], clock)
        limiter.expect_poll("ended", 1.4)
        limiter.forget("ended")
        limiter.forget("never expected")
        return await acquire_times(limiter, clock, 2, urgent=False)

    assert run(scenario()) == [0, pytest.approx(1.0, abs=0.15)]


def test_history_is_not_starved_when_polls_take_the_whole_rate():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 1.0)], clock)

        async def poll():
            while True:
                await limiter.acquire()
                limiter.expect_poll("poller", clock.monotonic() + 1.0)
                await clock.sleep(1.0)

        polling = asyncio.ensure_future(poll())
        await clock.sleep(0.5)
        [time] = await acquire_times(limiter, clock, 1, urgent=False)
        polling.cancel()
        return time

    assert STARVATION <= run(scenario()) <= STARVATION + 3


def test_a_demanded_pause_delays_every_request():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(100, 1.0)], clock)
        limiter.back_off(30.0)
        assert limiter.paused_for == 30.0
        return await acquire_times(limiter, clock, 1), await acquire_times(limiter, clock, 1, urgent=False)

    assert run(scenario()) == ([30.0], [30.0])


def test_a_pause_of_unknown_length_doubles_with_each_refusal_until_a_response():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(100, 1.0)], clock)
        pauses = []
        for _ in range(3):
            limiter.back_off(0.0)
            pauses.append(limiter.paused_for)
            await clock.sleep(limiter.paused_for)
        limiter.reset()
        limiter.back_off(0.0)
        return [*pauses, limiter.paused_for]

    assert run(scenario()) == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, FIRST_PAUSE]


def test_a_shorter_pause_does_not_end_a_longer_one():
    async def scenario():
        limiter = RateLimiter([(10, 1.0)], FakeClock())
        for seconds in (100.0, 5.0):
            limiter.back_off(seconds)
        return limiter.paused_for

    assert run(scenario()) == 100.0


def test_an_absurd_pause_is_cut_to_the_longest_allowed():
    async def scenario():
        limiter = RateLimiter([(1, 1.0)], FakeClock())
        limiter.back_off(1e12)
        return limiter.paused_for

    assert run(scenario()) == LONGEST_PAUSE


def test_a_request_cancelled_while_it_waits_leaves_the_queue():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 10.0)], clock)
        await limiter.acquire()
        waiting = asyncio.ensure_future(limiter.acquire())
        await clock.sleep(1)
        waiting.cancel()
        await asyncio.wait([waiting])
        # A cancelled poll must not delay history indefinitely.
        return await acquire_times(limiter, clock, 1, urgent=False)

    assert run(scenario())[0] == pytest.approx(10.0, abs=0.3)


def test_no_request_waits_for_the_end_of_a_long_pause_also_one_that_waited_when_it_began():
    async def scenario():
        clock = FakeClock()
        limiter = RateLimiter([(1, 1.0)], clock)
        assert await limiter.acquire()
        waiting = asyncio.ensure_future(limiter.acquire())
        await clock.sleep(0.5)
        limiter.back_off(LONG_PAUSE + 1)
        return [await waiting, clock.monotonic(), await limiter.acquire(), await limiter.acquire(urgent=False)]

    assert run(scenario()) == [False, pytest.approx(1.0, abs=0.01), False, False]
