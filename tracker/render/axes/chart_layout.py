"""The frame, height and axis width that all charts of a page share."""

from collections.abc import Mapping

from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.time_axis import time_ticks
from tracker.render.format import numbers
from tracker.render.page import condition
from tracker.render.page.state import PageState

_MAX_FRACTION = 6  # characters; a longer fraction is not aligned
_LONG_PRICE = 11  # characters of a price that needs a wider axis
_RIGHT_MARGIN = 0.01  # of the span, for the dot of the last point


def make_frame(page: PageState, windows: Mapping[Market, Window]) -> ChartFrame:
    """Return the frame that the charts of *windows* share."""
    time_range = _time_range(page)
    # Prices are aligned at their decimal points; a very long fraction would push the others out.
    widths = [width for text in _price_texts(windows) if (width := numbers.fraction_width(text)) <= _MAX_FRACTION]
    return ChartFrame(
        time_range,
        len(windows) <= 2,
        max(widths, default=0),
        condition.mode_label(page),
        page.choices.zone,
        page.data.outages,
        page.choices.mode == "log",
        tuple(time_ticks(time_range, page.choices.zone)),
    )


def height_class(windows: Mapping[Market, Window]) -> str:
    """Return the style class of a chart's height."""
    return "is-tall" if len(windows) <= 2 else "is-mid" if len(windows) <= 4 else "is-flat"


def needs_wide_axis(windows: Mapping[Market, Window]) -> bool:
    """Return whether a price is too long for the usual axis."""
    return max(map(len, _price_texts(windows)), default=0) > _LONG_PRICE


def _price_texts(windows: Mapping[Market, Window]) -> list[str]:
    return [numbers.price(float(window.ticks.price[-1])) for window in windows.values() if window.count]


def _time_range(page: PageState) -> TimeRange:
    """Return the visible time; a moving end advances in steps of about a pixel, so most redraws send nothing."""
    start, last = page.visible_range
    if page.is_past:
        return TimeRange.of(start, last, last, page.data.now)
    span = last - start
    step = max(1_000, span // 1_000)
    end = -(-page.data.now // step) * step
    right = end + int(_RIGHT_MARGIN * span)
    return TimeRange.of(end - span, page.data.now, right, page.data.now, exact_start=start)
