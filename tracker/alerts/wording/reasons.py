"""Why a rule cannot be told just now, in words."""

from datetime import tzinfo

from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.wording.times import moment
from tracker.alerts.wording.written import WRITTEN
from tracker.render.format import numbers

_SINCE = {
    Reason.STANDING_STILL: "the market stands still",
    Reason.HELD_BACK: "the newest prices wait for confirmation",
}


def reason_text(problem: CannotTell, now: int, zone: tzinfo) -> str:
    """
    Return ``prices cover only 62 % of the last 24 h``, without the market's name.

    Args:
        problem: why.
        now: epoch ms.
        zone: of the times in the text.
    """
    reason, measure, since = problem.reason, problem.measure, problem.since
    span = "" if measure.span is None else WRITTEN.span(measure.span)
    if reason in _SINCE:
        return _SINCE[reason] + (f" since {moment(since, now, zone)}" if since is not None else "")
    if reason is Reason.OLD_PRICE:
        return "the last price is old" if since is None else f"the last price is from {moment(since, now, zone)}"
    if reason is Reason.THIN_COVERAGE:
        share = "too little" if problem.coverage is None else f"only {numbers.share(problem.coverage, 1.0)}"
        return f"prices cover {share} of the last {span}" if span else f"prices cover {share} of the time"
    if reason is Reason.NO_PRICE:
        return f"no price within {span}" if span else "no price yet"
    if reason is Reason.NOT_RANKED:
        return f"the market has no rank over {span}"
    if reason is Reason.NO_PAIR:
        first, second = measure.pair or ("one currency", "the other")
        return f"no current price in {first} or in {second}"
    if reason is Reason.NO_ROW_BEFORE:
        return "a crossing takes two prices, and there is one"
    return f"too few prices within {span}" if span else "there is no number"
