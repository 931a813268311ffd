"""When the clock evaluates its rules, and in which markets it waits for rows before."""

from collections.abc import Collection, Mapping

from tracker.alerts.rules.clock_rules import CLOCK
from tracker.core.durations import MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.window import GAP_FACTOR

CLOCK_CATCH_UP = MINUTE  # ms; older times that no process evaluated are not evaluated any more
LAG = 2 * SECOND  # ms after a time of the clock at which it is evaluated, as rows of that time take a moment to arrive
SLACK = 10 * SECOND  # ms in which a collector that starts has its first row, besides its cadence


class ClockTimes:
    """
    The times of the clock in *markets*. It waits from *now* (epoch ms) on until rows could have come.

    Args:
        markets: of its rules.
        cadences: of these and perhaps others, ms.
        now: see above.

    Attributes:
        reached: epoch ms up to which its rules were evaluated.
    """

    def __init__(self, markets: Collection[Market], cadences: Mapping[Market, int], now: int) -> None:
        self._markets, self._cadences = markets, cadences
        self._row_at: dict[Market, int] = {}  # epoch ms of the newest row that was evaluated
        self.begin(now)

    def begin(self, now: int) -> None:
        """Begin anew at *now* (epoch ms), as after a start."""
        self.reached = now // CLOCK * CLOCK
        self._waits_since = dict.fromkeys(self._markets, now)

    def go_on(self, market: Market, time: int, now: int) -> None:
        """Go on at once in *market*, if another process evaluated its rules at *time* and until a moment ago."""
        if now - CLOCK_CATCH_UP <= time <= now:
            self.reached = min(self.reached, time)
            self._waits_since.pop(market, None)

    def note_row(self, market: Market, time: int) -> None:
        """Take over that the live row of *time* in *market* is being evaluated: if it is new, the wait is over."""
        self._row_at[market] = time
        if time > self._waits_since.get(market, time):
            del self._waits_since[market]

    def next(self, now: int, slot: int | None) -> int | None:
        """Return the next time at which the clock's rules are to be evaluated at *now*, or before a *slot* of rows."""
        if not self._markets:
            return None
        time = -(-max(self.reached + 1, now - CLOCK_CATCH_UP) // CLOCK) * CLOCK
        return time if time <= now - LAG or (slot is not None and time < slot) else None

    def is_due(self, market: Market, time: int) -> bool:
        """Return whether rules are to be evaluated in *market* at *time*: rows can have come, and none just then."""
        since = self._waits_since.get(market)
        waits = since is not None and time < since + GAP_FACTOR * self._cadences[market] + SLACK
        return not waits and self._row_at.get(market) != time
