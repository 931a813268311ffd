"""What is drawn of bars beside lines and candles: backfilled periods, and changes since the start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.bar_windows import both_windows
from tracker.core.backfilled import backfilled_periods
from tracker.core.bars import COARSE, FINE, MEDIUM
from tracker.core.candles import candles
from tracker.core.downsampling import downsample
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.rebased import deviation_from_mean, has_start, rebased_changes
from tracker.core.ticks import Origin, Ticks

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
KINDS = {"live": (MINUTE, Origin.LIVE), "candles": (5 * MINUTE, Origin.BACKFILL), "nothing": (HOUR, Origin.LIVE)}
STEPS = st.sampled_from([(FINE,), (MEDIUM,), (FINE, MEDIUM)])


def hours_of(kinds: list[str], holes: list[int]) -> Ticks:
    """Return an hour of rows of each of *kinds*, without those in the five minutes before each of *holes* (minutes)."""
    parts = []
    for hour, kind in enumerate(kinds):
        interval, origin = KINDS[kind]
        times = FIRST_DAY + hour * HOUR + np.arange(interval, HOUR + 1, interval)
        prices = 100 + np.arange(times.size) % 7
        parts.append(Ticks.of(times, prices, interval, origin) if kind != "nothing" else Ticks.none())
    rows = Ticks.concat(parts)
    minute = (rows.time - FIRST_DAY) // MINUTE
    return rows[~np.logical_or.reduce([(minute > hole - 40) & (minute <= hole) for hole in [-99, *holes]])]


@given(
    st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=30),
    st.lists(st.integers(1, 72).map(lambda fives: 5 * fives), max_size=5),
    st.integers(0, 3).map(lambda hours: hours * HOUR) | st.integers(0, 3 * HOUR),
    STEPS,
)
def test_hours_of_one_kind_have_the_periods_of_their_rows(kinds, holes, start, steps):
    rows = hours_of(kinds, holes)
    window, bars = both_windows(rows, FIRST_DAY + start, FIRST_DAY + start + 30 * HOUR, steps)
    assert backfilled_periods(bars, MINUTE) == backfilled_periods(window, MINUTE)
    assert backfilled_periods(bars) == backfilled_periods(window)


def test_a_gap_within_a_bar_parts_two_periods():
    rows = hours_of(["candles"] * 2, [55])
    for window in both_windows(rows, FIRST_DAY, FIRST_DAY + 2 * HOUR, (MEDIUM,)):
        assert backfilled_periods(window, MINUTE) == [
            (FIRST_DAY, FIRST_DAY + 15 * MINUTE),
            (FIRST_DAY + 55 * MINUTE, FIRST_DAY + 2 * HOUR),
        ]


@pytest.mark.parametrize(("minutes", "periods"), [(29, []), (31, [(FIRST_DAY, FIRST_DAY + HOUR)])])
def test_a_bar_counts_as_what_most_of_its_time_is(minutes, periods):
    times = FIRST_DAY + MINUTE * np.arange(1, 61)
    origin = np.where(np.arange(1, 61) <= minutes, Origin.BACKFILL, Origin.LIVE)
    _, bars = both_windows(Ticks.of(times, np.ones(60), MINUTE, origin), FIRST_DAY, FIRST_DAY + DAY, (MEDIUM,))
    assert backfilled_periods(bars) == periods


@given(ROWS, ROWS, st.sampled_from([(FINE,), (MEDIUM,), (COARSE,), (FINE, MEDIUM)]))
def test_changes_and_deviations_are_those_of_the_rows(eur, usd, steps):
    pairs = {market: both_windows(rows, FIRST_DAY, FIRST_DAY + DAY, steps) for market, rows in ((EUR, eur), (USD, usd))}
    rows, bars = ({market: pair[which] for market, pair in pairs.items()} for which in (0, 1))
    assert list(map(has_start, bars.values())) == list(map(has_start, rows.values()))
    expected, changes = rebased_changes(rows), rebased_changes(bars)
    assert {market: series.last for market, series in changes.items()} == pytest.approx(
        {market: series.last for market, series in expected.items()}, rel=1e-12
    )
    lines, drawn = deviation_from_mean(rows), deviation_from_mean(bars)
    assert list(drawn) == list(lines)
    for market, line in lines.items():
        np.testing.assert_array_equal(drawn[market].points.time, line.points.time)
        np.testing.assert_array_equal(drawn[market].values, line.values)


@given(ROWS, st.integers(26, 90))
def test_candles_are_those_of_the_rows(rows, hours):
    window, bars = both_windows(rows, FIRST_DAY - DAY, FIRST_DAY - DAY + hours * HOUR, (FINE,))
    expected, drawn = candles(window), candles(bars)
    if expected is None:
        assert drawn is None
        return
    assert drawn is not None
    assert drawn.width == expected.width
    np.testing.assert_array_equal(drawn.time, expected.time)
    np.testing.assert_array_equal(drawn.prices, expected.prices)


@given(ROWS, st.integers(26, 90), STEPS)
def test_a_short_line_has_the_ends_and_extremes_of_the_line_of_rows_and_breaks_in_gaps_alone(rows, hours, steps):
    window, bars = both_windows(rows, FIRST_DAY - DAY, FIRST_DAY - DAY + hours * HOUR, steps)
    line, expected = downsample(bars, 10), downsample(window, 10)
    is_price, of_rows = np.isfinite(line.price), expected.price[np.isfinite(expected.price)]
    prices = line.price[is_price]
    assert prices.size > 0 or not window.count
    assert [*prices[:1], *prices[-1:]] == [*of_rows[:1], *of_rows[-1:]]
    assert (prices.min(initial=9e9), prices.max(initial=0)) == (of_rows.min(initial=9e9), of_rows.max(initial=0))
    breaks = line.time[~is_price].tolist()
    assert all(any(start < time <= end for start, end in window.gaps) for time in breaks)
    assert set(line.time[is_price].tolist()) <= set(window.ticks.time.tolist())
