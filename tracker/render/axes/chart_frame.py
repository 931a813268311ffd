"""What part of time the charts show, and how they draw it."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from tracker.collector.outage_log import Outage
from tracker.render.page.state import MAX_VIEW

WEEK = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What part of time all strips show, epoch milliseconds: *start* to *end*; *now* is the newest that can be seen."""

    start: int
    now: int
    end: int
    first: int  # when the time that is told begins; *start* may be a pixel later
    anchor: int  # the zero of the x axis; float32 seconds since 1970 would be minutes apart

    @classmethod
    def of(cls, start: int, now: int, end: int, clock: int, first: int | None = None) -> "TimeRange":
        """The same anchor for all that can be looked at while the time is *clock*, but once a week."""
        return cls(start, now, end, start if first is None else first, (clock - MAX_VIEW) // WEEK * WEEK)

    def seconds(self, time: NDArray[np.int64]) -> NDArray[np.float32]:
        """*time* on the x axis."""
        return ((time - self.anchor) / 1000).astype(np.float32)

    def at(self, time: float, name: str = "t") -> str:
        """*time* as a style, which the page turns into a place."""
        return f"--{name}:{(time - self.anchor) / 1000:.10g}"

    def across(self, time: float) -> float:
        """Percent of the plot's width from the left, 0 to 100."""
        return min(100.0, max(0.0, 100 * (time - self.start) / (self.end - self.start)))


@dataclass(frozen=True, slots=True)
class ChartFrame:
    """What all strips of a page have in common at one moment."""

    domain: TimeRange
    tall: bool  # one or two strips: room for more numbers and ticks
    fraction: int  # characters of the longest fraction among the prices, for aligning them
    mark: str  # "simulated" or "replay", said in place of the currency's name; else ""
    zone: tzinfo = UTC
    outages: tuple[Outage, ...] = ()  # why there are gaps
    log: bool = False  # prices are drawn by their decimal logarithm
    times: tuple[int, ...] = ()  # epoch ms, round, where the grid's upright lines are

    @property
    def free(self) -> float:
        """What share of the range of prices stays free above and below."""
        return 0.14 if self.tall else 0.34

    def y(self, price: float) -> float:
        """Where *price* is on the price scale."""
        return float(np.log10(price)) if self.log else float(price)

    def price(self, y: float) -> float:
        """What price is at *y* of the price scale."""
        return float(10.0**y) if self.log else y
