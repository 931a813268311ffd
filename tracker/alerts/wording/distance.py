"""How far a number is from the threshold that it is compared with."""

import math

from tracker.alerts.rules.expression import Comparison
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.wording.moves import Move
from tracker.alerts.wording.written import WRITTEN
from tracker.render.format import numbers

_FAR = 1_000  # percent, or percentage points; from there on multiples are easier to read
_LEAST_TIMES, _MOST_TIMES = 10, 1_000_000


def number_now(part: Comparison | Move, value: float) -> str:
    """Return ``15,531.10, 1.51 % above``: what a measure reads, and how far that is from the threshold."""
    measure = part.measure
    text = WRITTEN.amount(measure, abs(value), "", [abs(part.threshold)])
    if measure.name == "change":
        text = signed(text, value)
    elif measure.name == "rank":
        text = f"rank {text}"
    distance = distance_text(part, value)
    return f"{text}, {distance}" if distance else text


def signed(size: str, value: float) -> str:
    """Return *size*, the text of a number's size, with the sign of *value*; of a rounded zero without any."""
    if not any(digit in size for digit in "123456789"):
        return size
    return f"{numbers.MINUS if value < 0 else '+'}{size}"


def distance_text(part: Comparison | Move, value: float) -> str:
    """
    Return ``1.51 % above``, ``0.40 pp below``, ``135 times the threshold``; of ranks and durations nothing.

    Of a change either way it is ``0.40 pp less than 2.00 %``, as its threshold is on both sides.
    """
    unit, threshold = part.measure.word.unit, part.threshold
    value = abs(value) if isinstance(part, Move) else value
    if unit in (Unit.RANK, Unit.DURATION):
        return ""
    if value == threshold:
        return "exactly the threshold"
    side = "above" if value > threshold else "below"
    if isinstance(part, Move):
        side = f"{'more' if value > threshold else 'less'} than {WRITTEN.limit(part.measure, threshold, '')}"
    is_share = unit is Unit.SHARE
    if not threshold and not is_share:
        return f"{side} the threshold"
    times = value / threshold if threshold else 0.0
    gap = 100 * (abs(value - threshold) if is_share else abs(times - 1))
    if gap >= _FAR and times >= _LEAST_TIMES:
        is_beyond = times > _MOST_TIMES  # also where it is infinite
        return f"{'more than ' if is_beyond else ''}{numbers.number(min(times, _MOST_TIMES), 0)} times the threshold"
    return f"{_percent(gap, is_share)}{' pp' if is_share else numbers.PERCENT} {side}"


def nearness(part: Comparison | Move, value: float) -> float:
    """Return how far *value* is from the threshold, to be compared among markets; infinite where it is not known."""
    value = abs(value) if isinstance(part, Move) else value
    return abs(value - part.threshold) if math.isfinite(value) else math.inf


def _percent(gap: float, is_share: bool) -> str:
    digits = 0 if gap >= _FAR else 2 if gap >= 0.005 else 4
    text = numbers.number(gap, digits)
    if text == "100.00" and gap < 100 and not is_share:  # of a number that is not nothing
        return "more than 99.99"
    return text if float(text.replace(",", "")) else f"less than {numbers.number(10**-digits, digits)}"
