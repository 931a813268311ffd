"""Which points of a market a chart draws, and which of them are settled."""

from tracker.core.downsampling import ChartPoints, bucket_width, downsample, with_context
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.page.state import PageState

BUCKETS = 400  # of the part that is shown
_CONTEXT_BUCKETS = 300  # of three times that, for a hand that moves it
_LINES_PER_REFRESH = 3  # long lines that are sent anew with one refresh


def live_interval(page: PageState, market: Market) -> int | None:
    """Milliseconds that a live price of *market* stands for; None if nobody collects it."""
    each = page.data.status.markets.get(market) if page.data.status else None
    return each.interval if each else None


def chart_series(page: PageState, market: Market, window: Window) -> ChartPoints:
    """
    What the line of *window* needs.

    It begins with a whole bucket, so that its beginning does not change with every second. Of a part of
    time that was zoomed to, there is also what lies around it.
    """
    cadence = live_interval(page, market)
    if not window.span:
        return downsample(window, BUCKETS, cadence)
    width = bucket_width(window.span, BUCKETS)
    inner = downsample(page.data.read(market, window.end - window.start // width * width, window.end), BUCKETS, cadence)
    if page.choices.view is None:
        return inner
    wide = page.data.read(market, 3 * window.span, window.end + window.span)
    return with_context(inner, downsample(wide, _CONTEXT_BUCKETS, cadence), window.start, window.end, wide.gaps)


class RedrawSchedule:
    """
    From where on each market's line is its newest part: since the bucket that is still filling began.

    When a bucket is full, all long lines would be due at once; they take turns over some refreshes.
    """

    def __init__(self) -> None:
        self._known: dict[Market, tuple[object, int]] = {}
        self._left = _LINES_PER_REFRESH

    def begin(self) -> None:
        """Another refresh."""
        self._left = _LINES_PER_REFRESH

    def of(self, market: Market, window: Window, shape: object) -> int | None:
        """Epoch ms; None where all rows are drawn. With another *shape* of the chart nothing is put off."""
        width = bucket_width(window.span, BUCKETS) if window.span else 0
        if not width or window.count <= 2 * BUCKETS:
            return None
        wanted = (window.end - 1) // width * width
        before, cut = self._known.get(market, (None, 0))
        if before == shape and cut != wanted and wanted - cut <= 2 * width:
            if not self._left:
                return cut
            self._left -= 1
        self._known[market] = shape, wanted
        return wanted
