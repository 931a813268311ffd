"""The charts: a strip for each chosen currency, one time axis for all of them."""

import bqplot
import numpy as np
from ipywidgets import VBox

from tracker.dashboard import health, numerals, wording
from tracker.dashboard.part import Part, html
from tracker.dashboard.state import State
from tracker.dashboard.strip import Domain, Look, Strip
from tracker.market import Market
from tracker.thinning import thin
from tracker.window import Window

# Span in seconds up to which ticks are so many seconds apart.
_STEPS = ((600, 120), (3_600, 600), (7_200, 1_200), (21_600, 3_600), (43_200, 7_200), (86_400, 10_800))
_DAY = 86_400
_FREE = 0.01  # of the span, free at the right for the last point

_LEGEND = (
    '<span class="bt-legend bt-end">'
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.8"/></svg>live</span>'
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.2" '
    'stroke-dasharray="4 2.5"/></svg>backfilled later</span>'
    '<span><svg viewBox="0 0 22 10"><path d="M-2 10 8 0M3 10 13 0M8 10 18 0M13 10 23 0" '
    'stroke="var(--bt-line-strong)"/></svg>no prices</span><span>▲ high ▼ low</span></span>'
)


class PriceCharts(Part):
    """
    A bqplot figure for each chosen currency; strips are made when first needed, and kept.

    Only thinned points are sent, and only those of strips that are shown and have changed.
    """

    title = "One bitcoin costs"
    what = "These charts"
    shows = ("markets", "chosen", "span", "revision", "status")
    beat = 5_000

    def __init__(self, state: State) -> None:
        self.strips: dict[Market, Strip] = {}
        self.x_scale = bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self.x_axis = bqplot.Axis(scale=self.x_scale, grid_color="var(--bt-line)", tick_values=np.empty(0))
        self.head = html()
        self.stack = VBox()
        self.stack.add_class("bt-strips")
        self.times = html("", "bt-times")
        super().__init__(state, self.head, self.stack, self.times, style="bt-charts")
        self.add_class("bt-panel")

    def draw(self) -> None:
        state = self.state
        domain = _domain(state)
        windows = {market: state.window(market) for market in state.chosen}
        old = {market for market in windows if health.is_old(state, market)}
        prices = [numerals.price(float(window.ticks.price[-1])) for window in windows.values() if window.count]
        fraction = max(map(numerals.fraction_digits, prices), default=0)
        look = Look(domain, len(windows) <= 2, fraction, health.invented(state))
        for market, window in windows.items():
            filling = health.is_filling(state, market)
            self._strip(market).show(window, thin(window), look, old=market in old, filling=filling)
        self._size(len(windows))
        shown = tuple(self.strips[market] for market in windows)
        if self.stack.children != shown:
            self.stack.children = shown
        self._axis(domain)
        self.head.value = _heading(state, windows, domain, bool(windows) and len(old) == len(windows))

    def _strip(self, market: Market) -> Strip:
        if market not in self.strips:
            self.strips[market] = Strip(market, self.state.colour(market), self.x_scale, self.x_axis)
        return self.strips[market]

    def _size(self, count: int) -> None:
        size = "is-tall" if count <= 2 else "is-mid" if count <= 4 else "is-flat"
        for other in {"is-tall", "is-mid", "is-flat"} & set(self.stack._dom_classes) - {size}:
            self.stack.remove_class(other)
        self.stack.add_class(size)

    def _axis(self, domain: Domain) -> None:
        times = _ticks(domain)
        with self.x_scale.hold_sync():
            self.x_scale.min, self.x_scale.max = map(float, domain.seconds(np.array([domain.start, domain.end])))
        seconds = domain.seconds(np.array(times, dtype=np.int64))
        if not np.array_equal(self.x_axis.tick_values, seconds):
            self.x_axis.tick_values = seconds
        self.times.value = _axis_html(domain, times) if self.state.chosen else ""


def _domain(state: State) -> Domain:
    """The span up to now. Its end moves in steps that are about a pixel, so that most redraws send nothing."""
    span = state.span * 1000
    step = max(1_000, span // 1_000)
    end = -(-state.now // step) * step
    return Domain(end - span, state.now, end + int(_FREE * span))


def _ticks(domain: Domain) -> list[int]:
    seconds = (domain.now - domain.start) / 1000
    step = next((step for span, step in _STEPS if seconds <= span * 1.01), _DAY * max(1, round(seconds / _DAY / 7)))
    first = -(-domain.start // (step * 1000))
    return [count * step * 1000 for count in range(first, domain.end // (step * 1000) + 1)]


def _axis_html(domain: Domain, times: list[int]) -> str:
    start, now = domain.across(domain.start), domain.across(domain.now)
    days = domain.now - domain.start > 1.5 * _DAY * 1000
    labels = [f'<span class="first" style="left:0">{wording.when(domain.start, domain.now)}</span>']
    # The first label is longer with its date, and both ends are always written.
    clear = 12 if days else 20 if wording.day(domain.start) != wording.day(domain.now) else 8
    for time in times:
        left = domain.across(time)
        if left - start >= clear and now - left >= 5:
            text = wording.day(time) if days or time % (_DAY * 1000) == 0 else wording.clock(time)
            labels.append(f'<span style="left:{left:.2f}%">{text}</span>')
    labels.append(f'<span class="last" style="left:{now:.2f}%"><b>{wording.clock(domain.now)}</b></span>')
    return f'<div class="bt-xa"><span class="bt-tz">Time in UTC</span><div>{"".join(labels)}</div><span></span></div>'


def _heading(state: State, windows: dict[Market, Window], domain: Domain, old: bool) -> str:
    title, times = "One bitcoin costs", f"{wording.between(domain.start, domain.now)} UTC"
    if not windows:
        return _panel_head(title, times, "") + '<p class="bt-note">Tick at least one currency.</p>'
    if old:
        last = max(time for market in windows if (time := state.newest(market)) is not None)
        return _panel_head("One bitcoin cost", f"{times}; last price {wording.when(last, state.now)}", _LEGEND)
    statuses = state.status.markets if state.status else {}
    cadence = {wording.length(statuses[market].interval / 1000) for market in windows if market in statuses}
    every = f", one price every {cadence.pop()}".replace("every 1 min", "a minute") if len(cadence) == 1 else ""
    return _panel_head(title, f"{times}{every}, each on its own scale", _LEGEND)


def _panel_head(title: str, text: str, end: str) -> str:
    return f'<div class="bt-ph"><h2>{title}</h2><span class="bt-sub">{text}</span>{end}</div>'
