"""Notices as HTML: a card for each problem, and the last line of the page."""

import math
from typing import NamedTuple

from markupsafe import Markup

from tracker import __version__
from tracker.core.market import Market
from tracker.core.market_status import NOTE_LASTS, recent
from tracker.core.stored_size import byte_text
from tracker.render.format import plain_text, status_text, time_text
from tracker.render.format.attribution import attributions
from tracker.render.format.templating import join, render
from tracker.render.html.card import card
from tracker.render.html.header import collected_by
from tracker.render.html.unreachable_cards import countdown_text, names_text, since_text, unreachable_cards
from tracker.render.page import condition, standstill
from tracker.render.page.state import ActionName, PageState

_FAILED_ACTIONS: dict[ActionName, str] = {
    "simulate": "The simulation could not be started",
    "start_replay": "The replay could not be started",
    "end_replay": "The page cannot return to live prices",
    "fetch": "The older prices could not be requested",
    "poll": "The exchange could not be asked at once",
}


class Cards(NamedTuple):
    """The cards of a page, most severe first; those of exchanges that do not answer are apart, for their buttons."""

    page: list[Markup]
    unreachable: list[Markup]
    markets: list[Markup]

    def around(self, has_buttons: bool) -> tuple[Markup, Markup]:
        """Return the HTML before the buttons, and the HTML after them; without buttons, all is before."""
        first, rest = [*self.page, *self.unreachable], self.markets
        return (join(first), join(rest)) if has_buttons else (join([*first, *rest]), Markup(""))


def problem_cards(page: PageState) -> Cards:
    """Return a card for each problem."""
    # Before the first price, FirstStart shows why exchanges do not answer.
    has_prices = any(page.newest(market) is not None for market in page.data.markets)
    unreachable = unreachable_cards(page) if has_prices and page.data.status is not None else []
    return Cards(_page_cards(page), unreachable, _market_cards(page))


def _page_cards(page: PageState) -> list[Markup]:
    """Return the cards of what concerns all prices."""
    cards: list[Markup] = []
    text: str
    if page.data.failure:
        text = Markup("<code>{}</code>. Logged; what is on the page is out of date. Reload it.").format(
            page.data.failure
        )
        cards.append(card("is-down", "This page's own work has stopped", text))
    if page.data.problem:
        text = f"{page.data.problem}. It is tried again every second; until then what is shown is out of date."
        cards.append(card("is-down", "Stored data cannot be read", text))
    if page.choices.address_problem:
        text = f"{page.choices.address_problem}. All other choices in the address are applied."
        cards.append(card("is-waiting", "Part of the page's address cannot be used", text))
    if zone := page.choices.unknown_zone:
        text = f"The server does not know the time zone of your browser, {zone}; its time zone database may be old."
        cards.append(card("is-waiting", "Times are in UTC", text))
    if page.choices.failed_action is not None:
        action, cause = page.choices.failed_action
        cards.append(card("is-stale", _FAILED_ACTIONS[action], f"{cause}."))
    status = page.data.status
    if status is None:
        return cards
    cards += [
        card("is-stale", "A change of the settings cannot be used", _settings_text(note.words))
        for note in status.notes
        if note.kind == "settings_wrong"
    ]
    store_problem = status_text.store_problem_text(status, page.data.store_label)
    if store_problem and store_problem != page.data.problem:
        text = f"{store_problem}. Only stored prices are shown; storing resumes by itself."
        cards.append(card("is-down", "Prices cannot be stored", text))
    cards += _clock_cards(page)
    if rivals := status_text.rivals_text(status, page.data.store_label):
        cards.append(card("is-down", "Several processes could collect at once", rivals))
    return cards


def _settings_text(problem: str) -> str:
    return f"{plain_text.sentence(plain_text.hide_folders(problem))} The settings before it stay in force."


def _market_cards(page: PageState) -> list[Markup]:
    """Return the cards of single markets, and the notes."""
    status = page.data.status
    if status is None:
        return []
    cards = _stand_in_cards(page) + _held_back_cards(page) + _standstill_cards(page)
    for market in page.data.markets:
        market_status = status.markets.get(market)
        if market_status is not None and market_status.state == "refused":
            cause = status_text.failure_text(market_status, market)
            text = Markup("{}. It is tried now and then; if it is misspelt, change it in <code>tracker.toml</code>.")
            cards.append(card("is-stale", f"{market} is not collected", text.format(cause)))
    notes = [*status.notes, *([page.data.malformed_lines] if page.data.malformed_lines else [])]
    for note in recent((note for note in notes if note.kind != "settings_wrong"), page.data.now):
        title = f"Note, {time_text.moment(note.time, page.data.now, page.choices.zone)}"
        cards.append(card("is-waiting", title, status_text.note_text(note)))
    return cards


def _clock_cards(page: PageState) -> list[Markup]:
    """Return a card if the collector's clock is wrong, or a note if it was lately."""
    status = page.data.status
    clock = status.clock if status else None
    if status is None or clock is None:
        return []
    if clock.until is not None:
        if abs(page.data.now - clock.until) >= NOTE_LASTS or not clock.not_stored:
            return []
        title = f"Note, {time_text.moment(clock.until, page.data.now, page.choices.zone)}"
        return [card("is-waiting", title, status_text.past_wrong_clock_text(clock))]
    count = "1 price" if clock.not_stored == 1 else f"{clock.not_stored:,} prices"
    text = f"{status_text.wrong_clock_advice(status)}. {count} not stored so far, because of a wrong time. "
    text += "Once the clock is right, what was missed is backfilled."
    return [card("is-down", "The clock is wrong, so prices are not stored", text)]


def _stand_in_cards(page: PageState) -> list[Markup]:
    """Return one card for each exchange that another stands in for."""
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = page.data.status.markets if page.data.status else {}
    for market, status in statuses.items():
        if status.stand_in and market in page.data.markets:
            groups.setdefault((market.exchange, status.stand_in), []).append(market)
    cards = []
    for (own, stand_in), markets in groups.items():
        status = statuses[markets[0]]
        since = since_text(page, status)
        title = f"{names_text(markets)} from {stand_in}{since}"
        cause = status_text.failure_text(status, markets[0]) or f"{own} has had no price"
        text = f"{cause}. {stand_in} stands in until {own} works again."
        cards.append(card("is-stale", title, text, countdown_text(status, page.data.now)))
    return cards


def _held_back_cards(page: PageState) -> list[Markup]:
    """Return one card for all held-back prices, so that a faulty exchange does not fill the page."""
    statuses = page.data.status.markets if page.data.status else {}
    reasons = {
        market: reason
        for market in page.data.markets
        if market in statuses and (reason := status_text.held_back_text(statuses[market], market))
    }
    if not reasons:
        return []
    first = "; ".join(f"{market}: {reason}" for market, reason in list(reasons.items())[:3])
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    count = sum(statuses[market].held_back_count for market in reasons)
    text = f"{first}{more}. They are stored once they are confirmed. {count:,} held back since collecting began."
    title = f"Implausible prices of {plain_text.join_words([page.label(market) for market in reasons])} are held back"
    return [card("is-stale", title, text)]


def _standstill_cards(page: PageState) -> list[Markup]:
    """Return one card for each text, however many markets it concerns."""
    groups: dict[str, list[Market]] = {}
    for market in page.data.markets:
        if condition.of_market(page, market) == "stale" and (text := standstill.text(page, market)):
            groups.setdefault(text, []).append(market)
    cards = []
    for text, markets in groups.items():
        names = plain_text.join_words([str(market) for market in markets])
        it = "it" if len(markets) == 1 else "they"
        answers = f"The last price is still answered and stored, but {it} {'is' if it == 'it' else 'are'} not ranked."
        cards.append(card("is-stale", f"{names}: {text}", answers))
    return cards


def foot_html(page: PageState) -> Markup:
    """Return the footer: where and how much is stored, which process collects, the attributions, and the version."""
    stand_ins = {status.stand_in for status in page.data.status.markets.values()} - {""} if page.data.status else set()
    lines = attributions({market.exchange for market in page.data.markets} | stand_ins)
    if condition.mode_label(page) == "simulated":
        lines = ["Invented prices: nothing here is a market"]
    lines = [collected_by(page), *_bars_lines(page), *lines, f"Version {__version__}"]
    store = {"store_label": page.data.store_label, "store_kind": page.data.store_kind, "stored": _stored_text(page)}
    return render("html/footer.html", lines=lines, **store)


def _bars_lines(page: PageState) -> list[str]:
    """Return how far the bars of older prices are made; empty once they are."""
    made = page.data.status.bars_made if page.data.status else None
    return [] if made is None else [f"Making bars of older prices: {math.floor(100 * made)} %"]


def _stored_text(page: PageState) -> str:
    """Return for how long prices are stored, how much they take, and how much more a day; empty if unknown."""
    stored = page.data.status.stored if page.data.status else None
    if stored is None or stored.since is None:
        return ""
    kept, size = time_text.rough_duration(page.data.now - stored.since), byte_text(stored.total)
    return f"{kept}, {size}" + (f", {byte_text(stored.a_day)} more a day" if stored.a_day else "")
