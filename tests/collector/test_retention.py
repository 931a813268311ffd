"""Collector: how much is stored, what it purges, and that it trusts the clock only if an exchange confirms it."""

import pytest

from tests.support.collector_world import DAY, CollectorWorld, ticker
from tests.support.fakes import EUR, run
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed
from tracker.core.errors import StoreError, Unreachable
from tracker.core.stored_size import StoredSize

# Polled once a minute: the tests cover hours, and only the clock matters.
ONCE_A_MINUTE = [Feed(EUR, 60_000)]


def purge_limits(date):
    """Return the times (s) before which rows were purged within an hour; the exchange's clock shows date(now)."""
    limits = []
    world = CollectorWorld(
        lambda path, now: Response(ticker(path, now), date=date(now)), feeds=ONCE_A_MINUTE, retention=DAY
    )
    world.store.purge = lambda market, before: limits.append(before // 1000) or 1
    world.run(3650)
    return limits


def test_rows_older_than_retention_are_purged_every_hour():
    first, second = purge_limits(lambda now: now)
    assert 1_000_000 <= first + DAY // 1000 <= 1_000_002
    assert second == first + 3600


@pytest.mark.parametrize(
    "date",
    [lambda now: now - 200 * 86_400, lambda now: now + 7_200, lambda now: None],
    ids=["behind", "ahead", "unknown"],
)
def test_nothing_is_purged_while_no_exchange_confirms_the_clock(date):
    assert purge_limits(date) == []


@pytest.mark.parametrize("quiet", [0, 300], ids=["at once", "after minutes of silence"])
def test_nothing_is_purged_after_the_clock_was_set_ahead_even_if_it_was_confirmed_before(quiet):
    """The exchange is unreachable by then, so no response contradicts the clock."""
    limits = []
    world = CollectorWorld(
        lambda path, now: Unreachable("away") if now > 1_000_600 else Response(ticker(path, now), date=now),
        feeds=ONCE_A_MINUTE,
        retention=DAY,
    )
    world.store.purge = lambda market, before: limits.append(before) or 1

    async def scenario():
        await world.clock.sleep(600 + quiet)
        world.clock.shift = 366 * 86_400.0
        await world.clock.sleep(7200)

    run(world.collect_during(scenario))
    assert limits
    assert max(limits) < 1_000_600_000


def test_the_size_of_the_store_is_published_soon_and_then_every_ten_minutes(monkeypatch):
    times = []
    world = CollectorWorld(lambda path, now: Response(ticker(path, now)), feeds=ONCE_A_MINUTE)

    def measure(store, now):
        times.append(now // 1000 - 1_000_000)
        if len(times) == 2:
            raise StoreError("away")
        return StoredSize(len(times))

    monkeypatch.setattr("tracker.collector.writer.measure", measure)
    world.run(2_400)
    assert times == [5, 20, 50, 110, 230, 470, 950, 1550, 2150]
    assert world.board.status().stored == StoredSize(9)
