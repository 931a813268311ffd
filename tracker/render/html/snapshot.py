"""
The snapshot: the page as static HTML, shown until the live page is ready, or instead of it.

It has the text, classes and sizes of the live page, which replaces it without a jump. It contains no script.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.downsampling import downsample
from tracker.core.market import Market
from tracker.render.axes.backfilled_bands import backfilled_bands
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.axes.chart_layout import axis_class, height_class, make_frame
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.axes.series import live_interval
from tracker.render.format import time_text
from tracker.render.format.templating import render
from tracker.render.html.alerts import add_html, alerts_html
from tracker.render.html.cards import foot_html, problem_cards
from tracker.render.html.chart_heading import charts_heading
from tracker.render.html.chart_label import label_html
from tracker.render.html.header import BRAND, clock_html, state_html
from tracker.render.html.overlay import overlay
from tracker.render.html.ranking_table import table_html
from tracker.render.html.time_axis import axis_html
from tracker.render.html.toolbar import MODES, dot_of, hint_of, is_long, span_options
from tracker.render.page import condition, url_query
from tracker.render.page.early_poll import poll_labels
from tracker.render.page.older_prices import older_prices_text
from tracker.render.page.state import THEMES, PageState
from tracker.render.svg import shapes
from tracker.render.svg.shapes import with_neighbours

_BUCKETS = 240  # of a line, which is shown for seconds only
_PLOT_WIDTH, _PLOT_HEIGHT = 1_000, 100  # in a plot's own coordinates


class SpanLink(NamedTuple):
    """A link to a published page of another span, or to the page itself."""

    name: str
    file: str  # beside the page
    is_shown: bool


def snapshot(page: PageState, written: int, links_to_spans: Sequence[SpanLink] = (), renewed: str = "") -> Markup:
    """
    Return the whole page as HTML, which needs page.css; every chosen market is drawn as a line.

    Args:
        page: choices and data of the page.
        written: epoch ms of now.
        links_to_spans: in place of the buttons of the spans.
        renewed: how often the page is written, for viewers; "" = not worth saying.
    """
    windows = {market: page.window(market) for market in page.choices.chosen}
    frame = make_frame(page, windows)
    time_range = frame.time_range
    all_old = bool(windows) and all(condition.has_old_price(page, market) for market in windows)
    spans = span_options(page.choices.span)
    ranking_head, ranking_table = table_html(page)
    cards = problem_cards(page)
    buttons = poll_labels(page) if cards.unreachable else []
    cards_before, cards_after = cards.around(bool(buttons))
    return render(
        "html/snapshot.html",
        written=written,
        redrawing=" ".join(url_query.REDRAWING),
        brand=BRAND,
        pill=_pill(page),
        clock=clock_html(page),
        other_zone=page.choices.zone is not UTC,
        themes=[theme.title() for theme in THEMES],
        theme=page.choices.theme,
        markets=[_toolbar_market(page, market) for market in page.data.markets],
        hint=hint_of(page),
        links_to_spans=links_to_spans,
        renewed=renewed,
        spans=[name for name, _ in spans],
        span=next(name for name, seconds in spans if seconds == page.choices.span),
        modes=[name for name, _ in MODES],
        cards=cards_before,
        request_buttons=buttons,
        more_cards=cards_after,
        axis_class=axis_class(windows, frame, page.data.alert_marks),
        start=f"{(time_range.start - time_range.anchor) / 1000:.10g}",
        width=f"{(time_range.end - time_range.start) / 1000:.10g}",
        heading=charts_heading(page, windows, frame, all_old, set()),
        height_class=height_class(windows),
        plot_width=_PLOT_WIDTH,
        plot_height=_PLOT_HEIGHT,
        charts=[_chart(page, market, window, frame) for market, window in windows.items()],
        times=axis_html(
            frame.time_range,
            list(frame.times),
            frame.zone,
            backfilled_bands(page, windows, frame.time_range),
        ),
        alerts=_alerts(page),
        ranking_head=ranking_head,
        ranking_table=ranking_table,
        footer=foot_html(page),
    )


def _alerts(page: PageState) -> list[tuple[str, Markup]]:
    """Return the parts of the panel of alerts with their style; their controls do nothing yet. None if not shown."""
    alerts = page.data.alerts
    if alerts is None or not alerts.is_shown:
        return []
    foot = [("bt-alert-foot", add_html(is_live=False))] if alerts.may_edit else []
    return [("bt-alert-list", alerts_html(alerts, is_live=False)), *foot]


def _pill(page: PageState) -> Markup:
    """Return the state pill; a live state is called SNAPSHOT, because the snapshot is not live."""
    headline = condition.headline(page)
    now, zone = page.data.now, page.choices.zone
    time = f"{time_text.hour_minute_second(now, zone)} {time_text.zone_name(now, zone)}"
    # The browser adds the age. The live message is invisible and reserves its space.
    message = Markup('<span>as of {}<span class="bt-age"></span></span><span>{}</span>').format(time, headline.message)
    kind, word = ("is-waiting", "SNAPSHOT") if headline.kind == "is-live" else (headline.kind, headline.word)
    return state_html(kind, word, message, "is-snapshot")


def _toolbar_market(page: PageState, market: Market) -> dict[str, object]:
    return {
        "colour": page.colour_class(market),
        "dot": dot_of(page, market),
        "key": url_query.market_key(page.data, market),
        "names": " ".join(sorted(url_query.market_names(page.data, market))),
        "is_chosen": market in page.choices.chosen,
        "name": page.label(market),
        "is_long": is_long(page.label(market)),
    }


def _chart(page: PageState, market: Market, window: AnyWindow, frame: ChartFrame) -> dict[str, object]:
    low, high = price_range(window.low, window.high, frame)
    axis = price_axis(low, high, frame) if window.count else []
    live_line, backfilled_line = _lines(page, market, window, frame, low, high)
    return {
        "colour": page.colour_class(market),
        "key": url_query.market_key(page.data, market),
        "low": f"{low:.10g}",
        "high": f"{high:.10g}",
        "label": label_html(market, window, frame, old=condition.old_price_time(page, market)),
        "grid": _grid(frame, [value for value, _ in axis], low, high),
        "live_line": live_line,
        "backfilled_line": backfilled_line,
        "overlay": overlay(market, window, frame, axis, older_prices_text(page, market), alerts=page.marks(market)),
    }


def _grid(frame: ChartFrame, values: list[float], low: float, high: float) -> str:
    """Return the path of the grid lines at the frame's times and at *values* of the price scale."""
    upright = "".join(
        f"M{_PLOT_WIDTH / 100 * frame.time_range.percent(time):.1f} 0V{_PLOT_HEIGHT}" for time in frame.times
    )
    level = "".join(f"M0 {_PLOT_HEIGHT * (high - value) / (high - low):.1f}H{_PLOT_WIDTH}" for value in values)
    return upright + level


def _lines(
    page: PageState, market: Market, window: AnyWindow, frame: ChartFrame, low: float, high: float
) -> tuple[str, str]:
    """Return the paths of live and of backfilled prices; empty if there are none."""
    if not window.count:
        return "", ""
    time_range, points = frame.time_range, downsample(window, _BUCKETS, live_interval(page, market))
    x = _PLOT_WIDTH * (points.time - time_range.start) / (time_range.end - time_range.start)
    y = _PLOT_HEIGHT * (high - points.price) / (high - low)
    backfilled = with_neighbours(points.backfilled)
    return shapes.line_path(x, y, ~points.backfilled), shapes.line_path(x, y, backfilled)
