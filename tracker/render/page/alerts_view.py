"""
What a page shows of alerts, in words of the page's time zone: the state of each rule, and what its charts mark.

Times are epoch ms, UTC.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Sign(StrEnum):
    """The state of a rule, as it is shown; the text is its word."""

    ARMED = "armed"
    PENDING = "pending"
    FIRING = "firing"
    MUTED = "muted"
    UNKNOWN = "cannot tell"
    DONE = "done"
    EXPIRED = "expired"


# What of several markets of a rule is shown of the rule itself: the first of these that is there.
LOUDEST = (Sign.FIRING, Sign.PENDING, Sign.UNKNOWN, Sign.MUTED, Sign.ARMED, Sign.DONE, Sign.EXPIRED)


@dataclass(frozen=True, slots=True)
class WatchedMarket:
    """One market of a rule: its *label* on the page, the state, what is measured there now, and its own *name*."""

    label: str
    sign: Sign
    text: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRule:
    """
    A rule as one row.

    Attributes:
        name: by which it is known.
        condition: what is watched for, as the rule language writes it.
        terms: what else it has that is not usual, and who is told: ``for 10 min · once · sent to ops``.
        markets: each that it watches; none if no configured one fits.
        muted: ``muted to 18:00``; empty if it is not.
    """

    name: str
    condition: str
    markets: tuple[WatchedMarket, ...]
    terms: str = ""
    muted: str = ""

    @property
    def sign(self) -> Sign:
        """The state of the rule: that of the loudest of its markets, unless it is muted."""
        if self.muted:
            return Sign.MUTED
        return min((market.sign for market in self.markets), key=LOUDEST.index, default=Sign.UNKNOWN)


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """
    A problem with alerts, or what is to know of them.

    *kind* is a state class of the style sheet; *foot*, which may change each second, has a line of its own.
    """

    kind: Literal["is-down", "is-stale", "is-waiting"]
    title: str
    text: str = ""
    foot: str = ""


@dataclass(frozen=True, slots=True)
class PastFiring:
    """A firing that is kept: *text* says where, when, and what came of it."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class MarketMarks:
    """
    What the chart of a market marks.

    Attributes:
        levels: prices at which a rule of this market begins to hold.
        firings: from and to, None for one that lasts.
        rehearsed: when a rule that is being written would have fired.
    """

    levels: tuple[float, ...] = ()
    firings: tuple[tuple[int, int | None], ...] = ()
    rehearsed: tuple[int, ...] = ()


NO_MARKS = MarketMarks()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsView:
    """
    The alerts of a page.

    Attributes:
        rules: in the order of the configuration.
        notices: the most severe first.
        history: the last firings, the newest first.
        may_edit: whether the viewer may mute, add, change and delete.
    """

    rules: tuple[WatchedRule, ...] = ()
    notices: tuple[AlertNotice, ...] = ()
    history: tuple[PastFiring, ...] = ()
    may_edit: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show; else the charts have the whole width."""
        return bool(self.rules or self.notices or self.may_edit)

    @property
    def heading(self) -> str:
        """``1 firing, 1 pending``; the number of rules if nothing is going on."""
        counts = Counter(rule.sign for rule in self.rules)
        loud = (Sign.FIRING, Sign.PENDING, Sign.UNKNOWN)
        parts = [f"{counts[sign]} {sign}" for sign in loud if counts[sign]]
        if parts or not self.rules:
            return ", ".join(parts)
        return "1 rule, quiet" if len(self.rules) == 1 else f"{len(self.rules)} rules, all quiet"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    When a rule would have fired on the record from *since* to *until*.

    Attributes:
        firings: the last ones.
        earlier: how many there were before these.
        quiet: how many of all would have been in its quiet hours.
    """

    since: int
    until: int
    firings: tuple[int, ...] = ()
    earlier: int = 0
    quiet: int = 0
