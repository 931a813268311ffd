"""The charts' part in the browser: the viewer's hand moves them there, and the kernel hears of it afterwards."""

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from tracker.render.page.state import LONGEST_VIEW, State, View
from tracker.render.page.url_query import LEAST_VIEW

log = logging.getLogger(__name__)

_PARTS = ("charts_view.js", "charts_gestures.js", "charts_hair.js", "charts_link.js")


class ChartLink(anywidget.AnyWidget):
    """
    An invisible widget beside the strips.

    Attributes:
        strips: for each strip shown the models of its scales and its lines, and how its prices are written.
        domain: what time the kernel shows, in seconds since *anchor* (epoch ms), and each strip's range of prices;
            *seq* is the last wish of the browser that it answers.
    """

    _esm = "\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _PARTS)

    strips: Any = traitlets.List().tag(sync=True)
    domain: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.seq = 0
        self.exact: Callable[[int], list[list[float | None]]] = lambda time: []  # epoch ms -> of each strip's series
        self.add_class("bt-link-out")
        self.on_msg(self._told)

    def _told(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "at" and isinstance(x := content.get("x"), int | float) and math.isfinite(x):
            self.send({"kind": "at", "x": x, "y": self.exact(round(self.domain["anchor"] + 1000 * x))})
            return
        seq = content.get("seq", self.seq)
        self.seq = seq if isinstance(seq, int) else self.seq
        before = self.state.view
        match content:
            case {"kind": "back"}:
                self.state.view = None
            case {"kind": "seen", "marks": list(marks)}:
                self.state.on_screen = frozenset(str(mark) for mark in marks)
                return
            case {"kind": "view", "start": int(start), "end": int(end), "live": bool(live)}:
                self._look_at(start, end, live)
            case _:
                log.warning("the browser said %.80r, which means nothing here", content)
        if self.state.view == before:
            self.domain = {**self.domain, "seq": self.seq}  # nothing will be drawn that answers it

    def _look_at(self, start: int, end: int, live: bool) -> None:
        now = self.state.now
        last = min(max(end, now - LONGEST_VIEW + LEAST_VIEW), now)
        span = max(last - max(start, now - LONGEST_VIEW), LEAST_VIEW)
        self.state.view = View(span, None if live else last)
