"""The cadence of a file's prices: the median step between their times, and how it is typed."""

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Ticks

SHORTEST = 100  # ms; as for the setting ``every``

_USUAL = np.array(
    [
        *(100, 200, 250, 500),
        *(SECOND * count for count in (1, 2, 5, 10, 15, 20, 30)),
        *(MINUTE * count for count in (1, 2, 3, 5, 10, 15, 20, 30)),
        *(HOUR * count for count in (1, 2, 3, 4, 6, 8, 12)),
        *(DAY * count for count in (1, 3, 7)),
    ]
)
_NEAR = 0.1  # relative distance to a usual cadence, from which a step is taken as it is
_MOST = 0.9  # share of a file's times that decides
_LAST_SECOND = MINUTE - SECOND


def median_step(times: NDArray[np.int64]) -> int | None:
    """
    Return the median step between the distinct *times* (epoch ms, any order), in ms; None for fewer than two.

    It is rounded to a usual cadence that is near, because polls come a little late, else to whole seconds.
    """
    steps = np.diff(np.sort(times))  # faster than np.unique for times in order
    steps = steps[steps > 0]
    if not len(steps):
        return None
    # The lower of two medians, because a cadence that is too long costs rows.
    step = max(float(np.quantile(steps, 0.5, method="lower")), SHORTEST)
    nearest = int(_USUAL[np.argmin(np.abs(_USUAL - step))])
    if abs(nearest - step) <= _NEAR * nearest:
        return nearest
    return round(step / SECOND) * SECOND if step > SECOND else round(step / SHORTEST) * SHORTEST


def first_of_slots(ticks: Ticks, every: int) -> Ticks:
    """Return the first row in time of each slot of *every* ms, not yet moved; of several with one time, the first."""
    if len(ticks) < 2:
        return ticks
    times = at_end_of_slot(ticks.time, every)
    if not (np.diff(times // every) > 0).all():
        order = np.argsort(times, kind="stable")
        _, first = np.unique(times[order] // every, return_index=True)
        ticks = ticks[order[first]]
    return ticks


def at_end_of_slot(times: NDArray[np.int64], every: int) -> NDArray[np.int64]:
    """Return *times*, those in the last millisecond of a slot moved to its end: such is the stamp of a close."""
    grid = min(every, MINUTE)
    return np.where((times + 1) % grid == 0, times + 1, times)


def slot_starts(times: NDArray[np.int64], every: int) -> NDArray[np.int64]:
    """
    Return where the rows of prices at *times* are stored: the start of their slot, or of their minute in longer slots.

    A file whose times are nearly all in the last second of a minute has closes, which count at the end of that second.
    """
    times = at_end_of_slot(times, every)
    last_second = times % MINUTE // SECOND * SECOND == _LAST_SECOND
    if every >= MINUTE and last_second.mean() >= _MOST:
        times = np.where(last_second, times // SECOND * SECOND + SECOND, times)
    grid = min(every, MINUTE)
    return times // grid * grid
