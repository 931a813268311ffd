"""The charts: a strip for each chosen currency, one time axis for all of them."""

import numpy as np
from ipywidgets import Box, VBox

from tracker.core.candles import Candles, candles
from tracker.core.market import Market
from tracker.core.rebased import deviation_from_mean, rebased_changes
from tracker.core.window import Window
from tracker.dashboard.browser.charts import ChartBridge
from tracker.dashboard.charts.compare_chart import CompareChart, left_out
from tracker.dashboard.charts.price_chart import PriceChart
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_layout import height_class, make_frame, needs_wide_axis
from tracker.render.axes.series import RedrawSchedule, chart_series, live_interval
from tracker.render.format import numbers
from tracker.render.html.chart_heading import charts_heading
from tracker.render.html.time_axis import axis_html
from tracker.render.page import condition
from tracker.render.page.state import MAX_VIEW


class PriceCharts(Panel):
    """
    A bqplot figure for each chosen currency; strips are made when first needed, and kept.

    Only thinned points are sent, and only those of strips that are shown and have changed.
    """

    title = "One bitcoin costs"
    what = "These charts"
    shows = (
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
    )
    beat = 5_000

    def __init__(self, state: ViewState) -> None:
        self.strips: dict[Market, PriceChart] = {}
        self._cuts = RedrawSchedule()
        self.panels: tuple[CompareChart, ...] = ()
        self.head = html()
        self.stack = VBox()
        self.stack.add_class("bt-chart-stack")
        self.times = html("", "bt-times")
        self.note = html()
        self.bridge = ChartBridge(state)
        self.bridge.values_at = lambda time: [each.at(time) for each in self.stack.children]
        super().__init__(state, self.head, self.stack, self.times, self.note, self.bridge, style="bt-charts")
        self.add_class("bt-panel")

    def draw(self) -> None:
        state = self.state
        page = state.page
        windows = {market: page.window(market) for market in state.chosen}
        look = make_frame(page, windows)
        domain = look.time_range
        # A past moment's price is just that; only what should be of now can be too old.
        old = {market for market in windows if not page.is_past and condition.has_old_price(page, market)}
        bars: dict[Market, Candles] = {}
        if state.mode == "compare":
            shown, ranges = self._together(windows, look)
        else:
            bars = {market: found for market, each in windows.items() if state.candles and (found := candles(each))}
            shown, ranges = self._apart(windows, look, bars, old)
        if self.stack.children != shown:
            self.stack.children = shown
        self.times.value = axis_html(domain, list(look.times), state.zone) if state.chosen else ""
        stale = bool(windows) and len(old) == len(windows)
        self.head.value = charts_heading(page, windows, domain, stale, {each.width for each in bars.values()})
        (self.add_class if needs_wide_axis(windows) else self.remove_class)("has-long")
        self._tell(domain, look, ranges)

    def _apart(
        self, windows: dict[Market, Window], look: ChartFrame, bars: dict[Market, Candles], old: set[Market]
    ) -> tuple[tuple[Box, ...], list[tuple[float, float]]]:
        """A strip for each market."""
        page, ranges = self.state.page, []
        start, end = page.visible_range
        self._cuts.begin_refresh()
        for market, window in windows.items():
            strip = self._strip(market)
            if self._skipped(strip):
                ranges.append((strip.scale.min, strip.scale.max))
                continue
            drawn = bars[market] if market in bars else chart_series(page, market, window)
            older = condition.older_prices_text(page, market)
            cut = self._cuts.cut_time(market, window, (end - start, look.time_range.anchor))
            ranges.append(strip.show(window, drawn, look, cut, old=market in old, older=older))
        self._size(height_class(windows))
        self.note.value = ""
        return tuple(self.strips[market] for market in windows), ranges

    def _skipped(self, strip: PriceChart) -> bool:
        """Whether it stands where it must be scrolled to; it is drawn when it comes into sight."""
        seen = self.state.on_screen
        return seen is not None and strip in self.stack.children and strip.mark not in seen

    def _together(
        self, windows: dict[Market, Window], look: ChartFrame
    ) -> tuple[tuple[Box, ...], list[tuple[float, float]]]:
        """Show all markets in one chart, and below it the deviation of each from their mean."""
        if not self.panels:
            self.panels = (
                CompareChart("change", "Change since {start}", numbers.PERCENT),
                CompareChart("deviation", "Deviation from the mean", " pp"),
            )
        page = self.state.page
        cadences = {market: live_interval(page, market) for market in windows}
        lines = rebased_changes(windows, cadences), deviation_from_mean(windows, cadences)
        ranges = [panel.show(each, windows, look, page) for panel, each in zip(self.panels, lines, strict=True)]
        self._size("is-compare")
        self.note.value = left_out(windows, lines[0], look)
        return (self.panels if windows else ()), ranges

    def _strip(self, market: Market) -> PriceChart:
        if market not in self.strips:
            place = self.state.data.markets.index(market)
            self.strips[market] = PriceChart(market, self.state.page.colour_class(market), place)
        return self.strips[market]

    def _size(self, size: str) -> None:
        for other in {"is-tall", "is-mid", "is-flat", "is-compare"} & set(self.stack._dom_classes) - {size}:
            self.stack.remove_class(other)
        self.stack.add_class(size)

    def _tell(self, domain: TimeRange, look: ChartFrame, ranges: list[tuple[float, float]]) -> None:
        """What the browser needs to move all this by itself, last: it lets go of its own view when it hears this."""
        state = self.state
        self.bridge.strips = [each.told(look) for each in self.stack.children]
        start, end = (float(x) for x in domain.seconds(np.array([domain.start, domain.end])))
        first, last = ((each - domain.anchor) / 1000 for each in (state.data.now - MAX_VIEW, state.data.now))
        self.bridge.domain = {
            "anchor": domain.anchor,
            "start": start,
            "end": end,
            "first": first,
            "last": last,
            "ranges": ranges,
            "zone": str(state.zone),
            "seq": self.bridge.seq,
        }
