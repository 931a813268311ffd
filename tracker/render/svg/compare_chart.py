"""Draws windows together as one SVG document: changes since the start, and deviations from their mean."""

from collections.abc import Mapping
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.core.rebased import RebasedSeries, deviation_from_mean, rebased_changes, scale
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.theme import light
from tracker.render.svg.end_labels import spread
from tracker.render.svg.marks import heading_row, line_through, time_axis_labels, time_grid
from tracker.render.svg.price_chart import bucket_count, common_time, with_colours
from tracker.render.svg.shapes import Plot, svg_document, svg_text

_AXIS, _HEAD, _TITLE, _FOOT, _LEGEND = 84, 34, 26, 26, 22  # px, around the plots
_PANELS = (("Change since {start}", numbers.PERCENT, 300), ("Deviation from the mean", " pp", 190))  # name, unit, px
_ROW = 17  # px between labels at the ends of lines
_LEADER = 18  # px from a line's end to its label
_BESIDE_NAME, _LETTER = 116, 7.4  # px: what else a label has, and a letter of its name


def compare_chart_svg(
    windows: Mapping[Market, AnyWindow],
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
    time_range = TimeRange.of(start, end, end)
    zone = time_range.zone(zone)
    name = "-".join(("bt-compare", *(market.slug for market in windows), str(width)))
    tokens = with_colours(colours, windows)
    names = names or {market: currencies.label(market, windows) for market in windows}
    right = width - _BESIDE_NAME - _LETTER * max(7, *map(len, names.values()))
    parts, top = ([heading_row(heading, time_range, zone, width)], float(_HEAD)) if heading else ([], 0.0)
    panels = rebased_changes(windows), deviation_from_mean(windows, buckets=bucket_count(width))
    for (title, unit, height), lines in zip(_PANELS, panels, strict=True):
        top += _TITLE
        bottom = top + max(height, _ROW * len(lines))
        low, high = scale(lines)
        steps = numbers.round_ticks(low, high, 5)
        step = steps[1] - steps[0] if len(steps) > 1 else 1.0
        axis = [(value, numbers.plus_sign(value) + numbers.tick_text(value, step) + unit) for value in steps]
        plot = Plot(width, _AXIS, right, top, bottom, time_range, low, high, axis)
        words = title.format(start=time_text.moment(start, end, zone))
        parts.append(svg_text(words, 16, top - 8, 12, "ink", bold=True))
        parts += [_panel(lines, plot, tokens, zone), _end_labels(unit, lines, plot, names, tokens)]
        top = bottom
    parts.append(time_axis_labels(plot, zone))
    top += _FOOT
    if legend := _legend_text(windows, panels[0]):
        parts.append(svg_text(legend, 16, top + 12, 11))
        top += _LEGEND
    return svg_document(parts, width, top, name, *_title_and_description(names, panels[0], time_range, zone))


def _panel(lines: Mapping[Market, RebasedSeries], plot: Plot, colours: Mapping[Market, str], zone: tzinfo) -> str:
    ink = light()
    rows = "".join(f"M{plot.left:g} {plot.y_at(place):.1f}H{plot.right:g}" for place, _ in plot.axis)
    zero = f"M{plot.left:g} {plot.y_at(0.0):.1f}H{plot.right:g}"
    parts = [time_grid(plot, zone), f'<path d="{rows}" stroke="{ink["line"]}"/>']
    parts.append(f'<path d="{zero}" stroke="{ink["line-strong"]}"/>')
    for market, line in lines.items():
        parts.append(line_through(line.points, plot.y(line.values), plot, ink[colours[market]]))
    parts += [svg_text(words, plot.left - 8, plot.y_at(place) + 4, 11, anchor="end") for place, words in plot.axis]
    return "".join(parts)


def _end_labels(
    unit: str,
    lines: Mapping[Market, RebasedSeries],
    plot: Plot,
    names: Mapping[Market, str],
    colours: Mapping[Market, str],
) -> str:
    """Return a label for the end of each line, the highest first: its colour, name and newest value."""
    ends = sorted(
        ((market, line.last) for market, line in lines.items() if np.isfinite(line.last)), key=lambda end: -end[1]
    )
    wanted = [plot.y_at(value) for _, value in ends]
    places, parts = spread(wanted, plot.top, plot.bottom, _ROW), []
    left = plot.right + 4 + _LEADER
    for (market, value), own, y in zip(ends, wanted, places, strict=True):
        leader = f"M{plot.right + 4:g} {own:.1f}h4L{left - 4:g} {y:.1f}h4"
        parts.append(f'<path d="{leader}" fill="none" stroke="{light()["line-strong"]}"/>')
        parts.append(f'<path d="M{left + 2:g} {y:.1f}h12" stroke="{light()[colours[market]]}" stroke-width="3"/>')
        parts.append(svg_text(names[market], left + 22, y + 4, 12, "ink", bold=True))
        words = numbers.plus_sign(value) + numbers.number(value, 2) + unit
        parts.append(svg_text(words, plot.width - 16, y + 4, 12, "ink", anchor="end"))
    return "".join(parts)


def _legend_text(windows: Mapping[Market, AnyWindow], lines: Mapping[Market, RebasedSeries]) -> str:
    has_backfilled = any(line.points.backfilled.any() for line in lines.values())
    words = ["paler: backfilled from candles" if has_backfilled else ""]
    words.append("interrupted: no prices" if any(windows[market].gaps for market in lines) else "")
    return " · ".join(filter(None, words))


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
