"""Rows for hypothesis that bars find hard, and the comparison of two columns of bars."""

from dataclasses import fields

import numpy as np
from hypothesis import strategies as st

from tracker.core.bars import FINE, Bars
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Origin, Ticks

FIRST_DAY = 19_675 * DAY  # the records begin within the day before it or on it
CADENCES = (7 * SECOND, 10 * SECOND, 45 * SECOND, MINUTE, 5 * MINUTE, HOUR)
PRICES = ((1.0, 2.0), (37_000.0, 37_000.01, 37_001.5), (0.1, 0.3, 7.0, 40.0, 40.00000001))

# Beginning, cadence, distance from its grid, number of slots, share of these that have a row, seed of the prices.
_PIECES = st.lists(
    st.tuples(
        st.integers(-40, 40).map(lambda fives: fives * FINE) | st.integers(-2 * HOUR, 2 * HOUR),
        st.sampled_from(CADENCES),
        st.sampled_from([0, 0, 1, 2_500]),
        st.integers(1, 60),
        st.sampled_from([0.3, 0.9, 1.0]),
        st.integers(0, 99),
    ),
    max_size=6,
)


def of_pieces(pieces: list[tuple[int, int, int, int, float, int]]) -> Ticks:
    """
    Return the rows of overlapping pieces: polled prices and candles on and off their grid, with holes between.

    A piece has few different prices, so runs of equal ones are frequent. Some candles have a first, low and high.
    """
    parts = []
    for begin, cadence, distance, number, share, seed in pieces:
        random = np.random.default_rng(seed)
        slots = (FIRST_DAY + begin) // cadence + np.flatnonzero(random.random(number) < share)
        prices = random.choice(PRICES[seed % len(PRICES)], slots.size)
        parts.append(
            Ticks.of(
                slots * cadence + distance,
                prices,
                cadence,
                Origin.BACKFILL if cadence >= MINUTE else Origin(seed % len(Origin)),
                ("", "kraken", "bitstamp")[seed % 3],
                *(candle_columns(random, prices) if cadence >= MINUTE and seed % 2 else ()),
            )
        )
    return Ticks.concat(parts).in_order()


def candle_columns(random: np.random.Generator, close: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return first, low and high of candles with these closes; some have none."""
    first = random.permutation(close)
    low, high = np.minimum(first, close) * random.choice([0.99, 1.0]), np.maximum(first, close)
    is_known = random.random(close.size) < 0.8
    return tuple(np.where(is_known, column, np.nan) for column in (first, low, high))


def whole(rows: Ticks, step: int = FINE) -> Ticks:
    """Return *rows* without those whose time reaches over rows of an earlier bar of *step* ms."""
    kept, before, last, bar = [], 0, 0, None
    for row, (time, interval) in enumerate(zip(rows.time.tolist(), rows.interval.tolist(), strict=True)):
        if (time - 1) // step != bar:
            if time - interval < last:
                continue
            bar, before = (time - 1) // step, last
        if time - interval >= before:
            kept.append(row)
            last = time
    return rows[np.array(kept, dtype=np.intp)]


ROWS = st.builds(of_pieces, _PIECES)  # in order; those of one bar may overlap those of another
WHOLE_ROWS = ROWS.map(whole)  # only rows of one bar of FINE overlap

_TO_1E9 = ("weight_squared", "mean_distance", "m2", "squared_returns")


def assert_same_bars(one: Bars, other: Bars) -> None:
    """Fail unless the bars are the same: sums to 1e-9 of their size, what else there is exactly."""
    for name in (field.name for field in fields(Bars) if field.name not in _TO_1E9):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    width = one.highest - one.lowest
    sizes = {
        "weight_squared": one.weight_squared,
        "mean_distance": one.highest,
        "m2": one.m2 + one.weight * (one.highest * 1e-9) ** 2 * (width > 0),
        "squared_returns": one.squared_returns + 1e-15 * (width > 0),
    }
    for name, size in sizes.items():
        error = np.abs(getattr(one, name) - getattr(other, name))
        assert (error <= 1e-9 * size).all(), (name, getattr(one, name), getattr(other, name))
