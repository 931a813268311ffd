"""What is drawn of bars beside lines and candles: backfilled periods, and changes since the start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.bar_windows import both_windows
from tracker.core.backfilled import backfilled_periods
from tracker.core.bars import COARSE, FINE, MEDIUM
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
    st.lists(st.integers(1, 360).map(lambda fives: 5 * fives), max_size=5),
    st.integers(0, 3).map(lambda hours: hours * HOUR) | st.integers(0, 3 * HOUR),
    STEPS,
)
def test_hours_of_one_kind_have_the_periods_of_their_rows(kinds, holes, start, steps):
    rows = hours_of(kinds, holes)
    window, bars = both_windows(rows, FIRST_DAY + start, FIRST_DAY + start + 30 * HOUR, steps)
    assert backfilled_periods(bars, MINUTE) == backfilled_periods(window, MINUTE)
    assert backfilled_periods(bars) == backfilled_periods(window)


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
