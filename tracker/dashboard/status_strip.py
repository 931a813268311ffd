"""The header: name, state of the page in one pill, each market's state on request, clock."""

from datetime import UTC
from html import escape

import ipywidgets as widgets
import traitlets

from tracker.dashboard import health, wording
from tracker.dashboard.health import Headline
from tracker.dashboard.part import Part, html
from tracker.dashboard.state import THEMES, State

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
    "is-fill": '<path d="M5 1v6M2 4.5 5 8l3-3.5" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M1 9.4h8" stroke="currentColor" stroke-width="1.2"/>',
    "is-down": '<path d="M1 1l8 8M9 1L1 9" stroke="currentColor" stroke-width="2.2"/>',
    "is-wait": '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.4" '
    'stroke-dasharray="2.2 2"/>',
    "is-sim": '<path d="M5 .3 9.7 5 5 9.7.3 5z" fill="currentColor"/>',
    "is-replay": '<path d="M1.5.8v8.4L9.3 5z" fill="currentColor"/>',
}


class StatusStrip(Part):
    """Moves every second, so it is small: the charts do not redraw with it."""

    title = "BTC price tracker"
    what = "The state of this page"
    shows = ("markets", "span", "revision", "status", "zone", "viewer_zone", "theme", "playing")
    beat = 1_000

    def __init__(self, state: State) -> None:
        self.pill = html("", "bt-pill")
        self.spoken = html("", "bt-sr")
        self.details = widgets.ToggleButton(False, description="Each market", tooltip="The state of each market")
        self.details.add_class("bt-link")
        self.clock = html("", "bt-clock")
        self.list = html("", "bt-pop")
        self.zone = widgets.Button(tooltip="Write times in the other time zone")
        self.zone.add_class("bt-link")
        self.zone.on_click(lambda button: self._turn_zone())
        self.theme = widgets.ToggleButtons(options=[(each.title(), each) for each in THEMES], value=state.theme)
        self.theme.add_class("bt-seg").add_class("bt-theme")
        traitlets.link((state, "theme"), (self.theme, "value"))
        self.details.observe(lambda change: self._list(), names="value")
        parts = (html(BRAND), self.pill, self.spoken, self.details, self.clock, self.zone, self.theme, self.list)
        super().__init__(state, *parts, style="bt-head")

    def add_link(self, link: widgets.Button) -> None:
        """Show *link* beside that to the list of markets."""
        at = self.body.index(self.details) + 1
        self.body = self.children = (*self.body[:at], link, *self.body[at:])

    def draw(self) -> None:
        said = health.headline(self.state)
        self.pill.value = pill_html(said)
        # A screen reader hears the word when it changes, not the seconds.
        self.spoken.value = f'<span role="status">{said.word}</span>'
        state = self.state
        self.clock.value = clock_html(state)
        there = state.viewer_zone if state.zone is UTC else UTC
        self.zone.description = f"Show {wording.zone_name(state.now, there)}"
        self.zone.layout.display = "none" if state.viewer_zone is UTC else None
        self._list()

    def _turn_zone(self) -> None:
        self.state.zone = self.state.viewer_zone if self.state.zone is UTC else UTC

    def _list(self) -> None:
        """Each market in a line; kept empty while nobody looks."""
        self.list.value = (
            "<ul>"
            + "".join(
                f"<li><b>{escape(str(market))}</b> {escape(health.sentence(self.state, market))}</li>"
                for market in self.state.markets
            )
            + f"</ul><p>{escape(collected_by(self.state))}</p>"
            if self.details.value
            else ""
        )


def pill_html(said: Headline) -> str:
    """The state of all in one pill."""
    return (
        f'<div class="bt-state {said.kind}"><svg class="bt-ico" viewBox="0 0 10 10" aria-hidden="true">'
        f'{_ICONS[said.kind]}</svg><b>{said.word}</b><span class="bt-msg">{escape(said.message)}</span></div>'
    )


def clock_html(state: State) -> str:
    """Day, time and zone."""
    now = wording.moment(state.now, state.zone)
    day, zone = f"{now:%a} {now.day} {now:%b %Y}", wording.zone_name(state.now, state.zone)
    return f'<span class="d">{day} </span><b>{now:%H:%M:%S}</b> {zone}'


def collected_by(state: State) -> str:
    """Who asks the exchanges, for people."""
    collector = state.status.collector if state.status else ""
    return f"Collected by {collector}" if collector else "Collected by nobody: start a collector"
