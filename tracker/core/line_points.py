"""
The points through which a line can be drawn: of every row its price, of every bar its first, low, high and last.

A candle that is known has four, too, all at its own time, so the line shows a spike within it; but a candle that is
wide on the screen has its close alone, or else the line would be a staircase. For drawing only.
Imports only numpy and plain standard library.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.backfilled import backfilled_bars, backfilled_rows
from tracker.core.bars import Bars
from tracker.core.ticks import Ticks


@dataclass(frozen=True, slots=True, eq=False)
class ChartPoints:
    """
    The points of one line, as columns of equal length, in time order.

    Attributes:
        time: int64, epoch milliseconds, UTC; of a candle, its points have the same.
        price: float64; nan inside each gap, so that a line breaks there.
        backfilled: bool, whether the price was fetched later: by its origin, or because it is replayed
            or simulated with a longer interval than a live price. A nan has the value of the next row.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    backfilled: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.time.size)

    def __getitem__(self, points: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "ChartPoints":
        return ChartPoints(self.time[points], self.price[points], self.backfilled[points])

    @classmethod
    def concat(cls, parts: "Sequence[ChartPoints]") -> "ChartPoints":
        """Return the points of *parts*, of which there is at least one, one part after the other."""
        return cls(
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.backfilled for part in parts]),
        )


def line_points(parts: Sequence[Ticks | Bars], cadence: int, closes_from: int) -> ChartPoints:
    """
    Return the points of *parts*, which follow each other in time, without breaks.

    Args:
        parts: rows and bars.
        cadence: ms that a live row of this market stands for.
        closes_from: ms; a candle as long or longer has its close alone.
    """
    drawn = [
        _of_bars(part, cadence, closes_from) if isinstance(part, Bars) else _of_rows(part, cadence, closes_from)
        for part in parts
    ]
    return ChartPoints.concat(drawn)


def _of_rows(ticks: Ticks, cadence: int, closes_from: int) -> ChartPoints:
    backfilled = backfilled_rows(ticks, cadence)
    if ticks.first is None or ticks.low is None or ticks.high is None:
        return ChartPoints(ticks.time, ticks.price, backfilled)
    # Which came first, the low or the high, is not known; the line falls first where the price rose.
    rose = ticks.price >= ticks.first
    early, late = (np.where(rose, one, other) for one, other in ((ticks.low, ticks.high), (ticks.high, ticks.low)))
    prices = np.stack((ticks.first, early, late, ticks.price))
    prices[:-1, ticks.interval >= closes_from] = np.nan
    return _distinct(np.broadcast_to(ticks.time, prices.shape), prices, backfilled)


def _of_bars(bars: Bars, cadence: int, closes_from: int) -> ChartPoints:
    rose = bars.low_time <= bars.high_time  # no row is before the first or after the last
    early, late = (np.where(rose, one, other) for one, other in ((bars.low, bars.high), (bars.high, bars.low)))
    early_time, late_time = np.minimum(bars.low_time, bars.high_time), np.maximum(bars.low_time, bars.high_time)
    times = np.stack((bars.first_time, early_time, late_time, bars.last_time))
    prices = np.stack((bars.open, early, late, bars.last_price))
    prices[:-1, (bars.count == 1) & (bars.last_interval >= closes_from)] = np.nan
    return _distinct(times, prices, backfilled_bars(bars, cadence))


def _distinct(times: NDArray[np.int64], prices: NDArray[np.float64], backfilled: NDArray[np.bool_]) -> ChartPoints:
    """Return the points of each column of *times* and *prices*, 4 x n, without unknown ones and repetitions."""
    kept = np.isfinite(prices)
    kept[:-1] &= (prices[:-1] != prices[1:]) | (times[:-1] != times[1:])
    places = np.flatnonzero(kept.T)
    return ChartPoints(times.T.ravel()[places], prices.T.ravel()[places], backfilled[places // len(prices)])
