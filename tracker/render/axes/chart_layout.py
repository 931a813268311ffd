"""The frame, height and axis width that all charts of a page share."""

from collections.abc import Mapping

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.render.axes.chart_frame import LONGEST_ALIGNED, ChartFrame, TimeRange
from tracker.render.axes.price_axis import price_axis, price_range
from tracker.render.axes.time_axis import time_ticks
from tracker.render.format import currencies, numbers
from tracker.render.page import condition
from tracker.render.page.alerts_view import MarketMarks
from tracker.render.page.state import PageState

_AXIS_WIDTHS = {"": 80, "has-long": 108}  # px, of the style sheet; a yet longer price needs has-longest
_AXIS_TEXT, _AXIS_PADDING = 11, 18  # px: font size, and what surrounds the crosshair's value
_ALERT_WIDTH = 1.55  # em; the word before a threshold, which has less around it than the crosshair's value
# By the class of a chart's height: the margin that its lowest height needs for a label, and how many price ticks.
_LABELLING = {"is-tall": (0.14, 7), "is-mid": (0.24, 4), "is-flat": (0.34, 2)}
_RIGHT_MARGIN = 0.01  # of the span, for the dot of the last point


def make_frame(page: PageState, windows: Mapping[Market, AnyWindow]) -> ChartFrame:
    """Return the frame that the charts of *windows* share."""
    time_range = _time_range(page)
    zone = time_range.zone(page.choices.zone)
    return ChartFrame(
        time_range,
        len(windows) <= 2,
        _fraction_width(_price_texts(windows)),
        condition.mode_label(page),
        zone,
        page.data.outages,
        page.choices.mode == "log",
        tuple(time_ticks(time_range, zone)),
        frozenset(market for market in windows if currencies.needs_exchange(market, page.data.markets)),
        *_LABELLING[height_class(windows)],
        page.is_past,
        page.choices.zone,
    )


def _fraction_width(prices: list[str]) -> int:
    """Return the width of the fractions by which all *prices* are aligned at their points; 0 if one is too long."""
    width = max(map(numbers.fraction_width, prices), default=0)
    # All or none: a few that are not at the edge, where the others are, look misplaced.
    return width if all(numbers.aligned_width(text, width) <= LONGEST_ALIGNED for text in prices) else 0


def height_class(windows: Mapping[Market, AnyWindow]) -> str:
    """Return the style class of a chart's height."""
    return "is-tall" if len(windows) <= 2 else "is-mid" if len(windows) <= 4 else "is-flat"


def axis_class(
    windows: Mapping[Market, AnyWindow], frame: ChartFrame, alerts: Mapping[Market, MarketMarks] | None = None
) -> str:
    """
    Return the style classes of a price axis that is wide enough; "" for the usual one.

    The last of them may be for the word before a threshold, which a narrow page leaves out.

    Args:
        windows: whose prices it shows.
        frame: what all charts of the page share.
        alerts: whose thresholds it shows, as far as they are within the scale.
    """
    widths, with_word = [0.0, *map(numbers.text_width, _price_texts(windows))], [0.0]
    for market, window in windows.items():
        if window.count:
            low, high = price_range(window.low, window.high, frame)
            widths += [numbers.text_width(label) for _, label in price_axis(low, high, frame)]
            levels = alerts[market].levels if alerts and market in alerts else ()
            shown = [numbers.level_text(level) for level in levels if low <= frame.y(level) <= high]
            widths += map(numbers.text_width, shown)
            with_word += [numbers.text_width(text) + _ALERT_WIDTH for text in shown]
    plain = _axis_class(max(widths))
    wider = _axis_class(max(*widths, *with_word))
    return plain if wider == plain else f"{plain} {wider.replace('has-', 'has-alert-')}".strip()


def _axis_class(width: float) -> str:
    """Return the style class for texts of *width* em."""
    needed = _AXIS_PADDING + _AXIS_TEXT * width
    return next((name for name, room in _AXIS_WIDTHS.items() if needed <= room), "has-longest")


def _price_texts(windows: Mapping[Market, AnyWindow]) -> list[str]:
    return [numbers.price(window.last_price) for window in windows.values() if window.count]


def _time_range(page: PageState) -> TimeRange:
    """Return the visible time; a moving end advances in steps of about a pixel, so most redraws send nothing."""
    start, last = page.visible_range
    if page.is_past:
        return TimeRange.of(start, last, last)
    span = last - start
    step = max(1_000, span // 1_000)
    end = -(-page.data.now // step) * step
    right = end + int(_RIGHT_MARGIN * span)
    return TimeRange.of(end - span, page.data.now, right, exact_start=start)
