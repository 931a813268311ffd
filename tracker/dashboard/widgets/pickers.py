"""The toolbar's controls for currencies, span and kind of chart."""

from functools import partial

import ipywidgets as widgets
import traitlets

from tracker.core.market import Market
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.html.toolbar import MODES, dot_of, hint_of, is_long, span_options


class CurrencyPicker(Panel):
    """A checkbox for each market, in its colour and with a dot for its state, and links All and None."""

    name = "This choice"
    depends_on = ("markets", "chosen", "revision", "status", "stops")
    refresh_every = 5_000

    def __init__(self, state: ViewState) -> None:
        self.boxes: dict[Market, widgets.Checkbox] = {}
        self.all = _link("All", "Show every currency")
        self.none = _link("None", "Show no currency")
        self.both = widgets.HBox([self.all, self.none])
        self.both.add_class("bt-all-or-none")
        self.hint = html("", "bt-hint")
        self.all.on_click(lambda button: self._choose(set(state.data.markets)))
        self.none.on_click(lambda button: self._choose(set()))
        super().__init__(state, style="bt-currencies")

    def render(self) -> None:
        state, page = self.state, self.state.page
        if tuple(self.boxes) != state.data.markets:
            self.boxes = {market: self._box(market) for market in state.data.markets}
            self.body = (*self.boxes.values(), self.both, self.hint)
        for market, box in self.boxes.items():
            box.value = market in state.chosen
            dot, colour = dot_of(page, market), page.colour_class(market)
            shown = {name for name in box._dom_classes if name.startswith(("dot-", "bt-series-"))}
            for other in shown - {dot, colour}:
                box.remove_class(other)
            box.add_class(dot).add_class(colour)
        self.hint.value = hint_of(page)
        self.hint.layout.display = None if self.hint.value else "none"  # an empty hint would take a row on a phone

    def _box(self, market: Market) -> widgets.Checkbox:
        chosen = market in self.state.chosen
        name = self.state.page.label(market)
        box = widgets.Checkbox(chosen, description=name, indent=False)
        box.add_class("bt-currency")
        if is_long(name):
            box.add_class("is-long")
        box.observe(partial(self._ticked, market), names="value")
        return box

    def _ticked(self, market: Market, change: object) -> None:
        self._choose(
            set(self.state.chosen) | {market} if self.boxes[market].value else set(self.state.chosen) - {market}
        )

    def _choose(self, markets: set[Market]) -> None:
        self.state.chosen = tuple(market for market in self.state.data.markets if market in markets)


class SpanPicker(Panel):
    """Buttons for the span that charts and ranking show."""

    name = "This choice"
    depends_on = ("span", "view", "reading")

    def __init__(self, state: ViewState) -> None:
        self.buttons = widgets.ToggleButtons(options=span_options(state.span), value=state.span)
        self.buttons.add_class("bt-segmented")
        self.buttons.observe(self._pressed, names="value")
        super().__init__(state, self.buttons, style="bt-spans")

    def render(self) -> None:
        # The last choice, also one whose prices are still being read.
        span, view = self.state.reading or (self.state.span, self.state.view)
        # What is set here is no choice of the viewer.
        self.buttons.unobserve(self._pressed, names="value")
        if span not in dict(self.buttons.options).values():
            self.buttons.options = span_options(span)
        # A zoomed range matches no button.
        self.buttons.value = span if view is None else None
        self.buttons.observe(self._pressed, names="value")

    def _pressed(self, change: object) -> None:
        if self.buttons.value is not None:
            self.state.look(span=self.buttons.value)


class ModePicker(Panel):
    """Buttons for one chart per market, linear or logarithmic, or one chart for all; a checkbox for candles."""

    name = "This choice"
    depends_on = ("mode", "candles")

    def __init__(self, state: ViewState) -> None:
        self.buttons = widgets.ToggleButtons(options=MODES, value=state.mode)
        self.buttons.add_class("bt-segmented")
        self.candles = widgets.Checkbox(state.candles, description="Candles", indent=False)
        self.candles.add_class("bt-checkbox")
        traitlets.link((state, "mode"), (self.buttons, "value"))
        traitlets.link((state, "candles"), (self.candles, "value"))
        super().__init__(state, self.buttons, self.candles, style="bt-modes")

    def render(self) -> None:
        # Candles of several currencies in one chart would hide each other.
        self.candles.disabled = self.state.mode == "compare"


def _link(text: str, tooltip: str) -> widgets.Button:
    button = widgets.Button(description=text, tooltip=tooltip)
    button.add_class("bt-link")
    return button
