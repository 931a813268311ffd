"""What all charts of a page have in common: their frame, their height, and whether a price needs a wider axis."""

from collections.abc import Mapping

from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.time_axis import time_ticks
from tracker.render.format import numbers
from tracker.render.page import condition
from tracker.render.page.state import PageState

_MAX_FRACTION = 6  # characters of a fraction

_LONG_PRICE = 11  # characters of a price that needs a wider axis

_RIGHT_MARGIN = 0.01  # of the span, free at the right for the last point


def make_frame(page: PageState, windows: Mapping[Market, Window]) -> ChartFrame:
    """What all strips of *windows* have in common."""
    domain = _time_range(page)
    # Aligned at their points, unless one has so many digits that it would push the others out.
    digits = [found for each in _prices(windows) if (found := numbers.fraction_width(each)) <= _MAX_FRACTION]
    return ChartFrame(
        domain,
        len(windows) <= 2,
        max(digits, default=0),
        condition.mode_label(page),
        page.choices.zone,
        page.data.outages,
        page.choices.mode == "log",
        tuple(time_ticks(domain, page.choices.zone)),
    )


def height_class(windows: Mapping[Market, Window]) -> str:
    """The style class that says how high a strip is."""
    return "is-tall" if len(windows) <= 2 else "is-mid" if len(windows) <= 4 else "is-flat"


def needs_wide_axis(windows: Mapping[Market, Window]) -> bool:
    """Whether a price needs a wider axis."""
    return max(map(len, _prices(windows)), default=0) > _LONG_PRICE


def _prices(windows: Mapping[Market, Window]) -> list[str]:
    return [numbers.price(float(window.ticks.price[-1])) for window in windows.values() if window.count]


def _time_range(page: PageState) -> TimeRange:
    """What is shown. While it goes on with the time, in steps of about a pixel, so that most redraws send nothing."""
    start, last = page.shown
    if page.past:
        return TimeRange.of(start, last, last, page.data.now)
    span = last - start
    step = max(1_000, span // 1_000)
    end = -(-page.data.now // step) * step
    return TimeRange.of(end - span, page.data.now, end + int(_RIGHT_MARGIN * span), page.data.now, first=start)
