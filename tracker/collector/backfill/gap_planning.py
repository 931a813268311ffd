"""
Stretches without a price, (start, end) in ms, and the candles around them: when and how they are asked for.

Imports only plain standard library.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracker.core.durations import HOUR
from tracker.core.market_status import BackfillResult, Failure
from tracker.core.ticks import Ticks

NAMED_GAPS = 3  # gaps that a result names; the others are counted
KEPT_GAPS = 12  # gaps that a sum knows the ends of, so that parts of one gap are found
MERGE_WITHIN = 5 * HOUR  # ms; gaps that lie closer together than a page reaches are asked for together


def align_to(candles: Ticks, coarser: float) -> Ticks:
    """
    *candles* (in order, ms) without those before the first full *coarser* candle (seconds).

    Else the coarse candle across the border would close at the time of a fine row, could not be
    kept, and up to one coarse candle would be missing between the two.
    """
    if not len(candles):
        return candles
    length = round(coarser * 1000)
    first = int(candles.time[0] - candles.interval[0])
    return candles[candles.time - candles.interval >= -(-first // length) * length]


def merge_near(gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge *gaps* (oldest first, epoch ms) less than MERGE_WITHIN apart; return them newest first."""
    merged: list[tuple[int, int]] = []
    for start, end in gaps:
        if merged and start - merged[-1][1] < MERGE_WITHIN:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged[::-1]


@dataclass(frozen=True, slots=True)
class GapsLeft:
    """The gaps that were left in some part of the past; those of neighbouring parts add up."""

    count: int = 0
    length: int = 0  # ms, all together
    longest: tuple[tuple[int, int], ...] = ()  # start and end (epoch ms), in order of time

    @classmethod
    def of(cls, gaps: Sequence[tuple[int, int]]) -> "GapsLeft":
        """Return *gaps*, in order of time, as a sum."""
        return cls(len(gaps), sum(end - start for start, end in gaps), _longest(gaps))

    def __add__(self, other: "GapsLeft") -> "GapsLeft":
        joined: list[tuple[int, int]] = []
        for start, end in sorted({*self.longest, *other.longest}):
            if joined and joined[-1][1] == start:  # one gap, cut where two parts meet
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        fewer = len(self.longest) + len(other.longest) - len(joined)
        return GapsLeft(self.count + other.count - fewer, self.length + other.length, _longest(joined))


def _longest(gaps: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:KEPT_GAPS]))


def backfill_result(
    prices: Mapping[str, int], gaps: GapsLeft, failure: Failure | None, left_out: int, since: int
) -> BackfillResult:
    """Return the result of a pass that left *gaps*, and looked for them from *since* on; see BackfillResult."""
    longest = sorted(sorted(gaps.longest, key=lambda gap: gap[0] - gap[1])[:NAMED_GAPS])
    return BackfillResult(dict(prices), gaps.count, gaps.length / 1000, failure, tuple(longest), left_out, since)


class PassResult(NamedTuple):
    """How one pass over the gaps ended."""

    complete: bool = True  # every page was fetched and stored
    gapless: bool = True  # no gap is left


class GapRetries:
    """
    Remembers the gaps of one market that no exchange could fill, and when to try each again (seconds).

    A gap's key must stay the same while the window moves on.
    """

    def __init__(self) -> None:
        self._retry_at: dict[Hashable, float] = {}

    def due(self, gaps: Iterable[Hashable], now: float) -> list[Hashable]:
        """Return those of *gaps* to try now."""
        return [gap for gap in gaps if self._retry_at.get(gap, now) <= now]

    def record(self, gaps: Iterable[Hashable], now: float, soon: float, later: float) -> None:
        """Record all remaining *gaps*: each is tried again after *soon*, then every *later* seconds."""
        before = self._retry_at
        self._retry_at = {
            gap: before[gap] if before.get(gap, now) > now else now + (later if gap in before else soon) for gap in gaps
        }
