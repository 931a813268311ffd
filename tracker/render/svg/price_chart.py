"""
Draws windows as one SVG document: a chart for each market above a common time axis.

The functions are pure. The document has no script, style sheet or reference, so it can be written to a file,
embedded in a page or converted to PNG.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, tzinfo

from tracker.core.bar_window import AnyWindow
from tracker.core.candles import Candles
from tracker.core.downsampling import downsample
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.readings import last_exchange
from tracker.core.ticks import Origin
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_text import late_start, summary
from tracker.render.axes.price_axis import drawn_range, price_axis
from tracker.render.format import currencies, numbers, plain_text, time_text
from tracker.render.format.colours import colour_tokens
from tracker.render.format.theme import light
from tracker.render.svg.marks import (
    candlesticks,
    gap_hatching,
    heading_row,
    high_low_labels,
    last_point,
    no_candles_note,
    price_line,
    time_axis_labels,
    time_grid,
)
from tracker.render.svg.shapes import Plot, svg_document, svg_text

MIN_WIDTH = 300  # px; below it labels would overlap
_NARROW_WIDTH = 560  # px; below it the label is above its chart, as on a phone
_TALL_HEIGHT = 120  # px; from this height there is room for more ticks
_LABEL, _ABOVE = 232, 44  # px: the label's width beside its chart, its height above it
_AXIS = 72  # px; the price axis at the right, at least
_INSET = 8  # px left of a chart that has its label above it
_HEAD, _FOOT, _LEGEND = 34, 26, 22  # px, around the charts
_ORIGIN_LABELS = {int(Origin.SIMULATED): "simulated", int(Origin.REPLAY): "replay"}


def price_chart_svg(
    windows: Mapping[Market, AnyWindow],
    *,
    width: int = 880,
    height: int = 132,
    colours: Mapping[Market, str] | None = None,
    heading: str = "",
    legend: bool = True,
    zone: tzinfo = UTC,
    log: bool = False,
    candles: Mapping[Market, Candles | None] | None = None,
) -> str:
    """
    Return an SVG document with a chart for each market.

    Args:
        windows: by market, from top to bottom; all of the same time.
        width: of the document, px, at least MIN_WIDTH; below 560 each label is above its chart.
        height: of each chart, px, without the labels above and below it.
        colours: the colour token of each market, as on the page; default: by their order in *windows*.
        heading: plain text above the charts, where the time and the name of this tracker join it.
        legend: whether to explain paler lines and hatching below the charts, if there are any.
        zone: time zone in which times are written; those of a long range are UTC, see ``TimeRange.is_in_days``.
        log: whether prices are drawn by their decimal logarithm.
        candles: drawn instead of a market's line; None: the line is drawn, and that prices are too few for candles.

    Raises:
        ValueError: no windows, windows of different times or of no length, or a width below MIN_WIDTH.
    """
    if width < MIN_WIDTH:
        raise ValueError(f"a price chart {width} px wide; expected at least {MIN_WIDTH} px")
    start, end = common_time(windows)
    frame = _frame(TimeRange.of(start, end, end), height, zone, log)
    narrow = width < _NARROW_WIDTH
    marks = _marks(windows, candles or {}, bucket_count(width))
    scales = {market: drawn_range(window, marks[market], frame) for market, window in windows.items()}
    axes = {market: price_axis(*scales[market], frame) if window.count else [] for market, window in windows.items()}
    longest = max((len(words) for axis in axes.values() for _, words in axis), default=0)
    left, right = _INSET if narrow else _LABEL, width - max(_AXIS, 14 + 6.2 * longest)
    name = "-".join(("bt", *(f"{market.exchange}-{market.slug}" for market in windows), str(width)))
    tokens = with_colours(colours, windows)
    parts, top = ([heading_row(heading, frame.time_range, frame.zone, width)], float(_HEAD)) if heading else ([], 0.0)
    for position, (market, window) in enumerate(windows.items()):
        colour = light()[tokens[market]]
        chart_top = top + (_ABOVE if narrow else 0)
        plot = Plot(width, left, right, chart_top, chart_top + height, frame.time_range, *scales[market], axes[market])
        drawn = marks[market]
        parts += [_chart(window, drawn, plot, frame, colour, name), _label(market, window, plot, frame, top, colour)]
        if window.count and (candles or {}).get(market, drawn) is None:
            parts.append(no_candles_note(window, plot))
        top = plot.bottom
        if narrow or position == len(windows) - 1:
            parts.append(time_axis_labels(plot, frame.zone))
            top += _FOOT
    if legend:
        parts.append(svg_text(_legend_text(windows, marks.values()), 16, top + 12, 11))
        top += _LEGEND
    return svg_document(parts, width, top, name, *_title_and_description(windows, frame))


def _marks(
    windows: Mapping[Market, AnyWindow], candles: Mapping[Market, Candles | None], buckets: int
) -> dict[Market, ChartPoints | Candles]:
    """Return what is drawn of each market: its candles, or else a line."""
    return {market: candles.get(market) or downsample(window, buckets) for market, window in windows.items()}


def common_time(windows: Mapping[Market, AnyWindow]) -> tuple[int, int]:
    """Return start and end (epoch ms) of *windows*; ValueError if they have no common time."""
    times = {(window.start, window.end) for window in windows.values() if window.span}
    if len(times) != 1:
        raise ValueError(f"a chart of {len(windows)} windows of {len(times)} times; expected one time")
    return times.pop()


def bucket_count(width: int) -> int:
    """Return how many buckets a line is downsampled to in a document of this *width*: about one per two pixels."""
    return (width - _AXIS - (_INSET if width < _NARROW_WIDTH else _LABEL)) // 2


def with_colours(colours: Mapping[Market, str] | None, windows: Mapping[Market, AnyWindow]) -> Mapping[Market, str]:
    """Return *colours*, or by default those of *windows* in their order."""
    return colour_tokens(tuple(windows), tuple(windows)) if colours is None else colours


def origin_label(window: AnyWindow) -> str:
    """Return ``simulated`` or ``replay`` if *window* has any such row; else ``""``."""
    return next((word for code, word in _ORIGIN_LABELS.items() if code in window.origin_counts), "")


def _frame(time_range: TimeRange, height: int, zone: tzinfo, log: bool) -> ChartFrame:
    tall = height >= _TALL_HEIGHT
    margin, price_ticks = (0.18, 5) if tall else (0.34, 2)
    return ChartFrame(time_range, tall, 0, "", time_range.zone(zone), log=log, margin=margin, price_ticks=price_ticks)


def _title_and_description(windows: Mapping[Market, AnyWindow], frame: ChartFrame) -> tuple[str, str]:
    """Return title and description, for screen readers."""
    time_range, zone = frame.time_range, frame.zone
    pairs = plain_text.join_words([f"{market.base}/{market.quote}" for market in windows])
    times = time_text.time_range(time_range.start, time_range.end, zone)
    title = f"{pairs}, {times} {time_text.zone_name(time_range.end, zone)}"
    sentences = []
    for market, window in windows.items():
        origin = f" ({origin_label(window)})" if origin_label(window) else ""
        origin = f" on {market.exchange}{origin}" if currencies.needs_exchange(market, windows) else origin
        missing = [time_text.time_range(*gap, zone) for gap in window.gaps] if window.count else []
        more = f"; no prices {plain_text.join_words(missing[:3])}" if missing else ""
        more += f" and {len(missing) - 3} times more" if len(missing) > 3 else ""
        sentences.append(f"{market.base}/{market.quote}{origin}: {summary(window, zone)}{more}.")
    return title, " ".join(sentences)


def _legend_text(windows: Mapping[Market, AnyWindow], marks: Collection[ChartPoints | Candles]) -> str:
    has_backfilled = any(isinstance(drawn, ChartPoints) and drawn.backfilled.any() for drawn in marks)
    has_candles = any(isinstance(drawn, Candles) for drawn in marks)
    words = ["▲ high, ▼ low", "paler: backfilled from candles" if has_backfilled else ""]
    words.append("hollow candle: rose, filled: fell" if has_candles else "")
    words.append("hatched: no prices" if any(window.gaps for window in windows.values()) else "")
    return " · ".join(filter(None, words))


def _chart(
    window: AnyWindow, drawn: ChartPoints | Candles, plot: Plot, frame: ChartFrame, colour: str, hatch: str
) -> str:
    """Return grid, hatching, line or candlesticks, and the price axis with its labels."""
    ink = light()
    axis = [(plot.y_at(place), words) for place, words in plot.axis]
    rows = "".join(f"M{plot.left:g} {y:.1f}H{plot.right:g}" for y, _ in axis)
    edge = f"M0 {plot.top:g}H{plot.right:g}" if plot.top and plot.left == _LABEL else ""
    parts = [time_grid(plot, frame.zone), f'<path d="{edge}{rows}" stroke="{ink["line"]}"/>' if edge or rows else ""]
    parts.append(gap_hatching(window, plot, frame.zone, f"url(#{hatch})"))
    parts.append(
        candlesticks(drawn, plot, frame, colour)
        if isinstance(drawn, Candles)
        else price_line(drawn, plot, frame, colour)
    )
    parts += [svg_text(words, plot.right + 8, y + 4, 11) for y, words in axis]
    if window.count:
        parts.append(high_low_labels(window, plot, frame))
        if not isinstance(drawn, Candles):  # it would cover the last of them
            parts.append(last_point(window, plot, frame, colour))
    return "".join(parts)


def _label(market: Market, window: AnyWindow, plot: Plot, frame: ChartFrame, top: float, colour: str) -> str:
    """Return pair, price, name, change and exchange, beside the chart or, in a narrow document, above it."""
    price, change, ink = numbers.NO_VALUE, "no price in this span", "ink-3"
    if window.count:
        price = numbers.price(MEASURES["last_price"].function(window))
        percent = 100 * MEASURES["change"].function(window)
        change, ink = numbers.signed_percent(percent), numbers.direction(percent)
        ink = "ink-3" if ink == "flat" else ink
    late, origin = late_start(window, frame.zone), origin_label(window)
    exchange = last_exchange(window) if window.count else ""
    exchange = f"from {exchange}" if exchange else market.exchange
    bar = f'<rect y="{top:g}" width="4" height="{plot.bottom - top:g}" fill="{colour}"/>'
    pair, name = f"{market.base}/", currencies.name(market.quote)
    size = min(20.0, 1900 / (10 * max(9, len(price))))
    if plot.left != _LABEL:
        right, first, second = plot.width - 12, top + 20, top + 37
        source = " · ".join(filter(None, (name, exchange, origin)))
        words = f"{late} {change}".strip()
        return (
            bar
            + svg_text(pair, 16, first, 13, after=market.quote)
            + svg_text(price, right, first, min(17, size), "ink", anchor="end", bold=True)
            + svg_text(source, 16, second, 11)
            + svg_text(words, right, second, 12, ink, anchor="end")
        )
    middle, right = (top + plot.bottom) / 2, plot.left - 16
    first, second, third = middle - 12, middle + 8, middle + 26
    return (
        bar
        + svg_text(pair, 16, first, 13, after=market.quote)
        + svg_text(price, right, first + 1, size, "ink", anchor="end", bold=True)
        + svg_text(name, 16, second)
        + svg_text(change, right, second, 12, ink, anchor="end")
        + svg_text(" · ".join(filter(None, (exchange, origin))), 16, third)
        + (svg_text(late, right, third, anchor="end") if late else "")
    )
