"""Numbers of rules for programs: durations in seconds, all else as it is."""

import math

import pytest

from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.events import Number
from tracker.commands.rule_numbers import exported, number_as_json


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [("age", 61_500.0, 61.5), ("age", math.inf, "inf"), ("last_price", 61_500.0, 61_500.0)],
)
def test_a_duration_is_in_seconds_and_all_else_as_it_is(measure, value, expected):
    number = Number(Measure(measure), value, None)
    assert exported(number).value == float(expected)
    assert number_as_json(number) == {"measure": str(number.measure), "value": expected, "coverage": None}
