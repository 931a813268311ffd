"""The array forms of a rehearsal state what those for one row do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bar_rows import ROWS
from tests.support.memory_store import MemoryStore
from tests.support.rule_expressions import expressions, readings
from tests.support.slow_rehearsal import BEGIN, EUR, each, walk
from tracker.alerts.readings.aggregate_columns import AggregateColumns, Spans
from tracker.alerts.readings.past_rows import PastRows
from tracker.alerts.readings.reading_columns import (
    CANNOT_TELL,
    REASONS,
    TRUE,
    UNSURE,
    ReadingColumns,
    code_of,
    evaluate_columns,
)
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason, evaluate
from tracker.alerts.rules.expression import Measure
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.measures import MEASURES, resampling
from tracker.core.ticks import Ticks
from tracker.core.window import Window

SPANS = st.sampled_from([90 * SECOND, 10 * MINUTE, HOUR, 6 * HOUR, 25 * HOUR]) | st.integers(MINUTE, 8 * HOUR)


@settings(max_examples=40)
@given(ROWS, SPANS, st.lists(st.integers(-HOUR, 6 * HOUR), min_size=1, max_size=6))
def test_spans_state_what_windows_of_all_their_rows_do(rows, span, late):
    first = int(rows.time[0]) if len(rows) else 0
    at = np.sort(np.concatenate([rows.time, first + np.array(late, np.int64)]))
    spans = Spans(AggregateColumns.of_rows(rows, resampling(span)), span, at)
    values = {name: spans.value(name) for name in MEASURES if name != "last_price"}
    for number in np.flatnonzero(~spans.is_cut)[::7].tolist():
        window = Window.of(rows, span, int(at[number]))
        assert (spans.count[number], spans.coverage[number]) == (window.count, window.coverage)
        for name, value in values.items():
            with np.errstate(invalid="ignore"):
                expected = MEASURES[name].function(window)
            exact = name in ("change", "minimum", "maximum", "drawdown")
            tolerance = 0.0 if exact else 1e-9
            assert value[number] == pytest.approx(expected, rel=tolerance, abs=0, nan_ok=True), name


def test_spans_are_cut_where_rows_share_time_with_rows_outside():
    rows = Ticks.of([60_000, 90_000, 120_000, 180_000], [1.0, 2.0, 3.0, 4.0], [60_000, 60_000, 30_000, 60_000])
    spans = Spans(AggregateColumns.of_rows(rows, MINUTE), 60_000, rows.time)
    assert spans.is_cut.tolist() == [True, False, True, False]


def test_no_rows_have_no_numbers():
    spans = Spans(AggregateColumns.of_rows(Ticks.none(), MINUTE), HOUR, np.array([5, DAY]))
    assert spans.count.tolist() == spans.coverage.tolist() == [0, 0]
    assert all(np.isnan(spans.value(name)).all() for name in MEASURES if name != "last_price")


def columns_of(read: list[dict[Measure, Reading]]) -> dict[Measure, ReadingColumns]:
    """Return the same readings in columns."""
    result = {}
    for measure in read[0]:
        of_measure = [each[measure] for each in read]
        problems = [each.problem for each in of_measure]
        result[measure] = ReadingColumns(
            measure,
            np.array([each.value for each in of_measure]),
            np.array([each.before for each in of_measure]),
            None if of_measure[0].coverage is None else np.array([each.coverage for each in of_measure]),
            np.array([0 if problem is None else code_of(problem.reason) for problem in problems], np.uint8),
            np.array([0 if problem is None else problem.since or 0 for problem in problems]),
            np.zeros(len(read), dtype=bool),
        )
    return result


@settings(max_examples=60)
@given(st.data(), expressions())
def test_verdicts_are_those_on_each_row(data, expression):
    read = [data.draw(readings(expression)) for _ in range(3)]
    if not read[0]:
        return
    found = evaluate_columns(expression, columns_of(read))
    for number, row in enumerate(read):
        verdict, code = evaluate(expression, row), int(found.verdict[number])
        if code == UNSURE:
            continue
        if isinstance(verdict, CannotTell):
            assert (code, REASONS[found.reason[number] - 1]) == (CANNOT_TELL, verdict.reason)
        else:
            assert (code == TRUE) is verdict
            assert code in (0, 1)


def test_a_reading_in_columns_is_the_same_at_its_row():
    measure = Measure("mean", HOUR)
    read = [
        Reading(1.5, math.inf, 0.9, None),
        Reading(1.5, 2.0, 0.5, CannotTell(Reason.THIN_COVERAGE, measure, 0.5)),
        Reading(1.5, 2.0, 0.9, CannotTell(Reason.STANDING_STILL, measure, since=7)),
    ]
    columns = columns_of([{measure: each} for each in read])[measure]
    assert [columns.at(number) for number in range(3)] == read


def test_spans_that_end_before_the_rows_that_were_read_are_unknown():
    store = MemoryStore()
    store.append({EUR: each(MINUTE, walk(600, 1))})
    rows = PastRows(EUR, store, BEGIN + 5 * HOUR, BEGIN + 6 * HOUR)
    assert rows.earliest == BEGIN + 5 * HOUR
    assert rows.spans(HOUR, rows.earliest + np.array([-1, 0, MINUTE])).is_cut.tolist() == [True, False, False]
