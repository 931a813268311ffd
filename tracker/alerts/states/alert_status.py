"""Where rules and channels stand, as data: what the process that watches publishes, for pages and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.alerts.readings.verdict import CannotTell
from tracker.alerts.states.events import Number
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.phase import Phase
from tracker.core.market import Market


@dataclass(frozen=True, slots=True)
class MarketRule:
    """
    Where the rule *rule* stands in *market*. Times are epoch ms.

    Attributes:
        evaluated_at: time of the newest row that was evaluated, or when the rule was made.
        is_ahead: whether that is in the future, as the clock was set back since: rows before it change nothing.
        since: first of the rows on which it has held without a break; None if it is neither pending nor firing.
        fired_at: when it last fired; None if it never did.
        problem: why the newest row could not be judged; None if it could.
        numbers: its measures at that row; none before the first in this term.
        held_until: when it may send again, after quiet hours or a mute; None if it may now.
    """

    rule: str
    market: Market
    phase: Phase
    evaluated_at: int
    is_ahead: bool = False
    since: int | None = None
    fired_at: int | None = None
    problem: CannotTell | None = None
    numbers: tuple[Number, ...] = ()
    held_until: int | None = None


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """
    In how many markets the rule *rule* has come how far.

    Attributes:
        condition: its canonical text, cut if it is long.
        phases: number of markets by phase, those without any left out.
        cannot_tell: number of markets in which it cannot be told.
    """

    rule: str
    condition: str
    phases: Mapping[Phase, int]
    cannot_tell: int = 0


@dataclass(frozen=True, slots=True)
class ChannelState:
    """
    How sending to the channel *channel* goes. Times are epoch ms.

    Attributes:
        exists: whether it is in the settings.
        waiting: deliveries still to be made, those that are held back included.
        words: what the last attempt failed with, or why none can be made; empty if it arrived, or none was made yet.
        failing_since: of the attempts that failed in a row, also in earlier terms; None if the last one arrived.
        tries: how many these are.
        next_try: None if it is not known.
        sending_since: of an attempt under way.
    """

    channel: str
    exists: bool = True
    waiting: int = 0
    words: str = ""
    failing_since: int | None = None
    tries: int = 0
    next_try: int | None = None
    sending_since: int | None = None


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """
    All of it, at one moment.

    Attributes:
        watcher: label of the process that watches; empty: none does.
        problem: why rules are not watched, or what follows is not kept or sent; empty if all is well.
        rules: in the settings' order.
        states: firing ones first, then those that cannot be told or are pending; not all, if there are many.
        left_out: how many states are not there.
        channels: those of the settings, and those that deliveries wait for.
        mutes: that have not ended.
        silent_for: seconds since it was published, if that is too long.
    """

    watcher: str = ""
    problem: str = ""
    rules: tuple[RuleCounts, ...] = ()
    states: tuple[MarketRule, ...] = ()
    left_out: int = 0
    channels: tuple[ChannelState, ...] = ()
    mutes: tuple[Mute, ...] = field(default=())
    silent_for: float | None = None
