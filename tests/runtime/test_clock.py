"""Clocks: the time they show, and the text form of a replay's clock."""

import asyncio
import time

import pytest

from tracker.core.errors import ConfigError
from tracker.runtime.clock import ReplayClock, WallClock, parse_clock, seconds_since_boot


def test_the_wall_clock_shows_epoch_milliseconds():
    assert abs(WallClock().now() - time.time() * 1000) < 1000


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="another system")
def test_seconds_since_boot_include_sleep():
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= seconds_since_boot() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_replay_runs_from_its_origin_at_its_speed():
    started = round(time.time() * 1000) - 10_000
    clock = ReplayClock(origin=1_522_918_800_000, started=started, speed=60)
    assert clock.now() - 1_522_918_800_000 == pytest.approx(600_000, abs=60_000)
    before = clock.monotonic()
    asyncio.run(clock.sleep(0.6))
    assert clock.monotonic() - before >= 0.6


def test_every_process_that_parses_a_replay_s_text_has_the_same_time():
    clock = ReplayClock(origin=1_522_918_800_000, started=1_763_929_200_123, speed=60)
    assert str(clock) == "2018-04-05T09:00:00Z@1763929200.123x60"
    assert parse_clock(str(clock)) == clock


def test_live_is_the_wall_clock():
    assert parse_clock("live") == WallClock()


@pytest.mark.parametrize(
    "text", ["", "now", "2018-04-05T09:00:00@1763929200x60", "2018-04-05T09:00:00Z@1763929200x0", "then@17x1", "a@bxc"]
)
def test_any_other_text_is_rejected_with_an_example(text):
    with pytest.raises(ConfigError, match="expected live, or"):
        parse_clock(text)


def test_a_negative_sleep_returns_at_once():
    before = time.monotonic()
    asyncio.run(WallClock().sleep(-1))
    asyncio.run(ReplayClock(0, 0, 1).sleep(-1))
    assert time.monotonic() - before < 5
