"""What a rule means, with what is so now by the prices that the page has."""

import math
from collections.abc import Iterable

from tracker.alerts.readings.verdict import Reading
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.wording.meaning import meaning, meaning_now
from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.render.page.state import PageState

_LONGEST = DAY  # ms of rows that every page has in memory


def meaning_of(rule: Rule, page: PageState, among: Iterable[Market]) -> str:
    """
    Return the sentence ``Tells you each time one bitcoin costs less than 15,300.00 GBP; now 15,531.10, 1.51 % above``.

    What is so now is left out of a rule for several markets, and where the page does not have it in memory, as of a
    market that was just added to the settings, or shows prices of another time.
    """
    if len(rule.markets) != 1 or page.choices.replay is not None or rule.markets[0] not in page.data.markets:
        return meaning(rule, among)
    [market] = rule.markets
    readings = {measure: _reading(measure, market, page) for measure in measures_of(rule.expression)}
    known = {measure: reading for measure, reading in readings.items() if reading is not None}
    if len(known) < len(readings):
        return meaning(rule, among)
    return meaning_now(rule, market, known, page.data.now, page.choices.zone, among)


def _reading(measure: Measure, market: Market, page: PageState) -> Reading | None:
    """Return what *measure* reads now; None if that takes more than the page has."""
    now = page.data.now
    if measure.name == "age":
        newest = page.newest(market)
        return Reading(math.inf if newest is None else float(now - newest))
    span = measure.span or DAY
    if span > _LONGEST or not (measure.name in MEASURES or measure.name == "coverage"):
        return None
    window: AnyWindow = page.data.read(market, span, now)
    if measure.name == "coverage":
        return Reading(window.coverage, coverage=window.coverage)
    return Reading(MEASURES[measure.name].function(window) if window.count else math.nan)
