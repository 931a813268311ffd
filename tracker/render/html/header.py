"""The header as HTML: name, state of the page in one pill, clock."""

from html import escape

from tracker.render.format import time_text
from tracker.render.page.condition import Headline
from tracker.render.page.state import PageState

BRAND = (
    '<div class="bt-brand"><svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
    '<path d="M1.5 13.5 5 9l3 4 4.5-8.5L15.5 10l3-2"/><path d="M1.5 18h17" stroke-width="1.5" opacity=".45"/></svg>'
    "<h1>BTC price tracker</h1></div>"
)

# Each state has a shape of its own, for those who cannot tell its colour.
_ICONS = {
    "is-live": '<circle cx="5" cy="5" r="4.5" fill="currentColor"/>',
    "is-stale": '<path d="M5 .5a4.5 4.5 0 1 0 0 9z" fill="currentColor"/>'
    '<circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.2"/>',
    "is-backfilling": '<path d="M5 1v6M2 4.5 5 8l3-3.5" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M1 9.4h8" stroke="currentColor" stroke-width="1.2"/>',
    "is-down": '<path d="M1 1l8 8M9 1L1 9" stroke="currentColor" stroke-width="2.2"/>',
    "is-waiting": '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.4" '
    'stroke-dasharray="2.2 2"/>',
    "is-simulated": '<path d="M5 .3 9.7 5 5 9.7.3 5z" fill="currentColor"/>',
    "is-replay": '<path d="M1.5.8v8.4L9.3 5z" fill="currentColor"/>',
}


def pill_html(said: Headline) -> str:
    """The state of all in one pill."""
    return state_html(said.kind, said.word, escape(said.message))


def state_html(kind: str, word: str, message: str, style: str = "") -> str:
    """A pill; *message* is HTML, *style* a style class of its own."""
    return (
        f'<div class="bt-state {kind}"><svg class="bt-state-icon" viewBox="0 0 10 10" aria-hidden="true">'
        f'{_ICONS[kind]}</svg><b>{word}</b><span class="bt-state-message {style}">{message}</span></div>'
    )


def clock_html(page: PageState) -> str:
    """Day, time and zone."""
    now = time_text.to_datetime(page.data.now, page.choices.zone)
    day, zone = f"{now:%a} {now.day} {now:%b %Y}", time_text.zone_name(page.data.now, page.choices.zone)
    return f'<span class="d">{day} </span><b>{now:%H:%M:%S}</b> {zone}'


def collected_by(page: PageState) -> str:
    """Who asks the exchanges, for people."""
    collector = page.data.status.collector if page.data.status else ""
    return f"Collected by {collector}" if collector else "No collector running; type: tracker collect"
