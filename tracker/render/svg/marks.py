"""The marks of an SVG chart: lines, candlesticks, hatched gaps, high and low, the last price, the time axis."""

from datetime import tzinfo

import numpy as np

from tracker.core.bar_window import AnyWindow
from tracker.core.candles import Candles
from tracker.core.durations import DAY
from tracker.core.line_points import ChartPoints
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_text import NO_CANDLES
from tracker.render.axes.time_axis import tick_text, time_ticks
from tracker.render.format import numbers, time_text
from tracker.render.format.theme import light
from tracker.render.svg.shapes import Coordinates, Plot, line_path, svg_text, with_neighbours

_MIN_HATCHING = 2.0  # px; narrower hatching would be a smear, the broken line is enough
_WIDE_GAP = 0.12  # of the plot's width; wider hatching is fainter
_LETTER_WIDTH = 6.1  # px; upper estimate for font size 11


def gap_hatching(window: AnyWindow, plot: Plot, zone: tzinfo, hatch: str) -> str:
    """Return hatching over each gap, with a tooltip, and a label if there is room."""
    parts = []
    for start, end in window.gaps:
        left, right = plot.x_at(start), plot.x_at(end)
        if right - left < _MIN_HATCHING:
            continue
        wide = right - left > _WIDE_GAP * (plot.right - plot.left)
        words = f"no prices {_gap_time(start, end, plot.time_range, zone)}" if window.count else "no prices"
        parts.append(
            f'<rect x="{left:.1f}" y="{plot.top:g}" width="{right - left:.1f}" height="{plot.bottom - plot.top:g}" '
            f'fill="{hatch}" fill-opacity="{0.55 if wide else 0.9}"><title>{words}</title></rect>'
        )
        if right - left > _LETTER_WIDTH * len(words) + 24:
            middle = (plot.top + plot.bottom) / 2 + 4
            parts.append(svg_text(words, (left + right) / 2, middle, 11, "ink-2", anchor="middle", halo=True))
    return "".join(parts)


def _gap_time(start: int, end: int, time_range: TimeRange, zone: tzinfo) -> str:
    """Return a gap's time range, without its day if the picture shows that day only; with a distant year."""
    is_distant = time_range.now - time_range.start >= time_text.YEAR_FROM
    text = time_text.time_range(start, end, zone, with_year=is_distant)
    is_one_day = time_text.date(time_range.start, zone) == time_text.date(time_range.now - 1, zone)
    return text.removeprefix(f"{time_text.day(start, zone)}, ") if is_one_day else text


def price_line(points: ChartPoints, plot: Plot, frame: ChartFrame, colour: str) -> str:
    """Return the line of prices, paler where they were backfilled."""
    y = plot.y(np.log10(points.price) if frame.log else points.price)
    return line_through(points, y, plot, colour)


def line_through(points: ChartPoints, y: Coordinates, plot: Plot, colour: str) -> str:
    """Return a line through *points* at heights *y* (px), paler where they were backfilled."""
    x, parts = plot.x(points.time), []
    for shown, style in (
        (~points.backfilled, 'stroke-width="1.6"'),
        (with_neighbours(points.backfilled), 'stroke-width="1.4" stroke-opacity=".7"'),
    ):
        if line := line_path(x, y, shown):
            parts.append(
                f'<path d="{line}" fill="none" stroke="{colour}" {style} stroke-linecap="round" '
                'stroke-linejoin="round"/>'
            )
    return "".join(parts)


def candlesticks(bars: Candles, plot: Plot, frame: ChartFrame, colour: str) -> str:
    """Return candlesticks, cut at the edges of *plot*; falling ones are filled, so they differ without their colour."""
    places = np.log10(bars.prices) if frame.log else bars.prices
    first, high, low, last = (plot.y(column) for column in places.T)
    x = plot.x(bars.time)
    half = max(0.5, 0.35 * (plot.right - plot.left) * bars.width / (plot.time_range.end - plot.time_range.start))
    wicks: list[str] = []
    rose: list[str] = []
    fell: list[str] = []
    for middle, a, up, down, b in zip(x, first, high, low, last, strict=True):
        top, bottom = min(a, b), max(a, b)
        wicks.append(f"M{middle:.1f} {up:.1f}V{top:.1f}M{middle:.1f} {bottom:.1f}V{down:.1f}")
        body = f"M{middle - half:.1f} {top:.1f}h{2 * half:.1f}V{max(bottom, top + 0.5):.1f}h{-2 * half:.1f}z"
        (fell if b > a else rose).append(body)  # px grow downwards
    width, height = plot.right - plot.left, plot.bottom - plot.top
    return (
        f'<svg x="{plot.left:.1f}" y="{plot.top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' viewBox="{plot.left:.1f} {plot.top:.1f} {width:.1f} {height:.1f}">'
        f'<path d="{"".join(wicks)}" stroke="{colour}"/>'
        f'<path d="{"".join(rose)}" fill="{light()["surface"]}" stroke="{colour}"/>'
        f'<path d="{"".join(fell)}" fill="{colour}" stroke="{colour}"/></svg>'
    )


def high_low_labels(window: AnyWindow, plot: Plot, frame: ChartFrame) -> str:
    """Return labels at the highest and lowest price."""
    if window.low == window.high:
        return ""  # a constant price has no high or low
    parts = []
    for arrow, time, price, shift in (
        ("▲", window.high_time, window.high, -5),
        ("▼", window.low_time, window.low, 12),
    ):
        x, y = plot.x_at(time), plot.y_at(frame.y(price))
        words = f"{arrow} {numbers.price(price)}"
        half = _LETTER_WIDTH * len(words) / 2
        # Near an edge of the plot it is written towards the other side.
        near = "start" if x - plot.left < half else "end" if plot.right - x < half else "middle"
        x += {"start": 3, "end": -3, "middle": 0}[near]
        parts.append(svg_text(words, x, y + shift, 11, "ink-2", anchor=near, halo=True))
    return "".join(parts)


def no_candles_note(window: AnyWindow, plot: Plot) -> str:
    """Return the note that a line is drawn in place of candles; beside the label of the high, in the other half."""
    is_left = 2 * plot.x_at(window.high_time) > plot.left + plot.right
    x, anchor = (plot.left + 4, "start") if is_left else (plot.right - 4, "end")
    return svg_text(NO_CANDLES, x, plot.top + 12, 11, anchor=anchor, halo=True)


def last_point(window: AnyWindow, plot: Plot, frame: ChartFrame, colour: str) -> str:
    """Return a dot at the last price."""
    x, y = plot.x_at(window.last_time), plot.y_at(frame.y(window.last_price))
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'


def heading_row(heading: str, time_range: TimeRange, zone: tzinfo, width: int) -> str:
    """Return *heading* and, where there is room, what tells a picture that was passed on: its time, and from where."""
    times = (
        time_text.date_range(time_range.start, time_range.end, zone)
        if time_range.is_in_days
        else time_text.time_range(time_range.start, time_range.end, zone, with_year=True)
    )
    source = f"{times} {time_text.zone_names(time_range.start, time_range.end, zone)} · BTC price tracker"
    parts = [svg_text(heading, 16, 22, 15, "ink", bold=True)]
    if width > 16 + 9 * len(heading) + _LETTER_WIDTH * len(source) + 32:
        parts.append(svg_text(source, width - 16, 22, 12, anchor="end"))
    return "".join(parts)


def time_grid(plot: Plot, zone: tzinfo) -> str:
    """Return the vertical grid lines."""
    lines = "".join(
        f"M{plot.x_at(time):.1f} {plot.top:g}V{plot.bottom:g}" for time in time_ticks(plot.time_range, zone)
    )
    return f'<path d="{lines}" stroke="{light()["line"]}"/>'


def time_axis_labels(plot: Plot, zone: tzinfo) -> str:
    """Return the labels below a plot: both ends, and as many times between as fit."""
    time_range, y = plot.time_range, plot.bottom + 17
    first, last = _end_labels(time_range, zone)
    parts = [f'<path d="M0 {plot.bottom:g}H{plot.right:g}" stroke="{light()["line"]}"/>']
    zone_label = f"{'Days' if time_range.is_in_days else 'Time'} in {time_text.zone_name(time_range.now, zone)}"
    if plot.left > _LETTER_WIDTH * len(zone_label):
        parts.append(svg_text(zone_label, 16, y, 11))
    parts.append(svg_text(first, plot.left, y, 11))
    parts.append(svg_text(last, plot.right, y, 11, "ink", anchor="middle", bold=True))
    taken, free = plot.left + _LETTER_WIDTH * len(first), plot.right - _LETTER_WIDTH * len(last) / 2 - 10
    for time in time_ticks(time_range, zone):
        words = tick_text(time, time_range, zone)
        x, half = plot.x_at(time), _LETTER_WIDTH * len(words) / 2
        if x - half > taken + 10 and x + half < free:
            parts.append(svg_text(words, x, y, 11, anchor="middle"))
            taken = x + half
    return "".join(parts)


def _end_labels(time_range: TimeRange, zone: tzinfo) -> tuple[str, str]:
    """Return the labels of both ends: ``00:00`` and ``24:00`` for a whole day."""
    start, end = time_range.start, time_range.now
    if time_range.is_in_days:
        return time_text.date(start, zone), time_text.date(end - 1, zone)
    if end - start < time_text.SECONDS_AT_ENDS_BELOW:
        return time_text.exact_moment(start, end, zone), time_text.exact_moment(end, start, zone)
    first = time_text.moment(start, end - 1, zone)  # the midnight that ends a day belongs to that day
    if not time_text.is_midnight(end, zone):
        return first, time_text.moment(end, start, zone)
    return first, "24:00" if end - start <= DAY else f"{time_text.day(end - 1, zone)} 24:00"
