"""The points that a chart draws for a market, and which part of its line is redrawn."""

from tracker.core.downsampling import ChartPoints, bucket_width, downsample, with_context
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.page.state import PageState

BUCKETS = 400  # of the visible range
_CONTEXT_BUCKETS = 300  # of three times the visible range, so that a dragged chart has something to show
_LINES_PER_REFRESH = 3  # long lines that one refresh sends whole


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


class RedrawSchedule:
    """
    Decides where each market's line is cut into a settled part and a newest part, which is redrawn alone.

    A line is cut where its unfinished bucket begins. When a bucket is complete, all long lines would have to be sent
    whole at once; instead they take turns over several refreshes.
    """

    def __init__(self) -> None:
        self._known: dict[Market, tuple[object, int]] = {}
        self._left = _LINES_PER_REFRESH

    def begin_refresh(self) -> None:
        """Start another refresh, with its full number of lines to send whole."""
        self._left = _LINES_PER_REFRESH

    def cut_time(self, market: Market, window: Window, shape: object) -> int | None:
        """
        Return where to cut the line of *market*, in epoch ms; None if all rows are drawn, so that nothing settles.

        After a change of the chart's *shape*, a line is never postponed.
        """
        width = bucket_width(window.span, BUCKETS) if window.span else 0
        if not width or window.count <= 2 * BUCKETS:
            return None
        wanted = (window.end - 1) // width * width
        known_shape, cut = self._known.get(market, (None, 0))
        if known_shape == shape and cut != wanted and wanted - cut <= 2 * width:
            if not self._left:
                return cut
            self._left -= 1
        self._known[market] = shape, wanted
        return wanted
