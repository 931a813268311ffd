"""Downsampling: a zoomed part in its context."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.polled_rows import SECONDS, of_seconds, points
from tracker.core.downsampling import downsample, with_context
from tracker.core.line_points import ChartPoints
from tracker.core.window import Window


def gaps_crossed(drawn: ChartPoints, window: Window) -> list[tuple[int, int]]:
    """Return the gaps of *window* that the line of *drawn* spans."""
    is_price = np.isfinite(drawn.price)
    joined = [
        (int(a), int(b))
        for a, b, is_start, is_end in zip(drawn.time[:-1], drawn.time[1:], is_price[:-1], is_price[1:], strict=True)
        if is_start and is_end
    ]
    return [gap for gap in window.gaps for a, b in joined if a <= gap[0] and gap[1] <= b]


def zoomed(test):
    """Draw rows, a part to zoom to, and the numbers of buckets of the part and of its context."""
    numbers = (st.integers(20, 399), st.integers(10, 200), st.integers(1, 20), st.integers(1, 6))
    return given(SECONDS, st.integers(0, 9), *numbers)(test)


def zoom(seconds, seed, end, span, fine, coarse) -> tuple[Window, Window, ChartPoints]:
    """Return the window zoomed to, the wider one, and the line of the first in the context of the second."""
    rows = of_seconds(seconds, seed)
    inner = Window.of(rows, 1000 * span, 1000 * end)
    outer = Window.of(rows, 3000 * span, 1000 * (end + span))
    return (
        inner,
        outer,
        with_context(downsample(inner, fine), downsample(outer, coarse), inner.start, inner.end, outer.gaps),
    )


@zoomed
def test_a_zoomed_line_spans_no_gap_inside_or_outside_the_part(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    assert gaps_crossed(drawn, outer) == []


@zoomed
def test_a_zoomed_line_breaks_only_in_gaps(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    breaks = drawn.time[np.isnan(drawn.price)].tolist()
    assert all(any(start < time < until for start, until in outer.gaps) for time in breaks)


@zoomed
def test_a_zoomed_line_is_the_fine_one_inside_and_has_only_rows_in_time_order(seconds, seed, end, span, fine, coarse):
    inner, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    assert (np.diff(drawn.time) > 0).all()
    within = [(time, price) for time, price in points(drawn) if price is not None and inner.start < time <= inner.end]
    assert within == [point for point in points(downsample(inner, fine)) if point[1] is not None]
    prices = {point for point in points(drawn) if point[1] is not None}
    assert prices <= set(zip(outer.ticks.time.tolist(), outer.ticks.price.tolist(), strict=True))
    beyond = {point for point in points(downsample(outer, coarse)) if not inner.start < point[0] <= inner.end}
    assert {point for point in beyond if point[1] is not None} <= prices
    assert drawn.backfilled.size == drawn.price.size == len(drawn)


def test_an_empty_part_shows_its_context_with_a_break():
    rows = of_seconds([1, 2, 3, 300, 301])
    inner, outer = Window.of(rows, 100_000, 200_000), Window.of(rows, 300_000, 301_000)
    drawn = with_context(downsample(inner), downsample(outer), inner.start, inner.end, outer.gaps)
    assert [price is None for _, price in points(drawn)] == [False, False, True, False, False]
