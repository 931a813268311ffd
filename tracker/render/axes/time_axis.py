"""The round times of a time axis."""

from datetime import UTC, datetime, timedelta, tzinfo

from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import time_text

# (longest span, distance between ticks), both in seconds
_STEPS = (
    *((60, 10), (120, 20), (300, 60), (600, 120), (1_800, 300), (3_600, 600), (7_200, 1_200)),
    *((21_600, 3_600), (43_200, 7_200), (86_400, 10_800), (172_800, 21_600)),
)
_DAY = 86_400  # seconds


def time_ticks(time_range: TimeRange, zone: tzinfo) -> list[int]:
    """Return round times of *zone* within *time_range*, in epoch ms, ascending."""
    seconds = (time_range.now - time_range.start) / 1000
    step = next((step for span, step in _STEPS if seconds <= span * 1.01), _DAY * max(1, round(seconds / _DAY / 7)))
    if zone is UTC:
        first = -(-time_range.start // (step * 1000))
        return [count * step * 1000 for count in range(first, time_range.end // (step * 1000) + 1)]
    return _wall_clock_ticks(time_range, zone, step)


def _wall_clock_ticks(time_range: TimeRange, zone: tzinfo, step: int) -> list[int]:
    """Return round times of the wall clock of *zone*, *step* seconds apart, daylight saving included."""
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
