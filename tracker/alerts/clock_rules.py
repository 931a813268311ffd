"""Rules that are evaluated by the clock, as what they measure goes on while no rows come."""

from tracker.alerts.expression import measures_of
from tracker.alerts.rule import Rule
from tracker.core.durations import SECOND

CLOCK = 5 * SECOND  # ms between evaluations, at its multiples since the epoch; also the interval of their rows


def follows_clock(rule: Rule) -> bool:
    """Return whether *rule* names ``age`` or ``coverage``: then the clock alone makes its rows, and prices none."""
    named = (*measures_of(rule.expression), *measures_of(rule.rearm))
    return any(measure.word.always_told for measure in named)
