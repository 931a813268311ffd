"""The offer, in a chart whose start has no prices, to fetch older ones, or what to type for that."""

from collections.abc import Mapping

import ipywidgets as widgets
from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market
from tracker.dashboard.panel import html
from tracker.dashboard.view_state import ViewState
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.html.overlay import start_note
from tracker.render.page.older_prices import fetch_command, fetch_label, is_requestable, missing_since

_SHORT = 0.5  # of the span; in a shorter missing start only the button has room
_TOO_SHORT = 0.3  # of the span; in a shorter one a command has no room
_NOTHING = Markup("")
_COMMAND = Markup('<span class="bt-command"> To fetch older prices, type <code>{}</code></span>')


class FetchOffer(widgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """
    *Nothing recorded before 09:12* with the button *Fetch 7 days*; one for all charts, in the first that it concerns.

    More than a viewer may request is fetched by a command, which stands there in place of the button.

    It is a widget, as the rest of a chart's HTML is replaced with every price, and with it a button that is pressed.
    """

    def __init__(self, state: ViewState) -> None:
        self._state = state
        self._since: int | None = None
        self.note = html()
        self.button = widgets.Button(tooltip="Request older prices of all currencies from their exchanges")
        self.button.add_class("bt-button")
        self.button.on_click(lambda button: self._fetch())
        super().__init__([self.note, self.button])
        self.add_class("bt-fetch")

    def market(self, windows: Mapping[Market, AnyWindow], frame: ChartFrame) -> Market | None:
        """Return the market in whose chart the offer belongs, of those shown in *windows*; None: there is none."""
        page = self._state.page
        if self._state.actions.fetch is None:
            return None
        for market, window in windows.items():
            since = missing_since(page, market, window)
            if since is None:
                continue
            self._since = since if is_requestable(page, since) else None
            missing = (window.gaps[0][1] - window.start) / window.span
            if self._since is None and missing < _TOO_SHORT:
                continue
            command = _NOTHING if self._since is not None else _COMMAND.format(fetch_command(page, since))
            self.note.value = Markup("{}{}").format(start_note(window, frame, ""), command)
            self.button.description = fetch_label(page, since)
            self.button.layout.display = "none" if command else None
            self._fit(missing)
            return market
        return None

    def _fit(self, missing: float) -> None:
        """Stay within the *missing* part of the span, 0 to 1, so that no price is covered, or is a button alone."""
        is_button_alone = missing < _SHORT and self._since is not None
        (self.add_class if is_button_alone else self.remove_class)("is-short")
        self.layout.max_width = None if is_button_alone else f"calc({missing:.0%} - 32px)"

    def _fetch(self) -> None:
        fetch = self._state.actions.fetch
        if fetch is not None and self._since is not None:
            fetch(self._since)
