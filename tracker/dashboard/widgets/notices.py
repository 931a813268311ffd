"""Cards for problems, the first start before there are prices, and the footer."""

from collections.abc import Callable

import ipywidgets as widgets
from markupsafe import Markup

from tracker.core.cause_text import SET_CLOCK
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.dashboard.widgets.request_buttons import RequestButtons
from tracker.render.format import currencies, plain_text, status_text
from tracker.render.html.cards import foot_html, problem_cards
from tracker.render.html.unreachable_cards import countdown_text
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
        "requests",
        "actions",
    )
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.cards, self.rest = html(), html()  # before and after the buttons
        self.requests = RequestButtons(state)
        super().__init__(state, self.cards, self.requests, self.rest, style="bt-cards")

    def render(self) -> None:
        cards = problem_cards(self.state.page)
        # Before the first price, FirstStart has the buttons.
        self.requests.refresh(is_shown=bool(cards.unreachable))
        self.cards.value, self.rest.value = cards.around(bool(self.requests.children))


class FirstStart(Panel):
    """Takes the place of the charts while there are no prices; explains why, and offers simulated ones meanwhile."""

    name = "The first start"
    depends_on = ("markets", "span", "revision", "status", "has_stored_prices", "requests", "actions")
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.text = html()
        self.requests = RequestButtons(state)
        self.simulate = _button("Start simulation", lambda: state.actions.simulate)
        self.replay_day = _button("Replay a simulated day", lambda: state.actions.replay_simulated_day)
        self.trying = _option("Keep trying", "Prices appear by themselves once the exchange answers.", self.requests)
        self.simulated = _option(
            "Simulated market",
            "Invented prices to try every control. Marked SIMULATED throughout, kept apart from real data.",
            self.simulate,
        )
        self.simulated_day = _option(
            "Simulated day",
            "A day of invented prices to replay, with pause, speed and a slider. Real prices are collected meanwhile.",
            self.replay_day,
        )
        self.options = widgets.HBox([self.trying])
        self.options.add_class("bt-options")
        super().__init__(state, self.text, self.options, style="bt-first-start bt-panel")

    def render(self) -> None:
        state = self.state
        if state.data.newest:
            self.box.remove_class("is-shown")
            return
        self.text.value = _first_text(state.page)
        self.requests.refresh()
        offered = (
            (self.simulated, state.actions.simulate),
            (self.simulated_day, state.actions.replay_simulated_day),
        )
        choices = (self.trying, *(option for option, action in offered if action is not None))
        if self.options.children != choices:
            self.options.children = choices
        self.box.add_class("is-shown")


def _button(text: str, action: Callable[[], Callable[[], None] | None]) -> widgets.Button:
    """Return a button that does what *action* returns at that time; None: no longer available since it was drawn."""
    button = widgets.Button(description=text)
    button.add_class("bt-button")
    button.on_click(lambda _: (work := action()) and work())
    return button


def _option(title: str, text: str, control: widgets.Widget) -> widgets.VBox:
    option = widgets.VBox([html(Markup("<h3>{}</h3><p>{}</p>").format(title, text)), control])
    option.add_class("bt-option")
    return option


def _first_text(page: PageState) -> Markup:
    heading, sub = "No prices yet", "nothing recorded yet"
    if page.data.has_stored_prices:
        span = page.span_text
        heading, sub = f"No prices in the last {span}", "a longer span may show what was recorded"
    title = currencies.heading(page.data.markets, "One bitcoin costs")
    request, next_try = _request_text(page)
    return Markup(
        '<div class="bt-panel-head"><h2>{}</h2><span class="bt-subtitle">{}</span></div>'
        '<div class="bt-empty">{}<h2>{}</h2><p>{} Only prices that were really received are shown here.</p>'
        '<p class="bt-next-try{}">{}</p></div>'
    ).format(title, sub, _EMPTY, heading, request, "" if any(map(str.isdigit, next_try)) else " is-now", next_try)


def _request_text(page: PageState) -> tuple[Markup, str]:
    """Return what was requested and what came back; and when the next try is, on a line that moves nothing."""
    if page.choices.replay is not None:
        return Markup("Nothing was recorded at this time of the replay, and the days before it."), ""
    awaited = condition.awaited_markets(page)
    markets = awaited or page.data.markets
    names = sorted({market.exchange for market in markets})
    exchanges = plain_text.join_words(names)
    pairs = plain_text.join_words(list(dict.fromkeys(f"{market.base}/{market.quote}" for market in markets)))
    asked = f"{exchanges} {'was' if len(names) == 1 else 'were'} asked for the price of {pairs}"
    # A market that is refused has its answer; it is shown if there is no other market to wait for.
    failing = condition.unreachable_markets(page) if awaited else condition.refused_markets(page)
    if page.data.status is not None and (cause := status_text.wrong_clock_text(page.data.status)):
        text = Markup("{} answered, but no price is stored: <b>{}</b>; {}.")
        return text.format(exchanges, cause, SET_CLOCK), ""
    if not failing or page.data.status is None:
        return Markup("{}; there is no answer yet.").format(asked), ""
    market_status = page.data.status.markets[failing[0]]
    cause = status_text.failure_text(market_status, failing[0]) or "no answer"
    text = Markup("{}, without success: <b>{}</b>.").format(asked, cause)
    return text, countdown_text(market_status, page.data.now)


class Footer(Panel):
    """Shows where prices are stored, which process collects them, and where they come from."""

    name = "This line"
    depends_on = ("markets", "status", "store_label")

    def __init__(self, state: ViewState) -> None:
        self.line = html("", "bt-grow")
        super().__init__(state, self.line, style="bt-footer")

    def render(self) -> None:
        self.line.value = foot_html(self.state.page)
