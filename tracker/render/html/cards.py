"""Notices as HTML: a card for each problem, and the last line of the page."""

from html import escape

from tracker.core.adapters import load
from tracker.core.market import Market
from tracker.core.market_status import recent
from tracker.render.format import plain_text, status_text, time_text
from tracker.render.html.header import collected_by
from tracker.render.page import condition
from tracker.render.page.state import PageState


def card(kind: str, title: str, text: str) -> str:
    """A notice: *kind* is a state class (is-down, is-stale, is-simulated), *text* is HTML."""
    return f'<section class="bt-card {kind}"><h3>{escape(title)}</h3><p>{text}</p></section>'


def cards_html(page: PageState) -> list[str]:
    """A card for each problem, the gravest first."""
    found = []
    if page.data.failure:
        text = f"<code>{escape(page.data.failure)}</code>. Logged; what is on the page is out of date. Reload it."
        found.append(card("is-down", "This page's own work has stopped", text))
    if page.data.problem:
        text = f"{escape(page.data.problem)}. It is tried again every second; until then what is shown is out of date."
        found.append(card("is-down", "Stored prices cannot be read", text))
    if page.choices.address_problem:
        text = f"{escape(page.choices.address_problem)}. The rest of it was followed."
        found.append(card("is-waiting", "The page's address asks for something that is not here", text))
    status = page.data.status
    if status is None:
        return found
    store_problem = status_text.store_problem_text(status, page.data.store_label)
    if store_problem and store_problem != page.data.problem:
        text = f"{escape(store_problem)}. What is not kept is not shown; keeping resumes by itself."
        found.append(card("is-down", "Prices cannot be kept", text))
    # Before the first price the page's middle says all this.
    if any(page.newest(market) is not None for market in page.data.markets):
        found += _unreachable_cards(page)
    found += _stand_in_cards(page) + _held_back_cards(page)
    for market in page.data.markets:
        each = status.markets.get(market)
        if each is not None and each.state == "refused":
            cause = escape(status_text.failure_text(each, market))
            text = f"{cause}. It is tried now and then; if it is misspelt, change it in <code>tracker.toml</code>."
            found.append(card("is-stale", f"{market} is not collected", text))
    notes = recent([*status.notes, *([page.data.malformed_lines] if page.data.malformed_lines else [])], page.data.now)
    for note in notes:
        title = f"Note, {time_text.moment(note.time, page.data.now, page.choices.zone)}"
        found.append(card("is-waiting", title, escape(status_text.note_text(note))))
    return found


def _unreachable_cards(page: PageState) -> list[str]:
    """One card for each exchange and cause, however many markets it concerns."""
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = page.data.status.markets if page.data.status else {}
    for market in condition.unreachable_markets(page):
        cause = status_text.failure_text(statuses[market], market)
        groups.setdefault((market.exchange, cause), []).append(market)
    found = []
    for (exchange, cause), markets in groups.items():
        each = statuses[markets[0]]
        everything = len(markets) == sum(market.exchange == exchange for market in page.data.markets)
        which = "" if everything else f" for {plain_text.join_words([market.quote for market in markets])}"
        since = (
            f" since {time_text.moment(each.since, page.data.now, page.choices.zone)}" if each.since is not None else ""
        )
        tries = "1 try" if each.tries == 1 else f"{each.tries} tries"
        text = f"{escape(cause or 'no answer')}; {tries} so far"
        text += f", {wait}. " if (wait := status_text.next_try_text(each, page.data.now)) else ". "
        times = [time for market in markets if (time := page.newest(market)) is not None]
        text += (
            f"Prices below are those of {time_text.moment(max(times), page.data.now, page.choices.zone)}. "
            if times
            else ""
        )
        text += "What is missed will be backfilled once it answers."
        found.append(card("is-down", f"No prices from {exchange}{which}{since}", text))
    return found


def _stand_in_cards(page: PageState) -> list[str]:
    """One card for each exchange that another stands in for."""
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = page.data.status.markets if page.data.status else {}
    for market, each in statuses.items():
        if each.stand_in and market in page.data.markets:
            groups.setdefault((market.exchange, each.stand_in), []).append(market)
    found = []
    for (own, stand_in), markets in groups.items():
        each = statuses[markets[0]]
        since = (
            f" since {time_text.moment(each.since, page.data.now, page.choices.zone)}" if each.since is not None else ""
        )
        title = f"{plain_text.join_words([market.quote for market in markets])} from {stand_in}{since}"
        wait = status_text.next_try_text(each, page.data.now)
        cause = status_text.failure_text(each, markets[0]) or f"{own} has had no price"
        text = f"{escape(cause)}{f'; {wait}' if wait else ''}. "
        found.append(card("is-stale", title, f"{text}{stand_in} stands in until {own} works again."))
    return found


def _held_back_cards(page: PageState) -> list[str]:
    """One card for all prices that are held back, so that a confused exchange does not fill the page."""
    statuses = page.data.status.markets if page.data.status else {}
    reasons = {
        market: reason
        for market in page.data.markets
        if market in statuses and (reason := status_text.held_back_text(statuses[market], market))
    }
    if not reasons:
        return []
    first = "; ".join(f"{market}: {escape(reason)}" for market, reason in list(reasons.items())[:3])
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    count = sum(statuses[market].held_back_count for market in reasons)
    text = f"{first}{more}. They are kept once they are confirmed. {count:,} held back since collecting began."
    title = f"Implausible prices of {plain_text.join_words([market.quote for market in reasons])} are held back"
    return [card("is-stale", title, text)]


def foot_html(page: PageState) -> str:
    """Where prices are kept, who collects them, and whose they are."""
    kept = f"Kept in <code>{escape(page.data.store_label)}</code> as CSV" if page.data.store_label else ""
    stand_ins = {each.stand_in for each in page.data.status.markets.values()} - {""} if page.data.status else set()
    exchanges = sorted({market.exchange for market in page.data.markets} | stand_ins)
    owed = [load("exchanges", exchange).ATTRIBUTION for exchange in exchanges]
    if condition.mode_label(page) == "simulated":
        owed = ["Invented prices: nothing here is a market"]
    parts = [kept, escape(collected_by(page)), *(escape(line) for line in owed if line)]
    return "".join(f"<span>{part}</span>" for part in parts if part)
