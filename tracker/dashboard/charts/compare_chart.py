"""One chart of all markets: the change since the start, or the deviation from their mean."""

from collections.abc import Mapping, Sequence

import bqplot
import numpy as np
from ipywidgets import Box
from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.core.readings import bar_at, price_at
from tracker.core.rebased import MARGIN, RebasedSeries, scale
from tracker.dashboard.charts.bqplot_lines import EMPTY, MarketLines, TimeScale, figure
from tracker.dashboard.panel import html
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import numbers, plain_text, time_text
from tracker.render.format.templating import join
from tracker.render.html.overlay import common_gaps, gap_html, plot_html
from tracker.render.page.state import PageState

_MAX_LABELS = 12  # beside the ends of their lines; more are a list, which scrolls where it has no room
_COLUMNS = 2  # of that list in a wide window; the crosshair's has at least as many
_LONG_NAME = 6  # characters; longer ones need a wider column
_LABEL_MARGIN = 0.04  # of the plot's height, where a label of the axis would be cut off
_LABEL = Markup('<div class="bt-title"><span class="bt-pair">{}{}</span> · {}</div>')
_TICK = Markup("{}<i>{}</i>")  # a phone has no room for the unit, which the labels at the ends repeat
_CHOOSE_MORE = Markup('<p class="bt-note is-left">Choose two or more currencies to compare them.</p>')
_END = Markup('<li class="{}" style="--p:{:.6g}"><i></i><b>{}</b><span>{}</span></li>')
_ENDS = Markup(
    '<svg class="bt-leaders" aria-hidden="true"><path/></svg><ul class="bt-end-list" style="--rows:{}">{}</ul>'
)


class CompareChart(Box):  # type: ignore[misc]  # ipywidgets has no types
    """
    One of the two charts.

    Args:
        kind: ``change`` or ``deviation``; the browser finds the chart by the style class ``bt-chart-<kind>``.
        title: the heading, with ``{start}`` for the start time.
        explanation: what the numbers are.
        unit: follows each number.
    """

    def __init__(self, kind: str, title: str, explanation: str, unit: str) -> None:
        self.css_class = f"bt-chart-{kind}"
        self.title, self.explanation, self.unit = title, explanation, unit
        self.scale = bqplot.LinearScale(min=-1.0, max=1.0, allow_padding=False)
        self.y_axis = bqplot.Axis(scale=self.scale, side="right", grid_color="var(--bt-line)", tick_values=EMPTY)
        self.time = TimeScale()
        self._scales = {"x": self.time.scale, "y": self.scale}
        self.kind = kind
        self.lines: dict[Market, MarketLines] = {}
        self._windows: Mapping[Market, AnyWindow] = {}
        self._colours: dict[Market, str] = {}  # of the markets shown
        self._names: dict[Market, str] = {}
        self.figure = figure([], [self.time.axis, self.y_axis])
        self.label = html("", "bt-label-box")
        self.over = html("", "bt-overlay")
        self.ends = html("", "bt-ends")  # a widget of its own, which stays scrolled when its labels change
        super().__init__([self.label, self.figure, self.over, self.ends])
        self.add_class("bt-chart").add_class("is-wide").add_class(self.css_class)

    def show(
        self,
        series: Mapping[Market, RebasedSeries],
        windows: Mapping[Market, AnyWindow],
        frame: ChartFrame,
        page: PageState,
    ) -> tuple[float, float]:
        """Draw *series*, computed from *windows*, and return the range of the scale."""
        self._colours = {market: page.colour_class(market) for market in series}
        self._names = {market: page.label(market) for market in series}
        self._windows = windows
        for market in self.lines.keys() - series.keys():
            self.lines[market].clear()
        for market, line in series.items():
            if market not in self.lines:
                self.lines[market] = MarketLines(self._scales, self._colours[market])
            self.lines[market].set_colour(self._colours[market])
            drawn = line.begin_at(frame.time_range.start)  # else the first value that one sees is no longer 0
            self.lines[market].show(drawn.points, drawn.values.astype(np.float32))
        marks = [mark for lines in self.lines.values() for mark in lines.marks]
        if self.figure.marks != marks:
            self.figure.marks = marks
        low, high = scale(series)
        margin = _LABEL_MARGIN * (high - low)
        ticks = numbers.round_ticks(low + margin, high - margin, 5)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        labels: list[tuple[float, str]] = [(tick, self._tick(tick, step)) for tick in ticks]
        self.label.value = self._label(frame)
        self.over.value = self._overlay(series, windows, frame, labels)
        self.ends.value = self._end_labels(series)
        (self.ends.add_class if len(series) > _MAX_LABELS else self.ends.remove_class)("is-scrolled")
        self.time.show(frame)
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low, high
        tick_values = np.array(ticks or [low - 1.0])
        if not np.array_equal(self.y_axis.tick_values, tick_values):
            self.y_axis.tick_values = tick_values
        return low, high

    def browser_spec(self, frame: ChartFrame) -> dict[str, object]:
        """Return what the browser needs to zoom this chart and to read values from it."""
        return {
            "css_class": self.css_class,
            "scale": self.scale.model_id,
            "time": self.time.scale.model_id,
            "series": [
                {
                    "name": self._names[market],
                    "lines": [mark.model_id for mark in lines.marks],
                    "colour": self._colours[market],
                }
                for market, lines in self.lines.items()
                if market in self._colours
            ],
            "digits": 2,
            "free": MARGIN,
            "log": False,
            "unit": self.unit,
        }

    def values_at(self, time: int) -> list[float | None]:
        """Return each market's value at *time* (epoch ms); None if there is none."""
        changes = np.full(len(self._colours), np.nan)
        for index, market in enumerate(market for market in self.lines if market in self._colours):
            window = self._windows[market]
            if (price := price_at(window, time)) is not None:
                changes[index] = 100 * (price / window.first_price - 1)
        if self.kind == "deviation" and np.isfinite(changes).any():
            changes -= np.nanmean(changes)
        return [float(value) if np.isfinite(value) else None for value in changes]

    def bar_at(self, time: int) -> dict[str, object] | None:
        """Return from when to when, in epoch seconds, the bar at *time* (epoch ms) is; None where there is none."""
        bars = filter(None, (bar_at(self._windows[market], time) for market in self._colours))
        # Of the shortest: beside a long candle, other prices are of a part of its time.
        bar = min(bars, key=lambda bar: bar.end - bar.start, default=None)
        return None if bar is None else {"start": bar.start / 1000, "end": bar.end / 1000}

    def format_value(self, number: float) -> str:
        """Return *number* with sign and unit, as ``+0.80 pp``."""
        return numbers.plus_sign(number) + numbers.number(number, 2) + self.unit

    def _tick(self, number: float, step: float) -> Markup:
        return _TICK.format(numbers.plus_sign(number) + numbers.tick_text(number, step), self.unit)

    def _label(self, frame: ChartFrame) -> Markup:
        mode = f" · {frame.mode_label}" if frame.mode_label else ""
        return _LABEL.format(self._title(frame), mode, self.explanation)

    def _title(self, frame: ChartFrame) -> str:
        start = time_text.moment(frame.time_range.exact_start, frame.time_range.now, frame.zone)
        return self.title.format(start=start)

    def _end_labels(self, series: Mapping[Market, RebasedSeries]) -> Markup:
        """Return the labels of the lines' ends, the highest first; the browser pushes them apart."""
        known = [(market, line.last) for market, line in series.items() if np.isfinite(line.last)]
        known.sort(key=lambda item: -item[1])
        labels = [
            _END.format(self._colours[market], last, self._names[market], self.format_value(last))
            for market, last in known
        ]
        return _ENDS.format(-(-len(labels) // _COLUMNS), join(labels))

    def _overlay(
        self,
        series: Mapping[Market, RebasedSeries],
        windows: Mapping[Market, AnyWindow],
        frame: ChartFrame,
        labels: list[tuple[float, str]],
    ) -> Markup:
        gaps = common_gaps([windows[market] for market in series], frame.time_range)
        inside = join([gap_html(start, end, frame) for start, end in gaps])
        inside += Markup('<i class="bt-zero-line" style="--p:0"></i>')
        values = [f"{self._names[market]} {self.format_value(line.last)}" for market, line in series.items()]
        spoken = f"{self._title(frame)}: {', '.join(values) or 'nothing to compare'}."
        return plot_html(spoken, inside, labels)


def ends_class(names: Sequence[str]) -> str:
    """Return the style class of a column with room for the labels of lines called *names*; "" for the usual one."""
    if len(names) > _MAX_LABELS:  # the crosshair's list of them has two columns
        return "has-widest-ends" if max(map(len, names)) > _LONG_NAME else "has-wide-ends"
    return "has-wide-ends" if max(map(len, names), default=0) > _LONG_NAME else ""


def note(
    windows: Mapping[Market, AnyWindow], series: Mapping[Market, RebasedSeries], frame: ChartFrame, page: PageState
) -> Markup:
    """Return a note on the currencies that cannot be compared; empty if all can."""
    missing = [market for market in windows if market not in series]
    if not missing:
        return _CHOOSE_MORE if len(windows) == 1 else Markup("")
    start = time_text.moment(frame.time_range.exact_start, frame.time_range.now, frame.zone)
    names = plain_text.join_words([page.label(market) for market in missing])
    one = len(missing) == 1
    verb, pronoun, has = ("is", "it", "It has") if one else ("are", "them", "They have")
    why = f"{has} no price at {start} to compare with; a shorter span may include {pronoun}."
    return Markup('<p class="bt-note is-left"><b>{} {} left out.</b> {}</p>').format(names, verb, why)
