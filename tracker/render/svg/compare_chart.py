"""Windows -> one picture of all of them: each one's change since the start, and its distance from the crowd."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.market import Market
from tracker.core.rebased import RebasedSeries, deviation_from_mean, rebased_changes, scale
from tracker.core.window import Window
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import numbers, wording
from tracker.render.format.theme import light
from tracker.render.svg.marks import curves, time_axis, time_lines
from tracker.render.svg.price_chart import buckets, token
from tracker.render.svg.shapes import Plot, framed, text

_LABEL, _AXIS, _HEAD, _FOOT = 232, 84, 34, 26  # px
_PANELS = (("Change since {start}", numbers.PERCENT, 300), ("Apart from the crowd", " pp", 190))  # name, unit, px
_ROW = 15  # px of a currency in the list


def picture_together(
    windows: Mapping[Market, Window],
    *,
    width: int,
    order: Sequence[Market] = (),
    heading: str = "",
    zone: tzinfo = UTC,
) -> str:
    """
    SVG of *windows*, which are all of the same time; its arguments are those of ``picture``.

    Raises:
        ValueError: no windows, or of different times or of no length.
    """
    spans = {(window.start, window.end) for window in windows.values() if window.span}
    if len(spans) != 1:
        raise ValueError(f"picture_together: {len(windows)} windows of {len(spans)} times; expected one time")
    [(start, end)] = spans
    domain = TimeRange.of(start, end, end, end)
    name = "-".join(("bt-together", *(market.slug for market in windows), str(width)))
    parts, top = ([text(heading, 16, 22, 15, "ink", bold=True)], float(_HEAD)) if heading else ([], 0.0)
    found = rebased_changes(windows), deviation_from_mean(windows, buckets=buckets(width))
    for (title, unit, height), lines in zip(_PANELS, found, strict=True):
        bottom = top + max(height, _ROW * (len(lines) + 2))
        low, high = scale(lines)
        steps = numbers.ticks(low, high, 5)
        step = steps[1] - steps[0] if len(steps) > 1 else 1.0
        axis = [(each, numbers.plus(each) + numbers.tick_text(each, step) + unit) for each in steps]
        plot = Plot(width, _LABEL, width - _AXIS, top, bottom, domain, low, high, axis)
        parts += [_panel(lines, plot, order, zone), _list(title, unit, lines, plot, order, zone)]
        parts.append(time_axis(plot, zone))
        top = bottom + _FOOT
    return framed(parts, width, top, name, _told(windows, found[0], domain, zone))


def _panel(lines: Mapping[Market, RebasedSeries], plot: Plot, order: Sequence[Market], zone: tzinfo) -> str:
    ink = light()
    rows = "".join(f"M{plot.left:g} {plot.down(place):.1f}H{plot.right:g}" for place, _ in plot.axis)
    zero = f"M{plot.left:g} {plot.down(0.0):.1f}H{plot.right:g}"
    parts = [time_lines(plot, zone), f'<path d="{rows}" stroke="{ink["line"]}"/>']
    parts.append(f'<path d="{zero}" stroke="{ink["line-strong"]}"/>')
    for place, (market, line) in enumerate(lines.items()):
        parts.append(curves(line.points, plot.y(line.values), plot, ink[token(market, order, place)]))
    parts += [text(words, plot.right + 8, plot.down(place) + 4, 11) for place, words in plot.axis]
    return "".join(parts)


def _list(
    title: str, unit: str, lines: Mapping[Market, RebasedSeries], plot: Plot, order: Sequence[Market], zone: tzinfo
) -> str:
    """The currencies beside the plot, the highest first, each with its colour and its newest value."""
    start = wording.when(plot.domain.start, plot.domain.now, zone)
    parts, y = [text(title.format(start=start), 16, plot.top + 20, 12, "ink", bold=True)], plot.top + 40
    places = {market: place for place, market in enumerate(lines)}
    for market in sorted(lines, key=lambda each: -np.nan_to_num(lines[each].last, nan=-np.inf)):
        colour, value = light()[token(market, order, places[market])], lines[market].last
        parts.append(f'<path d="M16 {y - 4:g}h14" stroke="{colour}" stroke-width="3"/>')
        parts.append(text(market.quote, 38, y, 12, "ink"))
        words = numbers.plus(value) + numbers.number(value, 2) + unit
        parts.append(text(words, plot.left - 16, y, 12, "ink", anchor="end"))
        y += _ROW
    return "".join(parts)


def _told(
    windows: Mapping[Market, Window], lines: Mapping[Market, RebasedSeries], domain: TimeRange, zone: tzinfo
) -> tuple[str, str]:
    """Title and description, for who hears the picture."""
    names = wording.listing([market.quote for market in windows])
    title = f"{names} compared, {wording.between(domain.start, domain.end, zone)}"
    told = [f"{market.quote} {numbers.signed_percent(line.last)}" for market, line in lines.items()]
    left = [market.quote for market in windows if market not in lines]
    without = f". No price at the start: {wording.listing(left)}" if left else ""
    return f"{title} {wording.zone_name(domain.end, zone)}", f"Change: {', '.join(told) or 'none'}{without}."
