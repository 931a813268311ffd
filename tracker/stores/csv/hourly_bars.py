"""Joins the bars of a span's hours from kept files, and from rows where none of the files has them."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_making import make_bars
from tracker.core.bar_merging import merge_bars, overlapping
from tracker.core.bars import COARSE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR
from tracker.core.ticks import Ticks
from tracker.stores.csv.bar_file import KeptPart
from tracker.stores.csv.stamps import NO_FILES, HourStamps, Stamps

_A_DAY = DAY // HOUR
_ROWS, _NOTHING = -1, -2  # sources of an hour without a kept part


class HourlyBars:
    """
    The bars of some hours of one market.

    Args:
        present: the hours as they are now, and the one after the last.
        parts: what is kept, with bars of *steps*; may be outdated.
        read: returns the rows with start <= time < end.
        steps: of the bars that will be asked for; 1-d bars need whole days, and 1-h bars among *steps*.

    Attributes:
        missing: number of hours without kept bars that could be kept; where hours lost their rows, the one before them.
    """

    def __init__(
        self, present: HourStamps, parts: Sequence[KeptPart], read: Callable[[int, int], Ticks], steps: Iterable[int]
    ) -> None:
        self._start = present.start
        self._parts = parts
        self._read = read
        self._made_steps = [step for step in steps if step != COARSE]
        self._made: dict[int, dict[int, Bars]] = {}  # by the start of a run of hours within a day, then by step
        self._source = _sources(present, parts)  # of each hour: an index of parts, or one of the above
        is_settled = present.is_settled[:-1] & present.is_settled[1:]
        self.missing = int(np.count_nonzero((self._source == _ROWS) & is_settled))

    def make(self, may_go_on: Callable[[], bool]) -> bool:
        """Read all rows that are needed; return False as soon as *may_go_on* does, asked before each day."""
        for start, end, source in self._runs():
            for first, stop in _by_day(start, end) if source == _ROWS else ():
                if not may_go_on():
                    return False
                self._made_of_rows(first, stop)
        return True

    def bars(self, step: int) -> Bars:
        """Return the bars of one of the steps."""
        if step != COARSE:
            return self._joined(step, self._runs())
        pieces = [Bars.none(step)]
        hours = self._source.reshape(-1, _A_DAY)
        is_one = (hours == hours[:, :1]).all(axis=1)
        for start, end, source in _runs(np.where(is_one, hours[:, 0], _ROWS), self._start, DAY):
            if source >= 0:
                pieces.append(self._parts[source].bars[step].inside(start, end))
            elif source == _ROWS:
                pieces += self._days(start, end)
        return Bars.concat(pieces)

    def _joined(self, step: int, runs: Iterable[tuple[int, int, int]]) -> Bars:
        """Return the bars of *runs*, shorter than a day."""
        pieces = [Bars.none(step)]
        for start, end, source in runs:
            if source >= 0:
                pieces.append(self._parts[source].bars[step].inside(start, end))
            elif source == _ROWS:
                pieces += [self._made_of_rows(*hours)[step] for hours in _by_day(start, end)]
        return Bars.concat(pieces)

    def _days(self, start: int, end: int) -> list[Bars]:
        """Return the bars of whole days, merged from those of their hours; of rows where these overlap."""
        hours = slice((start - self._start) // HOUR, (end - self._start) // HOUR)
        bars = self._joined(MEDIUM, _runs(self._source[hours], start, HOUR))
        if not overlapping(bars).any():
            return [merge_bars(bars, COARSE)]
        days = []
        for day in range(start, end, DAY):
            of_day = bars.inside(day, day + DAY)
            overlap = overlapping(of_day).any()
            days.append(
                make_bars(self._read(day + 1, day + DAY + 1), COARSE) if overlap else merge_bars(of_day, COARSE)
            )
        return days

    def _made_of_rows(self, start: int, end: int) -> dict[int, Bars]:
        """Return the bars of a run of hours within a day, by step; the rows are read once for all steps."""
        if start not in self._made:
            rows = self._read(start + 1, end + 1)
            self._made[start] = {step: make_bars(rows, step) for step in self._made_steps}
        return self._made[start]

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        return _runs(self._source, self._start, HOUR)


def _common(present: HourStamps, part: KeptPart) -> tuple[Stamps, Stamps, slice]:
    """Return the stamps now and those in *part* of the hours that both have, and which hours of *present* those are."""
    shift = (part.start - present.start) // HOUR
    first, stop = max(shift, 0), max(min(shift + len(part.stamps), len(present.stamps)), shift, 0)
    return present.stamps[first:stop], part.stamps[first - shift : stop - shift], slice(first, max(stop - 1, first))


def _sources(present: HourStamps, parts: Sequence[KeptPart]) -> NDArray[np.int64]:
    """Return for each hour which of *parts* has the bars of its rows as they are now, else _ROWS or _NOTHING."""
    stamps = present.stamps
    source = np.full(len(stamps) - 1, _ROWS, np.int64)
    for number, part in enumerate(parts):
        now, before, hours = _common(present, part)
        is_same = now == before
        source[hours][is_same[:-1] & is_same[1:]] = number
    source[(stamps[:-1] == NO_FILES) & (stamps[1:] == NO_FILES)] = _NOTHING
    return source


def _runs(source: NDArray[np.int64], start: int, step: int) -> Iterator[tuple[int, int, int]]:
    """Yield start and end, epoch ms, and source of each run of equal sources; the first begins at *start*."""
    if source.size:
        borders = [0, *(np.flatnonzero(np.diff(source)) + 1).tolist(), source.size]
        for first, stop in itertools.pairwise(borders):
            yield start + first * step, start + stop * step, int(source[first])


def _by_day(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of *start* to *end* that lie in one day each, so that no more rows are in memory together."""
    while start < end:
        stop = min((start // DAY + 1) * DAY, end)
        yield start, stop
        start = stop
