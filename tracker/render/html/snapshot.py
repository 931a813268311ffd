"""
A picture of the page as HTML: what a viewer sees before the live page is there, or instead of it.

It has the live page's words, classes and sizes, so that the live one takes its place without a jump, and
fits into any width. Nothing in it is alive.
"""

from datetime import UTC
from html import escape

import numpy as np

from tracker.core.downsampling import downsample
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_layout import height_class, make_frame, needs_wide_axis
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.axes.series import live_interval
from tracker.render.format import time_text
from tracker.render.html.cards import cards_html, foot_html
from tracker.render.html.chart_heading import charts_heading
from tracker.render.html.chart_label import label_html
from tracker.render.html.header import BRAND, clock_html, state_html
from tracker.render.html.overlay import overlay
from tracker.render.html.ranking_table import table_html
from tracker.render.html.time_axis import axis_html
from tracker.render.html.toolbar import MODES, dot_of, name_of, span_options
from tracker.render.page import condition, url_query
from tracker.render.page.state import THEMES, PageState
from tracker.render.svg import shapes
from tracker.render.svg.shapes import with_neighbours

_LINKS = ("Market status", "Replay stored prices")
# Shown by the style while the address chooses no currency at all.
_NONE = '<p class="bt-note bt-none-chosen">Tick at least one currency.</p>'
_BUCKETS = 240  # of a line; it is looked at for seconds
_WIDE, _HIGH = 1_000, 100  # of a plot's own coordinates


def snapshot(page: PageState, written: int) -> str:
    """
    HTML of the whole page for *page*, of which every chosen market is shown as a line; *written*: now, epoch ms.

    It needs page.css. What cannot be pressed yet is disabled.
    """
    cards = _html("".join(cards_html(page)))
    main = f'<div class="bt-cards">{cards}</div>{_charts(page)}<div class="bt-panel bt-ranking">{_ranking(page)}</div>'
    return (
        f'<div class="bt-page" data-theme="{page.choices.theme}" data-written="{written}" '
        f'data-redrawing="{" ".join(url_query.REDRAWING)}">'
        f'<div class="bt-header">{_head(page)}</div>'
        f'<div class="bt-toolbar">{_bar(page)}</div><div class="bt-main">{main}</div>'
        f'<div class="bt-downloads">{_html("Save what is shown:")}{_links("CSV", "Parquet", "PNG")}</div>'
        f'<div class="bt-footer">{_html(foot_html(page), "bt-grow")}</div></div>'
    )


def _html(value: str, style: str = "") -> str:
    """As the page's HTML widgets stand in the browser."""
    return f'<div class="jupyter-widgets {style}"><div class="widget-html-content">{value}</div></div>'


def _buttons(names: list[str], pressed: str, style: str = "") -> str:
    each = "".join(
        f'<button class="jupyter-button{" mod-active" if name == pressed else ""}" disabled>{name}</button>'
        for name in names
    )
    return f'<div class="bt-segmented {style}"><div>{each}</div></div>'


def _links(*names: str) -> str:
    return "".join(f'<button class="jupyter-button bt-link" disabled>{name}</button>' for name in names)


def _head(page: PageState) -> str:
    said = condition.headline(page)
    live = said.kind == "is-live"  # a word that belongs to what is
    now, zone = page.data.now, page.choices.zone
    at = f"as of {time_text.hour_minute_second(now, zone)} {time_text.zone_name(now, zone)}"
    # The browser adds its age; what the live pill says keeps its place, unseen.
    both = f'<span>{at}<span class="bt-age"></span></span><span>{escape(said.message)}</span>'
    kind, word = ("is-waiting", "SNAPSHOT") if live else (said.kind, said.word)
    pill = _html(state_html(kind, word, both, "is-snapshot"), "bt-pill")
    theme = _buttons([each.title() for each in THEMES], page.choices.theme.title(), "bt-theme")
    other = _links("Show UTC") if page.choices.zone is not UTC else ""
    return f"{_html(BRAND)}{pill}{_links(*_LINKS)}{_html(clock_html(page), 'bt-clock')}{other}{theme}"


def _bar(page: PageState) -> str:
    boxes = "".join(
        f'<div class="bt-currency {page.colour_class(market)} {dot_of(page, market)}" '
        f'data-market="{_named(page, market)}" data-full="{escape(str(market), quote=True)}">'
        f'<label><input type="checkbox" disabled{" checked" if market in page.choices.chosen else ""}>'
        f"<span>{escape(name_of(page, market))}</span></label></div>"
        for market in page.data.markets
    )
    spans = span_options(page.choices.span)
    span = _buttons([name for name, _ in spans], next(name for name, each in spans if each == page.choices.span))
    mode = _buttons([name for name, _ in MODES], MODES[0][0])
    candles = '<div class="bt-checkbox"><label><input type="checkbox" disabled><span>Candles</span></label></div>'
    return (
        f'<div class="bt-currencies">{boxes}<div class="bt-all-or-none">{_links("All", "None")}</div></div>'
        f'<div class="bt-spans">{span}</div><div class="bt-modes">{mode}{candles}</div>'
    )


def _named(page: PageState, market: Market) -> str:
    """*market* as the page's address names it."""
    return escape(url_query.market_key(page.data, market), quote=True)


def _charts(page: PageState) -> str:
    windows = {market: page.window(market) for market in page.choices.chosen}
    look = make_frame(page, windows)
    old = {market for market in windows if condition.has_old_price(page, market)}
    strips = "".join(_strip(page, market, window, look, market in old) for market, window in windows.items())
    start, end = (float(x) for x in look.time_range.seconds(np.array([look.time_range.start, look.time_range.end])))
    stale = bool(windows) and len(old) == len(windows)
    times = axis_html(look.time_range, list(look.times), page.choices.zone)
    return (
        f'<div class="bt-panel bt-charts{" has-long" if needs_wide_axis(windows) else ""}" '
        f'style="--a:{start:.10g};--w:{end - start:.10g}">'
        f"{_html(charts_heading(page, windows, look.time_range, stale, set()))}{_NONE}"
        f'<div class="bt-chart-stack {height_class(windows)}">{strips}</div>{_html(times, "bt-times")}</div>'
    )


def _strip(page: PageState, market: Market, window: Window, look: ChartFrame, old: bool) -> str:
    low, high = price_range(window.ticks.price, look)
    axis = price_axis(low, high, look) if window.count else []
    label = _html(label_html(market, window, look, old=old), "bt-label-box")
    over = _html(overlay(market, window, look, axis, condition.older_prices_text(page, market)), "bt-overlay")
    lines = _grid(look, [place for place, _ in axis], low, high) + _lines(page, market, window, look, low, high)
    return (
        f'<div class="bt-chart {page.colour_class(market)}" data-market="{_named(page, market)}" '
        f'style="--lo:{low:.10g};--hi:{high:.10g}">{label}<svg class="bt-figure" viewBox="0 0 {_WIDE} {_HIGH}" '
        f'preserveAspectRatio="none" fill="none" aria-hidden="true">{lines}</svg>{over}</div>'
    )


def _grid(look: ChartFrame, places: list[float], low: float, high: float) -> str:
    upright = "".join(f"M{_WIDE / 100 * look.time_range.percent(time):.1f} 0V{_HIGH}" for time in look.times)
    level = "".join(f"M0 {_HIGH * (high - place) / (high - low):.1f}H{_WIDE}" for place in places)
    return f'<path d="{upright}{level}" stroke="var(--bt-line)" vector-effect="non-scaling-stroke"/>'


def _lines(page: PageState, market: Market, window: Window, look: ChartFrame, low: float, high: float) -> str:
    if not window.count:
        return ""
    domain, points = look.time_range, downsample(window, _BUCKETS, live_interval(page, market))
    x = _WIDE * (points.time - domain.start) / (domain.end - domain.start)
    y = _HIGH * (high - points.price) / (high - low)
    parts = []
    for shown, style in (
        (~points.backfilled, 'stroke-width="1.6"'),
        (with_neighbours(points.backfilled), 'stroke-width="1.2" stroke-dasharray="4 2.5"'),
    ):
        if line := shapes.line_path(x, y, shown):
            parts.append(f'<path d="{line}" stroke="var(--s)" vector-effect="non-scaling-stroke" {style}/>')
    return "".join(parts)


def _ranking(page: PageState) -> str:
    head, table = table_html(page)
    by = '<div class="bt-rank-by"><label>Rank by</label><select disabled><option>relative std</option></select></div>'
    return (
        f'<div class="bt-panel-head">{_html(head, "bt-grow")}{by}</div>'
        + f'<div class="bt-table-scroll">{table}{_NONE}</div>'
    )
