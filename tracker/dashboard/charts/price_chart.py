"""
One currency's strip: its price in words at the left, the line or candles in the middle, the axis at the right.

bqplot draws the lines and the grid; what lies over them is in overlay.
"""

import bqplot
import numpy as np
from ipywidgets import Box

from tracker.core.candles import Candles
from tracker.core.downsampling import ChartPoints
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.charts.bqplot_lines import NOTHING, Pair, TimeScale, figure, price_at
from tracker.dashboard.panel import html
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.format import numbers
from tracker.render.html.chart_label import label_html
from tracker.render.html.overlay import overlay


class PriceChart(Box):  # type: ignore[misc]  # ipywidgets has no types
    """
    The widgets of one market, made once and then updated; what did not change is not sent again.

    *place* is the market's among all, by which the browser finds the strip.
    """

    def __init__(self, market: Market, colour: str, place: int) -> None:
        self.market = market
        self.mark = f"bt-chart-{place}"
        self._digits = 2  # of its prices
        self._window, self._candle = Window.of(Ticks.none()), 0.0  # what it shows, and how long its candles are, s
        self.scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.y_axis = bqplot.Axis(scale=self.scale, side="right", grid_color="var(--bt-line)", tick_values=NOTHING)
        self.time = TimeScale()
        self._scales = {"x": self.time.scale, "y": self.scale}
        self._colour = f"var(--bt-{colour.removeprefix('bt-')})"
        self.pair = Pair(self._scales, colour)
        self.candles: bqplot.OHLC | None = None  # made when first wanted
        self.figure = figure(self.pair.marks, [self.time.axis, self.y_axis])
        self.label = html("", "bt-label-box")
        self.over = html("", "bt-overlay")
        super().__init__([self.label, self.figure, self.over])
        self.add_class("bt-chart").add_class(colour).add_class(self.mark)

    def show(
        self, window: Window, drawn: ChartPoints | Candles, look: ChartFrame, cut: int | None, *, old: bool, older: str
    ) -> tuple[float, float]:
        """
        Draw *window* as *drawn*, which may reach beyond it; the range of the price scale.

        *cut*: from where on (epoch ms) the line is its newest part, which changes with every row;
        *old*: its last price is no price of now; *older*: why there are no earlier ones.
        """
        self._digits = numbers.decimals(float(window.ticks.price[-1])) if window.count else 2
        self._window = window
        self._candle = drawn.width / 1000 if isinstance(drawn, Candles) else 0.0
        self.label.value = label_html(self.market, window, look, old=old)
        low, high = price_range(window.ticks.price, look)
        named = price_axis(low, high, look) if window.count else []
        self.over.value = overlay(self.market, window, look, named, older)
        if isinstance(drawn, Candles):
            self._show_candles(drawn, look)
        else:
            self._show_lines(drawn, look, cut)
        self.time.show(look)
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low, high
        # Without any bqplot would choose its own; one that is out of sight keeps it from that.
        places = np.array([place for place, _ in named] or [low - 1.0])
        if not np.array_equal(self.y_axis.tick_values, places):
            self.y_axis.tick_values = places
        return low, high

    def told(self, look: ChartFrame) -> dict[str, object]:
        """What the browser must know to move this strip and to read prices from it."""
        lines = [line.model_id for line in self.figure.marks]
        return {
            "mark": self.mark,
            "scale": self.scale.model_id,
            "time": self.time.scale.model_id,
            "series": [{"name": self.market.quote, "lines": lines}],
            "digits": self._digits,
            "free": look.margin,
            "log": look.log,
            "candle": self._candle,
        }

    def at(self, time: int) -> list[float | None]:
        """The price that stands at *time*, epoch ms; None without one, and of candles."""
        return [None if self._candle else price_at(self._window, time)]

    def _show_lines(self, thinned: ChartPoints, look: ChartFrame, cut: int | None) -> None:
        # float32 has the digits of a price, but not those that reading one back from its logarithm needs.
        y = np.log10(thinned.price) if look.log else thinned.price.astype(np.float32)
        self.pair.show(thinned, y, look.time_range, cut)
        self._set_marks(self.pair.marks)

    def _show_candles(self, drawn: Candles, look: ChartFrame) -> None:
        if self.candles is None:
            # bqplot fills the falling ones and leaves the others open: told apart without their colour.
            self.candles = bqplot.OHLC(
                x=NOTHING,
                y=np.empty((0, 4), dtype=np.float32),
                marker="candle",
                scales=self._scales,
                colors=["var(--bt-surface)", self._colour],
                stroke=self._colour,
                stroke_width=1.0,
            )
        x = look.time_range.seconds(drawn.time)
        prices = np.log10(drawn.prices) if look.log else drawn.prices.astype(np.float32)
        if not (np.array_equal(self.candles.x, x) and np.array_equal(self.candles.y, prices)):
            with self.candles.hold_sync():
                self.candles.x, self.candles.y = x, prices
        self._set_marks([self.candles])

    def _set_marks(self, marks: list[bqplot.Mark]) -> None:
        if self.figure.marks != marks:
            self.figure.marks = marks
