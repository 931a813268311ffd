"""What viewers may do to alerts, noted in place of being done."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any

from tests.support.page_states import EUR, GBP, NOW
from tracker.core.market import Market
from tracker.dashboard.alerts.actions import DraftReading
from tracker.dashboard.alerts.draft import Draft
from tracker.render.page.alerts_view import Rehearsal
from tracker.runtime.rule_settings import RuleSettings

LOW = RuleSettings(name="low", market="kraken:BTC/EUR", when="price < 15300", notify=["ops"])


class NotedActions:
    """
    Fulfils ``AlertActions`` for the rules of *rules*.

    Attributes:
        done: what was asked for, in order.
        answers: the callbacks of what was asked for; call them with what came of it.
        rehearsals: the callbacks of rehearsals; None where what is marked in the charts was taken away.
    """

    def __init__(self, *rules: RuleSettings, channels: tuple[str, ...] = ("ops", "family")) -> None:
        self.rules = rules or (LOW,)
        self.markets: tuple[Market, ...] = (EUR, GBP)
        self.channels = channels
        self.zone: tzinfo = UTC
        self.version: object = 1
        self.done: list[tuple[Any, ...]] = []
        self.answers: list[Callable[[str], None]] = []
        self.rehearsals: list[Callable[[Rehearsal | None], None] | None] = []

    def now(self) -> int:
        return NOW

    def rule(self, name: str) -> RuleSettings | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def read(self, draft: Draft) -> DraftReading:
        return DraftReading("a name", f"Means {draft.condition()}.")

    def rehearse(self, draft: Draft | None, done: Callable[[Rehearsal | None], None]) -> None:
        if draft is not None:
            self.rehearsals.append(done)
        elif self.rehearsals and self.rehearsals[-1] is not None:
            self.rehearsals.append(None)

    def save(self, draft: Draft, done: Callable[[str], None]) -> None:
        self._note(done, "save", draft)

    def delete(self, rule: RuleSettings, done: Callable[[str], None]) -> None:
        self._note(done, "delete", rule)

    def mute(self, name: str, market: Market | None, until: int | None, done: Callable[[str], None]) -> None:
        self._note(done, "mute", name, market, until)

    def test(self, channel: str, done: Callable[[str], None]) -> None:
        self._note(done, "test", channel)

    def _note(self, done: Callable[[str], None], *what: Any) -> None:
        self.done.append(what)
        self.answers.append(done)
