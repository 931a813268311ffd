"""BackfillRequest: submitted by one process, fulfilled by another, and not lost in between."""

import asyncio

import pytest

from tests.support.backfill_world import request_of
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.request import DONE, REQUEST, BackfillRequest
from tracker.core.errors import LeaseError


@pytest.fixture
def coordination():
    return MemoryCoordination()


def test_a_request_is_read_by_every_process(coordination):
    assert BackfillRequest(coordination).read() is None
    assert BackfillRequest(coordination).submit(5000) == 5000
    assert BackfillRequest(coordination).read() == 5000


def test_the_earlier_of_two_requested_times_is_pending(coordination):
    assert [BackfillRequest(coordination).submit(since) for since in (5000, 3000, 4000)] == [5000, 3000, 3000]


def test_the_document_begins_with_the_number_of_its_format(coordination):
    BackfillRequest(coordination).submit(5000)
    assert coordination.read(REQUEST).startswith(b'{"format": 1, ')


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '"a"', "5", "[" * 100_000),
        *(f'{{"format": 1, "since": {since}}}' for since in ('"x"', "true", "-1", "1.5", "null")),
        *('{"format": 2, "since": 5000}', '{"since": 5000}', '{"format": 1}'),
    ],
)
def test_an_unreadable_document_is_not_a_request(coordination, text):
    coordination.publish(REQUEST, text.encode())
    request = BackfillRequest(coordination)
    assert (request.read(), request.state()) == (None, "unknown")


def test_a_request_is_complete_only_if_it_was_completed_after_it_was_submitted(coordination):
    request = request_of(coordination, "kraken")
    request.submit(5000)
    coordination.remove(REQUEST)
    assert (request.state(), request.is_complete(5000)) == ("none", False)
    request.submit(5000)
    request.complete(5000, "kraken")
    assert (request.state(), request.is_complete(5000), request.is_complete(4000)) == ("none", True, False)
    request.submit(5000)
    assert (request.state(), request.is_complete(5000)) == ("pending", False)


def test_the_state_is_unknown_while_the_coordination_cannot_be_read():
    class Broken(MemoryCoordination):
        def read(self, name):
            raise LeaseError("cannot read")

    request = BackfillRequest(Broken())
    assert (request.read(), request.state(), request.is_complete(5000)) == (None, "unknown", False)


def test_a_request_is_complete_once_every_exchange_has_completed_it(coordination):
    request = request_of(coordination, "kraken", "coinbase")
    request.submit(5000)
    request.complete(5000, "kraken")
    assert request.read() == 5000
    request.complete(5000, "coinbase")
    assert request.read() is None
    assert coordination.names() == (DONE,)


def test_a_request_that_was_extended_during_a_pass_stays_pending(coordination):
    request = request_of(coordination, "kraken")
    request.submit(5000)
    BackfillRequest(coordination).submit(3000)
    request.complete(5000, "kraken")
    assert request.read() == 3000
    request.complete(3000, "kraken")
    assert request.read() is None


def test_a_request_that_was_extended_while_another_is_completed_stays_pending():
    class SlowCoordination(MemoryCoordination):
        def publish(self, name, data, *, ephemeral=False):
            super().publish(name, data, ephemeral=ephemeral)
            if name == DONE:
                BackfillRequest(self).submit(3000)

    request = request_of(SlowCoordination(), "kraken")
    request.submit(5000)
    request.complete(5000, "kraken")
    assert request.read() == 3000


def test_a_late_completion_of_a_shorter_request_does_not_undo_that_of_a_longer_one(coordination):
    request = request_of(coordination, "kraken", "coinbase")
    request.submit(5000)
    BackfillRequest(coordination).submit(3000)
    request.complete(3000, "kraken")
    request.complete(5000, "coinbase")
    request.complete(5000, "kraken")
    assert request.read() == 3000
    request.complete(3000, "coinbase")
    assert request.read() is None


def test_the_completion_of_one_request_does_not_count_for_the_next(coordination):
    request = request_of(coordination, "kraken", "coinbase")
    for _ in range(2):
        request.submit(3000)
        request.complete(3000, "kraken")
        assert request.read() == 3000
        request.complete(3000, "coinbase")
        assert request.read() is None


def test_a_request_sent_while_another_for_the_same_time_is_completed_is_noticed_and_fulfilled():
    class Resubmitting(MemoryCoordination):
        """Another process submits a request between the two reads of complete()."""

        def publish(self, name, data, *, ephemeral=False):
            super().publish(name, data)
            if name == DONE and not resubmitted:
                resubmitted.append(BackfillRequest(self).submit(5000))

    async def scenario():
        noticed = asyncio.Event()
        request = request_of(Resubmitting(), "kraken")
        request.submit(5000)
        watching = asyncio.ensure_future(request.watch(noticed.set))
        try:
            for is_left in (True, False):
                await asyncio.wait_for(noticed.wait(), 20)
                noticed.clear()
                request.complete(5000, "kraken")
                assert (request.read() == 5000) == is_left
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    resubmitted = []
    asyncio.run(scenario())


def test_a_watch_notices_each_new_request_until_it_is_cancelled(coordination):
    async def scenario():
        noticed = asyncio.Event()
        request = BackfillRequest(coordination)
        watching = asyncio.ensure_future(request.watch(noticed.set))
        for since in (5000, 3000):
            await asyncio.sleep(0)
            request.submit(since)
            await asyncio.wait_for(noticed.wait(), 20)
            noticed.clear()
        watching.cancel()
        await asyncio.wait([watching])
        assert watching.cancelled()

    asyncio.run(scenario())
    assert coordination.shared["watches"] == []
