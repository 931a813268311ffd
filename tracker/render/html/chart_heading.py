"""The heading above the charts, and their legend."""

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.core.rebased import has_start
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import currencies, time_text
from tracker.render.html.chart_marks import marks_legend
from tracker.render.html.overlay import common_gaps
from tracker.render.page import condition
from tracker.render.page.state import ALL, PageState

_LINES = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.8"/></svg>{}</span>'
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.8" '
    'stroke-opacity=".6"/></svg>backfilled</span>'
)
_CANDLE = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M7 1H15V9H7Z" fill="{}" stroke="currentColor"/></svg>{}</span>'
)
_CANDLES = _CANDLE.format("var(--bt-surface)", "hollow: rose") + _CANDLE.format("currentColor", "filled: fell")
_NO_PRICES = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M-2 10 8 0M3 10 13 0M8 10 18 0M13 10 23 0" '
    'stroke="var(--bt-line-strong)"/></svg>no prices</span>'
)
_EXTREMES = Markup("<span>▲ high ▼ low</span>")
_LEGEND = Markup('<span class="bt-legend bt-align-end">{}</span>')
LEGEND = _LEGEND.format(_LINES.format("live") + _NO_PRICES + _EXTREMES)

_MOST = 0.9  # of the time; prices whose interval covers less are not named by it

NONE_CHOSEN = Markup('<p class="bt-note">Tick at least one currency.</p>')
_BACK = Markup('<button type="button" class="bt-back-to-span" data-bt="back">Back to {}</button>')
# Invisible, and as large as the button, so that nothing moves when that appears.
_ROOM_FOR_BACK = Markup('<span class="bt-room-for-back" aria-hidden="true">Back to {}</span>')
_PANEL_HEAD = Markup('<div class="bt-panel-head"><h2>{}</h2><span class="bt-subtitle">{}</span>{}</div>')


def charts_heading(
    page: PageState, windows: dict[Market, AnyWindow], frame: ChartFrame, old: bool, candle_widths: set[int]
) -> Markup:
    """
    Return HTML of the heading: what the charts show.

    Args:
        page: choices and data of the page.
        windows: the windows shown, by market.
        frame: what the charts share.
        old: whether none of the prices is current.
        candle_widths: ms; empty if no candles are drawn.
    """
    zone, time_range = page.choices.zone, frame.time_range
    times = _times(frame)
    if not windows:
        return _panel_head("One bitcoin costs", times, Markup("")) + NONE_CHOSEN
    is_compare = page.choices.mode == "compare"
    marks = _CANDLES if candle_widths and not is_compare else _LINES.format(condition.mode_label(page) or "live")
    if is_compare:  # where only some currencies have no prices, there is no hatching behind the lines of the others
        has_gaps = common_gaps([window for window in windows.values() if has_start(window)], time_range)
        legend = _LEGEND.format(marks + (_NO_PRICES if has_gaps else Markup("")))
    else:
        alerts = marks_legend([page.marks(market) for market in windows], time_range)
        legend = _LEGEND.format(marks + _NO_PRICES + _EXTREMES + alerts)
    back = _ROOM_FOR_BACK if page.choices.view is None else _BACK
    end = back.format("all prices" if page.choices.span == ALL else f"the last {page.span_text}") + legend
    if old:
        last = max(time for market in windows if (time := page.newest(market)) is not None)
        text = f"{times}; last price {time_text.moment(last, page.data.now, zone)}"
        if frame.zone is not zone:  # the days before it are UTC's
            text += f" {time_text.zone_name(last, zone)}"
        return _panel_head(currencies.heading(windows, "Price of one bitcoin"), text, end)
    if is_compare:
        return _panel_head("Compare", times, end)
    text = times + _resolution(page, windows, candle_widths) + _scale(page, len(windows))
    title = currencies.heading(windows, "Price of one bitcoin" if page.is_past else "One bitcoin costs")
    return _panel_head(title, text, end)


def _times(frame: ChartFrame) -> str:
    """Return the time shown and its zone; of a long one the days, which are those of UTC whatever the page's zone."""
    start, end = frame.time_range.exact_start, frame.time_range.now
    write = time_text.date_range if frame.time_range.is_in_days else time_text.time_range
    return f"{write(start, end, frame.zone)} {time_text.zone_names(start, end, frame.zone)}"


def _scale(page: PageState, count: int) -> str:
    """Return ``, each on its own scale``; of *count* charts one alone shares none with others."""
    scale = "scale" if page.choices.mode == "linear" else "logarithmic scale"
    return f", each on its own {scale}" if count > 1 else f", {scale}" if page.choices.mode == "log" else ""


def _resolution(page: PageState, windows: dict[Market, AnyWindow], candle_widths: set[int]) -> str:
    """Return ``, one price every 10 s`` or ``, candles of 1 min to 5 min``; empty if the intervals differ."""
    if candle_widths:
        widths = [time_text.exact_duration(width / 1000) for width in sorted(candle_widths)]
        return f", candles of {' to '.join(dict.fromkeys((widths[0], widths[-1])))}"
    # The intervals drawn, not those configured: backfilled candles are longer.
    intervals = {_interval(window) for window in windows.values() if window.count}
    interval = intervals.pop() if len(intervals) == 1 else None
    if interval is None:
        return ""
    text = f", one price {_interval_text(time_text.exact_duration(interval / 1000))}"
    return f"{text}, too few for candles" if page.choices.candles else text


def _interval(window: AnyWindow) -> int | None:
    """Return the interval of the prices of *window* in ms; None if other ones cover a tenth of the time or more."""
    covered = window.interval_weights
    longest = max(covered, key=covered.__getitem__)
    return longest if covered[longest] > _MOST * sum(covered.values()) else None


def _interval_text(length: str) -> str:
    """Return ``every 10 s``, or ``a minute`` for ``1 min``."""
    return "a minute" if length == "1 min" else f"every {length}"


def _panel_head(title: str, text: str, end: Markup) -> Markup:
    return _PANEL_HEAD.format(title, text, end)
