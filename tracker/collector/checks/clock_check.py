"""
Compares the clock with the exchanges' clocks, and withholds rows that it would stamp with a wrong time.

After a computer slept, the clock of a virtual machine (WSL 2, Docker) can be hours behind. Each answer shows it at
once by its Date header. A single exchange may be reached through a proxy with a wrong clock, so all have to agree.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from tracker.collector.client.response import Response
from tracker.collector.status import StatusBoard
from tracker.core.cause_text import SET_CLOCK, wrong_clock_text
from tracker.core.market import Market
from tracker.core.market_status import WrongClock
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock

G = TypeVar("G")
_Rows: TypeAlias = Mapping[Market, Ticks]

log = logging.getLogger(__name__)

TOLERANCE = 60.0  # seconds by which the clock may differ from an exchange's, and still stamp rows
RECENT = 300.0  # seconds for which an answer counts
PATIENCE = 20.0  # seconds to wait for the answers of other exchanges, before a wrong clock is reported
KEPT = 3600.0  # seconds for which rows in doubt are kept
MAX_WITHHELD = 1000  # polls whose rows are kept; each poll looks at all of them
_PURGE_TOLERANCE = 3600.0  # seconds by which the clock may differ from an exchange's, and still decide what is deleted
_PURGE_RECENT = 120.0  # seconds for which a comparison allows to delete


class _Reading(NamedTuple):
    """What one answer said about the time."""

    at: float  # monotonic seconds when it arrived
    lead: float  # seconds by which the exchange's clock is ahead of the monotonic clock
    tolerance: float  # seconds
    age: float  # seconds added to its Date because it came from a cache; some caches give a Date of their own
    differs_since: float  # monotonic seconds of the first of several answers in a row that differ alike, or ``at``

    def behind(self, offset: float) -> float:
        """Return by how many seconds a clock *offset* ahead of the monotonic one is behind; 0.0 if it agrees."""
        difference = self.lead - offset
        return 0.0 if -self.tolerance < difference < self.tolerance + self.age else difference


@dataclass(frozen=True, slots=True)
class _Withheld(Generic[G]):
    """Rows of one poll whose time is in doubt."""

    group: G
    rows: _Rows
    at: float  # monotonic seconds
    offset: float  # seconds by which the clock was ahead of the monotonic one


class ClockCheck(Generic[G]):
    """
    Decides by the Date of each answer whether *clock* may stamp rows, and reports a wrong clock on *board*.

    G is what rows are returned with, e.g. the poll group that they came from.

    Attributes:
        exchanges: how many may answer. It may be changed.
    """

    def __init__(self, clock: Clock, board: StatusBoard, exchanges: int = 1) -> None:
        self._clock = clock
        self._board = board
        self.exchanges = exchanges
        self._readings: dict[str, _Reading] = {}  # the last of each exchange
        self._withheld: list[_Withheld[G]] = []
        self._dropped = 0  # withheld rows that were given up since the clock was found wrong
        self._wrong: WrongClock | None = None
        self._confirmed_at, self._confirmed_offset = float("-inf"), 0.0

    def compare(self, exchange: str, response: Response) -> None:
        """Compare the clock with the Date of *response*, which *exchange* has just sent."""
        if response.date is None:
            return
        now, offset = self._clock.monotonic(), self._offset()
        half = response.seconds / 2
        lead = response.date - (now - half)
        before = self._readings.get(exchange)
        tolerance = TOLERANCE * self._clock.speed
        reading = _Reading(now, lead, tolerance + half, response.age, now)
        # A lead that changed shows that this clock stood still meanwhile, so other answers from before say nothing.
        is_alike = before is not None and abs(lead - before.lead) < tolerance
        if before is not None and is_alike and before.behind(offset) and reading.behind(offset):
            reading = reading._replace(differs_since=before.differs_since)
        self._readings[exchange] = reading
        self._confirmed_at = now if abs(lead - offset) < _PURGE_TOLERANCE else float("-inf")
        self._confirmed_offset = offset

    def allows_purge(self) -> bool:
        """Return whether an exchange confirmed the time lately and the clock was not set since."""
        is_recent = self._clock.monotonic() - self._confirmed_at < _PURGE_RECENT
        return is_recent and abs(self._offset() - self._confirmed_offset) < _PURGE_TOLERANCE

    def storable(self, group: G, rows: _Rows) -> Iterator[tuple[G, list[_Rows]]]:
        """
        Yield what may be stored now, by group and in order: *rows*, just polled, and withheld ones that proved right.

        Rows in doubt are withheld until an exchange confirms the clock that stamped them. They are given up when only
        the clock as it was set since proves right, after KEPT seconds, or beyond MAX_WITHHELD polls. They count as
        withheld until yielded.
        """
        now, offset, is_right = self._clock.monotonic(), self._offset(), self.is_right()
        polls = [*self._withheld, _Withheld(group, rows, now, offset)]
        self._withheld = [
            polled
            for polled in polls[-MAX_WITHHELD:]
            if now - polled.at <= KEPT and (not is_right or self._confirms(polled.offset))
        ]
        self._dropped += _number_of_rows(polls) - _number_of_rows(self._withheld)
        self._report(offset)
        while ready := [polled for polled in self._withheld if self._confirms(polled.offset)]:
            first = ready[0].group
            self._withheld = [
                polled for polled in self._withheld if polled.group != first or not self._confirms(polled.offset)
            ]
            yield first, [polled.rows for polled in ready if polled.group == first]

    def withheld_times(self, market: Market) -> list[int]:
        """Return the times (epoch ms) of the withheld rows of *market*."""
        return [int(polled.rows[market].time[0]) for polled in self._withheld if market in polled.rows]

    def is_right(self) -> bool:
        """Return whether rows that are polled now get the right time."""
        return self._confirms(self._offset())

    def _confirms(self, offset: float) -> bool:
        """Return whether a clock *offset* ahead of the monotonic one is right, as far as the answers show."""
        recent = self._recent()
        behind = {name: reading.behind(offset) for name, reading in recent.items()}
        differs_since = [recent[name].differs_since for name in recent if behind[name]]
        # Answers from before one began to differ may be from before the machine slept.
        onset = max(differs_since, default=float("-inf"))
        return not _all_differ([behind[name] for name in recent if recent[name].at >= onset])

    def _offset(self) -> float:
        return self._clock.now() / 1000 - self._clock.monotonic()

    def _recent(self) -> dict[str, _Reading]:
        now = self._clock.monotonic()
        return {name: reading for name, reading in self._readings.items() if now - reading.at <= RECENT}

    def _report(self, offset: float) -> None:
        """Report on the board and in the log that the clock is wrong, or that it is right again."""
        recent = self._recent()
        behind = {name: reading.behind(offset) for name, reading in recent.items()}
        before = self._wrong if self._wrong is not None and self._wrong.until is None else None
        if not _all_differ(list(behind.values())):
            if before is not None:
                self._wrong = replace(before, not_stored=self._dropped, until=self._clock.now())
                cost = f"not stored, to be backfilled: {self._dropped}" if self._dropped else "all prices are stored"
                log.warning("the clock is right again; %s", cost)
            self._dropped = 0
        elif before is not None or self._is_certain(recent):
            seconds = min(behind.values(), key=abs)
            since = self._clock.now() + round(1000 * min(0.0, seconds)) if before is None else before.since
            count = self._dropped + _number_of_rows(self._withheld)
            self._wrong = WrongClock(round(seconds), since, count, tuple(sorted(behind)))
            if before is None:
                log.error("prices are not stored: %s; %s", wrong_clock_text(self._wrong), SET_CLOCK)
        self._board.update(clock=self._wrong)

    def _is_certain(self, recent: Mapping[str, _Reading]) -> bool:
        """Return whether all exchanges have answered that the clock is wrong, or had enough time to answer."""
        differs_for = self._clock.monotonic() - min(reading.differs_since for reading in recent.values())
        return len(recent) >= self.exchanges or differs_for >= PATIENCE * self._clock.speed


def _number_of_rows(polls: Iterable[_Withheld[G]]) -> int:
    return sum(len(polled.rows) for polled in polls)


def _all_differ(behind: list[float]) -> bool:
    """Return whether there are readings, and all differ in the same direction."""
    return bool(behind) and (min(behind) > 0 or max(behind) < 0)
