"""
One currency's chart: its price at the left, the line or candles in the middle, the axis at the right.

bqplot draws the lines and the grid; the HTML above them comes from ``render.html.overlay``.
"""

from typing import Any

import bqplot
import numpy as np
from ipywidgets import Box, Widget
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow
from tracker.core.candles import Candles
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market
from tracker.core.readings import bar_at, price_at
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.charts.bqplot_lines import (
    EMPTY,
    NO_TIMES,
    MarketLines,
    TimeScale,
    css_colour,
    figure,
    seconds,
)
from tracker.dashboard.panel import html
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.price_axis import drawn_range, price_axis
from tracker.render.format import numbers
from tracker.render.html.chart_label import label_html
from tracker.render.html.overlay import overlay
from tracker.render.page.alerts_view import NO_MARKS, MarketMarks

EMPTY_CANDLES = np.empty((0, 4), dtype=np.float32)
_EXACT_BELOW = 2.0**24  # single precision has every integer up to here; prices as large are written without decimals


class PriceChart(Box):  # type: ignore[misc]  # ipywidgets has no types
    """
    The widgets of one market, created when it is first shown and then updated; unchanged values are not sent again.

    Until then it is an empty box that keeps the chart's place: a browser builds a box's children anew from the first
    that differs, and bqplot's figures are never freed.

    Args:
        name: of the market, for the crosshair.
        colour: the style class of its colour.
        index: the chart's position among all, by which the browser finds it.
    """

    children: Any  # a trait of Box, which has no types

    def __init__(self, market: Market, name: str, colour: str, index: int) -> None:
        self.market, self.name = market, name
        self.css_class = f"bt-chart-{index}"
        self._digits = 2  # decimals of its prices
        self._window: AnyWindow = Window.of(Ticks.none())
        self._candle_width = 0.0  # s; 0: lines
        self._colour = colour
        self._parts: tuple[Widget, ...] = ()
        self._was_built = False  # by a browser
        super().__init__()
        self.add_class("bt-chart").add_class(colour).add_class(self.css_class)

    def _create(self) -> None:
        self.scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.y_axis = bqplot.Axis(scale=self.scale, side="right", grid_color="var(--bt-line)", tick_values=EMPTY)
        self.time = TimeScale()
        self._scales = {"x": self.time.scale, "y": self.scale}
        self.lines = MarketLines(self._scales, self._colour)
        self.candles: bqplot.OHLC | None = None  # created when first shown
        self.figure = figure(self.lines.marks, [self.time.axis, self.y_axis])
        self.label = html("", "bt-label-box")
        self.over = html("", "bt-overlay")
        self._parts = (self.label, self.figure, self.over)

    def set_colour(self, colour: str) -> None:
        """Take the colour of the style class *colour*; what else is chosen may change it."""
        if colour == self._colour:
            return
        self.remove_class(self._colour).add_class(colour)
        self._colour = colour
        if not self._parts:
            return
        self.lines.set_colour(colour)
        if self.candles is not None:
            with self.candles.hold_sync():
                self.candles.colors, self.candles.stroke = _candle_colours(colour), css_colour(colour)

    def show(
        self,
        window: AnyWindow,
        drawn: ChartPoints | Candles,
        frame: ChartFrame,
        newest_from: int | None,
        *,
        old: int | None,
        older: str,
        recent: AnyWindow | None = None,
        wants_candles: bool = False,
        offer: Widget | None = None,
        alerts: MarketMarks = NO_MARKS,
    ) -> tuple[float, float]:
        """
        Draw *window* as *drawn*, and return the range of the price scale.

        Args:
            window: prices and gaps of the time shown.
            drawn: points or candles, which may reach beyond the window.
            frame: what all charts of the page share.
            newest_from: epoch ms from which on the line is its newest part, which changes with every row.
            old: the time (epoch ms) of the last price if it is not current.
            older: why there are no earlier prices; empty if there are.
            recent: the chosen span up to now, if *window* ends before.
            wants_candles: whether candles are drawn where there are enough prices.
            offer: explains a long missing start in place of the chart's own words.
            alerts: what alerts mark in the chart.
        """
        if not self._parts:
            self._create()
        if not self.children:
            self.children = self._parts
        self._digits = numbers.decimals(window.last_price) if window.count else 2
        self._window = window
        self.label.value = label_html(self.market, window, frame, old=old, recent=recent)
        low, high = drawn_range(window, drawn, frame)
        labels = price_axis(low, high, frame) if window.count else []
        has_candles = isinstance(drawn, Candles) if wants_candles else None
        candle = drawn.width if isinstance(drawn, Candles) else 0
        self._candle_width = candle / 1000
        more: dict[str, Any] = {"candle": candle, "has_note": offer is None, "alerts": alerts}
        self.over.value = overlay(self.market, window, frame, labels, older, has_candles, **more)
        # Afterwards it is only hidden: a browser does not free all of a child that is taken away.
        if offer is not None and offer not in self.children:
            self.children = (*self.children, offer)
        (self.remove_class if offer is None else self.add_class)("has-offer")
        if isinstance(drawn, Candles):
            self._show_candles(drawn, frame)
        else:
            self._show_lines(drawn, frame, newest_from)
        self.time.show(frame)
        self._set_scale(low, high, [tick for tick, _ in labels])
        return low, high

    def _set_scale(self, low: float, high: float, ticks: list[float]) -> None:
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low, high
        # Without ticks bqplot chooses its own, so one outside the range is set.
        values = np.array(ticks or [low - 1.0])
        if not np.array_equal(self.y_axis.tick_values, values):
            self.y_axis.tick_values = values

    def set_shown(self, is_shown: bool, is_watched: bool) -> None:
        """
        Have a browser build the chart only once it *is_shown*.

        *is_watched*: a browser shows the page. Before, the address of the page has not been read, which may choose
        few of many charts.
        """
        self._was_built |= is_shown and is_watched
        if not (is_shown or self._was_built):
            self.children = ()

    def browser_spec(self, frame: ChartFrame) -> dict[str, object]:
        """Return what the browser needs to zoom this chart and to read prices from it."""
        marks = [self.candles] if self._candle_width and self.candles else self.lines.marks
        return {
            "css_class": self.css_class,
            "scale": self.scale.model_id,
            "time": self.time.scale.model_id,
            "series": [{"name": self.name, "lines": [mark.model_id for mark in marks]}],
            "digits": self._digits,
            "free": frame.margin,
            "log": frame.log,
            "candle": self._candle_width,
        }

    def values_at(self, time: int) -> list[float | None]:
        """Return the price at *time* (epoch ms), of a bar its last; None if there is none, and for candles."""
        if self._candle_width:
            return [None]
        bar = bar_at(self._window, time)
        return [price_at(self._window, time) if bar is None else bar.last]

    def bar_at(self, time: int) -> dict[str, object] | None:
        """Return the bar at *time* (epoch ms), times in epoch seconds; None where there is none, and for candles."""
        bar = None if self._candle_width else bar_at(self._window, time)
        if bar is None:
            return None
        prices = {"low": bar.low, "high": bar.high, "polled": bar.is_polled}
        return {"start": bar.start / 1000, "end": bar.end / 1000, **prices}

    def _show_lines(self, points: ChartPoints, frame: ChartFrame, newest_from: int | None) -> None:
        self.lines.show(points, _heights(points.price, frame), newest_from)
        if self.candles is not None:
            _set_candles(self.candles, NO_TIMES, EMPTY_CANDLES)

    def _show_candles(self, drawn: Candles, frame: ChartFrame) -> None:
        if self.candles is None:
            # bqplot fills falling candles only, so that they differ without colour.
            self.candles = bqplot.OHLC(
                x=EMPTY,
                y=EMPTY_CANDLES,
                marker="candle",
                scales=self._scales,
                colors=_candle_colours(self._colour),
                stroke=css_colour(self._colour),
                stroke_width=1.0,
            )
            self.figure.marks = [*self.lines.marks, self.candles]
        x = seconds(drawn.time)
        _set_candles(self.candles, x, _heights(drawn.prices, frame))
        self.lines.clear()


def _heights(price: NDArray[np.float64], frame: ChartFrame) -> NDArray[np.floating]:
    """Return *price* on the price scale, as exact as the browser writes what it reads from there."""
    if frame.log:
        return np.log10(price)  # a price that is read back from a logarithm of single precision is not exact
    return price if price.max(initial=0.0) >= _EXACT_BELOW else price.astype(np.float32)


def _candle_colours(colour: str) -> list[str]:
    """Return the filling of rising and of falling candles."""
    return ["var(--bt-surface)", css_colour(colour)]


def _set_candles(candles: bqplot.OHLC, x: NDArray[np.float64], prices: NDArray[np.floating]) -> None:
    """Set the times and prices of *candles*, unless it has them already."""
    if not (np.array_equal(candles.x, x) and np.array_equal(candles.y, prices)):
        with candles.hold_sync():
            candles.x, candles.y = x, prices
