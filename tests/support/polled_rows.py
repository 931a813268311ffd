"""Rows with gaps for hypothesis, and the points drawn of them."""

import numpy as np
from hypothesis import strategies as st

from tracker.core.line_points import ChartPoints
from tracker.core.ticks import Ticks

HOLES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=6)


def polled(holes: list[tuple[int, int]], share: float, seed: int) -> list[int]:
    """Return the polled seconds of 1 to 400: a share of them, and none in the holes (from, length)."""
    is_polled = np.random.default_rng(seed).random(400) < share
    return [s for s in range(1, 400) if is_polled[s] and not any(a <= s < a + length for a, length in holes)]


SECONDS = st.builds(polled, HOLES, st.sampled_from([0.2, 0.6, 1.0]), st.integers(0, 99))


def of_seconds(seconds: list[int], seed: int = 0) -> Ticks:
    """Return a row at each of *seconds*; its price depends on the second and the seed only, with repeats."""
    prices = np.random.default_rng(seed).integers(1, 30, 1000)[seconds]
    return Ticks.of([1000 * second for second in seconds], prices, 1000)


def points(drawn: ChartPoints) -> list[tuple[int, float | None]]:
    prices = [None if np.isnan(price) else price for price in drawn.price.tolist()]
    return list(zip(drawn.time.tolist(), prices, strict=True))
