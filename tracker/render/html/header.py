"""The header as HTML: name, state of the page in one pill, clock."""

from markupsafe import Markup

from tracker.core.market_status import Status
from tracker.render.format import time_text
from tracker.render.page.condition import Headline
from tracker.render.page.state import PageState

BRAND = Markup(
    '<div class="bt-brand"><svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
    '<path d="M1.5 13.5 5 9l3 4 4.5-8.5L15.5 10l3-2"/><path d="M1.5 18h17" stroke-width="1.5" opacity=".45"/></svg>'
    "<h1>BTC price tracker</h1></div>"
)

_PILL = Markup(
    '<div class="bt-state {kind}"><svg class="bt-state-icon" viewBox="0 0 10 10" aria-hidden="true">{icon}</svg>'
    '<b>{word}</b><span class="bt-state-message {style}">{message}</span></div>'
)
# Of a fixed width, so that it moves nothing; the dot before it is cut off where it begins a line.
_COUNTDOWN = Markup('<span>{}</span><span class="bt-countdown"><i> · </i>{}</span>')
# Each state has its own shape, because colour alone is not accessible.
_ICONS = {
    "is-live": Markup('<circle cx="5" cy="5" r="4.5" fill="currentColor"/>'),
    "is-stale": Markup(
        '<path d="M5 .5a4.5 4.5 0 1 0 0 9z" fill="currentColor"/>'
        '<circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.2"/>'
    ),
    "is-backfilling": Markup(
        '<path d="M5 1v6M2 4.5 5 8l3-3.5" fill="none" stroke="currentColor" stroke-width="1.6"/>'
        '<path d="M1 9.4h8" stroke="currentColor" stroke-width="1.2"/>'
    ),
    "is-down": Markup('<path d="M1 1l8 8M9 1L1 9" stroke="currentColor" stroke-width="2.2"/>'),
    "is-waiting": Markup(
        '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2.2 2"/>'
    ),
    "is-simulated": Markup('<path d="M5 .3 9.7 5 5 9.7.3 5z" fill="currentColor"/>'),
    "is-replay": Markup('<path d="M1.5.8v8.4L9.3 5z" fill="currentColor"/>'),
}


def pill_html(headline: Headline) -> Markup:
    """Return the state of the page as a pill."""
    if not headline.countdown:
        return state_html(headline.kind, headline.word, headline.message)
    message = headline.message.removesuffix(headline.countdown).removesuffix(" · ")
    return state_html(headline.kind, headline.word, _COUNTDOWN.format(message, headline.countdown), "has-countdown")


def state_html(kind: str, word: str, message: str, style: str = "") -> Markup:
    """Return a pill of the state class *kind*; *style* is a style class of its message."""
    return _PILL.format(kind=kind, icon=_ICONS[kind], word=word, message=message, style=style)


def clock_html(page: PageState) -> Markup:
    """Return day, time and zone."""
    now, zone = page.data.now, page.choices.zone
    return Markup("<span>{} </span><b>{}</b> {}").format(
        time_text.weekday_and_date(now, zone), time_text.hour_minute_second(now, zone), time_text.zone_name(now, zone)
    )


def collected_by(page: PageState) -> str:
    """Return where prices come from: the process that collects, or how to start one, or a replay."""
    status = page.data.status or Status()
    if status.is_replay:
        return "Replayed from stored prices"
    return f"Collected by {status.collector}" if status.collector else "No collector running; type: tracker collect"
