"""Collects the prices of files of one cadence, so that memory holds one row per slot, and measures the cadence."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY, SECOND
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.cadence import first_of_slots, median_step, slot_starts
from tracker.history.importer.line_report import LineReport

UNKNOWN = 10 * SECOND  # ms; the cadence of a single price, as that of the collector

_MOST_ROWS = 4_000_000  # of an unknown cadence in memory; of more, these decide


@dataclass
class Series:
    """
    The prices of one series of files.

    Attributes:
        now: epoch ms; the newest slots are left to the collector.
        since: epoch ms; older prices are skipped, because retention would soon delete them.
        every: the cadence, ms; None until it is measured. UNKNOWN if there is but one price.
        step: the median step of the rows, ms; None before rows(), and if there is but one.
        are_closes: the times are closes of candles, and are not moved.
        are_candles: they have the length of *every*, so that their first price, low and high are those of a slot.
        files: the number of files.
        lines: counts what was read.
    """

    now: int
    since: int = 0
    every: int | None = None
    are_closes: bool = False
    are_candles: bool = False
    files: int = 0
    lines: LineReport = field(default_factory=LineReport)
    is_measured: bool = False  # the cadence is the median step of the prices
    step: int | None = None
    _parts: list[Ticks] = field(default_factory=list)

    def add_file(self, parts: Iterable[Ticks], lines: LineReport) -> None:
        """
        Add the prices of a file, and its report.

        An exception of *parts* leaves the series without that file.
        """
        added: list[Ticks] = []
        for part in parts:
            added.append(self._needed(part, lines))
            if self.every is None and sum(map(len, added)) > _MOST_ROWS:
                self.every = every = self._measure(added)
                self._parts = self._settled(self._parts, self.lines, every)
                added = self._settled(added, lines, every)
        self._parts += added
        self.files += 1
        self.lines.add(lines)

    def rows(self) -> Ticks:
        """Return one row per slot, by time, where they are stored; to be called once."""
        every = self.every or self._measure(self._parts)
        if self.every is None:
            self.every = every
            self._parts = self._settled(self._parts, self.lines, every)
        prices = first_of_slots(Ticks.concat(self._parts), every)
        self._parts = []
        self.step = median_step(prices.time)
        times = prices.time if self.are_closes or not len(prices) else slot_starts(prices.time, every)
        columns = prices.candle_columns() if self.are_candles else (None, None, None)
        return Ticks.of(times, prices.price, every, Origin.IMPORT, "", *columns)

    def _needed(self, prices: Ticks, lines: LineReport) -> Ticks:
        """Return those of *prices* that rows() may need; count all that are decided in *lines*."""
        if len(prices) and int(prices.time.min()) < self.since:
            lines.too_old += int((prices.time < self.since).sum())
            prices = prices[prices.time >= self.since]
        if self.every is None:
            # Which are too new is not known before the cadence is; no slot is longer than a day.
            is_old = self._is_old(prices)
            lines.read += int(is_old.sum())
            return Ticks.concat([first_of_slots(prices[is_old], 1), prices[~is_old]])
        is_settled = prices.time <= self.now - 2 * min(self.every, DAY)
        lines.too_new += int((~is_settled).sum())
        lines.read += int(is_settled.sum())
        return first_of_slots(prices[is_settled], self.every)

    def _settled(self, parts: list[Ticks], lines: LineReport, every: int) -> list[Ticks]:
        """Return *parts*, collected before the cadence *every* was known, as _needed() returns them now."""
        prices = Ticks.concat(parts)
        is_old = self._is_old(prices)
        return [first_of_slots(prices[is_old], every), self._needed(prices[~is_old], lines)]

    def _measure(self, parts: list[Ticks]) -> int:
        step = median_step(np.concatenate([part.time for part in parts])) if parts else None
        self.is_measured = step is not None
        return step or UNKNOWN

    def _is_old(self, prices: Ticks) -> NDArray[np.bool_]:
        return prices.time <= self.now - 2 * DAY
