"""What a viewer who may edit can do to alerts, as the panel calls it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tracker.core.market import Market
from tracker.render.page.alerts_view import Rehearsal
from tracker.runtime.rule_settings import RuleSettings

if TYPE_CHECKING:  # it loads the language of rules
    from tracker.dashboard.alerts.draft import Draft

Done: TypeAlias = Callable[[str], None]  # is called with what went wrong, for viewers; "" if nothing did


@dataclass(frozen=True, slots=True)
class DraftReading:
    """
    What a draft means.

    Attributes:
        name: that it will have.
        meaning: the sentence, with what is so now.
        rearm: at which level a firing ends if none is typed: ``15315.3 or more``.
        limits: the parts of *meaning* that are what it compares with, in their order.
    """

    name: str
    meaning: str
    rearm: str = ""
    limits: tuple[str, ...] = ()


class AlertActions(Protocol):
    """
    What can be done; those with a callback return before their work is done.

    None of them trusts what it is called with, which a browser has sent.
    """

    @property
    def markets(self) -> tuple[Market, ...]:
        """The markets that a rule can watch."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that a rule can use."""

    @property
    def version(self) -> object:
        """What is another one after the settings have changed, or can be used again."""

    @property
    def zone(self) -> tzinfo:
        """The time zone of the page."""

    def now(self) -> int:
        """Return the time (epoch ms), also where the page replays another one."""

    def rule(self, name: str) -> RuleSettings | None:
        """Return the rule *name* as it is configured; None if there is none."""

    def read(self, draft: "Draft") -> DraftReading:
        """Return what *draft* means. Raises FieldError."""

    def rehearse(self, draft: "Draft | None", done: Callable[[Rehearsal | None], None]) -> None:
        """Find when the rule would have fired, and mark that in the charts; None: mark nothing any more."""

    def save(self, draft: "Draft", done: Done) -> None:
        """Write the rule into the settings, in place of the one that it was made of."""

    def delete(self, rule: RuleSettings, done: Done) -> None:
        """Remove *rule* from the settings, unless it has become another one."""

    def mute(self, name: str, market: Market | None, until: int | None, done: Done) -> None:
        """
        Send nothing about the rule *name* before *until* (epoch ms); None: send again.

        *market*: the one of its markets that it is about; None: all.
        """

    def test(self, channel: str, done: Done) -> None:
        """Send a test to *channel*; *done* is called with what the other side answered."""
