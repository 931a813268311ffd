"""A chart in words: since when there are prices, what it shows, and why there are gaps."""

from datetime import tzinfo

from tracker.collector.outage_log import reasons_for
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import numbers, time_text

_SHOW_SECONDS_BELOW = 180_000  # ms; of a shorter gap the seconds are told


def late_start(window: Window, zone: tzinfo) -> str:
    """``since 13:40`` if prices begin later than the window, so that nobody takes their change for that of the span."""
    late = bool(window.count and window.gaps) and window.gaps[0][0] <= window.start
    return f"since {first_price_time(window, zone)}" if late else ""


def first_price_time(window: Window, zone: tzinfo) -> str:
    """When the first price is from; the time that it stands for lies before it."""
    # The midnight that ends a day still belongs to it.
    return time_text.moment(int(window.ticks.time[0]), window.end - 1, zone)


def summary(window: Window, zone: tzinfo) -> str:
    """What a chart of *window* shows, for who hears it: ``last 17,768.50, change +1.07 % over the span, …``."""
    if not window.count:
        return "no price in this span"
    values = {name: numbers.price(MEASURES[name].function(window)) for name in ("last_price", "maximum", "minimum")}
    change = numbers.signed_percent(100 * MEASURES["change"].function(window))
    return (
        f"last {values['last_price']}, change {change} {late_start(window, zone) or 'over the span'}, "
        f"high {values['maximum']}, low {values['minimum']}"
    )


def gap_text(start: int, end: int, look: ChartFrame, market: Market | None = None) -> str:
    """When there were no prices and, if that is known of *market*, why."""
    why = reasons_for(look.outages, market, start, end) if market else ""
    exact = f"{time_text.hour_minute_second(start, look.zone)}–{time_text.hour_minute_second(end, look.zone)}"
    when = time_text.time_range(start, end, look.zone) if end - start >= _SHOW_SECONDS_BELOW else exact
    return f"No prices {when}" + (f": {why}" if why else "")
