"""What the measures of rules read when they were last evaluated, for people who look at them between two rows."""

from collections.abc import Collection, Mapping

from tracker.alerts.readings.verdict import Readings
from tracker.alerts.rules.clock_rules import follows_clock
from tracker.alerts.rules.rule import Rule
from tracker.core.market import Market


class LastReadings:
    """The newest readings of each market; they stay while rules are edited."""

    def __init__(self) -> None:
        self._at_row: dict[Market, Readings] = {}
        self._newest: dict[Market, Readings] = {}  # at a row or by the clock

    def keep(self, markets: Collection[Market]) -> None:
        """Forget all but those of *markets*."""
        for readings in (self._at_row, self._newest):
            for market in readings.keys() - set(markets):
                del readings[market]

    def note_row(self, market: Market, readings: Readings) -> None:
        """Take over *readings* of the newest row of *market*."""
        self._at_row[market] = self._newest[market] = readings

    def note_tick(self, market: Market, readings: Readings) -> None:
        """Take over *readings* of *market* at a time of the clock, for the rules that it evaluates."""
        self._newest[market] = readings

    def of(self, rule: Rule) -> Mapping[Market, Readings]:
        """Return by market what the measures of *rule*, and others, read when it was last evaluated."""
        return self._newest if follows_clock(rule) else self._at_row
