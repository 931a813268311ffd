"""Where a rule stands in one market, as a value that can be stored."""

from dataclasses import asdict, dataclass
from typing import Any

from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.clock_rules import follows_clock
from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.phase import Phase
from tracker.core.market import Market


@dataclass(frozen=True, slots=True)
class RuleState:
    """
    Where the rule *rule* stands in *market*. Times are epoch ms.

    Attributes:
        rule: its name.
        condition, channels: the rule's, to which this state belongs; with others the rule is armed anew.
        time: of the newest row that was evaluated; at first, when the rule was made. Older rows change nothing.
        row_time: the same of rows of prices alone, of a rule that the clock evaluates too; else, and if unknown, None.
        since: first of the rows on which it has held without a break; None if it is neither pending nor firing.
        fired_at: when it last fired; None if it never did.
        notified_at: of its last event; None if there was none.
        was_false: whether it was ever seen not to hold; until then it fires as already true.
        problem: why the newest row could not be judged; None if it could.
    """

    rule: str
    market: Market
    condition: str
    channels: tuple[str, ...]
    time: int
    phase: Phase = Phase.ARMED
    since: int | None = None
    fired_at: int | None = None
    notified_at: int | None = None
    was_false: bool = False
    problem: CannotTell | None = None
    row_time: int | None = None

    @classmethod
    def new(cls, rule: Rule, market: Market, at: int) -> "RuleState":
        """Return the state of a rule that is made at *at*; only later rows count."""
        row_time = at if follows_clock(rule) else None
        return cls(rule.name, market, rule.condition, rule.channels, at, row_time=row_time)

    @property
    def prices_until(self) -> int:
        """Epoch ms of the newest row of prices that was evaluated, as far as it is known."""
        return self.time if self.row_time is None else self.row_time

    def belongs_to(self, rule: Rule) -> bool:
        """Return whether *rule* still states what this state is about, and to whom."""
        return (self.condition, self.channels) == (rule.condition, rule.channels)

    def to_plain(self) -> dict[str, Any]:
        """Return it as text, numbers, lists and dictionaries, such as JSON takes; see ``from_plain``."""
        plain = {name: getattr(self, name) for name in self.__slots__}  # asdict() takes three times as long
        plain |= {"market": str(self.market), "channels": list(self.channels), "phase": self.phase.value}
        if self.problem is not None:
            problem = {"reason": self.problem.reason.value, "measure": self.problem.measure.to_plain()}
            plain["problem"] = asdict(self.problem) | problem
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "RuleState":
        """
        Return the state of which ``to_plain`` returned *plain*.

        Raises:
            ValueError, TypeError, KeyError, ConfigError: *plain* is no such state.
        """
        problem = plain["problem"]
        if problem is not None:
            measure = Measure.from_plain(problem["measure"])
            problem = CannotTell(**problem | {"reason": Reason(problem["reason"]), "measure": measure})
        return cls(
            **plain
            | {
                "market": Market.parse(plain["market"]),
                "channels": tuple(plain["channels"]),
                "phase": Phase(plain["phase"]),
                "problem": problem,
            }
        )
