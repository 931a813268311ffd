"""
What a page of simulated prices shows of alerts: what its rules would have done.

The process that watches leaves invented prices out, so its states would all be that nothing can be told.
"""

from collections.abc import Iterable

from tracker.alerts.database.past_firings import PastFiring
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rehearsal.rehearsed_market import MarketRehearsal
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.alert_status import AlertStatus, MarketRule
from tracker.alerts.states.state_machine import numbers_of
from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.runtime.settings import Settings


class SimulatedAlerts:
    """Rehearses rules over the last day of simulated prices, again as soon as another price is stored."""

    def __init__(self) -> None:
        self._key: object = None  # what the last rehearsal went by
        self._states: tuple[MarketRule, ...] = ()
        self._firings: tuple[PastFiring, ...] = ()

    def read(
        self, rules: tuple[Rule, ...], settings: Settings, store: Store, now: int, published: AlertStatus | None
    ) -> tuple[AlertStatus, tuple[PastFiring, ...]]:
        """
        Return where *rules* would stand, and their firings, the newest first, of which nobody was told.

        Blocking. May raise StoreError.

        Args:
            rules: of *settings*.
            settings: in force.
            store: of simulated prices.
            now: epoch ms.
            published: by the process that watches; its mutes are in force.
        """
        extents = [store.extent(market, now - DAY + 1, now + 1) for market in settings.market_list()]
        key = rules, settings, [None if extent is None else extent[1] for extent in extents]
        if key != self._key:
            done = [(rule, _rehearse(rule, settings, store, now)) for rule in rules]
            self._states = tuple(_state(rule, each) for rule, markets in done for each in markets)
            firings = [
                PastFiring(firing.begin, firing.end, {})
                for _, markets in done
                for each in markets
                for firing in each.firings
            ]
            self._firings = tuple(sorted(firings, key=lambda firing: -firing.begin.at))
            self._key = key
        mutes = () if published is None else published.mutes
        return AlertStatus(watcher="this page", states=self._states, mutes=mutes), self._firings


def _rehearse(rule: Rule, settings: Settings, store: Store, now: int) -> Iterable[MarketRehearsal]:
    rehearsal = rehearse(
        rule,
        settings.market_list(),
        store,
        now - DAY,
        now,
        floor=settings.coverage_floor,
        unmoved_after=settings.unmoved_after,
    )
    return () if rehearsal is None else rehearsal.markets.values()


def _state(rule: Rule, rehearsal: MarketRehearsal) -> MarketRule:
    state = rehearsal.state
    return MarketRule(
        rule=rule.name,
        market=state.market,
        phase=state.phase,
        evaluated_at=state.time,
        since=state.since,
        fired_at=state.fired_at,
        problem=state.problem,
        numbers=() if rehearsal.last is None else numbers_of(rule, rehearsal.last),
    )
