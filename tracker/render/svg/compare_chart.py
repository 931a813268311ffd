"""Windows -> one picture of all of them: each one's change since the start, and its distance from the crowd."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.market import Market
from tracker.core.rebased import RebasedSeries, deviation_from_mean, rebased_changes, scale
from tracker.core.window import Window
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import numbers, plain_text, time_text
from tracker.render.format.theme import light
from tracker.render.svg.marks import line_through, time_axis_labels, time_grid
from tracker.render.svg.price_chart import bucket_count, colour_token
from tracker.render.svg.shapes import Plot, svg_document, svg_text

_LABEL, _AXIS, _HEAD, _FOOT = 232, 84, 34, 26  # px
_PANELS = (("Change since {start}", numbers.PERCENT, 300), ("Apart from the crowd", " pp", 190))  # name, unit, px
_ROW = 15  # px of a currency in the list


def compare_chart_svg(
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
    name = "-".join(("bt-compare", *(market.slug for market in windows), str(width)))
    parts, top = ([svg_text(heading, 16, 22, 15, "ink", bold=True)], float(_HEAD)) if heading else ([], 0.0)
    found = rebased_changes(windows), deviation_from_mean(windows, buckets=bucket_count(width))
    for (title, unit, height), lines in zip(_PANELS, found, strict=True):
        bottom = top + max(height, _ROW * (len(lines) + 2))
        low, high = scale(lines)
        steps = numbers.round_ticks(low, high, 5)
        step = steps[1] - steps[0] if len(steps) > 1 else 1.0
        axis = [(each, numbers.plus_sign(each) + numbers.tick_text(each, step) + unit) for each in steps]
        plot = Plot(width, _LABEL, width - _AXIS, top, bottom, domain, low, high, axis)
        parts += [_panel(lines, plot, order, zone), _ranked_list(title, unit, lines, plot, order, zone)]
        parts.append(time_axis_labels(plot, zone))
        top = bottom + _FOOT
    return svg_document(parts, width, top, name, _title_and_description(windows, found[0], domain, zone))


def _panel(lines: Mapping[Market, RebasedSeries], plot: Plot, order: Sequence[Market], zone: tzinfo) -> str:
    ink = light()
    rows = "".join(f"M{plot.left:g} {plot.down(place):.1f}H{plot.right:g}" for place, _ in plot.axis)
    zero = f"M{plot.left:g} {plot.down(0.0):.1f}H{plot.right:g}"
    parts = [time_grid(plot, zone), f'<path d="{rows}" stroke="{ink["line"]}"/>']
    parts.append(f'<path d="{zero}" stroke="{ink["line-strong"]}"/>')
    for place, (market, line) in enumerate(lines.items()):
        parts.append(line_through(line.points, plot.y(line.values), plot, ink[colour_token(market, order, place)]))
    parts += [svg_text(words, plot.right + 8, plot.down(place) + 4, 11) for place, words in plot.axis]
    return "".join(parts)


def _ranked_list(
    title: str, unit: str, lines: Mapping[Market, RebasedSeries], plot: Plot, order: Sequence[Market], zone: tzinfo
) -> str:
    """The currencies beside the plot, the highest first, each with its colour and its newest value."""
    start = time_text.moment(plot.domain.start, plot.domain.now, zone)
    parts, y = [svg_text(title.format(start=start), 16, plot.top + 20, 12, "ink", bold=True)], plot.top + 40
    places = {market: place for place, market in enumerate(lines)}
    for market in sorted(lines, key=lambda each: -np.nan_to_num(lines[each].last, nan=-np.inf)):
        colour, value = light()[colour_token(market, order, places[market])], lines[market].last
        parts.append(f'<path d="M16 {y - 4:g}h14" stroke="{colour}" stroke-width="3"/>')
        parts.append(svg_text(market.quote, 38, y, 12, "ink"))
        words = numbers.plus_sign(value) + numbers.number(value, 2) + unit
        parts.append(svg_text(words, plot.left - 16, y, 12, "ink", anchor="end"))
        y += _ROW
    return "".join(parts)


def _title_and_description(
    windows: Mapping[Market, Window], lines: Mapping[Market, RebasedSeries], domain: TimeRange, zone: tzinfo
) -> tuple[str, str]:
    """Title and description, for who hears the picture."""
    names = plain_text.join_words([market.quote for market in windows])
    title = f"{names} compared, {time_text.time_range(domain.start, domain.end, zone)}"
    told = [f"{market.quote} {numbers.signed_percent(line.last)}" for market, line in lines.items()]
    left = [market.quote for market in windows if market not in lines]
    without = f". No price at the start: {plain_text.join_words(left)}" if left else ""
    return f"{title} {time_text.zone_name(domain.end, zone)}", f"Change: {', '.join(told) or 'none'}{without}."
