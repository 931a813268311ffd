"""Rehearses the rule that is being written, for its form and for the charts."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.state_machine import Row
from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.render.page.alerts_view import Rehearsal
from tracker.runtime.settings import Settings

log = logging.getLogger(__name__)

_RECORD = 7 * DAY  # ms that are rehearsed
_MOST_MARKS = 300  # firings that are marked; earlier ones are counted

LastRows = Mapping[Market, Row]


@dataclass(frozen=True, slots=True)
class DraftRehearsal:
    """
    What a draft would have done.

    Attributes:
        shown: in its form.
        marks: when it would have fired, epoch ms, for the chart of each market.
        last: the last row of each market that has one, with what the measures of the rule read at it.
    """

    shown: Rehearsal
    marks: Mapping[Market, tuple[int, ...]]
    last: LastRows


def rehearse_draft(
    rule: Rule, settings: Settings, store: Store, now: int, cancelled: Callable[[], bool]
) -> DraftRehearsal | None:
    """
    Return what *rule* would have done up to *now* (epoch ms). Blocking; raises nothing.

    None if nothing is stored or it cannot be read, or if it was *cancelled*.
    """
    try:
        found = rehearse(
            *(rule, settings.market_list(), store, now - _RECORD, now),
            floor=settings.coverage_floor,
            unmoved_after=settings.unmoved_after,
            cancelled=cancelled,
        )
    except Exception:  # the form goes on without it
        log.exception("a rule cannot be rehearsed")
        return None
    if found is None or found.begin is None or found.end is None:
        return None
    times = tuple(firing.begin.at for firing in found.firings)
    quiet = 0 if rule.quiet is None else sum(map(rule.quiet.is_quiet, times))
    return DraftRehearsal(
        Rehearsal(found.begin, found.end, times[-_MOST_MARKS:], max(0, len(times) - _MOST_MARKS), quiet),
        {
            market: tuple(firing.begin.at for firing in of_market.firings[-_MOST_MARKS:])
            for market, of_market in found.markets.items()
        },
        {market: of_market.last for market, of_market in found.markets.items() if of_market.last is not None},
    )
