"""The form of a rule as HTML, and what the rule means while it is typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tracker.alerts.rules.vocabulary import Unit
from tracker.core.durations import parse_duration
from tracker.core.market import Market
from tracker.dashboard.alerts.draft import EVERY, KINDS, OWN, Draft, Kind
from tracker.dashboard.alerts.fields_html import CHECKED, DISABLED, NOTHING, FormFields
from tracker.dashboard.alerts.more_html import more_html
from tracker.dashboard.alerts.view import Words
from tracker.render.format import currencies, time_text
from tracker.render.format.templating import Fragment, join
from tracker.render.page.alerts_view import Rehearsal

SPANS = ("10min", "1h", "6h", "24h", "7d")
HOLDS = ("30s", "1min", "3min", "5min", "10min", "30min", "1h")

_FORM = Fragment(
    '<form class="bt-alert-form" data-do="save" data-draft="draft" data-key="form {}" aria-label="{}" novalidate>'
    "<h3>{}</h3>{}</form>"
)
_FOCUS = Markup(' data-focus="form"')  # all of which comes into view
_CHANNELS = Fragment('<fieldset data-key="channels"><legend>Sent to</legend>{}</fieldset>')
_CHANNEL = Fragment('<label data-key="channel {}"><input type="checkbox" name="channel {}" value="yes"{}>{}</label>')
_ONCE = Fragment('<label class="is-half" data-key="once"><input type="checkbox" name="once" value="yes"{}>{}</label>')
_NO_CHANNEL = Markup(
    '<p class="bt-dim" data-key="channels">There is no channel yet, so only this page shows it. '
    "<code>docs/alerts.md</code> says how to name one in <code>tracker.toml</code>.</p>"
)
_MEANING = Fragment('<div class="bt-meaning" aria-live="polite" data-key="meaning"><p>{}</p>{}</div>')
_NO_MEANING = _MEANING.format("What this means, and how often it would have fired, is said here.", NOTHING)
_REHEARSAL = Fragment(
    '<p>{}</p><div class="bt-rehearsal" aria-hidden="true">{}</div>'
    '<div class="bt-rehearsal-ends" aria-hidden="true"><span>{}</span><span>{}</span></div>'
)
_TEXT = Fragment("{}")
_BOLD = Fragment("{}<b>{}</b>")
_MARK = Fragment('<i style="left:{}%"></i>')
_BUTTONS = Fragment(
    '<div class="bt-form-buttons" data-key="buttons"><button type="submit" class="bt-main-button"{}>{}</button>'
    '<button type="button" class="bt-small-button" data-do="test"{}>{}</button>'
    '<button type="button" class="bt-text-button" data-do="cancel"{}>Cancel</button>{}</div>'
)
_DELETE = Fragment(
    '<button type="button" class="bt-text-button is-last" data-do="ask_delete" data-home{}>Delete</button>'
)
# *Keep it* stands where *Delete* stood, so that a second click deletes nothing.
_ASK = Fragment(
    '<div class="bt-form-buttons" data-key="ask"><span class="bt-grow">Delete {}?</span>'
    '<button type="button" class="bt-small-button" data-do="delete"{}>Delete it</button>'
    '<button type="button" class="bt-small-button" data-do="keep" data-focus{}>Keep it</button></div>'
)
_BUSY = Markup(' aria-disabled="true"')  # keeps the focus
_SAID = Fragment('<p class="bt-said" role="status" data-key="said">{}</p>')
_OF_EXCHANGE = re.compile(rf"(\w+):{currencies.BASE}/\*")
_LONGEST_NUMBER, _LONGEST_CONDITION, _LONGEST_NAME = 40, 1_000, 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """
    The form at one moment.

    Attributes:
        number: of the form since the page was opened; another one begins with empty fields.
        draft: what is typed.
        markets, channels: what can be chosen.
        suggested: the name of a rule without one.
        field, error: where something cannot be used, and why; "" for nothing.
        meaning: of the rule as it is typed; "" while it has none.
        limits: the numbers in *meaning* that it compares with, in their order.
        rearm: at which level a firing ends if none is typed.
        rehearsal: when it would have fired; None: not known yet.
        is_rehearsing: whether that is being found.
        is_saving: whether it is being written.
        is_testing: whether a test is under way.
        asks_to_delete: whether *Delete* was pressed.
        said: what came of a test.
    """

    number: int
    draft: Draft
    markets: tuple[Market, ...]
    channels: tuple[str, ...]
    suggested: str = ""
    field: str = ""
    error: str = ""
    meaning: str = ""
    limits: tuple[str, ...] = ()
    rearm: str = ""
    rehearsal: Rehearsal | None = None
    is_rehearsing: bool = False
    is_saving: bool = False
    is_testing: bool = False
    asks_to_delete: bool = False
    said: str = ""


def form_html(form: FormView, words: Words) -> Markup:
    """Return the form; *words* writes times."""
    draft, fields = form.draft, FormFields(form.field, form.error)
    kind = KINDS.get(draft.kind)
    has_span = kind is not None and kind.has_span
    holds = [("", "no time: at once"), *_in_a_row(draft.hold)]
    parts = [
        fields.select("market", "Currency", draft.market, _markets(form), _FOCUS),
        fields.select("kind", "Tell me when", draft.kind, _kinds()),
        _value(form, kind, fields),
        fields.select("span", "Over the last", draft.span, _durations(SPANS, draft.span)) if has_span else NOTHING,
        fields.select("hold", "For at least", draft.hold, holds),
        _ONCE.format(CHECKED if draft.once else NOTHING, "Only once"),
        _meaning(form, words),
        fields.text("name", "Name", draft.name, form.suggested, _LONGEST_NAME, ""),
        _channels(form) + fields.error("channels"),
        more_html(draft, fields, form.rearm),
        fields.error("form") + _foot(form),
    ]
    title = f"Change {draft.replaces}" if draft.replaces else "Add an alert"
    return _FORM.format(form.number, title, title, join(parts))


def said_html(text: str) -> Markup:
    """Return what came of something, for screen readers too."""
    return _SAID.format(text)


def rehearsal_text(rehearsal: Rehearsal, words: Words) -> Markup:
    """Return the sentence ``On your record (16 h 38 min) it would have fired 5 times, last at 13:39``."""
    record = f"On your record ({time_text.rough_duration(rehearsal.until - rehearsal.since)})"
    count = len(rehearsal.firings) + rehearsal.earlier
    if not count:
        return Markup("{} it <b>would not have fired</b>.").format(record)
    times = "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"
    last = f"{'at' if count == 1 else 'last at'} {words.moment(rehearsal.firings[-1])}"
    return Markup("{} it <b>would have fired {}</b>, {}{}.").format(
        record, times, last, _in_quiet_hours(rehearsal, count)
    )


def _in_quiet_hours(rehearsal: Rehearsal, count: int) -> str:
    """Return how many of *count* firings would have been in quiet hours; "" for none."""
    if not rehearsal.quiet:
        return ""
    if rehearsal.quiet == count:
        return ", in quiet hours" if count == 1 else ", all in quiet hours"
    return f", {rehearsal.quiet:,} of them in quiet hours"


def _markets(form: FormView) -> list[tuple[str, str]]:
    choices = [(str(market), currencies.label(market, form.markets)) for market in form.markets]
    choices.append((EVERY, "every currency"))
    chosen = form.draft.market
    if chosen not in dict(choices):
        of_exchange = _OF_EXCHANGE.fullmatch(chosen)
        choices.append((chosen, f"every currency of {of_exchange[1]}" if of_exchange else chosen))
    return choices


def _kinds() -> list[tuple[str, str]]:
    return [*((key, kind.label) for key, kind in KINDS.items()), (OWN, "my condition holds")]


def _durations(offered: Sequence[str], chosen: str) -> list[tuple[str, str]]:
    """Return what can be chosen; also what a rule has that was written elsewhere."""
    texts = offered if chosen in offered or not chosen else (*offered, chosen)
    return [(text, time_text.duration(parse_duration(text))) for text in texts]


def _in_a_row(chosen: str) -> list[tuple[str, str]]:
    return [(text, f"{label} in a row") for text, label in _durations(HOLDS, chosen)]


def _value(form: FormView, kind: Kind | None, fields: FormFields) -> Markup:
    """Return the field of the number, or of a whole condition."""
    if kind is None:
        example = "change(10m) < -2% and coverage(1h) > 90%"
        return fields.text(
            "value", "Condition", form.draft.value, example, _LONGEST_CONDITION, style="", key="condition"
        )
    label = "Time"
    quotes = {market.quote for market in form.markets if form.draft.market in (str(market), EVERY)}
    if kind.unit is Unit.PRICE:
        label = f"Price in {quotes.pop()}" if len(quotes) == 1 else "Price"
    elif kind.unit is Unit.SHARE:
        label = "Percent"
    return fields.text("value", label, form.draft.value, kind.example, _LONGEST_NUMBER, key=kind.unit.value)


def _channels(form: FormView) -> Markup:
    if not form.channels:
        return _NO_CHANNEL
    boxes = [
        _CHANNEL.format(name, name, CHECKED if name in form.draft.channels else NOTHING, name) for name in form.channels
    ]
    return _CHANNELS.format(join(boxes))


def _meaning(form: FormView, words: Words) -> Markup:
    """Return what the rule means now, and when it would have fired."""
    if not form.meaning:
        return _NO_MEANING
    rehearsal, below = form.rehearsal, NOTHING
    if rehearsal is not None:
        length = max(1, rehearsal.until - rehearsal.since)
        marks = [_MARK.format(f"{100 * (time - rehearsal.since) / length:.2f}") for time in rehearsal.firings]
        ends = map(words.moment, (rehearsal.since, rehearsal.until))
        below = _REHEARSAL.format(rehearsal_text(rehearsal, words), join(marks), *ends)
    elif form.is_rehearsing:
        below = Markup("<p>Trying it on your record …</p>")
    else:
        below = Markup("<p>It cannot be tried on your record: nothing is stored yet, or it cannot be read.</p>")
    return _MEANING.format(_emphasised(form.meaning, form.limits), below)


def _emphasised(text: str, parts: Sequence[str]) -> Markup:
    """Return *text* with each of *parts* in bold, where it stands first after those before it."""
    pieces = []
    for part in parts:
        before, found, rest = text.partition(part)
        if found:
            pieces.append(_BOLD.format(before, found))
            text = rest
    return join([*pieces, _TEXT.format(text)])


def _foot(form: FormView) -> Markup:
    is_change = bool(form.draft.replaces)
    save = ("Saving …" if form.is_saving else "Save") if is_change else ("Adding …" if form.is_saving else "Add alert")
    blocked = DISABLED if form.is_saving else NOTHING
    if form.asks_to_delete:
        return _ASK.format(form.draft.replaces, blocked, blocked)
    delete = _DELETE.format(blocked) if is_change else NOTHING
    no_test = _BUSY if form.is_testing else blocked if form.draft.channels else DISABLED
    test = "Sending …" if form.is_testing else "Send a test"
    said = said_html(form.said) if form.said else NOTHING
    return _BUTTONS.format(blocked, save, no_test, test, blocked, delete) + said
