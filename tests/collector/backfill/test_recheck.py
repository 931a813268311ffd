"""Rechecks: gaps that a fulfilled request left are asked for again, also after a restart."""

import pytest

from tests.support.backfill_world import START, BackfillWorld, candles, no_candles, request_of
from tests.support.fakes import run
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.recheck import RECHECK, WAITS, Rechecks
from tracker.core.errors import LeaseError, Unreachable

NOW = 1_763_900_000_000
DAY = 86_400_000
THREE_HOURS_AGO = round((START - 3 * 3600) * 1000)


@pytest.fixture
def coordination():
    return MemoryCoordination()


def test_a_check_is_due_after_each_wait_and_none_after_the_last(coordination):
    Rechecks(coordination).plan("kraken", 5000, NOW)
    now = NOW
    for wait in WAITS:
        assert Rechecks(coordination).due("kraken", now + wait - 1) is None
        now += wait
        assert Rechecks(coordination).next_at("kraken") == now
        assert Rechecks(coordination).due("kraken", now) == 5000
        Rechecks(coordination).checked("kraken", now, gapless=False)
    assert coordination.names() == ()


def test_a_check_that_leaves_no_gap_is_the_last(coordination):
    rechecks = Rechecks(coordination)
    rechecks.plan("kraken", 5000, NOW)
    rechecks.plan("coinbase", 6000, NOW)
    rechecks.checked("kraken", NOW + WAITS[0], gapless=True)
    assert (rechecks.next_at("kraken"), rechecks.next_at("coinbase")) == (None, NOW + WAITS[0])


def test_of_two_requests_the_earlier_time_is_checked(coordination):
    rechecks = Rechecks(coordination)
    for since in (5000, 3000, 4000):
        rechecks.plan("kraken", since, NOW)
    assert rechecks.due("kraken", NOW + WAITS[0]) == 3000


def test_no_gap_is_checked_beyond_the_retention(coordination):
    rechecks = Rechecks(coordination)
    rechecks.retention = DAY
    rechecks.plan("kraken", NOW - DAY, NOW)
    assert rechecks.due("kraken", NOW + WAITS[0]) == NOW + WAITS[0] - DAY


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"format": 2, "exchanges": {}}', '{"format": 1}', "[" * 100_000),
        *(f'{{"format": 1, "exchanges": {{"kraken": {entry}}}}}' for entry in ("1", "null", "{}", '{"since": 1}')),
        '{"format": 1, "exchanges": {"kraken": {"since": "x", "at": 1}}}',
    ],
)
def test_an_unreadable_document_plans_nothing(coordination, text):
    coordination.publish(RECHECK, text.encode())
    assert Rechecks(coordination).due("kraken", NOW) is None


def test_a_coordination_that_fails_costs_the_checks_only(caplog):
    class Broken(MemoryCoordination):
        def publish(self, name, data, *, ephemeral=False):
            raise LeaseError("disk full")

    Rechecks(Broken()).plan("kraken", 5000, NOW)
    assert "gaps before the span are not asked for again: disk full" in caplog.text


def with_late_candles(path, now):
    """Respond with five hours of candles, but without the second last of the first three until an hour has passed."""
    return [
        row
        for row in candles(START - 5 * 3600, now // 60 * 60)
        if now > START + 3000 or not 6000 < START - row[0] < 8000
    ]


def test_a_gap_before_the_span_is_asked_for_again_after_an_hour_also_after_a_restart(coordination):
    request = request_of(coordination, "fake")
    request.submit(THREE_HOURS_AGO)
    world = BackfillWorld(with_late_candles, request=request)

    async def scenario():
        await world.run_passes(seconds=300)
        assert request.read() is None
        assert world.result().gaps_left == 1, "it is still named after the passes over the span alone"
        before = len(world.closes())
        world.request = request_of(coordination, "fake")
        await world.run_passes(seconds=WAITS[0] / 1000 - 400)
        assert not [close for close in world.closes()[before:] if close < START - 5000]
        await world.run_passes(seconds=400)

    run(scenario())
    assert {START - 60 * n for n in range(101, 133)} <= set(world.closes())
    assert len(world.closes()) == len(set(world.closes()))
    assert RECHECK not in coordination.names()


def test_a_check_that_could_not_be_made_stays_due(coordination):
    Rechecks(coordination).plan("fake", THREE_HOURS_AGO, round(START * 1000) - WAITS[0])
    world = BackfillWorld(lambda path, now: Unreachable("no answer"), request=request_of(coordination, "fake"))
    run(world.run_passes(seconds=60))
    assert Rechecks(coordination).due("fake", round(START * 1000)) == THREE_HOURS_AGO


def test_a_request_within_the_span_plans_no_check_as_its_gaps_are_asked_for_again_anyway(coordination):
    request = request_of(coordination, "fake")
    request.submit(round((START - 1800) * 1000))
    world = BackfillWorld(no_candles, request=request)
    run(world.run_passes(seconds=60))
    assert (request.read(), world.result().gaps_left, coordination.names()) == (None, 1, ("backfill-done",))


def test_a_request_that_leaves_no_gap_plans_no_check(coordination):
    request = request_of(coordination, "fake")
    request.submit(THREE_HOURS_AGO)
    world = BackfillWorld(lambda path, now: candles(START - 5 * 3600, now // 60 * 60), request=request)
    run(world.run_passes(seconds=300))
    assert RECHECK not in coordination.names()
