"""Saves what the page shows: its prices as CSV or Parquet, its charts as an image."""

import asyncio
import logging
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
from markupsafe import Markup

from tracker.core.bar_making import make_bars
from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.errors import TrackerError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.dashboard.browser import bundle
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.history.bar_exporter import bars_of
from tracker.history.exporter import ROWS, dated_name, write
from tracker.render.axes.series import chart_candles
from tracker.render.format import currencies, plain_text
from tracker.render.page import condition
from tracker.render.svg.compare_chart import compare_chart_svg
from tracker.render.svg.price_chart import price_chart_svg
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "png": "image/svg+xml"}
_LABELS = {"parquet": "Parquet"}
PART = 1_000_000  # bytes of one message; the server ends a connection that leaves much more unread
_IMAGE_WIDTH = 1200  # px; the browser doubles the resolution


class FileSender(anywidget.AnyWidget):
    """Sends a file to the browser, which saves it and converts an SVG to PNG."""

    _esm = bundle("download")

    def __init__(self) -> None:
        super().__init__()
        self._parts: deque[tuple[dict[str, object], bytes]] = deque()
        self.on_msg(self._on_message)

    def send_file(self, name: str, media_type: str, content: bytes) -> None:
        """Save *content* as *name*: it is sent in parts, each once the browser has the one before."""
        parts = [content[begin : begin + PART] for begin in range(0, len(content), PART)] or [b""]
        about = {"kind": "file", "name": name, "type": media_type}
        self._parts = deque(
            ({**about, "part": place, "left": len(parts) - 1 - place}, part) for place, part in enumerate(parts)
        )
        self._send_part()

    def _send_part(self) -> None:
        if self._parts:
            message, part = self._parts.popleft()
            self.send(message, [part])

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "got":
            self._send_part()


class Downloads(Panel):
    """One button for each file format; saves the chosen currencies over the shown time range."""

    name = "Saving files"
    depends_on = ("chosen", "has_stored_prices", "replay", "revision")

    def __init__(self, state: ViewState) -> None:
        self.sender = FileSender()
        self.sender.add_class("bt-bridge")
        self.buttons = {kind: widgets.Button(description=_LABELS.get(kind, kind.upper())) for kind in _TYPES}
        self.message, self.reason = html("", "bt-download-message"), html("", "bt-download-message")
        for kind, button in self.buttons.items():
            button.tooltip = f"Save what is shown as {button.description}"
            button.add_class("bt-link")
            button.on_click(lambda _, kind=kind: self.export(kind))
        text = html(Markup("<span>Save what is shown:</span>"))
        after = (self.reason, self.message, self.sender)
        super().__init__(state, text, *self.buttons.values(), *after, style="bt-downloads")

    def render(self) -> None:
        # A simulated day is replayed beside a store that may be empty.
        has_prices = self.state.data.has_stored_prices or bool(self.state.data.newest)
        for button in self.buttons.values():
            button.disabled = not (self.state.chosen and has_prices)
        self.reason.value = "" if has_prices else "Nothing is stored yet."

    def export(self, kind: str) -> None:
        """Start writing the file in a thread; the browser gets it when it is complete."""
        task = asyncio.get_running_loop().create_task(self._export(kind))
        task.add_done_callback(self._done)

    async def _export(self, kind: str) -> None:
        state = self.state
        windows = {market: state.page.window(market) for market in state.chosen}
        origins = {int(origin) for window in windows.values() for origin in window.origin_counts}
        labels = [state.page.label(market) for market in windows]
        name = dated_name(_file_stem(labels), *state.page.visible_range, origins, f".{kind}")
        if kind == "png":
            title = "Prices compared" if state.mode == "compare" else currencies.heading(windows, "One bitcoin")
            heading = f"{title}, {condition.mode_label(state.page)}".rstrip(", ")
            content = _image(state, windows, heading).encode()
        else:
            content = await in_thread(_file, windows, kind)
        self.sender.send_file(name, _TYPES[kind], content)
        self.message.value = Markup("<span role='status'>Saved as {}.</span>").format(name)

    def _done(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, TrackerError):
            self.message.value = Markup("<span role='alert'>Nothing was saved: {}.</span>").format(
                plain_text.hide_folders(str(error))
            )
        elif error is not None:
            log.error("exporting failed", exc_info=error)
            self.message.value = "<span role='alert'>The file could not be saved; see the log for the reason.</span>"


def _image(state: ViewState, windows: dict[Market, AnyWindow], heading: str) -> str:
    """Return the charts as SVG, in the mode that the page shows."""
    if state.mode == "compare":
        return compare_chart_svg(
            windows,
            width=_IMAGE_WIDTH,
            colours=state.page.colours,
            names={market: state.page.label(market) for market in windows},
            heading=heading,
            zone=state.zone,
        )
    page, bars = state.page, None
    if state.candles:
        bars = {market: chart_candles(page, market, window) for market, window in windows.items()}
    return price_chart_svg(
        windows,
        width=_IMAGE_WIDTH,
        colours=state.page.colours,
        heading=heading,
        zone=state.zone,
        log=state.mode == "log",
        candles=bars,
    )


def _file(windows: dict[Market, AnyWindow], kind: str) -> bytes:
    """Return the rows of *windows*, or its bars, as a CSV or Parquet file. Raises TrackerError if there are none."""
    with tempfile.TemporaryDirectory(prefix="tracker-export-") as folder:
        file = Path(folder) / f"prices.{kind}"
        filled = {market: window for market, window in windows.items() if window.count}
        steps = {part.step for window in filled.values() for part in parts_of(window) if isinstance(part, Bars)}
        if steps:
            lines = write(_bars(filled, min(steps)), file, bars_of(max(steps)))
        else:
            lines = write(_rows(filled), file, ROWS)
        if not lines:
            raise TrackerError("no prices in the shown range")
        return file.read_bytes()


def _rows(windows: dict[Market, AnyWindow]) -> Iterator[tuple[Market, Ticks]]:
    for market, window in windows.items():
        for part in parts_of(window):
            if isinstance(part, Ticks):
                yield market, part


def _bars(windows: dict[Market, AnyWindow], step: int) -> Iterator[tuple[Market, Bars]]:
    """Yield the bars that are shown; those of *step* that the range cuts, at its ends, are of their rows within it."""
    for market, window in windows.items():
        for part in parts_of(window):
            bars = part if isinstance(part, Bars) else make_bars(part, step)
            if len(bars):
                yield market, bars


def _file_stem(labels: list[str]) -> str:
    """Return ``btc-eur-gbp``, ``btc-eur-kraken-eur-coinbase``, or ``btc-7-currencies`` for more than four *labels*."""
    names = [label.lower().replace("/", "").replace(" ", "-") for label in labels]
    return "-".join(["btc", *(names if len(names) <= 4 else [f"{len(names)}-currencies"])])
