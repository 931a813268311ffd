"""Which part of a market's line is redrawn."""

from tracker.core.bar_window import AnyWindow
from tracker.core.downsampling import bucket_width
from tracker.core.market import Market
from tracker.render.page.periods import BUCKETS

_LINES_PER_REFRESH = 3  # long lines that one refresh sends whole


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

    def cut_time(self, market: Market, window: AnyWindow, shape: object) -> int | None:
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
