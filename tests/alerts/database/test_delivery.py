"""When a delivery that failed is tried again, and what an export says of the past."""

import json

import pytest

from tests.support.alert_database import NOW, fired
from tracker.alerts.database.delivery import Dispatch, PastEvent, retry_at


@pytest.mark.parametrize(("attempt", "wait"), [(1, 60_000), (2, 120_000), (3, 240_000), (4, None), (9, None)])
def test_a_channel_is_tried_again_after_a_minute_that_doubles_then_the_next_one_is_used(attempt, wait):
    assert retry_at(attempt, NOW) == (wait and NOW + wait)


@pytest.mark.parametrize(("wait", "expected"), [(0, NOW), (5_000, NOW + 5_000), (3_600_000, NOW + 3_600_000)])
def test_a_service_that_names_a_waiting_time_gets_it(wait, expected):
    assert retry_at(1, NOW, wait) == expected


@pytest.mark.parametrize(("attempt", "least"), [(2, 60_000), (3, 120_000)])
def test_a_service_that_names_a_short_time_again_is_not_given_up_within_seconds(attempt, least):
    assert retry_at(attempt, NOW, 1_000) == NOW + least
    assert retry_at(attempt, NOW, 3_600_000) == NOW + 3_600_000
    assert retry_at(4, NOW, 1_000) is None


def test_a_service_that_wants_more_than_an_hour_is_left_for_the_next_channel():
    assert retry_at(1, NOW, 3_600_001) is None


def test_an_export_of_the_past_is_plain_and_says_where_it_was_sent():
    past = PastEvent(fired(), (Dispatch("ops", 4, None, None), Dispatch("family", 1, NOW + 5, None)))
    plain = json.loads(json.dumps(past.to_plain(), allow_nan=False))
    assert plain == fired().to_plain() | {"sent": {"ops": None, "family": NOW + 5}}
