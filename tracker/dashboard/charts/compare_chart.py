"""All currencies in one chart, as percent since the start, and below it how far each went from the crowd."""

from collections.abc import Mapping
from html import escape

import bqplot
import numpy as np
from ipywidgets import Box

from tracker.core.market import Market
from tracker.core.rebased import MARGIN, RebasedSeries, scale
from tracker.core.window import Window
from tracker.dashboard.charts.bqplot_lines import NOTHING, Pair, TimeScale, figure, price_at
from tracker.dashboard.panel import html
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import numbers, plain_text, time_text
from tracker.render.html.overlay import axis_html, gap_html
from tracker.render.page.state import PageState


class CompareChart(Box):  # type: ignore[misc]  # ipywidgets has no types
    """One such chart; *kind* names it to the style and the browser, *unit* follows its numbers."""

    def __init__(self, kind: str, title: str, unit: str) -> None:
        self.mark = f"bt-chart-{kind}"
        self.title, self.unit = title, unit
        self.scale = bqplot.LinearScale(min=-1.0, max=1.0, allow_padding=False)
        self.y_axis = bqplot.Axis(scale=self.scale, side="right", grid_color="var(--bt-line)", tick_values=NOTHING)
        self.time = TimeScale()
        self._scales = {"x": self.time.scale, "y": self.scale}
        self.kind = kind
        self.pairs: dict[Market, Pair] = {}
        self._windows: Mapping[Market, Window] = {}
        self._colours: dict[Market, str] = {}  # of those that are shown
        self.figure = figure([], [self.time.axis, self.y_axis])
        self.label = html("", "bt-label-box")
        self.over = html("", "bt-overlay")
        super().__init__([self.label, self.figure, self.over])
        self.add_class("bt-chart").add_class("is-wide").add_class(self.mark)

    def show(
        self, lines: Mapping[Market, RebasedSeries], windows: Mapping[Market, Window], look: ChartFrame, page: PageState
    ) -> tuple[float, float]:
        """Draw *lines*, which *windows* are of; the range of the scale."""
        self._colours = {market: page.colour_class(market) for market in lines}
        self._windows = windows
        for market, line in lines.items():
            if market not in self.pairs:
                self.pairs[market] = Pair(self._scales, self._colours[market], crowded=True)
            self.pairs[market].show(line.points, line.values.astype(np.float32), look.time_range)
        marks = [mark for market in lines for mark in self.pairs[market].marks]
        if self.figure.marks != marks:
            self.figure.marks = marks
        low, high = scale(lines)
        ticks = numbers.round_ticks(low, high, 5)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        named = [(tick, numbers.plus_sign(tick) + numbers.tick_text(tick, step) + self.unit) for tick in ticks]
        self.label.value = self._label(lines, look, page)
        self.over.value = self._over(lines, windows, look, named, page)
        self.time.show(look)
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low, high
        places = np.array(ticks or [low - 1.0])
        if not np.array_equal(self.y_axis.tick_values, places):
            self.y_axis.tick_values = places
        return low, high

    def told(self, look: ChartFrame) -> dict[str, object]:
        """What the browser must know to move this chart and to read values from it."""
        return {
            "mark": self.mark,
            "scale": self.scale.model_id,
            "time": self.time.scale.model_id,
            "series": [
                {"name": market.quote, "lines": [line.model_id for line in pair.marks], "colour": self._colours[market]}
                for market, pair in self.pairs.items()
                if market in self._colours
            ],
            "digits": 2,
            "free": MARGIN,
            "log": False,
            "unit": self.unit,
        }

    def at(self, time: int) -> list[float | None]:
        """Each line's change at *time*, epoch ms; None without one, and of distances, which have times of their own."""
        found: list[float | None] = []
        for market in self.pairs:
            if market in self._colours:
                window = self._windows[market]
                price = price_at(window, time) if self.kind == "change" else None
                found.append(None if price is None else 100 * (price / float(window.ticks.price[0]) - 1))
        return found

    def value(self, number: float) -> str:
        """``+0.80 pp``."""
        return numbers.plus_sign(number) + numbers.number(number, 2) + self.unit

    def _label(self, lines: Mapping[Market, RebasedSeries], look: ChartFrame, page: PageState) -> str:
        start = time_text.moment(look.time_range.start, look.time_range.now, look.zone)
        order = sorted(lines.items(), key=lambda item: -np.nan_to_num(item[1].last, nan=-np.inf))
        rows = "".join(
            f'<li class="{page.colour_class(market)}"><i></i><b>{escape(market.quote)}</b>'
            f"<span>{self.value(line.last)}</span></li>"
            for market, line in order
        )
        mark = f" · {escape(look.mode_label)}" if look.mode_label else ""
        return (
            f'<div class="bt-label is-list"><span class="bt-pair">{escape(self.title.format(start=start))}{mark}</span>'
            f'<ul class="bt-last-values">{rows}</ul></div>'
        )

    def _over(
        self,
        lines: Mapping[Market, RebasedSeries],
        windows: Mapping[Market, Window],
        look: ChartFrame,
        named: list[tuple[float, str]],
        page: PageState,
    ) -> str:
        inside = "".join(gap_html(start, end, look) for start, end in _nowhere([windows[market] for market in lines]))
        inside += '<i class="bt-zero-line" style="--p:0"></i>'
        said = []
        for market, line in lines.items():
            there = np.flatnonzero(np.isfinite(line.values))
            if there.size:
                place = f"{look.time_range.css(int(line.points.time[there[-1]]))};--p:{line.last:.6g}"
                inside += f'<i class="bt-last-point {page.colour_class(market)}" style="{place}"></i>'
            said.append(f"{market.quote} {self.value(line.last)}")
        start = time_text.moment(look.time_range.start, look.time_range.now, look.zone)
        spoken = escape(f"{self.title.format(start=start)}: {', '.join(said) or 'nothing to compare'}.", quote=True)
        return f'<div class="bt-plot" role="img" aria-label="{spoken}">{inside}</div>{axis_html(named)}'


def left_out(windows: Mapping[Market, Window], lines: Mapping[Market, RebasedSeries], look: ChartFrame) -> str:
    """Which currencies are not compared, and why; empty if all are."""
    missing = [market for market in windows if market not in lines]
    if not missing:
        return ""
    start = time_text.moment(look.time_range.start, look.time_range.now, look.zone)
    names = escape(plain_text.join_words([market.quote for market in missing]))
    one = len(missing) == 1
    why = f"{'It has' if one else 'They have'} no price at {start} to be measured from; a shorter span may include "
    said = f"<b>{names} {'is' if one else 'are'} left out.</b> {why}{'it' if one else 'them'}."
    return f'<p class="bt-note is-left">{said}</p>'


def _nowhere(windows: list[Window]) -> list[tuple[int, int]]:
    """The gaps that all *windows* have in common."""
    if not windows:
        return []
    found = windows[0].gaps
    for window in windows[1:]:
        pairs = ((max(a, c), min(b, d)) for a, b in found for c, d in window.gaps)
        found = [(start, end) for start, end in pairs if start < end]
    return found
