"""The periods whose prices a page shows, which are read before it is drawn."""

from tracker.core.downsampling import bucket_width
from tracker.core.durations import DAY
from tracker.history.spans import Period
from tracker.render.page.state import PageState

BUCKETS = 400  # of the visible range


def whole_buckets(page: PageState) -> Period:
    """Return the visible range from the start of its first bucket on, whose points then do not change every second."""
    start, end = page.visible_range
    width = bucket_width(end - start, BUCKETS)
    return Period(end - start // width * width, end)


def around(page: PageState) -> Period:
    """Return the visible range with its own length on both sides, as far as there can be prices."""
    start, end = page.visible_range
    length, earliest = end - start, page.data.now - page.reach
    last = max(end, min(end + length, page.data.now))
    return Period(last - min(start, max(start - length, earliest)), last)


def needed_periods(page: PageState) -> list[Period]:
    """Return what ``page`` reads: the visible range and, if the viewer zoomed, what is around it and the last span."""
    start, end = page.visible_range
    if end <= start:
        return []
    periods = [Period(end - start, end), whole_buckets(page)]
    if page.choices.view is not None:
        periods += [around(page), Period(page.span, page.data.now)]
    if page.is_past:
        periods.append(Period(DAY, end))  # for prices that stand still at its end
    return list(dict.fromkeys(periods))
