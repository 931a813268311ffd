"""The periods whose prices a page shows, which are read before it is drawn."""

from tracker.core.bars import step_for
from tracker.core.downsampling import bucket_width
from tracker.core.durations import DAY, HOUR
from tracker.history.windows import Period
from tracker.render.page.state import PageState

BUCKETS = 400  # of the visible range


def whole_buckets(page: PageState) -> Period:
    """
    Return the visible range from the start of its first bucket on, whose points then do not change every second.

    Where it is computed from bars it begins with an hour, as rows before the first full hour would have to be read.
    """
    start, end = page.visible_range
    width = bucket_width(end - start, BUCKETS)
    if step_for(end - start) is not None:
        width = max(width, HOUR)  # the multiples of an hour are borders of shorter buckets, too
    return Period(end - start // width * width, end)


def around(page: PageState) -> Period:
    """Return the visible range with its own length on both sides, as far as there can be prices, about to an hour."""
    start, end = page.visible_range
    length, earliest = end - start, page.data.now - page.reach
    first, last = min(start, max(start - length, earliest)), max(end, min(end + length, page.data.now))
    if step_for(last - first) is not None:  # no rows of parts of an hour, which would have to be read
        first, last = first // HOUR * HOUR, max(end, last // HOUR * HOUR)
    return Period(last - first, last)


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
