"""The round times of a time axis, from seconds to decades, and how they are written."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from tracker.core.durations import DAY
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import time_text

_DAY = 86_400  # seconds
_WEEK = 7  # days


class _Step(NamedTuple):
    """Distances of ticks with a label and of those without, for time ranges of up to *longest*."""

    longest: int
    labelled: int
    minor: int


# By the unit of the three numbers: seconds, days, months. Days and months are those of the calendar.
_SECONDS = (
    *(_Step(60, 10, 5), _Step(120, 20, 10), _Step(300, 60, 30), _Step(600, 120, 60), _Step(1_800, 300, 60)),
    *(_Step(3_600, 600, 300), _Step(7_200, 1_200, 600), _Step(21_600, 3_600, 1_800), _Step(43_200, 7_200, 3_600)),
    *(_Step(_DAY, 10_800, 3_600), _Step(2 * _DAY, 21_600, 10_800), _Step(9 * _DAY, _DAY, 21_600)),
)
_DAYS = (_Step(16, 2, 1), _Step(70, _WEEK, 1), _Step(120, 2 * _WEEK, _WEEK))  # weeks begin on Monday
_MONTHS = (_Step(13, 1, 1), _Step(27, 3, 1), _Step(60, 6, 3), _Step(132, 12, 3), _Step(300, 24, 12))
_MONTH = 30.5  # days
_DECADE = _Step(0, 120, 60)  # months; of a longer range


def time_ticks(time_range: TimeRange, zone: tzinfo, *, minor: bool = False) -> list[int]:
    """
    Return round times of *zone* within *time_range*, in epoch ms, ascending.

    They depend on the calendar and on the length of the range alone, so they stay while it moves.

    Args:
        time_range: the time that the charts show.
        zone: its seconds, days, weeks and months are counted.
        minor: whether to return the times that have no label, too.
    """
    seconds = (time_range.now - time_range.start) / 1000
    for unit, steps, make in ((1, _SECONDS, _wall_clock), (_DAY, _DAYS, _midnights), (_DAY * _MONTH, _MONTHS, _months)):
        for step in steps:
            if seconds <= 1.01 * unit * step.longest:
                return make(time_range, zone, step.minor if minor else step.labelled)
    return _months(time_range, zone, _DECADE.minor if minor else _DECADE.labelled)


def tick_text(time: int, time_range: TimeRange, zone: tzinfo) -> str:
    """Return the label of the round *time*: ``15:04``, ``15:04:05``, ``9 Nov``, ``Nov`` or ``2026``."""
    span = time_range.now - time_range.start
    if span > 1.01 * _DAYS[-1].longest * DAY:
        local = time_text.to_datetime(time, zone)
        return str(local.year) if local.month == 1 else f"{local:%b}"
    if time_text.is_midnight(time, zone):
        return time_text.day(time, zone)
    write = time_text.hour_minute_second if span < time_text.SECONDS_BELOW else time_text.hour_minute
    return write(time, zone)


def _wall_clock(time_range: TimeRange, zone: tzinfo, step: int) -> list[int]:
    """Return round times of the wall clock of *zone*, *step* seconds apart, daylight saving included."""
    if zone is UTC:
        first = -(-time_range.start // (step * 1000))
        return [count * step * 1000 for count in range(first, time_range.end // (step * 1000) + 1)]
    begin = time_text.to_datetime(time_range.start, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    # Steps of hours count from midnight. When the clock is put back, more wall-clock time passes than real time.
    begin, extra = (begin, 7_200) if step < 3_600 else (begin.replace(hour=0), 2 * _DAY)
    ticks = set()
    for count in range((time_range.end - time_range.start) // 1000 // step + extra // step + 2):
        wall = begin + timedelta(seconds=count * step)
        for fold in (0, 1):  # an hour that occurs twice has two of each
            time = round(wall.replace(tzinfo=zone, fold=fold).timestamp() * 1000)
            # A time within a skipped hour does not exist.
            exists = datetime.fromtimestamp(time / 1000, zone).replace(tzinfo=None) == wall
            if exists and time_range.start <= time <= time_range.end:
                ticks.add(time)
    return sorted(ticks)


def _midnights(time_range: TimeRange, zone: tzinfo, step: int) -> list[int]:
    """Return the midnights of every *step*-th day, of Mondays if *step* is a number of weeks."""
    first, last = (time_text.to_datetime(time, zone).toordinal() for time in (time_range.start, time_range.end))
    monday = 1 if step % _WEEK == 0 else 0  # the first day of year 1, number 1, was a Monday
    begin = first + (monday - first) % step
    return _within(time_range, zone, [date.fromordinal(day) for day in range(begin, last + 1, step)])


def _months(time_range: TimeRange, zone: tzinfo, step: int) -> list[int]:
    """Return the first midnights of every *step*-th month, counted from a January."""
    first, last = (time_text.to_datetime(time, zone) for time in (time_range.start, time_range.end))
    counts = range((first.year * 12 + first.month - 1) // step * step, last.year * 12 + last.month, step)
    return _within(time_range, zone, [date(count // 12, count % 12 + 1, 1) for count in counts if count >= 12])


def _within(time_range: TimeRange, zone: tzinfo, days: list[date]) -> list[int]:
    """Return when *days* begin in *zone*, epoch ms, without those outside of *time_range*."""
    times = [round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) for day in days]
    return [time for time in times if time_range.start <= time <= time_range.end]
