"""
Windows -> a picture that stands alone: SVG text, a strip for each market above one time axis.

Pure functions: the same windows give the same text. It holds no script, no style sheet and no
reference to anywhere, so it may be written to a file, stand in a page, or become a PNG.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.candles import Candles
from tracker.core.downsampling import ChartPoints, downsample
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, exchange_name
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_text import late_start, summary
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.theme import light
from tracker.render.page.state import COLOURS
from tracker.render.svg.marks import (
    candlesticks,
    gap_hatching,
    high_low_labels,
    price_line,
    time_axis_labels,
    time_grid,
)
from tracker.render.svg.shapes import Plot, svg_document, svg_text

MIN_WIDTH = 300  # px; below it labels would lie on each other
_NARROW_WIDTH = 560  # px; below it the label stands above its strip, as on a phone
_TALL_HEIGHT = 120  # px; from this height on there is room for more ticks
_LABEL, _ABOVE = 232, 44  # px: a label's width beside its strip, its height above it
_AXIS = 72  # px; the price axis at the right, or more if its prices are longer
_INSET = 8  # px left of a strip that has its label above it
_HEAD, _FOOT, _LEGEND = 34, 26, 22  # px, of what stands around the strips
_ORIGIN_LABELS = {int(Origin.SIMULATED): "simulated", int(Origin.REPLAY): "replay"}


def price_chart_svg(
    windows: Mapping[Market, Window],
    *,
    width: int = 880,
    height: int = 132,
    order: Sequence[Market] = (),
    heading: str = "",
    legend: bool = True,
    zone: tzinfo = UTC,
    log: bool = False,
    bars: Mapping[Market, Candles] | None = None,
) -> str:
    """
    SVG of *windows*, which are all of the same time.

    Args:
        width: of the whole, px, at least NARROWEST; below 560 each label stands above its strip.
        height: of each strip, px; what stands above and below it comes on top.
        order: a market's place in it decides its colour, as on the page; default: the order of *windows*.
        heading: plain text above all.
        legend: whether to say below all what dashes and hatching mean, where there are any.
        zone: in which times are written.
        log: whether prices are drawn by their decimal logarithm.
        bars: candles that are drawn in place of a market's line.

    Raises:
        ValueError: no windows, of different times or of no length; or too narrow.
    """
    spans = {(window.start, window.end) for window in windows.values() if window.span}
    if len(spans) != 1 or width < MIN_WIDTH:
        raise ValueError(f"picture: {len(windows)} windows of {len(spans)} times, {width} px wide; expected one time")
    [(start, end)] = spans
    look = ChartFrame(TimeRange.of(start, end, end, end), height >= _TALL_HEIGHT, 0, "", zone, log=log)
    narrow = width < _NARROW_WIDTH
    scales = {market: price_range(window.ticks.price, look) for market, window in windows.items()}
    axes = {market: price_axis(*scales[market], look) if window.count else [] for market, window in windows.items()}
    longest = max((len(words) for axis in axes.values() for _, words in axis), default=0)
    left, right = _INSET if narrow else _LABEL, width - max(_AXIS, 14 + 6.2 * longest)
    name = "-".join(("bt", *(f"{market.exchange}-{market.slug}" for market in windows), str(width)))
    parts, top, dashed = [], 0.0, False
    if heading:
        parts.append(svg_text(heading, 16, 22, 15, "ink", bold=True))
        top = _HEAD
    for place, (market, window) in enumerate(windows.items()):
        colour = light()[colour_token(market, order, place)]
        inner = top + (_ABOVE if narrow else 0)
        plot = Plot(width, left, right, inner, inner + height, look.domain, *scales[market], axes[market])
        drawn = (bars or {}).get(market) or downsample(window, bucket_count(width))
        dashed |= isinstance(drawn, ChartPoints) and bool(drawn.backfilled.any())
        parts += [_strip(window, drawn, plot, look, colour, name), _label(market, window, plot, look, top, colour)]
        top = plot.bottom
        if narrow or place == len(windows) - 1:
            parts.append(time_axis_labels(plot, zone))
            top += _FOOT
    if legend:
        parts.append(svg_text(_legend(windows, dashed), 16, top + 12, 11))
        top += _LEGEND
    return svg_document(parts, width, top, name, _title_and_description(windows, look))


def bucket_count(width: int) -> int:
    """How many buckets of time a line is thinned to in a picture of this *width*: one for every two pixels or so."""
    return (width - _AXIS - (_INSET if width < _NARROW_WIDTH else _LABEL)) // 2


def colour_token(market: Market, order: Sequence[Market], place: int = 0) -> str:
    """The name of *market*'s colour: of its place in *order*, else of *place*."""
    return f"s{(order.index(market) if market in order else place) % COLOURS + 1}"


def origin_label(window: Window) -> str:
    """``simulated`` or ``replay`` if any row of *window* is no price that was polled from a market; else ``""``."""
    there = set(np.unique(window.ticks.origin).tolist())
    return next((word for code, word in _ORIGIN_LABELS.items() if code in there), "")


def _title_and_description(windows: Mapping[Market, Window], look: ChartFrame) -> tuple[str, str]:
    """Title and description, for who hears the picture."""
    domain, zone = look.domain, look.zone
    pairs = plain_text.join_words([f"{market.base}/{market.quote}" for market in windows])
    title = f"{pairs}, {time_text.time_range(domain.start, domain.end, zone)} {time_text.zone_name(domain.end, zone)}"
    said = []
    for market, window in windows.items():
        marked = f" ({origin_label(window)})" if origin_label(window) else ""
        missing = [time_text.time_range(*gap, zone) for gap in window.gaps] if window.count else []
        more = f"; no prices {plain_text.join_words(missing[:3])}" if missing else ""
        more += f" and {len(missing) - 3} times more" if len(missing) > 3 else ""
        said.append(f"{market.base}/{market.quote}{marked}: {summary(window, zone)}{more}.")
    return title, " ".join(said)


def _legend(windows: Mapping[Market, Window], dashed: bool) -> str:
    words = ["▲ high, ▼ low", "dashed: backfilled later" if dashed else ""]
    words.append("hatched: no prices" if any(window.gaps for window in windows.values()) else "")
    return " · ".join(filter(None, words))


def _strip(window: Window, drawn: ChartPoints | Candles, plot: Plot, look: ChartFrame, colour: str, hatch: str) -> str:
    """Grid, hatching, lines or candles, the price axis and its labels."""
    ink = light()
    axis = [(plot.down(place), words) for place, words in plot.axis]
    rows = "".join(f"M{plot.left:g} {y:.1f}H{plot.right:g}" for y, _ in axis)
    edge = f"M0 {plot.top:g}H{plot.right:g}" if plot.top and plot.left == _LABEL else ""
    parts = [time_grid(plot, look.zone), f'<path d="{edge}{rows}" stroke="{ink["line"]}"/>' if edge or rows else ""]
    parts.append(gap_hatching(window, plot, look.zone, f"url(#{hatch})"))
    parts.append(
        candlesticks(drawn, plot, look, colour) if isinstance(drawn, Candles) else price_line(drawn, plot, look, colour)
    )
    parts += [svg_text(words, plot.right + 8, y + 4, 11) for y, words in axis]
    return "".join(parts) + (high_low_labels(window, plot, look, colour) if window.count else "")


def _label(market: Market, window: Window, plot: Plot, look: ChartFrame, top: float, colour: str) -> str:
    """Pair, price, name, change and exchange: beside the strip, or above it where that begins at the left."""
    price, change, way = numbers.NO_VALUE, "no price in this span", "ink-3"
    if window.count:
        price = numbers.price(MEASURES["last_price"].function(window))
        percent = 100 * MEASURES["change"].function(window)
        change, way = numbers.signed_percent(percent), numbers.direction(percent)
        way = "ink-3" if way == "flat" else way
    late, mark = late_start(window, look.zone), origin_label(window)
    giver = exchange_name(int(window.ticks.source[-1])) if window.count else ""
    giver = f"from {giver}" if giver else market.exchange
    bar = f'<rect y="{top:g}" width="4" height="{plot.bottom - top:g}" fill="{colour}"/>'
    pair, name = f"{market.base}/", currencies.name(market.quote)
    size = min(20.0, 1900 / (10 * max(9, len(price))))
    if plot.left != _LABEL:
        right, first, second = plot.width - 12, top + 20, top + 37
        told = " · ".join(filter(None, (giver, mark)))
        words = f"{late} {change}".strip()
        return (
            bar
            + svg_text(pair, 16, first, 13, after=market.quote)
            + svg_text(price, right, first, min(17, size), "ink", anchor="end", bold=True)
            + svg_text(f"{name} · {told}", 16, second, 11)
            + svg_text(words, right, second, 12, way, anchor="end")
        )
    middle, right = (top + plot.bottom) / 2, plot.left - 16
    first, second, third = middle - 12, middle + 8, middle + 26
    return (
        bar
        + svg_text(pair, 16, first, 13, after=market.quote)
        + svg_text(price, right, first + 1, size, "ink", anchor="end", bold=True)
        + svg_text(name, 16, second)
        + svg_text(change, right, second, 12, way, anchor="end")
        + svg_text(" · ".join(filter(None, (giver, mark))), 16, third)
        + (svg_text(late, right, third, anchor="end") if late else "")
    )
