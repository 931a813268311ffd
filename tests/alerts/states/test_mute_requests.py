"""Requests to mute: which of several counts, and what becomes of those that are malformed."""

from itertools import permutations

import pytest

from tests.support.alert_world import START
from tracker.alerts.states.mutes import MOST_REQUESTS, PREFIX, Mute, MuteRequests
from tracker.core.durations import HOUR, MINUTE


def request(world, until):
    """Request a mute, as a page does, and let it count."""
    MuteRequests(world.coordination).submit("high", None, until, world.clock.now())
    world.wait(MINUTE)


def test_requests_that_nobody_can_read_are_removed_and_change_nothing(world):
    watched = world()
    for number, data in enumerate((b"", b"{}", b'{"format": 2}', b"[1]", b'{"format":1,"at":"x"}')):
        watched.coordination.publish(f"{PREFIX}{number}", data)
    request(watched, START + HOUR)
    assert [each.rule for each in watched.term.status().mutes] == ["high"]
    assert watched.coordination.names(PREFIX) == ()


def test_the_latest_of_several_requests_counts(world):
    watched = world()
    requests = MuteRequests(watched.coordination)
    for at, until in ((3, 300), (5, 500), (4, 400)):
        requests.submit("high", None, until, at)
    for names in permutations(requests.pending()):
        assert requests.changed((), names) == (Mute("high", None, 500),)


def test_of_more_requests_than_are_fulfilled_at_a_time_the_latest_counts_too(world):
    watched = world()
    requests = MuteRequests(watched.coordination)
    for after in range(MOST_REQUESTS + 20):
        requests.submit("high", None, START + HOUR + after, START + after)
    requests.submit("high", None, START + 2 * HOUR, START + MINUTE)
    watched.wait(MINUTE)
    assert watched.term.status().mutes == (Mute("high", None, START + 2 * HOUR),)
    assert watched.coordination.names(PREFIX) == ()


def test_a_request_is_not_fulfilled_before_those_that_are_older_than_the_first_200(world):
    requests = MuteRequests(world().coordination)
    for at in range(MOST_REQUESTS + 1):
        requests.submit("high", None, START + HOUR, START + at)
    requests.submit("other", None, START + HOUR, START + MINUTE)
    requests.remove(requests.pending())
    assert not requests.are_fulfilled(START + MOST_REQUESTS)
    requests.remove(requests.pending()[:1])
    assert requests.are_fulfilled(START + MOST_REQUESTS)
    assert not requests.are_fulfilled(START + MINUTE)


@pytest.mark.parametrize(
    "fields",
    [
        '"until": 1e999',
        '"until": -1',
        f'"until": {10**18}',
        '"until": 253402300799000',
        '"rule": "\\ud800"',
        '"rule": "high\\u0000"',
        '"at": 1e999',
    ],
)
def test_a_request_that_no_mute_can_be_made_of_is_removed_and_the_others_count(world, fields):
    watched = world()
    forged = f'{{"format": 1, "at": 1, "rule": "high", "market": "", "until": {START + HOUR}, {fields}}}'
    watched.coordination.publish(f"{PREFIX}{'f' * 32}", forged.encode())
    request(watched, START + 2 * HOUR)
    assert [each.until for each in watched.term.status().mutes] == [START + 2 * HOUR]
    assert watched.coordination.names(PREFIX) == ()
