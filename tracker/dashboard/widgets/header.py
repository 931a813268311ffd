"""The header: name, state of the page, market details on request, clock, time zone and theme."""

from datetime import UTC

import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.format import time_text
from tracker.render.format.templating import join
from tracker.render.html.header import BRAND, clock_html, collected_by, pill_html
from tracker.render.page import condition
from tracker.render.page.state import THEMES

_ITEM = Markup("<li><b>{}</b> <span>{}</span></li>")


class Header(Panel):
    """Shows the state of the page every second; it is a panel of its own so that the charts need not redraw."""

    title = "BTC price tracker"
    name = "The state of this page"
    depends_on = ("markets", "span", "revision", "status", "stops", "zone", "viewer_zone", "theme", "playing")
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.pill = html("", "bt-pill")
        self.spoken = html("", "bt-screen-reader")
        self.details = widgets.ToggleButton(False, description="Market status", tooltip="The state of each market")
        self.details.add_class("bt-link")
        self.clock = html("", "bt-clock")
        self.list = html("", "bt-market-list")
        self.zone = widgets.Button(tooltip="Write times in the other time zone")
        self.zone.add_class("bt-link")
        self.zone.on_click(lambda button: self._toggle_zone())
        self.theme = widgets.ToggleButtons(options=[(theme.title(), theme) for theme in THEMES], value=state.theme)
        self.theme.add_class("bt-segmented").add_class("bt-theme")
        traitlets.link((state, "theme"), (self.theme, "value"))
        self.details.observe(lambda change: self._update_list(), names="value")
        parts = (html(BRAND), self.pill, self.spoken, self.details, self.clock, self.zone, self.theme, self.list)
        super().__init__(state, *parts, style="bt-header")

    def add_link(self, link: widgets.Button) -> None:
        """Add *link* right after the button of the market list."""
        index = self.body.index(self.details) + 1
        self.body = self.box.children = (*self.body[:index], link, *self.body[index:])

    def render(self) -> None:
        headline = condition.headline(self.state.page)
        self.pill.value = pill_html(headline)
        # A screen reader announces the word when it changes, not the seconds.
        self.spoken.value = Markup('<span role="status">{}</span>').format(headline.word)
        state = self.state
        self.clock.value = clock_html(state.page)
        other_zone = state.viewer_zone if state.zone is UTC else UTC
        self.zone.description = f"Show {time_text.zone_name(state.data.now, other_zone)}"
        self.zone.layout.display = "none" if state.viewer_zone is UTC else None
        self._update_list()

    def _toggle_zone(self) -> None:
        self.state.zone = self.state.viewer_zone if self.state.zone is UTC else UTC

    def _update_list(self) -> None:
        """Update the list of markets; it stays empty while it is closed."""
        if not self.details.value:
            self.list.value = ""
            return
        page = self.state.page
        items = join([_ITEM.format(market, condition.market_text(page, market)) for market in page.data.markets])
        self.list.value = Markup("<ul>{}</ul><p>{}</p>").format(items, collected_by(page))
