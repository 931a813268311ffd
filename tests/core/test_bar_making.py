"""Making bars: each equals a window of its own rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tracker.core.bar_making import make_bars
from tracker.core.bars import FINE, POINTS, Bars
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import GAP_FACTOR, Window

STEPS = st.sampled_from([MINUTE, FINE, HOUR, DAY])


def windows(rows: Ticks, step: int) -> list[Window]:
    """Return a window of the rows of each bar, cut out one by one."""
    starts = sorted({(time - 1) // step * step for time in rows.time.tolist()})
    masks = ((rows.time > start) & (rows.time <= start + step) for start in starts)
    return [Window(rows[mask], start, start + step) for start, mask in zip(starts, masks, strict=True)]


def columns(windows: list[Window], values) -> list:
    return [values(window) for window in windows]


@given(ROWS, STEPS)
def test_a_bar_counts_the_rows_after_its_start_up_to_its_end(rows, step):
    bars, alone = make_bars(rows, step), windows(rows, step)
    assert bars.start.tolist() == [window.start for window in alone]
    assert bars.end.tolist() == [window.end for window in alone]
    assert bars.count.tolist() == [window.count for window in alone]
    for word, row in (("first", 0), ("last", -1)):
        for name in ("time", "price", "interval"):
            values = [getattr(window.ticks, name)[row] for window in alone]
            assert getattr(bars, f"{word}_{name}").tolist() == values


@given(ROWS, STEPS)
def test_weights_and_covered_time_are_those_of_the_bars_own_rows(rows, step):
    bars, alone = make_bars(rows, step), windows(rows, step)
    assert bars.weight.tolist() == [window.weight.sum() for window in alone]
    assert (bars.covered / step).tolist() == [window.coverage for window in alone]
    assert bars.weight_squared.tolist() == pytest.approx([window.weight @ window.weight for window in alone])
    for bar, window in enumerate(alone):
        ticks, weight = window.ticks, window.weight
        assert bars.reach[bar] == max(0, window.start - (ticks.time - ticks.interval).min())
        by_origin = [weight[ticks.origin == origin].sum() for origin in Origin]
        assert bars.origin_weight[bar].tolist() == by_origin
        assert bars.origin_count[bar].tolist() == [(ticks.origin == origin).sum() for origin in Origin]
        by_interval = {int(each): weight[ticks.interval == each].sum() for each in np.unique(rows.interval)}
        assert dict(zip(bars.intervals, bars.interval_weight[bar].tolist(), strict=True)) == by_interval
        by_exchange = [weight[ticks.exchange == code].sum() for code in range(len(rows.exchange_names))]
        assert bars.exchange_names == rows.exchange_names
        assert bars.exchange_weight[bar].tolist() == by_exchange
        assert bars.exchange_count[bar].tolist() == [
            (ticks.exchange == code).sum() for code in range(len(rows.exchange_names))
        ]


@given(ROWS, STEPS)
def test_gaps_are_those_between_the_first_and_the_last_row_of_each_bar(rows, step):
    bars, alone = make_bars(rows, step), windows(rows, step)
    inside = [
        gap
        for window in alone
        for gap in window.gaps
        if gap[0] >= window.ticks.time[0] and gap[1] < window.ticks.time[-1]
    ]
    assert list(zip(bars.gap_start.tolist(), bars.gap_end.tolist(), strict=True)) == inside


@given(ROWS, STEPS, st.integers(0, 3 * HOUR))
def test_the_opening_row_decides_whether_a_gap_lies_before_the_bar(rows, step, before):
    bars = make_bars(rows, step)
    for bar, window in enumerate(windows(rows, step)):
        opens = int(bars.opening_time[bar] - bars.opening_interval[bar])
        start = min(window.start, opens) - before
        longer = Window(window.ticks, start, window.end)
        is_gap = bars.opening_time[bar] - start > GAP_FACTOR * bars.opening_interval[bar]
        assert longer.gaps[:1] == [(start, opens)] if is_gap else (start, opens) not in longer.gaps


@given(ROWS, STEPS)
def test_measures_are_those_of_the_rows(rows, step):
    bars, alone = make_bars(rows, step), windows(rows, step)
    mean = bars.first_price + bars.mean_distance
    assert mean.tolist() == pytest.approx(columns(alone, MEASURES["mean"].function), rel=1e-9)
    assert bars.lowest.tolist() == columns(alone, lambda window: window.ticks.price.min())
    assert bars.highest.tolist() == columns(alone, lambda window: window.ticks.price.max())
    for bar, window in enumerate(alone):
        price = window.ticks.price
        if window.count == 1:
            assert (bars.drawdown[bar], bars.m2[bar]) == (0, 0)
            continue
        assert bars.drawdown[bar] == MEASURES["drawdown"].function(window)
        divisor = bars.weight[bar] - bars.weight_squared[bar] / bars.weight[bar]
        expected = MEASURES["standard_deviation"].function(window)
        assert np.sqrt(bars.m2[bar] / divisor) == pytest.approx(expected, rel=1e-9)
        assert (bars.m2[bar] == 0) == (np.unique(price).size == 1)


@given(ROWS, STEPS)
def test_open_low_and_high_are_those_of_candles_where_rows_have_them(rows, step):
    bars = make_bars(rows, step)
    for bar, window in enumerate(windows(rows, step)):
        ticks = window.ticks
        lows, highs = ticks.lows(), ticks.highs()
        assert (bars.open[bar], bars.candle_count[bar]) == (ticks.firsts()[0], ticks.has_candle().sum())
        assert (bars.low[bar], bars.low_time[bar]) == (lows.min(), ticks.time[lows.argmin()])
        assert (bars.high[bar], bars.high_time[bar]) == (highs.max(), ticks.time[highs.argmax()])


def test_a_spike_within_a_candle_is_the_bars_high_but_no_drawdown():
    rows = Ticks.of([FIRST_DAY + MINUTE], [5.0], MINUTE, Origin.BACKFILL, first=[4.0], low=[3.0], high=[9.0])
    polled = Ticks.of([FIRST_DAY + 2 * MINUTE], [4.0], MINUTE)
    bars = make_bars(Ticks.concat([rows, polled]), FINE)
    assert (bars.open[0], bars.low[0], bars.high[0], bars.candle_count[0], bars.count[0]) == (4, 3, 9, 1, 2)
    assert (bars.lowest[0], bars.highest[0], bars.drawdown[0]) == (4, 5, 1 - 4 / 5)


@given(ROWS, STEPS)
def test_returns_join_neighbouring_points_between_the_first_and_the_last_row(rows, step):
    bars = make_bars(rows, step)
    for bar, window in enumerate(windows(rows, step)):
        first, last = int(window.ticks.time[0]), int(window.ticks.time[-1])
        points = np.array(
            [time for time in range(window.start - window.start % POINTS, last + 1, POINTS) if time >= first]
        )
        price, is_valid = window.prices_at(points)
        price = np.where(is_valid, price, np.nan)
        returns = np.diff(np.log(price))
        returns = returns[~np.isnan(returns)]
        assert bars.returns[bar] == returns.size
        assert bars.squared_returns[bar] == pytest.approx((returns**2).sum(), rel=1e-9, abs=1e-30)
        ends = (price[0], price[-1]) if points.size else (np.nan, np.nan)
        np.testing.assert_array_equal((bars.first_point[bar], bars.last_point[bar]), ends)


@given(ROWS, STEPS)
def test_the_last_run_of_equal_prices_is_known(rows, step):
    bars = make_bars(rows, step)
    for bar, window in enumerate(windows(rows, step)):
        prices = window.ticks.price.tolist()
        run = next((n for n, price in enumerate(reversed(prices)) if price != prices[-1]), len(prices))
        assert (bars.changed_count[bar], bars.changed_time[bar]) == (run, window.ticks.time[-run])


def test_a_row_on_a_border_belongs_to_the_bar_that_ends_there():
    rows = Ticks.of([FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + FINE], [1, 2, 3], SECOND)
    bars = make_bars(rows, FINE)
    assert bars.start.tolist() == [FIRST_DAY - FINE, FIRST_DAY]
    assert bars.count.tolist() == [1, 2]


def test_a_candle_takes_only_the_time_that_ticks_of_its_own_bar_leave():
    """In its own 5-min bar an hour's candle weighs the hour, in the hour's bar what 20 min of ticks leave."""
    ticks = Ticks.of(FIRST_DAY + np.arange(10 * MINUTE, 30 * MINUTE + 1, 10 * SECOND), np.ones(121), 10 * SECOND)
    candle = Ticks.of([FIRST_DAY + HOUR], [2.0], HOUR, Origin.BACKFILL)
    rows = Ticks.concat([ticks[1:], candle])
    assert make_bars(rows, FINE).weight[-1] == HOUR
    assert make_bars(rows, HOUR).origin_weight[0, Origin.BACKFILL] == 40 * MINUTE


def test_rows_are_put_in_order_first():
    rows = Ticks.of([FIRST_DAY + 9, FIRST_DAY + 3, FIRST_DAY + 9], [2, 1, 3], 3, [Origin.BACKFILL, 0, Origin.LIVE])
    bars = make_bars(rows, FINE)
    assert (bars.count.tolist(), bars.open.tolist(), bars.last_price.tolist()) == ([2], [1], [3])


def test_no_rows_are_no_bars():
    bars = make_bars(Ticks.none(), HOUR)
    assert (len(bars), bars.step, bars.origin_weight.shape) == (0, HOUR, (0, len(Origin)))
    assert len(Bars.concat([bars, bars])) == len(bars[:]) == 0


def test_a_step_of_nothing_is_refused():
    with pytest.raises(ValueError, match="step 0 ms"):
        make_bars(Ticks.none(), 0)
