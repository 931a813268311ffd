"""What happened to a rule in a market, in words that are read or spoken; the rule may be gone meanwhile."""

from tracker.alerts.readings.verdict import Reading, evaluate
from tracker.alerts.rules.expression import Expression, Measure, leaves
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.wording.phrases import compared_limits, fact, without_negations
from tracker.alerts.wording.style import Style
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.written import WRITTEN

THIN = 0.95  # coverage below which a message says "only"
KIND_WORDS = {
    EventKind.FIRED: "fired",
    EventKind.ALREADY_TRUE: "already true",
    EventKind.RESOLVED: "ended",
    EventKind.EXPIRED: "expired",
    EventKind.CHANGED: "changed",
    EventKind.DELETED: "deleted",
}
# Why a firing began or ended, where no number says it.
_CAUSES = {
    EventKind.ALREADY_TRUE: "it has been so since it could first be judged",
    EventKind.EXPIRED: "the rule has expired",
    EventKind.CHANGED: "the rule was changed, or no longer watches this market",
    EventKind.DELETED: "the rule was deleted",
}


def kind_text(event: Event) -> str:
    """Return what happened in a word or two, as in a list of what is past: ``already true``."""
    return KIND_WORDS[event.kind]


def cause_text(event: Event) -> str:
    """Return why a firing began or ended, where no number says it: ``the rule has expired``; else nothing."""
    return _CAUSES.get(event.kind, "")


def facts(event: Event, rule: Rule | None, style: Style = WRITTEN) -> tuple[str, ...]:
    """
    Return what each measure read, with the numbers that *rule* compares it with; first those that began or ended it.

    The numbers of *rule* are left out where it is None or has been changed since, as they would not explain what
    happened.
    """
    subject = subject_of([event.market], style)
    cause = rule.expression if rule is not None and _explains(rule, event) else None
    if cause is None:
        return tuple(fact(measure, value, subject, style) for measure, value, _ in event.numbers)
    numbers = [(number, _decisive(cause, number, event.kind.begins_firing)) for number in event.numbers]
    numbers.sort(key=lambda each: not each[1])
    return tuple(
        fact(number.measure, number.value, subject, style, _limits(cause, number.measure, decisive))
        for number, decisive in numbers
    )


def coverage_texts(event: Event, style: Style = WRITTEN, *, thin: bool) -> list[str]:
    """Return ``prices cover 98 % of the last 10 min`` for each span of the event that they cover *thin*, or well."""
    told = {number.measure.span for number in event.numbers if number.measure.name == "coverage"}
    texts = []
    for number in event.numbers:
        span, coverage = number.measure.span, number.coverage
        if span is None or coverage is None or span in told:
            continue
        told.add(span)
        if (coverage < THIN) is thin:
            texts.append(coverage_text(coverage, span, style))
    return texts


def coverage_text(coverage: float, span: int, style: Style = WRITTEN) -> str:
    """Return ``prices cover 98 % of the last 10 min``, with "only" if that is little."""
    only = "only " if coverage < THIN else ""
    return f"prices cover {only}{style.share(coverage)} of the last {style.span(span)}"


def _decisive(cause: Expression, number: Number, begins: bool) -> list[Expression]:
    """Return the parts of *cause* about the measure of *number* that hold, or may; at an end, those that do not."""
    measure, value, _ = number
    parts = (part for part in leaves(without_negations(cause)) if part.measure == measure)
    return [part for part in parts if (evaluate(part, {measure: Reading(value)}) is not False) is begins]


def _limits(cause: Expression, measure: Measure, decisive: list[Expression]) -> list[float]:
    """Return the numbers that *measure* is compared with: of several ranges, the one that was entered or left."""
    return [limit for part in decisive or [cause] for limit in compared_limits(part, measure)]


def _explains(rule: Rule, event: Event) -> bool:
    """Return whether the event's numbers can be the cause of it, by *rule* as it is now."""
    readings = {number.measure: Reading(number.value) for number in event.numbers}
    try:
        verdict = evaluate(rule.expression, readings)
    except KeyError:
        return False
    return verdict is not (not event.kind.begins_firing)
