"""A change either way is one thing to say, and is compared with the threshold on its own way alone."""

from datetime import UTC

import pytest

from tests.support.alert_words import AT, GBP, MINUTE, USD, event, number, rule
from tracker.alerts.readings.verdict import Reading
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.states.events import EventKind
from tracker.alerts.wording.happenings import facts
from tracker.alerts.wording.meaning import meaning
from tracker.alerts.wording.now import now_text
from tracker.alerts.wording.spoken import SPOKEN
from tracker.alerts.wording.written import WRITTEN

MOVES = rule("change(10m) > 0.05% or change(10m) < -0.05%", hold=MINUTE)


def told(kind, change, of=MOVES, style=WRITTEN):
    [text] = facts(event(kind, number("change(10m) > 1%", change, 1.0)), of, style)
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("−", "-")


@pytest.mark.parametrize(
    ("kind", "change", "text"),
    [
        (EventKind.FIRED, -0.0053, "fallen by 0.53 % within 10 min, more than 0.05 %"),
        (EventKind.FIRED, 0.0053, "risen by 0.53 % within 10 min, more than 0.05 %"),
        (EventKind.RESOLVED, -0.0001, "fallen by 0.01 % within 10 min, less than 0.05 %"),
        (EventKind.RESOLVED, 0.0, "not changed within 10 min, the threshold is 0.05 % either way"),
    ],
)
def test_a_message_names_the_threshold_once(kind, change, text):
    assert told(kind, change) == f"the price of bitcoin in GBP on kraken has {text}"


def test_of_different_thresholds_the_one_on_the_way_is_named_or_else_both():
    uneven = rule("change(10m) > 2% or change(10m) < -3%")
    assert told(EventKind.RESOLVED, -0.01, uneven).endswith(" fallen by 1.00 % within 10 min, less than 3.00 %")
    assert told(EventKind.RESOLVED, 0.0, uneven).endswith(", the thresholds are 2.00 % and -3.00 %")


def test_it_is_spoken_as_it_is_written():
    assert told(EventKind.RESOLVED, -0.0001, style=SPOKEN) == (
        "the price of bitcoin in pounds sterling on kraken has fallen by 0 point 0 1 percent within 10 minutes, "
        "less than 0 point 0 5 percent"
    )


def test_what_the_form_says_of_it_is_short():
    assert meaning(MOVES).replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "Tells you each time the price of bitcoin in GBP on kraken has moved by more than 0.05 % within 10 min, "
        "for 1 min in a row."
    )


def test_of_several_markets_the_one_that_has_moved_most_is_nearest():
    of = rule("change(10m) > 2% or change(10m) < -2%", markets=(GBP, USD))
    [measure] = measures_of(of.expression)
    readings = {GBP: {measure: Reading(0.01, 1.0)}, USD: {measure: Reading(-0.015, 1.0)}}
    text = now_text(of, readings, AT, UTC).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert text == "now nearest: USD, −1.50 %, 0.50 pp less than 2.00 %"
