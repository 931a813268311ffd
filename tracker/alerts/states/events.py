"""What happens to a rule in a market, as values; sending it and putting it in words are other parts."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from tracker.alerts.rules.expression import Measure
from tracker.core.market import Market


class EventKind(StrEnum):
    """What happened: the first two begin a firing, the others end it."""

    FIRED = "fired"
    ALREADY_TRUE = "already_true"  # fired, but the rule has held since it could first be judged
    RESOLVED = "resolved"
    EXPIRED = "expired"  # while it was firing
    CHANGED = "changed"  # the rule has another condition or other channels, or no longer watches the market
    DELETED = "deleted"  # there is no rule of this name any more

    @property
    def begins_firing(self) -> bool:
        """Whether a firing begins; else one ends."""
        return self in (EventKind.FIRED, EventKind.ALREADY_TRUE)


class Number(NamedTuple):
    """What a measure of the rule read; *coverage* is the share of its span that prices cover, None without a span."""

    measure: Measure
    value: float
    coverage: float | None

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON takes it, which knows neither nan nor infinity: these become text."""
        value = self.value if math.isfinite(self.value) else str(self.value)
        return {"measure": self.measure.to_plain(), "value": value, "coverage": self.coverage}


@dataclass(frozen=True, slots=True)
class Event:
    """
    The beginning or the end of a firing of the rule *rule* in *market*. Times are epoch ms.

    Attributes:
        since: first of the rows on which the rule has held without a break, or held when it fired.
        fired_at: when the firing began; with rule and market it identifies the firing.
        channels: those of the rule when it fired, which are told of the end too.
        numbers: the rule's measures at that row; none where no row was the cause.
    """

    kind: EventKind
    rule: str
    market: Market
    at: int
    since: int
    fired_at: int
    channels: tuple[str, ...]
    numbers: tuple[Number, ...] = ()

    @property
    def firing(self) -> tuple[str, Market, int]:
        """What identifies the firing: the same for its beginning and its end."""
        return self.rule, self.market, self.fired_at

    def to_plain(self) -> dict[str, Any]:
        """Return it as text, numbers, lists and dictionaries, such as JSON takes; see ``from_plain``."""
        return {
            "kind": self.kind.value,
            "rule": self.rule,
            "market": str(self.market),
            "at": self.at,
            "since": self.since,
            "fired_at": self.fired_at,
            "channels": list(self.channels),
            "numbers": [number.to_plain() for number in self.numbers],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Event":
        """
        Return the event of which ``to_plain`` returned *plain*.

        Raises:
            ValueError, TypeError, KeyError, ConfigError: *plain* is no such event.
        """
        numbers = (
            Number(Measure.from_plain(number["measure"]), float(number["value"]), number["coverage"])
            for number in plain["numbers"]
        )
        return cls(
            **plain
            | {
                "kind": EventKind(plain["kind"]),
                "market": Market.parse(plain["market"]),
                "channels": tuple(plain["channels"]),
                "numbers": tuple(numbers),
            }
        )


def still_to_tell(events: Iterable[Event]) -> tuple[Event, ...]:
    """
    Return what is left to tell of *events* that were held back, in their order: the summary after quiet hours.

    These are firings that still hold, and ends of firings that were told before. A firing that began and ended
    meanwhile is left out.
    """
    left: dict[tuple[str, Market, int], Event] = {}
    for event in events:
        if event.kind.begins_firing or event.firing not in left:
            left[event.firing] = event
        else:
            del left[event.firing]
    return tuple(left.values())
