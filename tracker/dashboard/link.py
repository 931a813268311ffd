"""
The page's link to its browser: what the browser tells of itself, and what only scripts there can do.

An update that the kernel sends before the browser listens is lost for good, and one for a hidden
tab is waste. So from its making on, the link keeps the page's parts still, and lets them draw
when the browser says that it is there, and looks.
"""

import logging
from contextlib import suppress
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anywidget
import traitlets

from tracker.render.format import numbers
from tracker.render.page import condition, url_query
from tracker.render.page.state import State

log = logging.getLogger(__name__)

_CHOICES = ("chosen", "span", "view", "mode", "candles", "rank_by", "sort", "zone", "theme", "replay", "playing")
_HIDDEN_TITLE = 15_000  # ms between two new titles of a hidden tab: a glance at its price is all it is good for


class Link(anywidget.AnyWidget):
    """
    An invisible widget, one in each output.

    The browser says ``hello`` with its address, time zone and whether it shows the page, at
    first, after a lost connection and when its tab is shown again; and ``hidden``.
    """

    _esm = Path(__file__).with_name("link.js").read_text(encoding="utf-8")

    now = traitlets.Int().tag(sync=True)  # epoch ms; moves while the page's work goes on and somebody looks
    query = traitlets.Unicode().tag(sync=True)  # the choices, for the address
    theme = traitlets.Unicode("system").tag(sync=True)
    heading = traitlets.Unicode().tag(sync=True)  # the tab's title
    address_keys: Any = traitlets.List(list(url_query.KEYS)).tag(sync=True)  # of the address, that are the page's own

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self._default_span = state.span
        self._titled = 0
        self.add_class("bt-link-out")
        state.watched = False
        state.observe(self._choose, names=[*_CHOICES])
        state.observe(self._beat, names=["now", "watched"])
        self.on_msg(self._told)
        self._choose()

    def _told(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content.get("kind"):
            case "hello":
                self._hello(content)
            case "hidden":
                self.state.watched = False
            case other:
                log.warning("the browser said %.40r, which means nothing here", other)

    def _hello(self, content: dict[str, Any]) -> None:
        state = self.state
        with state.hold_trait_notifications():
            local = state.zone is state.viewer_zone
            state.viewer_zone = _zone(str(content.get("zone", "")))
            if local:
                state.zone = state.viewer_zone
            if state.replay is not None and not state.met:
                state.replay.restart()  # the kernel may have waited for its first viewer for long
            state.met = True
            if isinstance(content.get("query"), str):
                state.asked = url_query.read(state, content["query"])
            state.watched = content.get("visible") is True
        self._choose()
        self.send({"kind": "heard"})

    def _choose(self, change: object = None) -> None:
        self.theme = self.state.theme
        self.query = url_query.write(self.state, self._default_span)

    def _beat(self, change: object = None) -> None:
        state = self.state
        wait = 0 if state.watched else _HIDDEN_TITLE
        if state.now - self._titled >= wait or state.now < self._titled:
            self._titled = state.now
            self.heading = _heading(state)
        if state.watched:
            self.now = state.now
            if state.replay is not None:
                self._choose()  # where it is, for who reloads the page


def _zone(name: str) -> tzinfo:
    """The browser's time zone; UTC if this machine does not know it."""
    if name not in ("", "UTC", "Etc/UTC"):
        with suppress(KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            return ZoneInfo(name)
    return UTC


def _heading(state: State) -> str:
    """``17,768.50 EUR · BTC price tracker``, of the first chosen currency; ``EUR (replay)`` if it is none of now."""
    for market in state.chosen:
        ticks = state.recent(market).ticks
        if len(ticks):
            mark = condition.invented(state)
            said = f"{market.quote} ({mark})" if mark else market.quote
            return f"{numbers.price(float(ticks.price[-1]))} {said} · {market.base} price tracker"
    return "BTC price tracker"
