"""What is watched, made of the settings: rules, and the markets that their measures compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.alerts.database.delivery import Delivery, channels_after, next_of_event
from tracker.alerts.rules.clock_rules import follows_clock
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.rule import Rule, make_rules
from tracker.core.market import Market
from tracker.runtime.settings import Settings


@dataclass(frozen=True)
class Watched:
    """
    What is watched, and for whom.

    Attributes:
        rules: in the settings' order.
        cadences: of all markets that are collected, ms.
        floor: least coverage with which a measure of a span is relied on, 0 to 1.
        unmoved_after: ms for which a price that stands still while others move is relied on.
        settings: of the channels.
    """

    rules: tuple[Rule, ...]
    cadences: Mapping[Market, int]
    floor: float
    unmoved_after: int
    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> "Watched":
        """Return what *settings* state. Raises ConfigError if a rule cannot be read."""
        cadences = {market.name: market.every for market in settings.markets}
        return cls(make_rules(settings), cadences, settings.coverage_floor, settings.unmoved_after, settings)

    def next_channel(self, delivery: Delivery) -> str:
        """
        Return the channel that the event of *delivery* goes to next: the next one of its own that is in the settings.

        From one that is gone, as it was renamed or removed, it goes rather to those of its rule as it is now. Where
        there is none at all, that is the next one of its own all the same.
        """
        names, own = self.settings.channels, delivery.event.channels
        of_rule = next((rule.channels for rule in self.rules if rule.name == delivery.event.rule), ())
        for channels in (own, of_rule) if delivery.channel in names else (of_rule, own):
            for channel in channels_after(delivery.channel, channels):
                if channel in names:
                    return channel
        return next_of_event(delivery)

    def at_rows(self) -> "RulesByMarket":
        """Return all rules, as each is evaluated at each live row of its markets."""
        return RulesByMarket(self.rules)

    def by_clock(self) -> "RulesByMarket":
        """Return the rules that are evaluated by the clock too."""
        return RulesByMarket(filter(follows_clock, self.rules))


class RulesByMarket:
    """
    *rules*, and what they measure, by market.

    Attributes:
        rules: of each market that has any.
        measures: that its rules name, in their conditions and to re-arm, each once.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: dict[Market, list[Rule]] = {}
        for rule in rules:
            for market in rule.markets:
                self.rules.setdefault(market, []).append(rule)
        self.measures = {market: _measures(of_market) for market, of_market in self.rules.items()}


def _measures(rules: Iterable[Rule]) -> tuple[Measure, ...]:
    named = [measures_of(part) for rule in rules for part in (rule.expression, rule.rearm)]
    return tuple(dict.fromkeys(measure for measures in named for measure in measures))
