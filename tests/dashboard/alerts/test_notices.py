"""What is to know of alerts beside their states."""

from datetime import UTC

import pytest

from tests.dashboard.alerts.test_view import MARKET, MINUTE, NOW
from tracker.alerts.states.alert_status import AlertStatus, ChannelState
from tracker.dashboard.alerts.notices import notices
from tracker.dashboard.alerts.view import Words

WORDS = Words((MARKET,), NOW, UTC)
WATCHED = AlertStatus(watcher="dashboard (pid 7)")


def told(status=WATCHED, *, has_rules=True):
    found = notices(status, WORDS, has_rules=has_rules)
    return [f"{notice.title}: {notice.text}" for notice in found]


def test_where_all_is_well_nothing_is_said():
    assert told() == []
    assert told(None, has_rules=False) == []


@pytest.mark.parametrize("status", [None, AlertStatus()])
def test_rules_that_nobody_watches_are_a_problem_with_what_to_type(status):
    [text] = told(status)
    assert text.startswith("Nobody watches these rules: Nothing is sent. To watch them, type tracker dashboard")


def test_a_process_that_is_silent_or_in_trouble_is_named():
    [text] = told(AlertStatus(watcher="collect (pid 7)", silent_for=90.0))
    assert text == "The rules may not be watched: collect (pid 7) has been silent for 1 min 30 s."
    [text] = told(AlertStatus(watcher="x", problem="cannot use /home/me/.alerts.db: the disk is full"))
    assert text == "Alerts do not work as they should: cannot use .alerts.db: the disk is full."


def test_a_dead_channel_says_what_the_other_side_answered():
    dead = ChannelState(
        "ops", waiting=2, words="503 Service Unavailable", failing_since=NOW - MINUTE, tries=3, next_try=NOW
    )
    [text] = told(AlertStatus(watcher="x", channels=(dead, ChannelState("family", waiting=4))))
    assert text == "Channel ops: Not sent since 15:09 UTC: 503 Service Unavailable; 2 messages wait."


@pytest.mark.parametrize(
    ("tries", "next_try", "foot"),
    [(3, NOW, "3 tries; trying now"), (4, None, "4 tries"), (4, NOW + MINUTE, "4 tries; next try in 1 min")],
)
def test_only_the_last_line_of_a_dead_channel_changes_with_each_try(tries, next_try, foot):
    dead = ChannelState("ops", words="503", failing_since=NOW - MINUTE, tries=tries, next_try=next_try)
    [notice] = notices(AlertStatus(watcher="x", channels=(dead,)), WORDS, has_rules=True)
    assert (notice.text, notice.foot) == ("Not sent since 15:09 UTC: 503.", foot)


def test_a_channel_that_cannot_be_used_is_said_before_there_is_anything_to_send():
    [text] = told(AlertStatus(watcher="x", channels=(ChannelState("ops", words="the variable OPS_URL is not set"),)))
    assert text == "Channel ops: The process that watches cannot send to it: the variable OPS_URL is not set."


def test_a_channel_that_is_gone_while_messages_wait_for_it_is_said():
    gone = (ChannelState("ops", exists=False, waiting=1), ChannelState("family", exists=False))
    [text] = told(AlertStatus(watcher="x", channels=gone))
    assert text == "Channel ops: Not in the settings; 1 message waits."


def test_states_that_are_left_out_are_counted():
    assert told(AlertStatus(watcher="x", left_out=1_200))[0].startswith("1,200 states are not listed")
