"""Cards for problems, the first start before there are prices, and the footer."""

import ipywidgets as widgets
from markupsafe import Markup

from tracker.core.cause_text import SET_CLOCK
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.format import plain_text, status_text, time_text
from tracker.render.html.cards import cards_html, foot_html
from tracker.render.page import condition
from tracker.render.page.state import PageState

_EMPTY = Markup(
    '<svg viewBox="0 0 360 90" aria-hidden="true" fill="none" stroke="currentColor">'
    '<path d="M0 20H360M0 70H360M60 0V90M120 0V90M180 0V90M240 0V90M300 0V90" opacity=".5"/>'
    '<path d="M0 45H360" stroke-dasharray="2 5" stroke-width="1.5"/></svg>'
)


class Problems(Panel):
    """One card for each problem or note; empty if there is none."""

    name = "The list of problems"
    depends_on = (
        "markets",
        "span",
        "revision",
        "status",
        "stops",
        "problem",
        "failure",
        "malformed_lines",
        "address_problem",
        "unknown_zone",
        "failed_action",
        "zone",
    )
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.cards = html()
        super().__init__(state, self.cards, style="bt-cards")

    def render(self) -> None:
        self.cards.value = cards_html(self.state.page)


class FirstStart(Panel):
    """Takes the place of the charts while there are no prices; explains why and offers a simulation."""

    name = "The first start"
    depends_on = ("markets", "span", "revision", "status", "has_stored_prices", "actions")
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.text = html()
        self.simulate = widgets.Button(description="Start simulation")
        self.simulate.add_class("bt-button")
        self.simulate.on_click(self._simulate)
        self.options = widgets.HBox([_option("Keep trying", "Prices appear by themselves once the exchange answers.")])
        self.options.add_class("bt-options")
        invented = _option(
            "Simulated market",
            "Invented prices to try every control. Marked SIMULATED throughout, kept apart from real data.",
        )
        self.simulated = widgets.VBox([invented, self.simulate])
        self.simulated.add_class("bt-option")
        super().__init__(state, self.text, self.options, style="bt-first-start")
        self.add_class("bt-panel")

    def render(self) -> None:
        state = self.state
        if state.data.newest:
            self.remove_class("is-shown")
            return
        self.text.value = _first_text(state.page)
        choices = (self.options.children[0], *([self.simulated] if state.actions.simulate else []))
        if self.options.children != choices:
            self.options.children = choices
        self.add_class("is-shown")

    def _simulate(self, button: widgets.Button) -> None:
        simulate = self.state.actions.simulate
        if simulate is not None:  # None: no longer available since the button was drawn
            simulate()


def _option(title: str, text: str) -> widgets.HTML:
    return html(Markup("<h3>{}</h3><p>{}</p>").format(title, text), "bt-option")


def _first_text(page: PageState) -> Markup:
    heading, sub = "No prices yet", "nothing recorded yet"
    if page.data.has_stored_prices:
        span = time_text.exact_duration(page.choices.span)
        heading, sub = f"No prices in the last {span}", "a longer span may show what was recorded"
    return Markup(
        '<div class="bt-panel-head"><h2>One bitcoin costs</h2><span class="bt-subtitle">{}</span></div>'
        '<div class="bt-empty">{}<h2>{}</h2><p>{} Only prices that were really received are shown here.</p></div>'
    ).format(sub, _EMPTY, heading, _request_text(page))


def _request_text(page: PageState) -> Markup:
    """Return what was requested, what came back, and when the next try is."""
    awaited = condition.awaited_markets(page)
    markets = awaited or page.data.markets
    exchanges = plain_text.join_words(sorted({market.exchange for market in markets}))
    pairs = plain_text.join_words([f"{market.base}/{market.quote}" for market in markets])
    asked = f"{exchanges} was asked for the price of {pairs}"
    # A market that is refused has its answer; it is shown if there is no other market to wait for.
    failing = condition.unreachable_markets(page) if awaited else condition.refused_markets(page)
    if page.data.status is not None and (cause := status_text.wrong_clock_text(page.data.status)):
        text = Markup("{} answered, but no price is stored: <b>{}</b>; {}.")
        return text.format(exchanges, cause, SET_CLOCK)
    if not failing or page.data.status is None:
        return Markup("{}; there is no answer yet.").format(asked)
    market_status = page.data.status.markets[failing[0]]
    cause = status_text.failure_text(market_status, failing[0]) or "no answer"
    again = f" The next try is {wait}." if (wait := _wait(page.data.now, market_status.next_try)) else ""
    return Markup("{}, without success: <b>{}</b>.{}").format(asked, cause, again)


def _wait(now: int, next_try: int | None) -> str:
    if next_try is None:
        return ""
    return f"in {time_text.rough_duration(next_try - now)}, by itself" if next_try - now >= 1000 else "under way"


class Footer(Panel):
    """Shows where prices are stored, which process collects them, and where they come from."""

    name = "This line"
    depends_on = ("markets", "status", "store_label")

    def __init__(self, state: ViewState) -> None:
        self.line = html("", "bt-grow")
        super().__init__(state, self.line, style="bt-footer")

    def render(self) -> None:
        self.line.value = foot_html(self.state.page)
