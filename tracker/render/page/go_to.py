"""The range of time that a typed date shows, or why it cannot be shown."""

from datetime import tzinfo

from tracker.core.date_text import parse_period
from tracker.core.durations import DAY
from tracker.core.window import MIN_SPAN
from tracker.history.playback import Playback
from tracker.render.axes.chart_frame import IN_DAYS_FROM
from tracker.render.format import time_text
from tracker.render.page.state import PageState, View

_LATELY = 7 * DAY  # ms
_WIDE = 7 * DAY  # ms; in a longer view a day is hardly seen


def view_of(page: PageState, text: str) -> View | None:
    """
    Return the view around the time that *text* names; None: the chosen span up to now.

    It is as long as what is visible now, but a day, a month or a year that is longer is shown whole, as far as it has
    passed and the page reaches. Where so much is visible that a day is hardly seen in it, the view is the day, month
    or year itself, or the day around a moment.

    Raises:
        ValueError: *text* names no time, or one without prices: later than now, or before the first stored one.
    """
    now, zone, reach = page.data.now, page.choices.zone, page.reach
    start, end = _passed(*parse_period(text, now, zone), now)
    if end - start > IN_DAYS_FROM:
        start, end = _passed(*parse_period(text, now), now)  # a year of UTC, whose days the charts then have
    if start > now:
        raise ValueError(f"That is later than now, {_moment(now, page)}")
    first = page.data.first_stored
    if first is not None and end <= first:
        raise ValueError(f"Nothing recorded before {_moment(first, page)}")
    if end <= now - reach:
        raise ValueError(f"The page reaches back to {_moment(now - reach, page)}")
    start = max(start, now - reach)
    visible = page.visible_range[1] - page.visible_range[0]
    least = DAY if visible > _WIDE and start < now else visible
    span = min(max(least, end - start, MIN_SPAN), reach)
    last = max((start + end + span) // 2, now - reach + span)
    if last < now:
        return View(span, last)
    return None if span == page.span else View(span, None)


def replay_time(text: str, clock: Playback, zone: tzinfo) -> int:
    """
    Return the time (epoch ms) from which a replay plays what *text* names: the start of a day, or a moment.

    Raises:
        ValueError: *text* names no time, or one outside of what can be replayed.
    """
    start, end = parse_period(text, clock.now(), zone, clock.end)
    if start > clock.end:
        raise ValueError(f"Nothing recorded after {_day_and_time(clock.end, zone)}")
    if end <= clock.start and start < clock.start:
        raise ValueError(f"Nothing recorded before {_day_and_time(clock.start, zone)}")
    return max(start, clock.start)


def shown_text(page: PageState) -> str:
    """Return the visible range for screen readers, which do not see the charts move."""
    start, end = page.visible_range
    if end - start > IN_DAYS_FROM:
        return f"Shows {time_text.date_range(start, end)} UTC"
    return f"Shows {time_text.time_range(start, end, page.choices.zone, with_year=True)}"


def _passed(start: int, end: int, now: int) -> tuple[int, int]:
    """Return *start* and *end* without what is later than *now*, unless all is."""
    return start, end if start > now else min(end, now)


def _moment(time: int, page: PageState) -> str:
    """Return *time* with its year, and with the time of the day if it was lately."""
    zone = page.choices.zone
    return _day_and_time(time, zone) if page.data.now - time < _LATELY else time_text.date(time, zone)


def _day_and_time(time: int, zone: tzinfo) -> str:
    return f"{time_text.date(time, zone)}, {time_text.hour_minute(time, zone)}"
