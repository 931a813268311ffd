"""The visible time range of the charts, and the settings that all charts of a page share."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

import numpy as np

from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.market_status import Outage

WEEK = 7 * DAY
IN_DAYS_FROM = 31 * DAY  # ms; a longer range is drawn from bars of hours and days
LONGEST_ALIGNED = 6.4  # em; a longer price is right-aligned, not at its decimal point


@dataclass(frozen=True, slots=True)
class TimeRange:
    """
    The time range that all charts of a page show, in epoch milliseconds.

    Attributes:
        now: the newest visible time; *end* lies a little to the right of it.
        exact_start: the start as written in words; *start* may be a pixel later.
        anchor: what the style's times count from: browsers compute in single precision, in which seconds since 1970
            would be minutes apart. It is the start of a week, or of several weeks for a long range, so it seldom moves.
    """

    start: int
    now: int
    end: int
    exact_start: int
    anchor: int

    @classmethod
    def of(cls, start: int, now: int, end: int, exact_start: int | None = None) -> "TimeRange":
        """Return a range with its anchor."""
        step = WEEK
        while step < end - start:
            step *= 4
        return cls(start, now, end, start if exact_start is None else exact_start, start // step * step)

    @property
    def is_in_days(self) -> bool:
        """Whether the range is so long that days and months on it are those of UTC, as its bars are."""
        return self.now - self.start > IN_DAYS_FROM

    def zone(self, zone: tzinfo) -> tzinfo:
        """Return the zone of the times on the range, on a page of *zone*."""
        return UTC if self.is_in_days else zone

    def css(self, time: float, name: str = "t") -> str:
        """Return *time* as a CSS custom property, which the style sheet turns into a position."""
        return f"--{name}:{(time - self.anchor) / 1000:.10g}"

    def percent(self, time: float) -> float:
        """Return the distance of *time* from the plot's left edge in percent of its width, 0 to 100."""
        return min(100.0, max(0.0, 100 * (time - self.start) / (self.end - self.start)))


@dataclass(frozen=True, slots=True)
class ChartFrame:
    """
    What all charts of a page share at one moment.

    Attributes:
        tall: one or two charts: room for more numbers.
        fraction_width: characters of the longest fraction, by which prices are aligned; 0 if they are not.
        mode_label: "simulated" or "replay", shown instead of the currency's name; else "".
        outages: recorded reasons for gaps.
        log: prices are drawn by their decimal logarithm.
        times: epoch ms of the vertical grid lines.
        shared_pairs: markets whose pair another exchange also has, so that theirs is named.
        margin: free space above and below the prices for labels, as a share of their range.
        price_ticks: about how many round prices an axis has.
        clock_zone: of the time of day of the last price, which does not depend on what is shown; None: *zone*.
        is_past: whether the time range ends before now, so that its last price is not the live one.
    """

    time_range: TimeRange
    tall: bool
    fraction_width: int
    mode_label: str
    zone: tzinfo = UTC
    outages: tuple[Outage, ...] = ()
    log: bool = False
    times: tuple[int, ...] = ()
    shared_pairs: frozenset[Market] = frozenset()
    margin: float = 0.34
    price_ticks: int = 2
    is_past: bool = False
    clock_zone: tzinfo | None = None

    def y(self, price: float) -> float:
        """Return the coordinate of *price* on the price scale."""
        return float(np.log10(price)) if self.log else float(price)

    def price(self, y: float) -> float:
        """Return the price at coordinate *y* of the price scale."""
        return float(10.0**y) if self.log else y
