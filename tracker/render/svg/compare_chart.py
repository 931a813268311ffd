"""Draws windows together as one SVG document: changes since the start, and deviations from their mean."""

from collections.abc import Mapping
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.market import Market
from tracker.core.rebased import RebasedSeries, deviation_from_mean, rebased_changes, scale
from tracker.core.window import Window
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.theme import light
from tracker.render.svg.marks import line_through, time_axis_labels, time_grid
from tracker.render.svg.price_chart import bucket_count, common_time, with_colours
from tracker.render.svg.shapes import Plot, svg_document, svg_text

_LABEL, _AXIS, _HEAD, _FOOT = 232, 84, 34, 26  # px
_PANELS = (("Change since {start}", numbers.PERCENT, 300), ("Deviation from the mean", " pp", 190))  # name, unit, px
_ROW = 15  # px of a currency in the list


def compare_chart_svg(
    windows: Mapping[Market, Window],
    *,
    width: int,
    colours: Mapping[Market, str] | None = None,
    names: Mapping[Market, str] | None = None,
    heading: str = "",
    zone: tzinfo = UTC,
) -> str:
    """
    Return an SVG document of *windows*, which all cover the same time; arguments as of ``price_chart_svg``.

    *names*: how each market is called; default: what tells it from the others of *windows*.

    Raises:
        ValueError: no windows, windows of different times or of no length.
    """
    start, end = common_time(windows)
    time_range = TimeRange.of(start, end, end, end)
    name = "-".join(("bt-compare", *(market.slug for market in windows), str(width)))
    tokens = with_colours(colours, windows)
    names = names or {market: currencies.label(market, windows) for market in windows}
    parts, top = ([svg_text(heading, 16, 22, 15, "ink", bold=True)], float(_HEAD)) if heading else ([], 0.0)
    panels = rebased_changes(windows), deviation_from_mean(windows, buckets=bucket_count(width))
    for (title, unit, height), lines in zip(_PANELS, panels, strict=True):
        bottom = top + max(height, _ROW * (len(lines) + 2))
        low, high = scale(lines)
        steps = numbers.round_ticks(low, high, 5)
        step = steps[1] - steps[0] if len(steps) > 1 else 1.0
        axis = [(value, numbers.plus_sign(value) + numbers.tick_text(value, step) + unit) for value in steps]
        plot = Plot(width, _LABEL, width - _AXIS, top, bottom, time_range, low, high, axis)
        parts += [_panel(lines, plot, tokens, zone), _ranked_list(title, unit, lines, plot, names, tokens, zone)]
        parts.append(time_axis_labels(plot, zone))
        top = bottom + _FOOT
    return svg_document(parts, width, top, name, *_title_and_description(names, panels[0], time_range, zone))


def _panel(lines: Mapping[Market, RebasedSeries], plot: Plot, colours: Mapping[Market, str], zone: tzinfo) -> str:
    ink = light()
    rows = "".join(f"M{plot.left:g} {plot.y_at(place):.1f}H{plot.right:g}" for place, _ in plot.axis)
    zero = f"M{plot.left:g} {plot.y_at(0.0):.1f}H{plot.right:g}"
    parts = [time_grid(plot, zone), f'<path d="{rows}" stroke="{ink["line"]}"/>']
    parts.append(f'<path d="{zero}" stroke="{ink["line-strong"]}"/>')
    for market, line in lines.items():
        parts.append(line_through(line.points, plot.y(line.values), plot, ink[colours[market]]))
    parts += [svg_text(words, plot.right + 8, plot.y_at(place) + 4, 11) for place, words in plot.axis]
    return "".join(parts)


def _ranked_list(
    title: str,
    unit: str,
    lines: Mapping[Market, RebasedSeries],
    plot: Plot,
    names: Mapping[Market, str],
    colours: Mapping[Market, str],
    zone: tzinfo,
) -> str:
    """Return the list of currencies beside the plot, highest first, each with its colour and newest value."""
    start = time_text.moment(plot.time_range.start, plot.time_range.now, zone)
    parts, y = [svg_text(title.format(start=start), 16, plot.top + 20, 12, "ink", bold=True)], plot.top + 40
    for market in sorted(lines, key=lambda market: -np.nan_to_num(lines[market].last, nan=-np.inf)):
        colour, value = light()[colours[market]], lines[market].last
        parts.append(f'<path d="M16 {y - 4:g}h14" stroke="{colour}" stroke-width="3"/>')
        parts.append(svg_text(names[market], 38, y, 12, "ink"))
        words = numbers.plus_sign(value) + numbers.number(value, 2) + unit
        parts.append(svg_text(words, plot.left - 16, y, 12, "ink", anchor="end"))
        y += _ROW
    return "".join(parts)


def _title_and_description(
    names: Mapping[Market, str], lines: Mapping[Market, RebasedSeries], time_range: TimeRange, zone: tzinfo
) -> tuple[str, str]:
    """Return title and description, for screen readers."""
    shown = plain_text.join_words(list(names.values()))
    title = f"{shown} compared, {time_text.time_range(time_range.start, time_range.end, zone)}"
    changes = [f"{names[market]} {numbers.signed_percent(line.last)}" for market, line in lines.items()]
    missing = [name for market, name in names.items() if market not in lines]
    without = f". No price at the start: {plain_text.join_words(missing)}" if missing else ""
    return f"{title} {time_text.zone_name(time_range.end, zone)}", f"Change: {', '.join(changes) or 'none'}{without}."
