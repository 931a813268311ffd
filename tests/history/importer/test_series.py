"""Collecting the prices of one series: every line is counted once, and memory holds one row per slot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.imports import NOW, OLD
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer import series as series_module
from tracker.history.importer.line_report import LineReport
from tracker.history.importer.series import UNKNOWN, Series

FULL = OLD // 60 * 60_000  # a full minute


def prices(times):
    return Ticks.of(times, np.arange(1.0, len(times) + 1), 1)


def collected(*files, **options):
    """Return the series of *files*, each a list of parts that are lists of times, and its rows."""
    series = Series(NOW, **options)
    for parts in files:
        series.add_file(map(prices, parts), LineReport())
    return series, series.rows()


def test_the_interval_of_the_rows_is_the_median_step_of_all_files():
    series, rows = collected([[FULL, FULL + MINUTE]], [[FULL + 3 * MINUTE, FULL + 2 * MINUTE]])
    assert (series.every, series.is_measured, series.files, series.lines.read) == (MINUTE, True, 2, 4)
    assert set(zip(rows.interval.tolist(), rows.origin.tolist(), strict=True)) == {(MINUTE, Origin.IMPORT)}
    assert rows.time.tolist() == [FULL + MINUTE * number for number in range(4)]


def test_a_single_price_has_the_interval_of_the_collector_which_is_no_measurement():
    series, rows = collected([[FULL]])
    assert (series.is_measured, rows.interval.tolist()) == (False, [UNKNOWN])


def test_the_closes_of_candles_are_not_moved():
    _, rows = collected([[FULL + 789, FULL + MINUTE + 789]], every=MINUTE, are_closes=True)
    assert rows.time.tolist() == [FULL + 789, FULL + MINUTE + 789]


@pytest.mark.parametrize("every", [None, MINUTE])
def test_the_newest_slots_are_left_to_the_collector_and_old_prices_to_retention(every):
    times = [NOW - MINUTE * ago for ago in (10_000, 9_999, 9_998, 4, 3, 2, 1, 0)]
    series, rows = collected([times], every=every, since=times[1])
    assert rows.time.tolist() == times[1:6]
    assert (series.lines.too_old, series.lines.read, series.lines.too_new) == (1, 5, 2)


def test_a_file_that_fails_leaves_the_series_without_it():
    series = Series(NOW)

    def failing():
        yield prices([FULL])
        raise ValueError

    with pytest.raises((ValueError, OverflowError)):
        series.add_file(failing(), LineReport())
    series.add_file([prices([FULL + HOUR])], LineReport())
    assert (series.rows().time.tolist(), series.files, series.lines.read) == ([FULL + HOUR], 1, 1)


@given(
    st.lists(st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=20), min_size=1, max_size=6),
    st.sampled_from([None, MINUTE]),
    st.integers(1, 30),
)
def test_each_line_is_counted_once_however_early_the_cadence_is_decided(parts, every, most):
    parts = [[NOW - ago for ago in part] for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(series_module, "_MOST_ROWS", most)
        series, rows = collected(parts[::2], parts[1::2], every=every, since=NOW - 2 * DAY)
    lines = series.lines
    assert lines.read + lines.too_old + lines.too_new == sum(map(len, parts))
    assert len(np.unique(rows.time)) == len(rows) <= lines.read


def test_memory_holds_one_row_per_slot_of_a_long_file(monkeypatch):
    monkeypatch.setattr(series_module, "_MOST_ROWS", 1_000)
    series = Series(NOW)
    held = []

    def parts():
        for part in range(100):
            yield prices([FULL + HOUR * part + 10_000 * (number // 9) for number in range(900)])
            held.append(series.every)

    series.add_file(parts(), LineReport())
    assert (held[0], held[-1]) == (None, 10_000)
    assert len(series.rows()) == 100 * 100
