"""Where rules stand, in words."""

from dataclasses import replace

import pytest

from tests.support.alert_words import AT, BERLIN, GBP, MINUTE, rule
from tests.support.rule_rows import PRICE
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.states.alert_status import ChannelState, MarketRule
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.wording.states import channel_text, held_text, state_text, state_word

OLD = CannotTell(Reason.OLD_PRICE, PRICE, since=AT - 7 * MINUTE)


def words(of, **options) -> tuple[str, str]:
    state = MarketRule(**{"rule": of.name, "market": GBP, "phase": Phase.ARMED, "evaluated_at": AT} | options)
    return state_word(of, state, AT), state_text(of, state, AT, BERLIN)


def test_an_armed_rule_says_when_it_last_fired():
    assert words(rule()) == ("armed", "")
    assert words(rule(), fired_at=AT - 31 * MINUTE) == ("armed", "last fired 13:39 CET")
    assert words(rule(once=True), phase=Phase.DONE, fired_at=AT) == ("done", "fired 14:10 CET")


@pytest.mark.parametrize(
    ("when", "hold", "held", "text"),
    [
        ("price < 15300", 10 * MINUTE, 5 * MINUTE + 59_000, "below for 5 of 10 min"),
        ("price >= 15300", 10 * MINUTE, 40_700, "above for 40 s of 10 min"),
        ("not price >= 15300", 10 * MINUTE, 0, "below for 0 of 10 min"),
        ("change(1h) < -2%", 30_000, 10_000, "holds for 10 of 30 s"),
        ("rank(1h) == 1", 3_661_000, 61_000, "holds for 1 min of 1 h 1 min 1 s"),
        ("price >= 15300", 60 * MINUTE, 4 * MINUTE + 30_000, "above for 4 min of 1 h"),
        ("price >= 15300", 36 * 60 * MINUTE, 100_000, "above for 1 min of 36 h"),
        ("price < 1 and price > 2", 500, 7, "holds for 7 of 500 ms"),
    ],
)
def test_a_pending_rule_says_how_long_it_has_held_and_has_to_hold(when, hold, held, text):
    assert words(rule(when, hold=hold), phase=Phase.PENDING, since=AT - held) == ("pending", text)


def test_a_rule_that_is_pending_for_its_cooldown_says_so():
    of = rule(hold=5 * MINUTE, cooldown=20 * MINUTE)
    assert words(of, phase=Phase.PENDING, since=AT - 5 * MINUTE) == (
        "pending",
        "below since 14:05 CET, waits for its cooldown of 20 min",
    )


def test_a_firing_rule_says_since_when():
    assert words(rule(), phase=Phase.FIRING, since=AT - 5 * MINUTE, fired_at=AT) == ("firing", "since 14:10 CET")


def test_a_rule_that_cannot_be_told_says_why_and_what_follows():
    assert words(rule(), problem=OLD) == (
        "cannot tell",
        "The last price is from 14:03 CET; goes on with the next price that can be judged",
    )
    assert words(rule(hold=10), problem=OLD)[1].endswith("; starts over with the next price that can be judged")
    assert words(rule(), problem=OLD, phase=Phase.FIRING, since=AT, fired_at=AT) == (
        "firing",
        "since 14:10 CET; the last price is from 14:03 CET, so nobody knows whether it still holds",
    )


def test_a_rule_that_is_done_does_not_go_on_with_the_next_price():
    assert words(rule(once=True), problem=OLD, phase=Phase.DONE, fired_at=AT) == ("done", "fired 14:10 CET")


def test_a_rule_that_has_expired_says_when():
    assert words(rule(expires=AT)) == ("expired", "on 9 Nov 2026 14:10 CET")
    assert words(rule(expires=AT + 1)) == ("armed", "")


def test_a_state_is_said_alike_as_it_is_kept_and_as_it_is_published():
    of = rule(hold=10 * MINUTE)
    kept = replace(RuleState.new(of, GBP, AT), phase=Phase.PENDING, since=AT - 4 * MINUTE)
    assert (state_word(of, kept, AT), state_text(of, kept, AT, BERLIN)) == words(
        of, phase=Phase.PENDING, since=AT - 4 * MINUTE
    )


def test_a_clock_that_was_set_back_is_said():
    assert words(rule(), is_ahead=True, evaluated_at=AT + 30 * MINUTE) == (
        "armed",
        "the clock was set back; goes on at 14:40 CET",
    )


def test_what_is_held_back_says_until_when():
    state = MarketRule("drops", GBP, Phase.FIRING, AT, held_until=AT + 20 * MINUTE)
    assert held_text(state, AT, BERLIN) == "nothing is sent before 14:30 CET"
    assert held_text(MarketRule("drops", GBP, Phase.FIRING, AT), AT, BERLIN) == ""


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (ChannelState("ops"), ""),
        (ChannelState("ops", sending_since=AT, waiting=1), "sending; 1 message waits"),
        (ChannelState("ops", exists=False, waiting=1_200), "not in the settings; 1,200 messages wait"),
        (
            ChannelState("ops", words="no route to host", failing_since=AT, tries=3, next_try=AT + 50_000),
            "not sent since 14:10 CET: no route to host; 3 tries; next try in 50 s",
        ),
        (
            ChannelState("ops", words="503", failing_since=AT, tries=1, next_try=AT + 999),
            "not sent since 14:10 CET: 503; 1 try; trying now",
        ),
        (ChannelState("ops", failing_since=AT, tries=4), "not sent since 14:10 CET; 4 tries"),
        (ChannelState("ops", words="503", failing_since=AT, tries=2), "not sent since 14:10 CET: 503; 2 tries"),
    ],
)
def test_a_channel_says_what_is_wrong_with_it(state, text):
    assert channel_text(state, AT, BERLIN) == text
