"""The header: name, state of the page in one pill, each market's state on request, clock."""

from datetime import UTC
from html import escape

import ipywidgets as widgets
import traitlets

from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.format import time_text
from tracker.render.html.header import BRAND, clock_html, collected_by, pill_html
from tracker.render.page import condition
from tracker.render.page.state import THEMES


class StatusStrip(Panel):
    """Moves every second, so it is small: the charts do not redraw with it."""

    title = "BTC price tracker"
    what = "The state of this page"
    shows = ("markets", "span", "revision", "status", "zone", "viewer_zone", "theme", "playing")
    beat = 1_000

    def __init__(self, state: ViewState) -> None:
        self.pill = html("", "bt-pill")
        self.spoken = html("", "bt-screen-reader")
        self.details = widgets.ToggleButton(False, description="Each market", tooltip="The state of each market")
        self.details.add_class("bt-link")
        self.clock = html("", "bt-clock")
        self.list = html("", "bt-market-list")
        self.zone = widgets.Button(tooltip="Write times in the other time zone")
        self.zone.add_class("bt-link")
        self.zone.on_click(lambda button: self._turn_zone())
        self.theme = widgets.ToggleButtons(options=[(each.title(), each) for each in THEMES], value=state.theme)
        self.theme.add_class("bt-segmented").add_class("bt-theme")
        traitlets.link((state, "theme"), (self.theme, "value"))
        self.details.observe(lambda change: self._list(), names="value")
        parts = (html(BRAND), self.pill, self.spoken, self.details, self.clock, self.zone, self.theme, self.list)
        super().__init__(state, *parts, style="bt-header")

    def add_link(self, link: widgets.Button) -> None:
        """Show *link* beside that to the list of markets."""
        at = self.body.index(self.details) + 1
        self.body = self.children = (*self.body[:at], link, *self.body[at:])

    def draw(self) -> None:
        said = condition.headline(self.state.page)
        self.pill.value = pill_html(said)
        # A screen reader hears the word when it changes, not the seconds.
        self.spoken.value = f'<span role="status">{said.word}</span>'
        state = self.state
        self.clock.value = clock_html(state.page)
        there = state.viewer_zone if state.zone is UTC else UTC
        self.zone.description = f"Show {time_text.zone_name(state.data.now, there)}"
        self.zone.layout.display = "none" if state.viewer_zone is UTC else None
        self._list()

    def _turn_zone(self) -> None:
        self.state.zone = self.state.viewer_zone if self.state.zone is UTC else UTC

    def _list(self) -> None:
        """Each market in a line; kept empty while nobody looks."""
        self.list.value = (
            "<ul>"
            + "".join(
                f"<li><b>{escape(str(market))}</b> {escape(condition.market_text(self.state.page, market))}</li>"
                for market in self.state.data.markets
            )
            + f"</ul><p>{escape(collected_by(self.state.page))}</p>"
            if self.details.value
            else ""
        )
