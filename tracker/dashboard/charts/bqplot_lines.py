"""What every chart is made of: a bqplot figure without trimmings, and lines that are sent only when they changed."""

import bqplot
import numpy as np
from ipywidgets import Layout
from numpy.typing import NDArray

from tracker.core.downsampling import ChartPoints
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.svg.shapes import with_neighbours

_INEXACT = 100  # ms that a time in seconds of single precision may be off
NOTHING = np.empty(0, dtype=np.float32)


def figure(marks: list[bqplot.Mark], axes: list[bqplot.Axis]) -> bqplot.Figure:
    """A figure that fills its place, without margins, toolbar and animation."""
    made = bqplot.Figure(
        marks=marks,
        axes=axes,
        fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
        padding_x=0,
        padding_y=0,
        display_toolbar=False,
        animation_duration=0,
        layout=Layout(width="100%", height="100%", min_width="0"),
    )
    made.add_class("bt-figure")
    return made


class TimeScale:
    """
    A chart's time: its scale, and an axis of which only the grid is seen.

    Each chart has its own, though all show the same, so that the browser moves only those in sight.
    """

    def __init__(self) -> None:
        self.scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.axis = bqplot.Axis(scale=self.scale, grid_color="var(--bt-line)", tick_values=NOTHING)

    def show(self, look: ChartFrame) -> None:
        """Show the time of *look*, a grid line at each of its round times."""
        ends, ticks = (
            look.time_range.seconds(np.array(each, dtype=np.int64))
            for each in ((look.time_range.start, look.time_range.end), look.times)
        )
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = map(float, ends)
        if not np.array_equal(self.axis.tick_values, ticks):
            self.axis.tick_values = ticks


def price_at(window: Window, time: int) -> float | None:
    """The price that stands at *time*, epoch ms as a browser has it; None in a gap and before the first."""
    place = int(np.searchsorted(window.ticks.time, time + _INEXACT, side="right")) - 1
    if place < 0 or any(start + _INEXACT < time <= end - _INEXACT for start, end in window.gaps):
        return None
    return float(window.ticks.price[place])


class Pair:
    """
    One market's lines: what arrived live, its newest part, and what was backfilled later.

    A trait is sent whole, so the newest part is a line of its own: while it grows, the long one stays as it is.
    """

    def __init__(self, scales: dict[str, bqplot.LinearScale], colour: str, *, crowded: bool = False) -> None:
        line = {"scales": scales, "colors": [f"var(--bt-{colour.removeprefix('bt-')})"]}
        # Dashes of many lines would be noise; there the later part is thinner and paler.
        late = {"opacities": [0.6], "stroke_width": 1.0} if crowded else {"line_style": "dashed", "stroke_width": 1.1}
        self.live = bqplot.Lines(x=NOTHING, y=NOTHING, stroke_width=1.6, **line)
        self.newest = bqplot.Lines(x=NOTHING, y=NOTHING, stroke_width=1.6, **line)
        self.backfilled = bqplot.Lines(x=NOTHING, y=NOTHING, **late, **line)

    @property
    def marks(self) -> list[bqplot.Mark]:
        """All three."""
        return [self.live, self.newest, self.backfilled]

    def show(self, thinned: ChartPoints, y: NDArray[np.floating], domain: TimeRange, cut: int | None = None) -> None:
        """
        Draw the points of *thinned* at the heights *y*, sent with the digits that its type has.

        From *cut* on (epoch ms; None: nothing) they are the newest part.
        """
        x = domain.seconds(thinned.time)
        late = thinned.backfilled
        place = len(x) if cut is None else int(np.searchsorted(thinned.time, cut))
        settled = np.arange(len(x)) < place
        # Border points belong to both lines, so one begins where the other ends.
        newest = ~settled & ~late
        newest[:-1] |= newest[1:] & ~late[:-1]
        _send(self.live, x, y, settled & ~late)
        _send(self.newest, x, y, newest)
        _send(self.backfilled, x, y, with_neighbours(late))


def _send(line: bqplot.Lines, x: NDArray[np.float32], y: NDArray[np.floating], shown: NDArray[np.bool_]) -> None:
    y = np.where(shown, y, y.dtype.type(np.nan))
    there = np.flatnonzero(np.isfinite(y))
    # bqplot writes "undefined" into the page for a line that ends in nan.
    part = slice(there[0], there[-1] + 1) if there.size else slice(0)
    x, y = x[part], y[part]
    if np.array_equal(line.x, x) and np.array_equal(line.y, y, equal_nan=True):
        return
    with line.hold_sync():
        line.x, line.y = x, y
