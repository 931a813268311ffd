"""What every part of the page has in common: when it redraws, and what it shows if it cannot."""

import logging
from html import escape
from typing import Any

import ipywidgets as widgets

from tracker.dashboard.browser.page import BrowserLink
from tracker.dashboard.view_state import ViewState
from tracker.render.format import plain_text
from tracker.render.format.theme import css
from tracker.render.html.cards import card

log = logging.getLogger(__name__)

REST = 4.0  # times as long as it took to draw a part is the pause until it is drawn again
_MOVING = ("revision", "status", "outages", "now")


def html(value: str = "", *classes: str) -> widgets.HTML:
    """An HTML widget with style classes; escaping *value* is the caller's part."""
    widget = widgets.HTML(value)
    for name in classes:
        widget.add_class(name)
    return widget


def styled(state: ViewState, *parts: widgets.Widget) -> widgets.VBox:
    """*parts* of *state* below each other, linked to the browser, with a style that reaches nothing outside."""
    style = html(f"<style>{css()}</style>", "bt-style")
    box = widgets.VBox([style, BrowserLink(state), *parts])
    box.add_class("bt-page")
    return box


class Panel(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """
    A piece of the page, made from the state alone; may stand by itself in a notebook cell.

    A subclass names the choices and data it shows in ``shows``, or in ``beat`` the milliseconds of *now*
    after which it is out of date anyway, and draws into ``self.body`` in ``draw``.
    If that raises, this part says so in its own place, and tries again with the next change.
    """

    children: Any  # VBox's own trait, of which mypy knows nothing
    title = ""  # the heading that stays when the part cannot be drawn
    what = "This part"
    shows: tuple[str, ...] = ()
    beat = 0  # ms; 0 = the passing of time changes nothing

    def __init__(self, state: ViewState, *body: widgets.Widget, style: str) -> None:
        super().__init__(body)
        self.add_class(style)
        self.state = state
        self.body = body
        self._notice = html()  # holds the error card
        self._drawn: tuple[object, ...] | None = None
        self._chosen: tuple[object, ...] | None = None
        self._rest = 0.0  # monotonic; until then nothing that merely moves on is drawn
        self._failure = ""
        state.observe(self.refresh, names=["watched", "data", *filter(state.has_trait, self.shows)])
        self._redraw()

    def draw(self) -> None:
        """Bring ``self.body`` up to date. Whatever it raises is shown and logged."""
        raise NotImplementedError

    def refresh(self, change: object = None) -> None:
        """Draw, unless nobody looks, or nothing that this part shows has changed since it was last drawn."""
        if self.state.watched:
            self._redraw()

    def _redraw(self) -> None:
        chosen = tuple(self.state.value(name) for name in self.shows if name not in _MOVING)
        # What the viewer does is followed at once; what only moves on waits until the kernel has rested from the last
        # draw, so that a page of many markets answers its viewer instead of running after every row.
        if chosen == self._chosen and self.state.monotonic() < self._rest:
            return
        began = self.state.monotonic()
        self._chosen = chosen
        self._update()
        self._rest = self.state.monotonic() + REST * (self.state.monotonic() - began)

    def _update(self) -> None:
        key = tuple(map(self.state.value, self.shows))
        key += (self.state.data.now // self.beat if self.beat else 0,)
        if key == self._drawn:
            return
        self._drawn = key
        try:
            self.draw()
        except Exception as error:  # noqa: BLE001  # the outermost boundary of this part: shown in its place
            self._fail(error)
        else:
            self._failure = ""
            self._show(self.body)

    def _fail(self, error: Exception) -> None:
        failure = plain_text.hide_folders(f"{type(error).__name__}: {error}")
        if failure != self._failure:
            log.exception("%s could not be drawn", type(self).__name__)
        self._failure = failure
        heading = f'<div class="bt-panel-head"><h2>{escape(self.title)}</h2></div>' if self.title else ""
        self._notice.value = heading + card(
            "is-stale",
            f"{self.what} could not be computed",
            f"The rest of the page is not affected. <code>{escape(failure)}</code>. "
            "Logged; it will be tried again with the next tick.",
        )
        self._show((self._notice,))

    def _show(self, children: tuple[widgets.Widget, ...]) -> None:
        if self.children != children:  # a reassigned tuple is sent again, and the browser builds all of it anew
            self.children = children

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # Only what stands alone in a cell is asked for this; inside a page the page brings the style.
        return styled(self.state, self)._repr_mimebundle_(**options)
