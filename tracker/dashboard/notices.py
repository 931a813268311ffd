"""What is wrong, said where it is seen; what to do before there is any price; and the last line."""

from html import escape

import ipywidgets as widgets

from tracker.adapters import load
from tracker.dashboard import health, wording
from tracker.dashboard.part import Part, card, html
from tracker.dashboard.state import State
from tracker.dashboard.status_strip import collected_by
from tracker.market import Market
from tracker.status import recent

_EMPTY = (
    '<svg viewBox="0 0 360 90" aria-hidden="true" fill="none" stroke="currentColor">'
    '<path d="M0 20H360M0 70H360M60 0V90M120 0V90M180 0V90M240 0V90M300 0V90" opacity=".5"/>'
    '<path d="M0 45H360" stroke-dasharray="2 5" stroke-width="1.5"/></svg>'
)


class Problems(Part):
    """A card for everything that someone should know or do something about; nothing if all is well."""

    what = "The list of problems"
    shows = ("markets", "span", "revision", "status", "problem", "ended", "skipped", "asked", "zone")
    beat = 1_000

    def __init__(self, state: State) -> None:
        self.cards = html()
        super().__init__(state, self.cards, style="bt-cards")

    def draw(self) -> None:
        self.cards.value = "".join(cards_html(self.state))


def cards_html(state: State) -> list[str]:
    """A card for each problem, the gravest first."""
    found = []
    if state.ended:
        text = f"<code>{escape(state.ended)}</code>. Logged; what is on the page is out of date. Reload it."
        found.append(card("is-down", "This page's own work has stopped", text))
    if state.problem:
        text = f"{escape(state.problem)}. It is tried again every second; until then what is shown is out of date."
        found.append(card("is-down", "Stored prices cannot be read", text))
    if state.asked:
        text = f"{escape(state.asked)}. The rest of it was followed."
        found.append(card("is-wait", "The page's address asks for something that is not here", text))
    status = state.status
    if status is None:
        return found
    if status.store_problem and status.store_problem != state.problem:
        text = f"{escape(status.store_problem)}. What is not kept is not shown; keeping resumes by itself."
        found.append(card("is-down", "Prices cannot be kept", text))
    # Before the first price the page's middle says all this.
    if any(state.newest(market) is not None for market in state.markets):
        found += _unreachable_cards(state)
    found += _stand_in_cards(state) + _doubt_cards(state)
    for market in state.markets:
        each = status.markets.get(market)
        if each is not None and each.state == "refused":
            cause = escape(each.cause or f"{market.exchange} does not offer {market.base}/{market.quote}")
            text = f"{cause}. It is tried now and then; if it is misspelt, change it in <code>tracker.toml</code>."
            found.append(card("is-stale", f"{market} is not collected", text))
    notes = recent([*status.notes, *([state.skipped] if state.skipped else [])], state.now)
    for note in notes:
        title = f"Note, {wording.when(note.time, state.now, state.zone)}"
        found.append(card("is-wait", title, escape(note.text)))
    return found


def _unreachable_cards(state: State) -> list[str]:
    """One card for each exchange and cause, however many markets it concerns."""
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = state.status.markets if state.status else {}
    for market in health.unreachable(state):
        groups.setdefault((market.exchange, statuses[market].cause), []).append(market)
    found = []
    for (exchange, cause), markets in groups.items():
        each = statuses[markets[0]]
        everything = len(markets) == sum(market.exchange == exchange for market in state.markets)
        which = "" if everything else f" for {wording.listing([market.quote for market in markets])}"
        since = f" since {wording.when(each.since, state.now, state.zone)}" if each.since is not None else ""
        tries = "1 try" if each.tries == 1 else f"{each.tries} tries"
        text = f"{escape(cause or 'no answer')}; {tries} so far"
        text += f", {wait}. " if (wait := health.next_try(state, each)) else ". "
        times = [time for market in markets if (time := state.newest(market)) is not None]
        text += f"Prices below are those of {wording.when(max(times), state.now, state.zone)}. " if times else ""
        text += "What is missed will be backfilled once it answers."
        found.append(card("is-down", f"No prices from {exchange}{which}{since}", text))
    return found


def _stand_in_cards(state: State) -> list[str]:
    """One card for each exchange that another stands in for."""
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = state.status.markets if state.status else {}
    for market, each in statuses.items():
        if each.via and market in state.markets:
            groups.setdefault((market.exchange, each.via), []).append(market)
    found = []
    for (own, via), markets in groups.items():
        each = statuses[markets[0]]
        since = f" since {wording.when(each.since, state.now, state.zone)}" if each.since is not None else ""
        title = f"{wording.listing([market.quote for market in markets])} from {via}{since}"
        wait = health.next_try(state, each)
        text = f"{escape(each.cause or f'{own} has had no price')}{f'; {wait}' if wait else ''}. "
        found.append(card("is-stale", title, f"{text}{via} stands in until {own} is well again."))
    return found


def _doubt_cards(state: State) -> list[str]:
    """One card for all prices that are held back, so that a confused exchange does not fill the page."""
    statuses = state.status.markets if state.status else {}
    doubted = [market for market in state.markets if market in statuses and statuses[market].doubt]
    if not doubted:
        return []
    said = "; ".join(f"{market}: {escape(statuses[market].doubt)}" for market in doubted[:3])
    more = f" and {len(doubted) - 3} more" if len(doubted) > 3 else ""
    held = sum(statuses[market].held for market in doubted)
    text = f"{said}{more}. They are kept once they are confirmed. {held:,} held back since collecting began."
    title = f"Implausible prices of {wording.listing([market.quote for market in doubted])} are held back"
    return [card("is-stale", title, text)]


class FirstStart(Part):
    """Stands where the charts will be as long as there is no price at all: why not, and what to do."""

    what = "The first start"
    shows = ("markets", "span", "revision", "status", "recorded", "simulate")
    beat = 1_000

    def __init__(self, state: State) -> None:
        self.text = html()
        self.simulate = widgets.Button(description="Start simulation")
        self.simulate.add_class("bt-btn")
        self.simulate.on_click(self._simulate)
        self.options = widgets.HBox([_option("Keep trying", "Prices appear by themselves once the exchange answers.")])
        self.options.add_class("bt-opts")
        invented = _option(
            "Simulated market",
            "Invented prices to try every control. Marked SIMULATED throughout, kept apart from real data.",
        )
        self.simulated = widgets.VBox([invented, self.simulate])
        self.simulated.add_class("bt-opt")
        super().__init__(state, self.text, self.options, style="bt-first")
        self.add_class("bt-panel")

    def draw(self) -> None:
        state = self.state
        if any(state.newest(market) is not None for market in state.markets):
            self.remove_class("is-shown")
            return
        self.text.value = _first_text(state)
        choices = (self.options.children[0], *([self.simulated] if state.simulate else []))
        if self.options.children != choices:
            self.options.children = choices
        self.add_class("is-shown")

    def _simulate(self, button: widgets.Button) -> None:
        if self.state.simulate is None:
            return
        self.simulate.disabled = True
        try:
            self.state.simulate()
        except Exception as error:  # noqa: BLE001  # a button's outermost boundary: shown in its place
            self._fail(error)
            self.simulate.disabled = False


def _option(title: str, text: str) -> widgets.HTML:
    return html(f"<h3>{title}</h3><p>{text}</p>", "bt-opt")


def _first_text(state: State) -> str:
    heading, sub = "No prices yet", "nothing recorded yet"
    if state.recorded:
        span = wording.length(state.span)
        heading, sub = f"No prices in the last {span}", "a longer span may show what was recorded"
    return (
        f'<div class="bt-ph"><h2>One bitcoin costs</h2><span class="bt-sub">{sub}</span></div>'
        f'<div class="bt-empty">{_EMPTY}<h2>{heading}</h2><p>{_asked(state)} '
        "Nothing is shown here that was not really received.</p></div>"
    )


def _asked(state: State) -> str:
    """What was asked, what came back, and what happens next."""
    exchanges = wording.listing(sorted({market.exchange for market in state.markets}))
    pairs = wording.listing([f"{market.base}/{market.quote}" for market in state.markets])
    asked = f"{escape(exchanges)} was asked for the price of {escape(pairs)}"
    failing = health.unreachable(state)
    if not failing or state.status is None:
        return f"{asked}; the answer has not come yet."
    each = state.status.markets[failing[0]]
    again = f" The next try is {wait}." if (wait := _wait(state.now, each.next_try)) else ""
    return f"{asked}, and there was no price: <b>{escape(each.cause or 'no answer')}</b>.{again}"


def _wait(now: int, next_try: int | None) -> str:
    if next_try is None:
        return ""
    return f"in {wording.rough(next_try - now)}, by itself" if next_try - now >= 1000 else "under way"


class Footer(Part):
    """Where prices are kept, who collects them, and whose they are."""

    what = "This line"
    shows = ("markets", "status", "store_label")

    def __init__(self, state: State) -> None:
        self.line = html("", "bt-grow")
        super().__init__(state, self.line, style="bt-foot")

    def draw(self) -> None:
        self.line.value = foot_html(self.state)


def foot_html(state: State) -> str:
    """Where prices are kept, who collects them, and whose they are."""
    kept = f"Kept in <code>{escape(state.store_label)}</code> as CSV" if state.store_label else ""
    standing_in = {each.via for each in state.status.markets.values() if each.via} if state.status else set()
    exchanges = sorted({market.exchange for market in state.markets} | standing_in)
    owed = [load("exchanges", exchange).ATTRIBUTION for exchange in exchanges]
    if health.invented(state) == "simulated":
        owed = ["Invented prices: nothing here is a market"]
    parts = [kept, escape(collected_by(state)), *(escape(line) for line in owed if line)]
    return "".join(f"<span>{part}</span>" for part in parts if part)
