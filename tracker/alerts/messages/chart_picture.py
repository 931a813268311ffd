"""The picture that goes with a message: the prices of its markets as PNG, the same on every machine."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path

from tracker.alerts.rules.expression import Crosses, Expression, Measure, leaves
from tracker.alerts.rules.rule import Rule
from tracker.alerts.wording.written import WRITTEN
from tracker.core.bar_window import AnyWindow
from tracker.core.downsampling import downsample
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.history.bar_reader import PriceSource, read_bar_window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_text import late_start, summary
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.format import numbers, time_text
from tracker.render.format.theme import light
from tracker.render.svg.marks import gap_hatching, high_low_labels, last_point, price_line, time_axis_labels, time_grid
from tracker.render.svg.shapes import Plot, svg_document, svg_text

LONGEST = 30 * DAY  # ms of prices in a picture
# px; a chat on a phone shows a picture about this wide, so that letters of 11 px can be read.
WIDTH, HEIGHT = 420, 220
ZOOM = 2  # pixels of the PNG for one px
_LEFT, _TOP, _FOOT, _AXIS = 12, 50, 28, 64  # px around the plot; the axis at least
_LEVELS = ("last_price", "mean", "minimum", "maximum")  # whose thresholds are prices
_MOST_LEVELS = 3  # that are drawn
_MOST_CHARTS = 3  # below each other
_LETTER = 6.2  # px; a digit of the axis
_APART = 11  # px between labels of the axis
_REACH = 1.0  # ranges of the price beyond which a threshold would flatten the line
_CALM = 0.002  # of the price; a smaller range reaches as far as this

_PAGE_BOLD = 650  # the renderer knows hundreds only
_FONTS = [str(Path(__file__).parent / "fonts" / name) for name in ("Roboto-Regular.ttf", "Roboto-Bold.ttf")]
_LOG = logging.getLogger(__name__)


def chart_picture(
    source: PriceSource, rules: Mapping[Market, Rule | None], at: int, zone: tzinfo = UTC
) -> bytes | None:
    """
    Return a PNG of the prices up to a time; None if there are none or it cannot be drawn, which is logged.

    It shows for each market the last hour, or the longest span that its rule names, up to LONGEST.

    Args:
        source: where the prices are read from.
        rules: the markets, of which the first with prices are shown, and whose thresholds are marked in each.
        at: epoch ms, the end of the picture.
        zone: of the times; those of a rule come first if it has one.
    """
    try:
        charts: list[str] = []
        for market, rule in rules.items():
            if len(charts) == _MOST_CHARTS:
                break
            window = read_bar_window(source, market, picture_span(rule), at)
            if window.count:
                own_zone = zone if rule is None or rule.quiet is None else rule.quiet.zone
                charts.append(chart_svg(window, market, price_levels(rule.expression) if rule else (), own_zone))
        return to_png(_below_each_other(charts)) if charts else None
    # A panic of the renderer is no Exception, and a message must go out without its picture.
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        _LOG.warning("no picture of %s: %s: %s", ", ".join(map(str, rules)), type(error).__name__, error)
        return None


def _below_each_other(charts: Sequence[str]) -> str:
    """Return one SVG document of several that have the usual size."""
    if len(charts) == 1:
        return charts[0]
    parts = (f'<g transform="translate(0 {HEIGHT * row})">{chart}</g>' for row, chart in enumerate(charts))
    size = f'width="{WIDTH}" height="{HEIGHT * len(charts)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


def picture_span(rule: Rule | None) -> int:
    """Return how much time a picture for *rule* shows, in ms."""
    spans = [] if rule is None else [leaf.measure.span or 0 for leaf in leaves(rule.expression)]
    return min(LONGEST, max([HOUR, *spans]))


def price_levels(expression: Expression) -> tuple[float, ...]:
    """Return the thresholds in *expression* that are prices, each once."""
    named = [leaf for leaf in leaves(expression) if leaf.measure.name in _LEVELS]
    return tuple(dict.fromkeys(leaf.level if isinstance(leaf, Crosses) else leaf.threshold for leaf in named))


def chart_svg(window: AnyWindow, market: Market, levels: Iterable[float] = (), zone: tzinfo = UTC) -> str:
    """
    Return an SVG document of *window*, which has a price, in plain colours.

    Args:
        window: the prices.
        market: whose they are.
        levels: prices that are marked; one far from the others is written at the edge.
        zone: of the times.
    """
    time_range = TimeRange.of(window.start, window.end, window.end)
    frame = ChartFrame(time_range, True, 0, "", time_range.zone(zone), margin=0.18, price_ticks=4)
    near, far = _sorted_levels(window, tuple(levels)[:_MOST_LEVELS])
    scale = price_range(min([window.low, *near]), max([window.high, *near]), frame)
    axis = price_axis(*scale, frame)
    labels = [*(words for _, words in axis), *(numbers.price(level) for level in near)]
    right = WIDTH - max(_AXIS, 16 + _LETTER * max(map(len, labels), default=0))
    plot = Plot(WIDTH, _LEFT, right, _TOP, HEIGHT - _FOOT, time_range, *scale, axis)
    name, ink, colour = f"bt-{market.slug}", light(), light()["series-1"]
    marked = [plot.y_at(frame.y(level)) for level in near]
    rows = "".join(f"M{_LEFT} {plot.y_at(place):.1f}H{right:g}" for place, _ in axis)
    parts = [
        _heading(window, market, frame.zone),
        time_grid(plot, frame.zone),
        f'<path d="{rows}" stroke="{ink["line"]}"/>',
        gap_hatching(window, plot, frame.zone, f"url(#{name})"),
        *(_threshold(level, plot, y) for level, y in zip(near, marked, strict=True)),
        price_line(downsample(window, int(right - _LEFT) // 2), plot, frame, colour),
        high_low_labels(window, plot, frame),
        last_point(window, plot, frame, colour),
        *(_axis_label(words, plot, plot.y_at(place), marked) for place, words in axis),
        *_far_levels(window, far, plot),
        time_axis_labels(plot, frame.zone),
    ]
    times = time_text.time_range(window.start, window.end, frame.zone)
    title = f"{market}, {times} {time_text.zone_name(window.end, frame.zone)}"
    return svg_document(parts, WIDTH, HEIGHT, name, title, summary(window, frame.zone))


def to_png(svg: str) -> bytes:
    """Return *svg* as PNG, in fonts that are shipped."""
    import resvg_py  # an extra, loaded only by the process that sends

    return resvg_py.svg_to_bytes(
        svg_string=svg.replace(f'font-weight="{_PAGE_BOLD}"', 'font-weight="700"'),
        zoom=ZOOM,
        skip_system_fonts=True,
        font_files=_FONTS,
        sans_serif_family="Roboto",
    )


def _sorted_levels(window: AnyWindow, levels: tuple[float, ...]) -> tuple[list[float], list[float]]:
    """Return the levels that the prices are near to, and the others."""
    reach = max(_REACH * (window.high - window.low), _CALM * window.high)
    near = [level for level in levels if window.low - reach <= level <= window.high + reach]
    return near, [level for level in levels if level not in near]


def _heading(window: AnyWindow, market: Market, zone: tzinfo) -> str:
    """Return two rows: market and last price; times and change."""
    percent = 100 * MEASURES["change"].function(window)
    direction = numbers.direction(percent)
    times = time_text.time_range(window.start, window.end, zone, with_year=window.span < DAY)
    about = f"{times} {time_text.zone_names(window.start, window.end, zone)}"
    change = f"{late_start(window, zone)} {numbers.signed_percent(percent)}".strip()
    legend = " · hatched: no prices"
    if window.gaps and _LETTER * len(about + legend + change) < WIDTH - 2 * _LEFT:
        about += legend
    right = WIDTH - _LEFT
    return (
        svg_text(f"{market.base}/{market.quote} on {market.exchange}", _LEFT, 20, 14, "ink", bold=True)
        + svg_text(numbers.price(window.last_price), right, 20, 14, "ink", anchor="end", bold=True)
        + svg_text(about, _LEFT, 37, 11)
        + svg_text(change, right, 37, 12, "ink-3" if direction == "flat" else direction, anchor="end")
    )


def _threshold(level: float, plot: Plot, y: float) -> str:
    line = f'<path d="M{plot.left:g} {y:.1f}H{plot.right:g}" stroke="{light()["warn"]}" stroke-dasharray="5 3"/>'
    return "".join((line, svg_text(_level_text(level), plot.right + 8, y + 4, 11, "warn", bold=True)))  # not escaped


def _axis_label(words: str, plot: Plot, y: float, marked: list[float]) -> str:
    """Return a label of the axis; nothing where that of a threshold stands."""
    return "" if any(abs(y - other) < _APART for other in marked) else svg_text(words, plot.right + 8, y + 4, 11)


def _far_levels(window: AnyWindow, levels: list[float], plot: Plot) -> list[str]:
    """Return labels for thresholds that are outside of the picture, on the side where no high or low has its own."""
    labels = []
    for word, extreme_time, first, step in (
        ("above", window.high_time, plot.top + 12, 13),
        ("below", window.low_time, plot.bottom - 5, -13),
    ):
        is_left = 2 * plot.x_at(extreme_time) > plot.left + plot.right
        x, anchor = (plot.left + 4, "start") if is_left else (plot.right - 4, "end")
        outside = [level for level in levels if (level > window.high) is (word == "above")]
        for row, level in enumerate(outside):
            words = f"threshold {_level_text(level)} is {word}"
            labels.append(svg_text(words, x, first + step * row, 11, "warn", anchor=anchor, halo=True))
    return labels


def _level_text(level: float) -> str:
    return WRITTEN.limit(Measure("last_price"), level, "")
