"""A chart in words: when its prices begin, what it shows, and why there are gaps."""

from datetime import tzinfo

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.render.axes.chart_frame import IN_DAYS_FROM, ChartFrame
from tracker.render.format import numbers, time_text
from tracker.render.format.outage_text import reasons_for

NO_CANDLES = "too few prices for candles"

_SECONDS_BELOW = 180_000  # ms; a shorter gap is written with seconds

OF_POLLED = "of polled prices"  # said of a high and a low that no candle has told


def late_start(window: AnyWindow, zone: tzinfo) -> str:
    """
    Return ``since 13:40`` if prices begin later than the window, so that the change is not that of the span.

    Of a long window it is a day, ``since 5 Apr 2018``, see ``first_price_time``.
    """
    late = bool(window.count and window.gaps) and window.gaps[0][0] <= window.start
    return f"since {first_price_time(window, zone)}" if late else ""


def first_price_time(window: AnyWindow, zone: tzinfo) -> str:
    """Return the time of the first price, of a long window its day of UTC; its interval lies before it."""
    if window.span > IN_DAYS_FROM:
        return time_text.date(window.first_time)
    # The midnight that ends a day belongs to that day.
    return time_text.moment(window.first_time, window.end - 1, zone)


def summary(window: AnyWindow, zone: tzinfo, last_time: str = "") -> str:
    """
    Describe a chart of *window* for screen readers: ``last 17,768.50, change +1.07 % over the span, …``.

    *last_time*: when its last price is from, if that is not the live one.
    """
    if not window.count:
        return "no price in this span"
    last_text = f" at {last_time}" if last_time else ""
    values = {name: numbers.price(MEASURES[name].function(window)) for name in ("last_price", "maximum", "minimum")}
    change = numbers.signed_percent(100 * MEASURES["change"].function(window))
    return (
        f"last {values['last_price']}{last_text}, change {change} {late_start(window, zone) or 'over the span'}, "
        f"high {values['maximum']}, low {values['minimum']}{'' if window.candle_count else ' ' + OF_POLLED}"
    )


def last_price_time(window: AnyWindow, frame: ChartFrame) -> str:
    """Return the time of the last price of *window*, as exact as the time axis, and with a day where that has days."""
    time, zone = window.last_time, frame.zone
    if frame.time_range.is_in_days:
        return time_text.date(time, zone)
    is_short = window.span < time_text.SECONDS_AT_ENDS_BELOW
    clock = (time_text.hour_minute_second if is_short else time_text.hour_minute)(time, zone)
    days = {time_text.day(each, zone) for each in (window.start, time, window.end)}
    return clock if len(days) == 1 else f"{time_text.day(time, zone)} {clock}"


def gap_text(start: int, end: int, frame: ChartFrame, market: Market | None = None) -> str:
    """Return when prices are missing and, if recorded for *market*, why."""
    reason = reasons_for(frame.outages, market, start, end) if market else ""
    if end - start >= _SECONDS_BELOW:
        is_distant = frame.time_range.now - frame.time_range.start >= time_text.YEAR_FROM
        times = time_text.time_range(start, end, frame.zone, with_year=is_distant)
    else:
        times = "–".join(time_text.hour_minute_second(time, frame.zone) for time in (start, end))
    return f"No prices {times}" + (f": {reason}" if reason else "")
