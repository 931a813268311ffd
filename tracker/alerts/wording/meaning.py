"""What a rule means, in words."""

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

from tracker.alerts.readings.verdict import Readings
from tracker.alerts.rules.expression import And, Comparison, Or, leaves
from tracker.alerts.rules.rearming import rearm_condition
from tracker.alerts.rules.rule import Rule
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.wording.now import now_text
from tracker.alerts.wording.phrases import condition_text, without_negations
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.times import short_moment
from tracker.alerts.wording.written import WRITTEN
from tracker.core.market import Market
from tracker.core.number_text import MINUS

_USUAL = "warning"  # the severity that is not said


def meaning(rule: Rule, among: Iterable[Market] = (), zone: tzinfo = UTC) -> str:
    """
    Return a sentence: ``Tells you once when one bitcoin costs less than 15,300.00 GBP for 3 min in a row.``.

    Where a firing ends at a level of the rule's own, another sentence says so.

    Args:
        rule: whose condition, times and channels are said.
        among: all markets; an exchange is named only where two have the same pair. By default it is always named.
        zone: of the time at which it expires.
    """
    among = tuple(among)
    return f"{_meaning(rule, among, zone)}.{_rearm(rule, among)}"


def meaning_now(
    rule: Rule, readings: Mapping[Market, Readings], now: int, zone: tzinfo, among: Iterable[Market] = ()
) -> str:
    """Return the same with what is so now: ``…; now 15,531.10, 1.51 % above.``; see ``now_text``."""
    among = tuple(among)
    return f"{_meaning(rule, among, zone)}; {now_text(rule, readings, now, zone, among)}.{_rearm(rule, among)}"


def limit_texts(rule: Rule) -> tuple[str, ...]:
    """Return the numbers that its meaning names, but ranks, in their order: ``15,300.00 GBP``."""
    quote = subject_of(rule.markets).quote
    texts = []
    for leaf in leaves(without_negations(rule.expression)):
        limit, unit = leaf.threshold if isinstance(leaf, Comparison) else leaf.level, leaf.measure.word.unit
        text = WRITTEN.limit(leaf.measure, limit, quote if unit is Unit.PRICE else "")
        if unit is not Unit.RANK:
            texts.append(text.removeprefix(MINUS) if leaf.measure.name == "change" else text)
    return tuple(texts)


def _meaning(rule: Rule, among: tuple[Market, ...], zone: tzinfo) -> str:
    expression = without_negations(rule.expression)
    who = "Tells you" if rule.channels else "Tells nobody but this page"
    condition = condition_text(expression, subject_of(rule.markets, among=among), WRITTEN)
    hold = f"for {WRITTEN.span(rule.hold)} in a row" if rule.hold else ""
    is_joined = isinstance(expression, And | Or)
    if hold:
        condition = f"{condition}, {hold}" if is_joined else f"{condition} {hold}"
    return ", ".join([f"{who} {'once when' if rule.once else 'each time'} {condition}", *_limits(rule, zone)])


def _limits(rule: Rule, zone: tzinfo) -> list[str]:
    """Return when it tells nothing: ``not between 22:00 and 07:00 Europe/Berlin``."""
    parts = []
    if rule.cooldown and not rule.once:
        parts.append(f"at the earliest {WRITTEN.span(rule.cooldown)} after its last message")
    if rule.quiet is not None:
        start, end = rule.quiet.clock_times
        parts.append(f"not between {start} and {end} {rule.quiet.zone.key}")
    if rule.severity != _USUAL:
        parts.append(f"marked {rule.severity}")
    if rule.expires is not None:
        parts.append(f"until {short_moment(rule.expires, zone)}")
    return parts


def _rearm(rule: Rule, among: tuple[Market, ...]) -> str:
    """Return the sentence when a firing ends, if that does not follow from the condition."""
    if rule.rearm == rearm_condition(rule.expression):
        return ""
    return f" A firing ends as soon as {condition_text(rule.rearm, subject_of(rule.markets, among=among), WRITTEN)}."
