"""The base class of the page's panels: redraws when its data change, and shows an error card when it cannot."""

import logging
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from tracker.dashboard.browser.page import link_of
from tracker.dashboard.view_state import ViewState
from tracker.render.format import plain_text
from tracker.render.html.card import card

log = logging.getLogger(__name__)

REDRAW_PAUSE = 4.0  # the pause after a redraw, as a multiple of the time it took
_LIVE_FIELDS = ("revision", "status", "outages", "stops", "now")


def html(value: str = "", *classes: str) -> widgets.HTML:
    """Return an HTML widget with style classes; the caller must escape *value*."""
    widget = widgets.HTML(value)
    for name in classes:
        widget.add_class(name)
    return widget


class Scope(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """
    *parts* in a column, connected to the browser, in which the page's style applies.

    The page is one scope. A panel outside of it is a scope of its own, wherever it stands.
    """

    children: Any  # a trait of VBox, which has no types

    def __init__(self, state: ViewState, *parts: widgets.Widget) -> None:
        super().__init__([link_of(state), *parts])
        self.state = state
        self.add_class("bt-page")

    def __repr__(self) -> str:
        """Return the name of the class: the widgets inside, whose names an output would include, are many."""
        return f"{type(self).__name__}()"


class Panel(Scope):
    """
    A part of the page, built from the state alone, so that it also works in a notebook cell or in a container.

    A subclass updates ``self.body`` in ``render``. An exception there is logged and shown in place of the panel;
    the next change renders it again.

    Attributes:
        box: what the panel shows, without the style; the page arranges the boxes of its panels.
        title: the heading that stays when the panel cannot be rendered.
        name: the panel in an error message.
        depends_on: what the panel shows, by the names that ``value`` takes.
        refresh_every: milliseconds of *now* after which the panel is out of date; 0: never.
    """

    title = ""
    name = "This panel"
    depends_on: tuple[str, ...] = ()
    refresh_every = 0

    def __init__(self, state: ViewState, *body: widgets.Widget, style: str) -> None:
        self.box = widgets.VBox(body)
        for name in style.split():
            self.box.add_class(name)
        super().__init__(state, self.box)
        self.body = body
        self._error_card = html("", "bt-failure")
        self._rendered: tuple[object, ...] | None = None
        self._chosen: tuple[object, ...] | None = None
        self._paused_until = 0.0  # monotonic; live data wait until then
        self._failure = ""
        state.observe(self.refresh, names=["watched", "data", *filter(state.has_trait, self.depends_on)])
        self._redraw()

    def render(self) -> None:
        """Update ``self.body``. An exception is shown in place of the panel and logged."""
        raise NotImplementedError

    def value(self, name: str) -> object:
        """Return what the panel depends on by its *name*: a trait of the state, or a field of its data."""
        return self.state.value(name)

    def refresh(self, change: object = None) -> None:
        """Render if the page is visible and something that the panel shows has changed."""
        if self.state.watched:
            self._redraw()

    def _redraw(self) -> None:
        chosen = tuple(self.value(name) for name in self.depends_on if name not in _LIVE_FIELDS)
        # A viewer's choice is rendered at once; live data wait, so that a page of many markets stays responsive.
        if chosen == self._chosen and self.state.monotonic() < self._paused_until:
            self.state.put_off(self.refresh)
            return
        started = self.state.monotonic()
        self._chosen = chosen
        self._update()
        finished = self.state.monotonic()
        self._paused_until = finished + REDRAW_PAUSE * (finished - started)

    def _update(self) -> None:
        key = tuple(map(self.value, self.depends_on))
        key += (self.state.data.now // self.refresh_every if self.refresh_every else 0,)
        if key == self._rendered:
            return
        self._rendered = key
        try:
            self.render()
        except Exception as error:  # noqa: BLE001  # shown in place of the panel
            self._fail(error)
        else:
            self._failure = ""
            self._show(self.body)
            self.box.remove_class("has-failed")

    def _fail(self, error: Exception) -> None:
        failure = plain_text.hide_folders(f"{type(error).__name__}: {error}")
        if failure != self._failure:
            log.exception("%s cannot be rendered", type(self).__name__)
        self._failure = failure
        heading = Markup('<div class="bt-panel-head"><h2>{}</h2></div>').format(self.title) if self.title else ""
        self._error_card.value = heading + card(
            "is-stale",
            f"{self.name} could not be computed",
            Markup(
                "The rest of the page is not affected. <code>{}</code>. "
                "The error is logged. The panel is drawn again when its data change."
            ).format(failure),
        )
        # The body is only hidden: a browser builds removed children anew, and never frees bqplot's figures.
        self._show((*self.body, self._error_card))
        self.box.add_class("has-failed")

    def _show(self, children: tuple[widgets.Widget, ...]) -> None:
        if self.box.children != children:  # an assignment is sent, and the browser rebuilds all of it
            self.box.children = children
