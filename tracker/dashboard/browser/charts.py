"""Connects the charts to their scripts: zoom and pan happen in the browser, and the kernel is notified afterwards."""

import math
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from tracker.core.window import MIN_SPAN
from tracker.dashboard.browser import bundle
from tracker.dashboard.browser.refused_messages import log_refused
from tracker.dashboard.view_state import ViewState
from tracker.render.page.state import View


class ChartBridge(anywidget.AnyWidget):
    """
    An invisible widget beside the charts.

    Attributes:
        charts: for each chart shown the models of its scales and its lines, and how its prices are written.
        domain: the time range that the kernel shows, in epoch seconds, and each chart's range of prices; *anchor* is
            what times in the style count from; *seq* is the last request of the browser that it answers.
        values_at: returns for a time (epoch ms) the values of each chart's series, None where there is none.
        bars_at: returns for a time (epoch ms) the bar of each chart, None where there is none.
    """

    _esm = bundle("charts")

    charts: Any = traitlets.List().tag(sync=True)
    domain: Any = traitlets.Dict().tag(sync=True)
    on_screen: Any = traitlets.Any()  # frozenset of the css_class of each visible chart; None: unknown, draw all

    def __init__(self, state: ViewState) -> None:
        super().__init__()
        self.state = state
        self.seq = 0
        self.values_at: Callable[[int], list[list[float | None]]] = lambda time: []
        self.bars_at: Callable[[int], list[dict[str, object] | None]] = lambda time: []
        self.add_class("bt-bridge")
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "values_at" and isinstance(x := content.get("x"), int | float) and math.isfinite(x):
            time = round(1000 * x)
            self.send({"kind": "values_at", "x": x, "y": self.values_at(time), "bars": self.bars_at(time)})
            return
        seq = content.get("seq", self.seq)
        seq = seq if isinstance(seq, int) else self.seq
        match content:
            case {"kind": "back"}:
                self._look(None, seq)
            case {"kind": "on_screen", "css_classes": list(css_classes)}:
                self.on_screen = frozenset(map(str, css_classes))
                return
            case {"kind": "view", "start": int(start), "end": int(end), "live": bool(live)}:
                self._look(self._view(start, end, live), seq)
            case _:
                log_refused(content, "the charts")
                self.domain = {**self.domain, "seq": seq}

    def _look(self, view: View | None, seq: int) -> None:
        def show(apply: Callable[[], None]) -> None:
            self.seq = max(seq, self.seq)
            apply()
            if self.domain.get("seq") != self.seq:
                self.domain = {**self.domain, "seq": self.seq}  # nothing was redrawn, so this is the only answer

        self.state.look(view=view, show=show)

    def _view(self, start: int, end: int, live: bool) -> View | None:
        """Return the view from *start* to *end* (epoch ms), as far as the page reaches; None: it is the chosen span."""
        page, now = self.state.page, self.state.data.now
        earliest = now - page.reach
        last = min(max(end, earliest + MIN_SPAN), now)
        span = max(last - max(start, earliest), MIN_SPAN)
        is_chosen = live and abs(span - page.span) < page.span / 1_000  # about a pixel: the whole record was dragged
        return None if is_chosen else View(span, None if live else last)
