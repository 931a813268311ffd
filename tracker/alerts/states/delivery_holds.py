"""Until when what happens to rules is not sent."""

from collections.abc import Callable, Iterable

from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.mutes import Mute
from tracker.core.market import Market

HeldUntil = Callable[[str, Market, int], int | None]  # see DeliveryHolds.until


class DeliveryHolds:
    """
    Until when events of *rules* are held back, by quiet hours and *mutes*.

    Args:
        rules: all that are watched.
        mutes: those that have ended, or are of other rules, count for nothing.
    """

    def __init__(self, rules: Iterable[Rule], mutes: Iterable[Mute] = ()) -> None:
        self._quiet = {rule.name: rule.quiet for rule in rules}
        self._mutes = {(mute.rule, mute.market): mute.until for mute in mutes if mute.rule in self._quiet}

    def until(self, rule: str, market: Market, at: int) -> int | None:
        """Return the epoch ms until which nothing is sent of *rule* in *market*; None if it may be, at *at*."""
        end = max(at, self._mutes.get((rule, market), 0), self._mutes.get((rule, None), 0))
        quiet = self._quiet.get(rule)
        end = end if quiet is None else quiet.end_of(end)
        return end if end > at else None
