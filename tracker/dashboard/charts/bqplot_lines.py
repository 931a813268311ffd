"""Building blocks of the charts: a bare bqplot figure, a time scale, and lines that are sent only when changed."""

import bqplot
import numpy as np
from ipywidgets import Layout
from numpy.typing import NDArray

from tracker.core.line_points import ChartPoints
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.svg.shapes import with_neighbours

EMPTY = np.empty(0, dtype=np.float32)
NO_TIMES = np.empty(0, dtype=np.float64)


def seconds(time: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return *time* (epoch ms) as coordinates of the x axis; single precision would be minutes apart."""
    return time / 1000


def figure(marks: list[bqplot.Mark], axes: list[bqplot.Axis]) -> bqplot.Figure:
    """Return a figure that fills its container, without margins, toolbar and animation."""
    result = bqplot.Figure(
        marks=marks,
        axes=axes,
        fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
        padding_x=0,
        padding_y=0,
        display_toolbar=False,
        animation_duration=0,
        layout=Layout(width="100%", height="100%", min_width="0"),
    )
    result.add_class("bt-figure")
    return result


class TimeScale:
    """
    A chart's time scale, and an axis of which only the grid lines are visible.

    Each chart has its own, though all show the same range, so that the browser moves only those on screen.
    """

    def __init__(self) -> None:
        self.scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.axis = bqplot.Axis(scale=self.scale, grid_color="var(--bt-line)", tick_values=EMPTY)

    def show(self, frame: ChartFrame) -> None:
        """Show the time range of *frame*, with a grid line at each of its ticks."""
        ends, ticks = (
            seconds(np.array(times, dtype=np.int64))
            for times in ((frame.time_range.start, frame.time_range.end), frame.times)
        )
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = map(float, ends)
        if not np.array_equal(self.axis.tick_values, ticks):
            self.axis.tick_values = ticks


def css_colour(style_class: str) -> str:
    """Return the colour of a style class such as ``bt-series-1``; a theme changes it without the kernel."""
    return f"var(--bt-{style_class.removeprefix('bt-')})"


class MarketLines:
    """
    One market's lines: live prices, the newest part of them, and backfilled prices.

    A trait is sent whole, so the newest part is a line of its own: it grows while the long line stays unchanged.
    """

    def __init__(self, scales: dict[str, bqplot.LinearScale], colour: str) -> None:
        line = {"scales": scales, "colors": [css_colour(colour)]}
        self.live = bqplot.Lines(x=EMPTY, y=EMPTY, stroke_width=1.6, **line)
        self.newest = bqplot.Lines(x=EMPTY, y=EMPTY, stroke_width=1.6, **line)
        # Paler, not dashed: a first day is all backfilled, and dashes of many lines are hard to read.
        self.backfilled = bqplot.Lines(x=EMPTY, y=EMPTY, stroke_width=1.6, opacities=[0.7], **line)

    def set_colour(self, colour: str) -> None:
        """Draw in the colour of the style class *colour*."""
        for mark in self.marks:
            if mark.colors != [css_colour(colour)]:
                mark.colors = [css_colour(colour)]

    @property
    def marks(self) -> list[bqplot.Mark]:
        """All three lines."""
        return [self.live, self.newest, self.backfilled]

    def show(self, points: ChartPoints, y: NDArray[np.floating], newest_from: int | None = None) -> None:
        """
        Draw *points* at the heights *y*, which are sent in their own precision.

        Points from *newest_from* on (epoch ms; None: none) belong to the newest part.
        """
        x = seconds(points.time)
        backfilled = points.backfilled
        split = len(x) if newest_from is None else int(np.searchsorted(points.time, newest_from))
        settled = np.arange(len(x)) < split
        # Points at a border belong to both lines, so that one starts where the other ends.
        newest = ~settled & ~backfilled
        newest[:-1] |= newest[1:] & ~backfilled[:-1]
        _send(self.live, x, y, settled & ~backfilled)
        _send(self.newest, x, y, newest)
        _send(self.backfilled, x, y, with_neighbours(backfilled))

    def clear(self) -> None:
        """Draw nothing; a mark that a figure gives up is never freed in the browser, so it stays, without points."""
        for line in self.marks:
            _send(line, NO_TIMES, EMPTY, np.empty(0, dtype=np.bool_))


def _send(line: bqplot.Lines, x: NDArray[np.float64], y: NDArray[np.floating], shown: NDArray[np.bool_]) -> None:
    """Set the points of *line* to those *shown*, unless it has them already."""
    y = np.where(shown, y, y.dtype.type(np.nan))
    finite = np.flatnonzero(np.isfinite(y))
    # bqplot writes "undefined" into the path of a line that ends in NaN.
    part = slice(finite[0], finite[-1] + 1) if finite.size else slice(0)
    x, y = x[part], y[part]
    if np.array_equal(line.x, x) and np.array_equal(line.y, y, equal_nan=True):
        return
    with line.hold_sync():
        line.x, line.y = x, y
