"""Buttons with which a viewer has an exchange asked before its time."""

from typing import Any

import ipywidgets as widgets

from tracker.dashboard.view_state import ViewState
from tracker.render.page.early_poll import TRY_NOW, poll_labels


class RequestButtons(widgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """*Try now*, and *Use coinbase* where a stand-in is configured; empty while there is nothing to request."""

    children: Any  # a trait of HBox, which has no types

    def __init__(self, state: ViewState) -> None:
        self._state = state
        self.poll = _button(TRY_NOW, "Ask the exchange now, and not only after its wait")
        self.stand_in = _button("", "Ask this exchange in its place until it works again")
        self.poll.on_click(lambda button: self._request(stand_ins=False))
        self.stand_in.on_click(lambda button: self._request(stand_ins=True))
        super().__init__()
        self.add_class("bt-request-buttons")

    def refresh(self, *, is_shown: bool = True) -> None:
        """Show the buttons that have an effect now; none if not *is_shown*."""
        labels = poll_labels(self._state.page) if is_shown and self._state.actions.poll is not None else []
        if labels:
            self.poll.description = labels[0]
        if len(labels) > 1:
            self.stand_in.description = labels[1]
        buttons = (self.poll, self.stand_in)[: len(labels)]
        if self.children != buttons:
            self.children = buttons

    def _request(self, *, stand_ins: bool) -> None:
        if self._state.actions.poll is not None:  # None: no longer available since the button was drawn
            self._state.actions.poll(stand_ins)


def _button(text: str, tooltip: str) -> widgets.Button:
    button = widgets.Button(description=text, tooltip=tooltip)
    button.add_class("bt-button")
    return button
