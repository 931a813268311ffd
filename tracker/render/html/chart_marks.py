"""What alerts mark in the chart of a market: their thresholds, when they fired, and when one would have fired."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.format import numbers
from tracker.render.format.templating import Fragment, join
from tracker.render.page.alerts_view import MarketMarks

# Of the scale, by about how many ticks it has: a nearer tick's label would touch that of a threshold.
_BESIDE = {2: 0.17, 4: 0.12, 7: 0.08}
_LINES_APART = {2: 0.04, 4: 0.026, 7: 0.015}  # three pixels; lines that are nearer would run into one
_LABEL_HEIGHT = {2: 0.2, 4: 0.13, 7: 0.08}  # of the scale, by about how many ticks it has: of a high or low
_MOST_LEVELS = 12  # in one chart; more would cover it

_LEVEL = Fragment('<i class="bt-level" style="--p:{}"></i>')
_LABEL = Fragment('<span class="bt-level-price" style="--p:{}"><b>alert </b>{}</span>')
_FIRING = Fragment('<i class="bt-firing-span" style="{};{}"></i>')
_REHEARSED = Fragment('<i class="bt-rehearsed" style="{}"></i>')

_LEVEL_LEGEND = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="var(--bt-warn)" stroke-width="1.4" '
    'stroke-dasharray="4 2.5"/></svg>alert</span>'
)
_FIRING_LEGEND = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M0 0H22V8H0Z" fill="var(--bt-error-tint)"/>'
    '<path d="M0 8.5H22" stroke="var(--bt-error)" stroke-width="3"/></svg>firing</span>'
)
_REHEARSED_LEGEND = Markup(
    '<span><svg viewBox="0 0 22 10"><path d="M4 0V10M11 0V10M18 0V10" stroke="var(--bt-error)" stroke-width="2"/></svg>'
    "would have fired</span>"
)

Ticks = list[tuple[float, str]]


def shown_levels(levels: Sequence[float], last: float, low: float, high: float, frame: ChartFrame) -> list[float]:
    """
    Return those of the *levels* whose lines are drawn, ascending: the nearest to *last* that stand apart.

    Args:
        levels: the thresholds of a market.
        last: its last price.
        low: lower end of the price scale.
        high: upper end.
        frame: what all charts of the page share.
    """
    least = _LINES_APART.get(frame.price_ticks, 0.04) * (high - low)
    shown: list[float] = []
    inside = [level for level in levels if low <= frame.y(level) <= high]
    for level in sorted(inside, key=lambda level: abs(level - last)):
        if all(abs(frame.y(level) - frame.y(other)) > least for other in shown):
            shown.append(level)
    return sorted(shown[:_MOST_LEVELS])


def marks_html(marks: MarketMarks, frame: ChartFrame, levels: Sequence[float] = ()) -> Markup:
    """Return what is drawn over the plot, below the labels; *levels*: those of its thresholds that are shown."""
    time_range = frame.time_range
    spans = [
        _FIRING.format(time_range.css(start), time_range.css(end, "u"))
        for start, end in _shown_firings(marks, time_range)
    ]
    rehearsed = [_REHEARSED.format(time_range.css(time)) for time in _shown_rehearsed(marks, time_range)]
    lines = [_LEVEL.format(f"{frame.y(level):.10g}") for level in levels]
    return join([*spans, *rehearsed, *lines])


def marks_legend(marks: Sequence[MarketMarks], time_range: TimeRange) -> Markup:
    """Return what the *marks* of all charts look like, of those kinds that are drawn in any."""
    has_levels = any(each.levels for each in marks)
    has_firings = any(_shown_firings(each, time_range) for each in marks)
    has_rehearsed = any(_shown_rehearsed(each, time_range) for each in marks)
    kinds = [(has_levels, _LEVEL_LEGEND), (has_firings, _FIRING_LEGEND), (has_rehearsed, _REHEARSED_LEGEND)]
    return join([legend for is_drawn, legend in kinds if is_drawn])


def is_over_level(price: float, upwards: bool, levels: Sequence[float], frame: ChartFrame, scale: float) -> bool:
    """
    Return whether the label of a high or low covers one of the thresholds *levels*.

    Args:
        price: the high or low.
        upwards: whether its label is above it.
        levels: those that are drawn.
        frame: what all charts of the page share.
        scale: from the lower to the upper end of the price scale.
    """
    height = _LABEL_HEIGHT.get(frame.price_ticks, 0.2) * scale
    above = [(frame.y(level) - frame.y(price)) * (1 if upwards else -1) for level in levels]
    return any(0 <= distance <= height for distance in above)


def level_labels(levels: Sequence[float], low: float, high: float, frame: ChartFrame) -> Markup:
    """
    Return the labels of the thresholds in the axis column.

    Args:
        levels: ascending.
        low: lower end of the price scale; of thresholds that are close together on it, one has a label.
        high: upper end.
        frame: what all charts of the page share.
    """
    labels: list[Markup] = []
    last = -math.inf
    least = _BESIDE.get(frame.price_ticks, 0.17) * (high - low)
    for level in levels:
        place = frame.y(level)
        if place - last > least:
            labels.append(_LABEL.format(f"{place:.10g}", numbers.level_text(level)))
            last = place
    return join(labels)


def apart_from_levels(ticks: Ticks, levels: Sequence[float], low: float, high: float, frame: ChartFrame) -> Ticks:
    """Return the *ticks* (place on the scale and label) that stand far enough from all thresholds *levels*."""
    places = [frame.y(level) for level in levels]
    least = _BESIDE.get(frame.price_ticks, 0.17) * (high - low)
    return [tick for tick in ticks if all(abs(tick[0] - place) > least for place in places)]


def _shown_firings(marks: MarketMarks, time_range: TimeRange) -> list[tuple[int, int]]:
    """Return when at least one rule fired (epoch ms), so that firings at the same time are tinted once."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, time_range.now if end is None else end) for start, end in marks.firings):
        if end <= time_range.start or start >= time_range.end:
            continue
        if merged and start <= merged[-1][1]:
            start, last = merged.pop()
            end = max(end, last)
        merged.append((start, end))
    return merged


def _shown_rehearsed(marks: MarketMarks, time_range: TimeRange) -> list[int]:
    return [time for time in marks.rehearsed if time_range.start < time <= time_range.end]
