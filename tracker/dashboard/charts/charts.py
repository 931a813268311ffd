"""The panel of charts: one chart for each chosen currency, with a common time axis."""

from functools import partial

from ipywidgets import VBox

from tracker.core.bar_window import AnyWindow, BarWindow
from tracker.core.candles import Candles
from tracker.core.market import Market
from tracker.core.rebased import deviation_from_mean, rebased_changes
from tracker.dashboard.browser.charts import ChartBridge
from tracker.dashboard.charts.compare_chart import CompareChart, ends_class, note
from tracker.dashboard.charts.fetch_offer import FetchOffer
from tracker.dashboard.charts.price_chart import PriceChart
from tracker.dashboard.charts.redraw_schedule import RedrawSchedule
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.axes.backfilled_bands import backfilled_bands
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_layout import axis_class, height_class, make_frame
from tracker.render.axes.series import chart_candles, chart_series, live_interval
from tracker.render.format import numbers, time_text
from tracker.render.html.chart_heading import charts_heading
from tracker.render.html.time_axis import axis_html
from tracker.render.page import condition
from tracker.render.page.older_prices import older_prices_text

_ALERT_AXES = {"has-alert-long", "has-alert-longest"}
_AXIS_CLASSES = {"has-long", "has-longest", "has-wide-ends", "has-widest-ends", *_ALERT_AXES}
_SIZE_CLASSES = {"is-tall", "is-mid", "is-flat", "is-compare", "shows-candles"}
_DEVIATION = "the same, minus the mean of all: what the currency itself did, in percentage points"


class PriceCharts(Panel):
    """
    One chart for each chosen currency, or all currencies in a comparison.

    A chart is created when it is first shown, and kept, in the browser too: one that is not shown is hidden. Only
    downsampled points are sent, and only those of charts that are on screen and have changed.

    Attributes:
        shown: the charts that are not hidden, from top to bottom.
    """

    title = "One bitcoin costs"
    name = "These charts"
    depends_on = (
        "markets",
        "chosen",
        "span",
        "view",
        "mode",
        "candles",
        "revision",
        "status",
        "outages",
        "zone",
        "on_screen",
        "requests",
        "actions",
        "alert_marks",
    )
    refresh_every = 5_000

    def __init__(self, state: ViewState) -> None:
        self.price_charts: dict[Market, PriceChart] = {}
        self.shown: tuple[PriceChart | CompareChart, ...] = ()
        self._schedule = RedrawSchedule()
        self.fetch = FetchOffer(state)
        self.compare_charts: tuple[CompareChart, ...] = ()
        self.head = html()
        self.stack = VBox()
        self.stack.add_class("bt-chart-stack")
        self.times = html("", "bt-times")
        self.note = html()
        self.bridge = ChartBridge(state)
        self.bridge.values_at = lambda time: [chart.values_at(time) for chart in self.shown]
        self.bridge.bars_at = lambda time: [chart.bar_at(time) for chart in self.shown]
        super().__init__(state, self.head, self.stack, self.times, self.note, self.bridge, style="bt-charts bt-panel")
        self.bridge.observe(self.refresh, names="on_screen")
        state.observe(self._mark_reading, "reading")

    def value(self, name: str) -> object:
        """Return the same, and which charts are on screen: other panels of the state show theirs elsewhere."""
        return self.bridge.on_screen if name == "on_screen" else super().value(name)

    def _mark_reading(self, change: object) -> None:
        (self.box.add_class if self.state.is_reading else self.box.remove_class)("is-reading")

    def render(self) -> None:
        state = self.state
        page = state.page
        windows = {market: page.window(market) for market in state.chosen}
        frame, marks = make_frame(page, windows), page.data.alert_marks
        time_range = frame.time_range
        bars: dict[Market, Candles] = {}
        for market in state.data.markets:
            self._price_chart(market)
        charts: tuple[PriceChart | CompareChart, ...]
        is_comparing = state.mode == "compare"
        if is_comparing:
            charts, ranges = self._draw_comparison(windows, frame)
        else:
            if state.candles:
                drawn = {market: chart_candles(page, market, window) for market, window in windows.items()}
                bars = {market: candles for market, candles in drawn.items() if candles}
            charts, ranges = self._single(windows, frame, bars)
        # First, so that new charts have their size at once.
        (self.box.add_class if is_comparing else self.box.remove_class)("is-comparing")
        axis = ends_class(list(map(page.label, windows))) if is_comparing else axis_class(windows, frame, marks)
        self._set_axis(*axis.split())
        self._show_only(charts)
        bands = backfilled_bands(page, windows, time_range)
        self.times.value = axis_html(time_range, list(frame.times), frame.zone, bands) if windows else ""
        all_old = (
            bool(windows) and not page.is_past and all(condition.has_old_price(page, market) for market in windows)
        )
        self.head.value = charts_heading(page, windows, frame, all_old, {drawn.width for drawn in bars.values()})
        self._publish(time_range, frame, ranges)

    def _single(
        self, windows: dict[Market, AnyWindow], frame: ChartFrame, bars: dict[Market, Candles]
    ) -> tuple[tuple[PriceChart, ...], list[tuple[float, float]]]:
        """Draw one chart for each market; return the charts and the range of each price scale."""
        page, ranges = self.state.page, []
        start, end = page.visible_range
        offered = self.fetch.market(windows, frame)
        self._schedule.begin_refresh()
        for market, window in windows.items():
            chart = self._price_chart(market)
            chart.set_colour(page.colour_class(market))
            if self._is_off_screen(chart):
                ranges.append((chart.scale.min, chart.scale.max))
                continue
            points = bars[market] if market in bars else chart_series(page, market, window)
            old, older = condition.old_price_time(page, market), older_prices_text(page, market)
            recent = page.recent_window(market) if page.choices.view else None
            offer = self.fetch if market == offered else None
            newest_from = self._schedule.cut_time(market, window, end - start)
            show = partial(chart.show, old=old, older=older, recent=recent, wants_candles=self.state.candles)
            ranges.append(show(window, points, frame, newest_from, offer=offer, alerts=page.marks(market)))
        # The crosshair shows the prices of bars where it shows those of candles.
        has_bars = bars or any(isinstance(window, BarWindow) for window in windows.values())
        self._set_size(height_class(windows), *(["shows-candles"] if has_bars else []))
        self.note.value = ""
        return tuple(self.price_charts[market] for market in windows), ranges

    def _is_off_screen(self, chart: PriceChart) -> bool:
        """Return whether *chart* is outside the visible part of the page; it is drawn when scrolled into view."""
        on_screen = self.bridge.on_screen
        return on_screen is not None and chart in self.shown and chart.css_class not in on_screen

    def _draw_comparison(
        self, windows: dict[Market, AnyWindow], frame: ChartFrame
    ) -> tuple[tuple[CompareChart, ...], list[tuple[float, float]]]:
        """Draw all markets in one chart, and their deviation from the mean below it."""
        if not self.compare_charts:
            self.compare_charts = (
                CompareChart("change", "Change since {start}", "every currency starts at 0", numbers.PERCENT),
                CompareChart("deviation", "Deviation from the mean", _DEVIATION, " pp"),
            )
        page = self.state.page
        cadences = {market: live_interval(page, market) for market in windows}
        lines = rebased_changes(windows, cadences), deviation_from_mean(windows, cadences)
        ranges = [
            chart.show(series, windows, frame, page) for chart, series in zip(self.compare_charts, lines, strict=True)
        ]
        self._set_size("is-compare")
        self.note.value = note(windows, lines[0], frame, page)
        # A line alone is its own mean.
        count = 0 if not windows else 1 if len(lines[0]) < 2 else 2
        return self.compare_charts[:count], ranges[:count]

    def _price_chart(self, market: Market) -> PriceChart:
        if market not in self.price_charts:
            index, page = len(self.price_charts), self.state.page
            self.price_charts[market] = PriceChart(market, page.label(market), page.colour_class(market), index)
        return self.price_charts[market]

    def _show_only(self, charts: tuple[PriceChart | CompareChart, ...]) -> None:
        """Show *charts* and hide all others; those that appear come first, so that the page never gets too short."""
        everything: tuple[PriceChart | CompareChart, ...] = (*self.price_charts.values(), *self.compare_charts)
        if self.stack.children != everything:
            self.stack.children = everything
        for chart in charts:
            chart.remove_class("is-hidden")
        for chart in everything:
            if chart not in charts:
                chart.add_class("is-hidden")
        for chart in self.price_charts.values():
            chart.set_shown(chart in charts, self.state.watched)
        self.shown = charts

    def _set_size(self, *sizes: str) -> None:
        for other in _SIZE_CLASSES & set(self.stack._dom_classes) - {*sizes}:
            self.stack.remove_class(other)
        for size in sizes:
            self.stack.add_class(size)

    def _set_axis(self, *widths: str) -> None:
        for other in _AXIS_CLASSES & set(self.box._dom_classes) - {*widths}:
            self.box.remove_class(other)
        for width in widths:
            self.box.add_class(width)

    def _publish(self, time_range: TimeRange, frame: ChartFrame, ranges: list[tuple[float, float]]) -> None:
        """Send what the browser needs to zoom by itself. Comes last: it ends the browser's own view."""
        state = self.state
        self.bridge.charts = [chart.browser_spec(frame) for chart in self.shown]
        first, last = state.data.now - state.page.reach, state.data.now
        self.bridge.domain = {
            "anchor": time_range.anchor / 1000,
            "start": time_range.start / 1000,
            "end": time_range.end / 1000,
            "first": first / 1000,
            "last": last / 1000,
            "ranges": ranges,
            "zone": time_text.zone_id(frame.zone),
            "seq": self.bridge.seq,
        }
