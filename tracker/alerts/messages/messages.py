"""Makes messages of deliveries: one of a single event, and a summary of several."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from dateutil.tz import tzlocal

from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.message import Message
from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind
from tracker.alerts.wording.happenings import cause_text, coverage_text, coverage_texts, facts
from tracker.alerts.wording.phrases import sentence
from tracker.alerts.wording.spoken import SPOKEN, spoken_name
from tracker.alerts.wording.style import Style
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.times import exact_moment, moment
from tracker.alerts.wording.written import WRITTEN
from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.runtime.rule_settings import Severity

_RANKS: tuple[Severity, ...] = ("info", "warning", "critical")
_USUAL: Severity = "warning"  # which no message has to state
_REPEATED = "repeated: it may have arrived before"
_REPEATED_SPOKEN = "this may be a repetition"


def by_importance(deliveries: Iterable[Delivery], rules: Mapping[str, Rule]) -> list[Delivery]:
    """Return *deliveries* with what fires before what ended, the most severe first."""

    def place(delivery: Delivery) -> tuple[bool, int, int]:
        event = delivery.event
        return not event.kind.begins_firing, -_RANKS.index(_severity(rules.get(event.rule))), event.at

    return sorted(deliveries, key=place)


def make_message(
    deliveries: Sequence[Delivery],
    rules: Mapping[str, Rule],
    now: int,
    zone: tzinfo | None = None,
    picture: bytes | None = None,
    hour_coverage: float | None = None,
) -> Message:
    """
    Return what a channel is told of *deliveries*.

    Args:
        deliveries: at least one; several become one summary.
        rules: by name, as they are now; those of some events may be gone.
        now: epoch ms.
        zone: of the times of rules that have none; None: the machine's.
        picture: PNG that goes with it.
        hour_coverage: how much of the hour before has prices, 0 to 1; a single event whose measures have no span says
            it.

    Raises:
        ValueError: no deliveries.
    """
    if not deliveries:
        raise ValueError("a message of no deliveries")
    ordered = by_importance(deliveries, rules)
    told = [_Told(delivery, rules.get(delivery.event.rule), now, zone or tzlocal()) for delivery in ordered]
    rule, market, fired_at = deliveries[0].event.firing
    title, lines, spoken = _single(told[0], hour_coverage) if len(told) == 1 else _summary(told)
    return Message(
        title=title,
        lines=lines,
        spoken=spoken,
        severity=max((each.severity for each in told), key=_RANKS.index),
        key=f"{rule}|{market}|{fired_at}",
        resolves=not any(each.begins for each in told),
        picture=picture,
        is_summary=len(told) > 1,
    )


def make_test_message(channel: str, now: int, zone: tzinfo | None = None, picture: bytes | None = None) -> Message:
    """Return what *channel* is told to try it; arguments as of ``make_message``."""
    return Message(
        title="Test of an alert by the BTC price tracker",
        lines=(
            f"This is a test of the channel {channel}: alerts that name it arrive here.",
            f"Written {exact_moment(now, zone or tzlocal())}.",
        ),
        spoken="This is a test by the bitcoin price tracker, alerts will be spoken as this sentence is.",
        severity="info",
        key=f"test|{channel}|{now}",
        resolves=False,
        picture=picture,
    )


class _Told:
    """A delivery and the words for it."""

    def __init__(self, delivery: Delivery, rule: Rule | None, now: int, zone: tzinfo) -> None:
        self.delivery, self.rule, self.now = delivery, rule, now
        self.event: Event = delivery.event
        self.zone = zone if rule is None or rule.quiet is None else rule.quiet.zone
        self.begins = self.event.kind.begins_firing
        self.severity = _severity(rule)

    @property
    def market(self) -> str:
        return subject_of([self.event.market]).thing

    def facts(self) -> tuple[str, ...]:
        """Return what was measured, or why it ended if that says it; at least one."""
        return facts(self.event, self.rule) or (cause_text(self.event) or self._plainly(),)

    def causes(self) -> tuple[str, ...]:
        """Return why it began or ended, unless ``facts`` says it already."""
        cause = cause_text(self.event)
        return (cause,) if cause and self.event.numbers else ()

    def thin_coverage(self, style: Style = WRITTEN) -> list[str]:
        """Return for each span that prices cover little of, how much that is."""
        return coverage_texts(self.event, style, thin=True)

    def coverage(self) -> list[str]:
        """Return the same for the other spans."""
        return coverage_texts(self.event, thin=False)

    def of_the_hour(self, coverage: float | None) -> list[str]:
        """Return the same for the last hour, where no measure has a span."""
        spans = [number.measure.span for number in self.event.numbers]
        return [] if coverage is None or not spans or any(spans) else [coverage_text(coverage, HOUR)]

    def when(self) -> str:
        event = self.event
        if not self.begins:
            lasted = _length(event.at - event.fired_at)
            return f"fired {self._time(event.fired_at)}, ended {self._time(event.at)}, after {lasted}"
        if event.at == event.since:
            return f"since {self._time(event.since)}"
        held = _length(event.at - event.since)
        return f"since {self._time(event.since)}; fired {self._time(event.at)}, after {held}"

    def held_back(self) -> str:
        until = self.delivery.held_until
        return "" if until is None else f"held back until {self._time(until)}, by quiet hours or a mute"

    def spoken(self) -> str:
        """Return what happened, to be spoken, without its beginning and its end."""
        event = self.event
        parts = [*(facts(event, self.rule, SPOKEN)[:2] or (subject_of([event.market], SPOKEN).thing,))]
        parts += [cause_text(event)] if event.kind is not EventKind.FIRED else []
        if self.begins and event.at - event.since >= 1_000:
            parts.append(f"it has held for {_length(event.at - event.since, SPOKEN)}")
        parts += self.thin_coverage(SPOKEN)
        parts += [_REPEATED_SPOKEN] if self.delivery.repeated else []
        return ", ".join(filter(None, parts))

    def _plainly(self) -> str:
        return f"{'it holds' if self.begins else 'it holds no longer'} for {self.market}"

    def _time(self, ms: int) -> str:
        return moment(ms, self.now, self.zone)


def _single(told: _Told, hour_coverage: float | None) -> tuple[str, tuple[str, ...], str]:
    """Return title, lines and spoken sentence of one delivery."""
    event, rule = told.event, told.rule
    first, *others = told.facts()
    is_critical = told.severity == "critical" and told.begins
    title = f"{event.rule}: {first}" if told.begins else f"Ended: {event.rule}, {told.market}"
    title = f"{'Critical alert ' if is_critical else ''}{title}{' (repeated)' if told.delivery.repeated else ''}"
    statements = [  # a short message has room for the first of them
        *([] if told.begins else [first]),  # else the title has it
        *others,
        *told.thin_coverage(),
        *told.causes(),
        told.when(),
        _REPEATED if told.delivery.repeated else "",
        told.held_back(),
        *(told.coverage() or told.of_the_hour(hour_coverage)),
        "" if told.severity == _USUAL else f"severity: {told.severity}",
    ]
    lines = [*map(sentence, filter(None, statements))]
    lines.append(f"Rule {event.rule}: {_rule_text(rule)}." if rule else f"Rule {event.rule}, which is gone.")
    lines.append(f"Written {exact_moment(told.now, told.zone)}.")
    name = spoken_name(event.rule)
    begin = f"{'critical alert' if is_critical else 'alert'} {name}".strip()
    return title, tuple(lines), sentence(f"{begin}{'' if told.begins else ' has ended'}, {told.spoken()}")


def _summary(told: list[_Told]) -> tuple[str, tuple[str, ...], str]:
    """Return the same of several."""
    firing = sum(each.begins for each in told)
    ended = len(told) - firing
    names = dict.fromkeys(each.event.rule for each in told)
    about = f"{next(iter(names))}: " if len(names) == 1 else ""
    what = "market" if about else "alert"
    counts = [f"firing in {_counted(firing, what)}" if about else f"{_counted(firing, what)} firing"] if firing else []
    if ended:
        counts.append(f"ended in {_counted(ended, what)}" if about else f"{_counted(ended, what)} ended")
    is_late = any(each.delivery.held_until is not None for each in told)
    is_critical = any(each.begins and each.severity == "critical" for each in told)
    counts += ["held back until now"] if is_late else []
    title = f"{'Critical: ' if is_critical else ''}{about}{', '.join(counts)}"
    title += " (repeated)" if all(each.delivery.repeated for each in told) else ""
    spoken = [f"{_counted(firing, 'alert')} {'fires' if firing == 1 else 'fire'}"] if firing else []
    spoken += [f"{_counted(ended, 'alert')} {'has' if ended == 1 else 'have'} ended"] if ended else []
    first = told[0]
    name = spoken_name(first.event.rule)
    begin = f"{' and '.join(spoken)}, the first is {name or 'this'}, {first.spoken()}"
    return title, tuple(_line(each) for each in told), sentence(begin)


def _line(told: _Told) -> str:
    """Return one line of a summary."""
    parts = [
        "; ".join(told.facts()),
        *told.causes(),
        told.when(),
        told.held_back(),
        *(told.thin_coverage() or told.coverage()),
        _REPEATED if told.delivery.repeated else "",
        "critical" if told.severity == "critical" else "",
    ]
    state = "" if told.begins else "ended, "
    return f"{told.event.rule}: {state}{'; '.join(filter(None, parts))}."


def _severity(rule: Rule | None) -> Severity:
    return _USUAL if rule is None else rule.severity


def _rule_text(rule: Rule) -> str:
    return f"{rule.condition}, for {WRITTEN.span(rule.hold)}" if rule.hold else rule.condition


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _length(ms: int, style: Style = WRITTEN) -> str:
    """Return ``3 min``, ``3 min 42 s``: whole minutes exactly, else whole seconds in the two largest units."""
    if ms >= SECOND and ms % MINUTE:
        return style.amount(Measure("age"), ms // SECOND * SECOND, "")
    return style.span(max(0, ms))
