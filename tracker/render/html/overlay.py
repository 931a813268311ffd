"""
The HTML over a chart's plot: hatching, high and low, the last price, the price axis.

Elements carry times and prices; the style computes their positions from --a, --w, --lo and --hi. They move
with the lines in the browser, and screen readers can read them.
"""

from collections.abc import Sequence

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_text import NO_CANDLES, first_price_time, gap_text, last_price_time, summary
from tracker.render.axes.price_axis import price_range
from tracker.render.format import numbers, plain_text
from tracker.render.format.templating import join
from tracker.render.html.chart_marks import (
    apart_from_levels,
    is_over_level,
    level_labels,
    marks_html,
    shown_levels,
)
from tracker.render.page.alerts_view import NO_MARKS, MarketMarks

_LONG = 0.12  # of the plot's width: a missing start at least this long is explained in words
_BESIDE_LAST_PRICE = 0.24  # of the scale; in a low chart, a nearer tick's label would touch that of the last price
_BESIDE_LAST_PRICE_IF_TALL = 0.14
_SPOKEN = 3  # the most gaps that are described to screen readers one by one
_LABEL_SIZE, _NARROW_PLOT = 11, 300  # px: font size of a high or low, and the plot's width on a phone
_VISIBLE = 0.15  # percent of the plot's width, one or two pixels; the break of a line in a narrower gap is not seen

Gaps = list[tuple[int, int]]  # from and to, epoch ms, in order

_NOTHING = Markup("")
_POINT = Markup('<i class="bt-last-point" style="{};--p:{:.10g}"></i>')
_PLOT = Markup('<div class="bt-plot" role="img" aria-label="{}">{}</div>{}')
_TICK = Markup('<span style="--p:{:.10g}">{}</span>')
_LAST_PRICE = Markup('<span class="bt-past-price" style="--p:{:.10g}"><b>{}</b><small>{}</small></span>')
_EXTREME = Markup('<span class="bt-extreme {}" style="{}"><b>{}</b> {}</span>')
_NOTE = Markup('<span class="bt-gap-note" style="{}">{}</span>')
_NO_CANDLES = Markup('<span class="bt-no-candles{}">{}</span>')


def overlay(
    market: Market,
    window: AnyWindow,
    frame: ChartFrame,
    marks: list[tuple[float, str]],
    older: str,
    has_candles: bool | None = None,
    *,
    candle: int = 0,
    has_note: bool = True,
    alerts: MarketMarks = NO_MARKS,
) -> Markup:
    """
    Return HTML over the plot of *window*.

    Args:
        market: the market of the chart.
        window: its prices and gaps.
        frame: what all charts of the page share.
        marks: of the price axis: position on the scale and label.
        older: why there are no earlier prices; may be empty.
        has_candles: whether candles are drawn; None if a line is wanted.
        candle: length of each candle, ms, if they are drawn; high and low stand at its middle.
        has_note: whether a long missing start is explained in words; False: a widget does it.
        alerts: what alerts mark in this chart.
    """
    time_range = frame.time_range
    note = start_note(window, frame, older) if has_note else ""
    low, high = price_range(window.low, window.high, frame)
    levels = shown_levels(alerts.levels, window.last_price, low, high, frame) if window.count else []
    inside = marks_html(alerts, frame, levels)
    inside += join([_gap(start, end, frame, market, window, note) for start, end in window.gaps])
    last_time = last_price_time(window, frame) if frame.is_past and window.count else ""
    text = summary(window, frame.zone, last_time)
    last_price = _NOTHING
    if window.count:
        inside += _extremes(window, frame, candle, levels, high - low)
        if not has_candles:  # it would cover the last of them
            inside += _POINT.format(time_range.css(window.last_time), frame.y(window.last_price))
        if has_candles is False:
            # At the top, where only the label of the high is: in the other half.
            style = "" if time_range.percent(window.high_time) > 50 else " is-right"
            inside += _NO_CANDLES.format(style, NO_CANDLES)
        if frame.is_past:
            place = frame.y(window.last_price)
            last_price = _LAST_PRICE.format(place, numbers.price(window.last_price), last_time)
            marks = _apart_from(place, marks, window, frame)
    if levels:
        marks = apart_from_levels(marks, levels, low, high, frame)
        last_price += level_labels(levels, low, high, frame)
        text += f", alert at {plain_text.join_words(list(map(numbers.level_text, levels)))}"
    gap_texts = [gap_text(start, end, frame, market) for start, end in window.gaps if start > window.start]
    if len(gap_texts) > _SPOKEN:
        gap_texts = [f"{len(gap_texts)} times without prices"]
    exchange = f" on {market.exchange}" if market in frame.shared_pairs else ""
    spoken = ". ".join([f"{market.base}/{market.quote}{exchange}: {text}", *gap_texts, ""]).strip()
    return plot_html(spoken, inside, marks, last_price)


def plot_html(spoken: str, inside: Markup, marks: list[tuple[float, str]], last_price: Markup = _NOTHING) -> Markup:
    """
    Return the plot's area and the price axis.

    Args:
        spoken: describes the plot to screen readers.
        inside: HTML of the plot.
        marks: of the price axis: position on the scale and label.
        last_price: HTML of a price that the axis shows beside them.
    """
    return _PLOT.format(spoken, inside, axis_html(marks, last_price))


def axis_html(marks: list[tuple[float, str]], last_price: Markup = _NOTHING) -> Markup:
    """Return the price axis; arguments as for ``plot_html``."""
    ticks = join([_TICK.format(place, text) for place, text in marks]) + last_price
    return Markup('<div class="bt-price-axis" aria-hidden="true">{}</div>').format(ticks)


def gap_html(start: int, end: int, frame: ChartFrame, market: Market | None = None) -> Markup:
    """Return the hatching of a period without prices; the crosshair shows its reason."""
    reason = gap_text(start, end, frame, market)
    place = f"{frame.time_range.css(start)};{frame.time_range.css(end, 'u')}"
    return Markup('<i class="bt-gap" style="{}" data-why="{}"></i>').format(place, reason)


def common_gaps(windows: Sequence[AnyWindow], time_range: TimeRange) -> Gaps:
    """Return the gaps that all *windows* have in common, epoch ms, without those too narrow to see."""
    if not windows:
        return []
    gaps = windows[0].gaps
    for window in windows[1:]:
        gaps = _intersection(gaps, window.gaps)
    return [gap for gap in gaps if _is_visible(*gap, time_range)]


def _intersection(one: Gaps, other: Gaps) -> Gaps:
    """Return what is in a gap of both; each is in order."""
    common, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            common.append((start, end))
        i, j = (i + 1, j) if one[i][1] < other[j][1] else (i, j + 1)
    return common


def _is_visible(start: int, end: int, time_range: TimeRange) -> bool:
    return time_range.percent(end) - time_range.percent(start) >= _VISIBLE


def _apart_from(
    place: float, marks: list[tuple[float, str]], window: AnyWindow, frame: ChartFrame
) -> list[tuple[float, str]]:
    """Return the *marks* whose labels do not touch that of the last price, which is at *place* on the scale."""
    low, high = price_range(window.low, window.high, frame)
    distance = (_BESIDE_LAST_PRICE_IF_TALL if frame.tall else _BESIDE_LAST_PRICE) * (high - low)
    return [mark for mark in marks if abs(mark[0] - place) > distance]


def _drawn_at(time: int, candle: int) -> int:
    """Return where the price of *time* is drawn: at the middle of its candle, *candle* ms long; 0: at that time."""
    return (time - 1) // candle * candle + candle // 2 if candle else time


def _extremes(window: AnyWindow, frame: ChartFrame, candle: int, levels: Sequence[float], scale: float) -> Markup:
    """Return the labels of the high and low; a price that never moved is neither."""
    if window.low == window.high:
        return _NOTHING
    labels = []
    for arrow, price, time in (("▲", window.high, window.high_time), ("▼", window.low, window.low_time)):
        is_over = is_over_level(price, arrow == "▲", levels, frame, scale)
        labels.append(_extreme(arrow, price, _drawn_at(time, candle), frame, is_over))
    return join(labels)


def _extreme(arrow: str, price: float, time: int, frame: ChartFrame, is_over: bool) -> Markup:
    """Return the label of a high or low; *is_over*: over the line of a threshold, which it hides."""
    text, left = numbers.price(float(price)), frame.time_range.percent(time)
    edge = max(8.0, 50 * _LABEL_SIZE * (numbers.text_width(text) + 1.2) / _NARROW_PLOT)  # percent: half of the label
    side = " opens-right" if left < edge else " opens-left" if left > 100 - edge else ""
    kind = ("is-high" if arrow == "▲" else "is-low") + (" is-over-level" if is_over else "")
    place = f"{frame.time_range.css(time)};--p:{frame.y(price):.10g}"
    return _EXTREME.format(kind + side, place, arrow, text)


def start_note(window: AnyWindow, frame: ChartFrame, older: str) -> str:
    """Return why the start of *window* has no prices: *older*, or since when there are any."""
    if not window.count:
        return older or "No price in this span."
    return older or f"Nothing recorded before {first_price_time(window, frame.zone)}."


def _gap(start: int, end: int, frame: ChartFrame, market: Market, window: AnyWindow, note: str) -> Markup:
    time_range = frame.time_range
    begin = start if start > window.start else time_range.start
    if not _is_visible(begin, end, time_range):
        return Markup("")
    place = f"{time_range.css(begin)};{time_range.css(end, 'u')}"
    if start > window.start or time_range.percent(end) - time_range.percent(begin) < 100 * _LONG:
        return gap_html(begin, end, frame, market)
    hatching = Markup('<i class="bt-gap is-long" style="{}"></i>').format(place)
    return hatching + (_NOTE.format(place, note) if note else "")
