"""Numbers that rules fired on, for programs: durations in seconds, as in all that commands print for them."""

from typing import Any

from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.states.events import Number
from tracker.core.durations import SECOND


def exported(number: Number) -> Number:
    """Return *number* with a duration in seconds."""
    return number._replace(value=number.value / SECOND) if number.measure.word.unit is Unit.DURATION else number


def number_as_json(number: Number) -> dict[str, Any]:
    """Return *number* with the name of its measure, as JSON takes it."""
    return exported(number).to_plain() | {"measure": str(number.measure)}
