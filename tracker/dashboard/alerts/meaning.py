"""What a rule means, with what is so now by the prices that the page has, else by those of its rehearsal."""

import math
from collections.abc import Iterable

from tracker.alerts.readings.verdict import CannotTell, Reading, Readings, Reason
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.state_machine import Row
from tracker.alerts.wording.meaning import meaning, meaning_now
from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.dashboard.alerts.draft_rehearsal import LastRows
from tracker.render.page.state import PageState

_LONGEST = DAY  # ms of rows that every page has in memory
_MOST_ROWS = 20_000  # of all spans together, which are computed each second; of more, the rehearsal's are shown
_FRESH = 5 * MINUTE  # ms; what a rehearsal read before is not now


def meaning_of(rule: Rule, page: PageState, among: Iterable[Market], last: LastRows) -> str:
    """
    Return the sentence ``Tells you each time one bitcoin costs less than 15,300.00 GBP; now 15,531.10, 1.51 % above``.

    What is so now is left out where nothing is known of it yet, as of a market that was just added to the settings,
    and where the page shows prices of another time.
    """
    if page.choices.replay is not None:
        return meaning(rule, among, page.choices.zone)
    measures = measures_of(rule.expression)
    spans = sum(measure.span is not None for measure in measures) * len(rule.markets)
    most_rows = _MOST_ROWS // max(1, spans)
    known: dict[Market, Readings] = {}
    for market in rule.markets:
        past = _fresh(last.get(market), page.data.now)
        read = {measure: _reading(measure, market, page, past, most_rows) for measure in measures}
        of_market = {measure: reading for measure, reading in read.items() if reading is not None}
        if len(of_market) == len(measures):
            known[market] = of_market
    if not known:
        return meaning(rule, among, page.choices.zone)
    return meaning_now(rule, known, page.data.now, page.choices.zone, among)


def _fresh(row: Row | None, now: int) -> Readings:
    return {} if row is None or now - row.time > _FRESH else row.readings


def _reading(measure: Measure, market: Market, page: PageState, past: Readings, most_rows: int) -> Reading | None:
    """Return what *measure* reads now, by the page's rows if these suffice, else as *past* has it; None: unknown."""
    now, span = page.data.now, measure.span
    is_in_memory = market in page.data.markets and (span is None or span <= _LONGEST)
    if is_in_memory and measure.name == "age":
        newest = page.newest(market)
        return _of(math.inf if newest is None else float(now - newest))
    if not is_in_memory or not (measure.name in MEASURES or measure.name == "coverage"):
        return past.get(measure)
    window: AnyWindow = page.data.read(market, span or DAY, now)
    if span is not None and window.count > most_rows:
        return past.get(measure)
    if measure.name == "coverage":
        return _of(window.coverage)
    problem = None
    if span is not None and window.count and window.coverage < page.data.floor:
        problem = CannotTell(Reason.THIN_COVERAGE, measure, window.coverage)
    return _of(MEASURES[measure.name].function(window) if window.count else math.nan, problem)


def _of(value: float, problem: CannotTell | None = None) -> Reading:
    """Return a reading between two rows, where nothing is crossed."""
    return Reading(value, value, problem=problem)
