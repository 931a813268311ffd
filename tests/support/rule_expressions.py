"""Expressions and readings of rules, made by hypothesis."""

import math
from collections.abc import Iterable
from functools import cache

from hypothesis import strategies as st

from tracker.alerts.readings.verdict import CannotTell, Reading, Reason
from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or, depth, leaves
from tracker.alerts.rules.parsing import MOST_CHARACTERS, MOST_LEVELS
from tracker.alerts.rules.threshold import ever_holds
from tracker.alerts.rules.vocabulary import EXACT, OPERATORS, OPPOSITES, SHORTEST_SPAN, WORDS, Argument, Unit, Word
from tracker.core.durations import DAY, HOUR, LONGEST, MINUTE

_SPANS = st.sampled_from([10 * MINUTE, HOUR, DAY, 7 * DAY]) | st.integers(SHORTEST_SPAN, LONGEST)
_CODES = st.sampled_from(["EUR", "USD", "GBP", "JPY", "BTC"])
_PAIRS = st.tuples(_CODES, _CODES).filter(lambda pair: pair[0] != pair[1])
_WHOLE = (Unit.RANK, Unit.DURATION)
CROSSED = [word for word in WORDS.values() if word.unit not in _WHOLE and not word.always_told]


@cache
def _measures_of(word: Word) -> st.SearchStrategy[Measure]:
    span = _SPANS if word.argument is Argument.SPAN else st.none()
    pair = _PAIRS if word.argument is Argument.PAIR else st.none()
    return st.builds(Measure, st.just(word.name), span, pair)


def measures(words: Iterable[Word]) -> st.SearchStrategy[Measure]:
    """Return measures that one of *words* names."""
    return st.one_of(map(_measures_of, words))


def thresholds(word: Word) -> st.SearchStrategy[float]:
    """Return numbers that *word* can be compared with."""
    if word.unit in _WHOLE:
        return st.integers(int(word.lowest), int(word.highest)).map(float)
    usual = st.sampled_from([0.0, 0.005, 0.015, 0.02, 0.8, 1.0, 15.315, 70.0, 500.0, 69_930.0]).filter(
        lambda value: word.lowest <= value <= word.highest
    )
    return usual | st.floats(word.lowest, word.highest).map(lambda value: round(value, 12) + 0.0)


def _comparisons(word: Word) -> st.SearchStrategy[Comparison]:
    taken = [each for each in OPERATORS if word.unit is Unit.RANK or each not in EXACT]
    made = st.builds(Comparison, _measures_of(word), st.sampled_from(taken), thresholds(word))
    return made.filter(
        lambda each: all(ever_holds(sign, each.threshold, word) for sign in (each.operator, OPPOSITES[each.operator]))
    )


# Made once, and not for each measure that is drawn, as making strategies takes hypothesis longer than drawing.
COMPARISONS = st.one_of(map(_comparisons, WORDS.values()))
CROSSINGS = st.one_of(st.builds(Crosses, _measures_of(word), thresholds(word)) for word in CROSSED)


def _joined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


def _is_readable(expression: Expression) -> bool:
    return depth(expression) <= MOST_LEVELS and len(str(expression)) <= MOST_CHARACTERS


def expressions(of: st.SearchStrategy[Expression] = COMPARISONS | CROSSINGS) -> st.SearchStrategy[Expression]:
    """Return expressions that join *of*."""
    return st.recursive(of, _joined, max_leaves=6).filter(_is_readable)


@st.composite
def readings(draw: st.DrawFn, expression: Expression, missing: bool = True) -> dict[Measure, Reading]:
    """Return readings of the measures of *expression*, at, near and far from its thresholds; some *missing*."""
    near = [1 - 0.11, 1 - 0.0011, 1 - 0.0005, 1 - 1e-12, 1.0, 1 + 1e-12, 1 + 0.0005, 1 + 0.0011, 1 + 0.11]
    made = {}
    for leaf in leaves(expression):
        threshold = leaf.threshold if isinstance(leaf, Comparison) else leaf.level
        factor = st.sampled_from(near).map(lambda factor, threshold=threshold: threshold * factor)
        shift = st.sampled_from([-1, -0.03, -0.001, 0.001, 0.03, 1]).map(lambda by, threshold=threshold: threshold + by)
        values = factor | shift | (st.just(math.nan) if missing else st.nothing())
        problem = st.none()
        if missing:
            problem |= st.just(CannotTell(Reason.THIN_COVERAGE, leaf.measure, coverage=0.5))
        made[leaf.measure] = Reading(draw(values), draw(values), problem=draw(problem))
    return made
