"""
Rules that are evaluated by the clock too, as what they measure goes on while no rows come.

All their evaluations in a market are one sequence in order of time: at a row, and at a time of the clock between rows.
Where both are due at a time, only the row is evaluated.
"""

from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.rule import Rule
from tracker.core.durations import SECOND

CLOCK = 5 * SECOND  # ms between evaluations, at its multiples since the epoch; also the interval of these rows


def follows_clock(rule: Rule) -> bool:
    """Return whether *rule* names ``age`` or ``coverage``: then it is evaluated at rows and by the clock."""
    named = (*measures_of(rule.expression), *measures_of(rule.rearm))
    return any(measure.word.always_told for measure in named)
