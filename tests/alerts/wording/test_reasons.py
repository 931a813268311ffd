"""Why a rule cannot be told, in words."""

import pytest

from tests.support.alert_words import AT, BERLIN, HOUR
from tests.support.rule_rows import PRICE
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.expression import Measure
from tracker.alerts.wording.reasons import reason_text

DEVIATION = Measure("standard_deviation", 24 * HOUR)
RATE = Measure("implied", pair=("EUR", "USD"))


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (CannotTell(Reason.NO_PRICE, PRICE), "no price yet"),
        (CannotTell(Reason.NO_PRICE, DEVIATION), "no price within 24 h"),
        (CannotTell(Reason.NO_VALUE, DEVIATION), "too few prices within 24 h"),
        (CannotTell(Reason.NO_VALUE, PRICE), "there is no number"),
        (CannotTell(Reason.THIN_COVERAGE, DEVIATION, 0.62), "prices cover only 62 % of the last 24 h"),
        (CannotTell(Reason.THIN_COVERAGE, DEVIATION, 0.0), "prices cover only 0 % of the last 24 h"),
        (CannotTell(Reason.STANDING_STILL, PRICE, since=AT), "the market stands still since 14:10 CET"),
        (CannotTell(Reason.HELD_BACK, PRICE), "the newest prices wait for confirmation"),
        (CannotTell(Reason.OLD_PRICE, PRICE, since=AT - 24 * HOUR), "the last price is from 8 Nov 14:10 CET"),
        (CannotTell(Reason.NOT_RANKED, Measure("rank", HOUR)), "the market has no rank over 1 h"),
        (CannotTell(Reason.NO_PAIR, RATE), "no current price in EUR or in USD"),
        (CannotTell(Reason.NO_ROW_BEFORE, PRICE), "a crossing takes two prices, and there is one"),
    ],
)
def test_each_reason_is_said_with_what_is_known_of_it(problem, text):
    assert reason_text(problem, AT, BERLIN).replace("\N{NARROW NO-BREAK SPACE}", " ") == text
