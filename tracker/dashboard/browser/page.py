"""
Connects the page to its browser, which reports its address, its time zone and whether the page is visible.

An update that the kernel sends before the browser listens is lost, and one for a hidden tab is waste. So nothing is
drawn until the browser reports that the page is visible.
"""

import re
from contextlib import suppress
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import anywidget
import traitlets

from tracker.core.parsing import printable
from tracker.dashboard.browser import batched_updates, bundle
from tracker.dashboard.browser.refused_messages import log_refused
from tracker.dashboard.view_state import ViewState
from tracker.render.format import numbers, time_text
from tracker.render.format.theme import css
from tracker.render.page import condition, url_query

batched_updates.install()  # before any widget of the page is made

_CHOICES = ("chosen", "span", "view", "mode", "candles", "rank_by", "sort", "zone", "theme", "replay", "playing")
_LONGEST_NAME = 40  # characters that are shown of a zone that is not known
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)", re.ASCII)  # +05:30, a "time zone" of ECMAScript
_HIDDEN_TITLE = 15_000  # ms between two titles of a hidden tab


class BrowserLink(anywidget.AnyWidget):
    """
    An invisible widget, one for each state, which is part of each of its outputs and brings the style.

    The browser sends ``hello`` with its address, its time zone and whether the page is visible: when it opens, after
    a lost connection and when its tab is shown again. It sends ``hidden`` when the tab is hidden. From the first
    ``hello`` on, updates are sent in batches.
    """

    _esm = bundle("page")
    _css = css()  # in the document's head, once, however many outputs there are

    now = traitlets.Int().tag(sync=True)  # epoch ms; changes while the page works and is visible
    query = traitlets.Unicode().tag(sync=True)  # the choices, for the address
    theme = traitlets.Unicode("system").tag(sync=True)
    zone = traitlets.Unicode("UTC").tag(sync=True)  # in which times are written
    heading = traitlets.Unicode().tag(sync=True)  # the tab's title
    address_keys: Any = traitlets.List(list(url_query.KEYS)).tag(sync=True)  # the address's keys that are the page's

    def __init__(self, state: ViewState) -> None:
        super().__init__()
        self.state = state
        self._default_span = state.span
        self._titled_at = 0
        self._updates = batched_updates.BatchedUpdates(self)
        self._browser = ""  # that greeted last
        self.add_class("bt-bridge")
        state.observe(self._publish_choices, names=[*_CHOICES, "reading"])
        state.observe(self._publish_time, names=["data", "watched"])
        self.on_msg(self._on_message)
        self._publish_choices()

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content.get("kind"):
            case "hello":
                self._on_hello(content)
            case "hidden":
                self.state.watched = False
            case other:
                log_refused(other, "the page")

    def _on_hello(self, content: dict[str, Any]) -> None:
        state = self.state
        browser = str(content["browser"]) if isinstance(content.get("browser"), str) else ""
        if browser != self._browser:
            self._browser = browser
            self._updates.repeat()
            state.batch = self._updates.batch
        with state.hold_trait_notifications():
            local = state.zone is state.viewer_zone
            name = str(content.get("zone") or "")
            zone = _zone(name)
            state.viewer_zone, state.unknown_zone = zone or UTC, "" if zone else printable(name, _LONGEST_NAME)
            if local:
                state.zone = state.viewer_zone
            if state.replay is not None and not state.has_connected:
                state.replay.restart()  # the kernel may have waited long for its first viewer
            state.has_connected = True
            if isinstance(content.get("query"), str):
                state.follow(content["query"])
            state.watched = content.get("visible") is True
        self._publish_choices()
        self.send({"kind": "heard"})

    def _publish_choices(self, change: object = None) -> None:
        self.theme, self.zone = self.state.theme, time_text.zone_id(self.state.zone)
        # What is still being read is kept, too: the page may be loaded again meanwhile.
        self.query = url_query.write(self.state.wanted_page, self._default_span)

    def _publish_time(self, change: Any) -> None:
        if change["name"] == "data" and change["new"].now == change["old"].now:
            return
        state = self.state
        wait = 0 if state.watched else _HIDDEN_TITLE
        if state.data.now - self._titled_at >= wait or state.data.now < self._titled_at:
            self._titled_at = state.data.now
            self.heading = _heading(state)
        if state.watched:
            self.now = state.data.now
            if state.replay is not None:
                self._publish_choices()  # its position, for a reload of the page


def link_of(state: ViewState) -> BrowserLink:
    """Return the link of *state*, which all its outputs share."""
    if not isinstance(state.link, BrowserLink):
        state.link = BrowserLink(state)
    return state.link


def _zone(name: str) -> tzinfo | None:
    """Return the browser's time zone, of which *name* may be an offset; None if this machine does not know it."""
    if name in ("", "UTC", "Etc/UTC"):
        return UTC
    if match := _OFFSET.fullmatch(name):
        minutes = 60 * int(match[2]) + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes)) if minutes else UTC
    with suppress(KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return ZoneInfo(name)
    return None


def _heading(state: ViewState) -> str:
    """Return ``17,768.50 EUR · BTC price tracker`` for the first chosen market; ``EUR (replay)`` if not live."""
    for market in state.chosen:
        window = state.page.recent_window(market)
        if window.count:
            mark = condition.mode_label(state.page)
            currency = f"{market.quote} ({mark})" if mark else market.quote
            return f"{numbers.price(window.last_price)} {currency} · {market.base} price tracker"
    return "BTC price tracker"
