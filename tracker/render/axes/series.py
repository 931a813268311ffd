"""The points that a chart draws for a market."""

from tracker.core.downsampling import bucket_width, downsample, with_context
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.page.state import PageState

BUCKETS = 400  # of the visible range
_CONTEXT_BUCKETS = 300  # of three times the visible range, so that a dragged chart has something to show


def live_interval(page: PageState, market: Market) -> int | None:
    """Return the interval of live prices of *market* in ms; None if it is not collected."""
    status = page.data.status.markets.get(market) if page.data.status else None
    return status.interval if status else None


def chart_series(page: PageState, market: Market, window: Window) -> ChartPoints:
    """
    Return the points of a line for *window*.

    The line begins with a whole bucket, so that its first points do not change every second. If the viewer
    zoomed, the points around the window are included, at a lower resolution.
    """
    interval = live_interval(page, market)
    if not window.span:
        return downsample(window, BUCKETS, interval)
    width = bucket_width(window.span, BUCKETS)
    whole_buckets = page.data.read(market, window.end - window.start // width * width, window.end)
    inner = downsample(whole_buckets, BUCKETS, interval)
    if page.choices.view is None:
        return inner
    wide = page.data.read(market, 3 * window.span, window.end + window.span)
    return with_context(inner, downsample(wide, _CONTEXT_BUCKETS, interval), window.start, window.end, wide.gaps)
