"""Takes away what is shown: its prices as CSV or Parquet, its charts as a picture."""

import asyncio
import logging
import tempfile
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import anywidget
import ipywidgets as widgets

from tracker.core.candles import candles
from tracker.core.errors import TrackerError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.browser import bundle
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.history.exporter import dated, write
from tracker.render.format import plain_text
from tracker.render.page import condition
from tracker.render.svg.compare_chart import compare_chart_svg
from tracker.render.svg.price_chart import price_chart_svg
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "png": "image/svg+xml"}
_LABELS = {"parquet": "Parquet"}
_PICTURE = 1200  # px wide; the browser makes it twice as sharp


class Download(anywidget.AnyWidget):
    """Hands a file to the browser, which saves it as its user's settings say; an SVG becomes a PNG there."""

    _esm = bundle("download")

    def give(self, name: str, kind: str, content: bytes) -> None:
        """Save *content*, of a media type *kind*, as *name*."""
        self.send({"kind": "file", "name": name, "type": kind}, [content])


class Exports(Panel):
    """A button for each kind of file. What is shown is all that is chosen, over the span or what was zoomed to."""

    what = "Exporting"
    shows = ("chosen", "has_stored_prices")

    def __init__(self, state: ViewState) -> None:
        self.download = Download()
        self.download.add_class("bt-bridge")
        self.buttons = {kind: widgets.Button(description=_LABELS.get(kind, kind.upper())) for kind in _TYPES}
        self.said = html("", "bt-download-message")
        for kind, button in self.buttons.items():
            button.tooltip = f"Save what is shown as {button.description}"
            button.add_class("bt-link")
            button.on_click(lambda _, kind=kind: self.export(kind))
        parts = (html("<span>Save what is shown:</span>"), *self.buttons.values(), self.said, self.download)
        super().__init__(state, *parts, style="bt-downloads")

    def draw(self) -> None:
        for button in self.buttons.values():
            button.disabled = not (self.state.chosen and self.state.data.has_stored_prices)

    def export(self, kind: str) -> None:
        """Make the file beside the loop, which goes on drawing, and hand it over."""
        task = asyncio.get_running_loop().create_task(self._export(kind))
        task.add_done_callback(self._done)

    async def _export(self, kind: str) -> None:
        state = self.state
        windows = {market: state.page.window(market) for market in state.chosen}
        origins = {int(origin) for window in windows.values() for origin in set(window.ticks.origin.tolist())}
        name = dated(_what(windows), *state.page.visible_range, origins, f".{kind}")
        if kind == "png":
            heading = f"One bitcoin, {condition.mode_label(state.page)}".rstrip(", ")
            content = _picture(state, windows, heading).encode()
        else:
            content = await in_thread(_file, windows, kind)
        self.download.give(name, _TYPES[kind], content)
        self.said.value = f"<span role='status'>Saved as {name}.</span>"

    def _done(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, TrackerError):
            self.said.value = (
                f"<span role='alert'>Nothing was saved: {escape(plain_text.hide_folders(str(error)))}.</span>"
            )
        elif error is not None:
            log.error("exporting failed", exc_info=error)
            self.said.value = "<span role='alert'>It could not be saved; the log says why.</span>"


def _picture(state: ViewState, windows: dict[Market, Window], heading: str) -> str:
    """SVG of the charts, drawn as the page draws them."""
    if state.mode == "compare":
        return compare_chart_svg(windows, width=_PICTURE, order=state.data.markets, heading=heading, zone=state.zone)
    bars = {market: found for market, each in windows.items() if state.candles and (found := candles(each))}
    return price_chart_svg(
        windows,
        width=_PICTURE,
        order=state.data.markets,
        heading=heading,
        zone=state.zone,
        log=state.mode == "log",
        candles=bars,
    )


def _file(windows: dict[Market, Window], kind: str) -> bytes:
    def rows() -> Iterator[tuple[Market, Ticks]]:
        for market, window in windows.items():
            if window.count:
                yield market, window.ticks

    with tempfile.TemporaryDirectory(prefix="tracker-export-") as folder:
        out = Path(folder) / f"prices.{kind}"
        if not write(rows(), out):
            raise TrackerError("there is no price in what is shown")
        return out.read_bytes()


def _what(markets: Iterable[Market]) -> str:
    """``btc-eur-gbp``; of many only how many they are."""
    quotes = [market.quote.lower() for market in markets]
    return "-".join(["btc", *(quotes if len(quotes) <= 4 else [f"{len(quotes)}-currencies"])])
