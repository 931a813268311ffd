"""The points or candles that a chart draws for a market."""

from tracker.core.bar_window import AnyWindow
from tracker.core.candles import Candles, candles
from tracker.core.downsampling import bucket_width, downsample, with_context
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market
from tracker.render.page.periods import BUCKETS, around, whole_buckets
from tracker.render.page.state import PageState

_CONTEXT_BUCKETS = 300  # of three times the visible range, so that a dragged chart has something to show


def live_interval(page: PageState, market: Market) -> int | None:
    """Return the interval of live prices of *market* in ms; None if it is not collected."""
    status = page.data.status.markets.get(market) if page.data.status else None
    return status.interval if status else None


def chart_series(page: PageState, market: Market, window: AnyWindow) -> ChartPoints:
    """
    Return the points of a line for *window*.

    The line begins with a whole bucket, so that its first points do not change every second. If the viewer
    zoomed, the points around the window are included, at a lower resolution.
    """
    interval = live_interval(page, market)
    if not window.span:
        return downsample(window, BUCKETS, interval)
    inner = downsample(page.data.read(market, *whole_buckets(page)), BUCKETS, interval)
    if page.choices.view is None:
        return inner
    wide = page.data.read(market, *around(page))
    # Candles drawn as in the visible range, so that a dragged chart does not change where it was around it.
    outer = downsample(wide, _CONTEXT_BUCKETS, interval, closes_from=bucket_width(window.span, BUCKETS))
    return with_context(inner, outer, window.start, window.end, wide.gaps)


def chart_candles(page: PageState, market: Market, window: AnyWindow) -> Candles | None:
    """Return the candles of *window*, up to the end of a past view that a later close covers; None: too few prices."""
    return candles(window, around=page.data.read(market, *around(page)) if page.is_past else None)
