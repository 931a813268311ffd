"""The cards of exchanges that do not answer: one for all that fail alike, as where this computer is offline."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from tracker.core.market import Market
from tracker.core.market_status import MarketStatus
from tracker.render.format import currencies, plain_text, status_text, time_text
from tracker.render.format.templating import join
from tracker.render.html.card import card
from tracker.render.page import condition
from tracker.render.page.state import PageState

_HOST = re.compile(r"\b[\w-]+(\.[\w-]+)+")
_NEXT_TRY = Markup("<span>{}</span> ")


@dataclass(frozen=True, slots=True)
class _Silent:
    """Markets of one *exchange* that fail for one *cause*."""

    exchange: str
    cause: str
    markets: list[Market]
    status: MarketStatus  # of the first one
    is_whole: bool  # the exchange has no other markets on the page


def unreachable_cards(page: PageState) -> list[Markup]:
    """Return one card for each cause, however many markets and whole exchanges it concerns."""
    groups: dict[tuple[str, ...], list[_Silent]] = {}
    for one in _silent(page):
        # The same cause names another host for each exchange.
        key = ("", _HOST.sub("", one.cause)) if one.is_whole else (one.exchange, one.cause)
        groups.setdefault(key, []).append(one)
    return [_card(page, group[0]) if len(group) == 1 else _joint_card(page, group) for group in groups.values()]


def names_text(markets: Iterable[Market]) -> str:
    """Return the names of *markets* beside that of their exchange."""
    return plain_text.join_words([currencies.label(market, ()) for market in markets])


def since_text(page: PageState, status: MarketStatus) -> str:
    """Return `` since 15:04``, with the blank before it; empty if the time is unknown."""
    return "" if status.since is None else f" since {time_text.moment(status.since, page.data.now, page.choices.zone)}"


def countdown_text(status: MarketStatus, now: int) -> str:
    """Return ``Next try in 8 s.``; empty if no try is planned. *now* is epoch ms."""
    wait = status_text.next_try_text(status, now)
    return f"{wait[0].upper()}{wait[1:]}." if wait else ""


def _silent(page: PageState) -> list[_Silent]:
    groups: dict[tuple[str, str], list[Market]] = {}
    statuses = page.data.status.markets if page.data.status else {}
    for market in condition.unreachable_markets(page):
        cause = status_text.failure_text(statuses[market], market) or "no answer"
        groups.setdefault((market.exchange, cause), []).append(market)
    return [
        _Silent(
            *(exchange, cause, markets, statuses[markets[0]]),
            len(markets) == sum(market.exchange == exchange for market in page.data.markets),
        )
        for (exchange, cause), markets in groups.items()
    ]


def _card(page: PageState, one: _Silent) -> Markup:
    which = "" if one.is_whole else f" for {names_text(one.markets)}"
    text = f"{one.cause}; {_tries([one])} so far. {_last_prices(page, [one])}What is missed will be backfilled once it "
    title = f"No prices from {one.exchange}{which}{since_text(page, one.status)}"
    return card("is-down", title, f"{text}answers.", countdown_text(one.status, page.data.now))


def _joint_card(page: PageState, group: list[_Silent]) -> Markup:
    """Return the card of exchanges that fail alike, with the next try of each."""
    since = {one.exchange: since_text(page, one.status) for one in group}
    is_same = len(set(since.values())) == 1
    cause = group[0].cause
    if any(one.cause != cause for one in group):
        cause += f"; likewise {plain_text.join_words([one.exchange for one in group[1:]])}"
    begins = (
        "" if is_same else f"No prices from {plain_text.join_words([f'{name}{at}' for name, at in since.items()])}. "
    )
    text = f"{cause}; {_tries(group)} so far. {begins}{_last_prices(page, group)}"
    text += "What is missed will be backfilled once they answer."
    title = f"No prices from {plain_text.join_words(list(since))}{since[group[0].exchange] if is_same else ''}"
    waits = [(one.exchange, status_text.next_try_text(one.status, page.data.now)) for one in group]
    foot = join([_NEXT_TRY.format(f"{name}: {wait}") for name, wait in waits if wait])
    return card("is-down", title, text, foot)


def _tries(group: list[_Silent]) -> str:
    """Return ``1 try``, or ``4 to 6 tries`` if the exchanges of *group* differ."""
    least, most = (choose(one.status.tries for one in group) for choose in (min, max))
    if least == most:
        return f"{most} {'try' if most == 1 else 'tries'}{' each' if len(group) > 1 else ''}"
    return f"{least} to {most} tries"


def _last_prices(page: PageState, group: list[_Silent]) -> str:
    """Return from when the last prices of *group* are, as a sentence; empty if there are none."""
    newest = [[time for market in one.markets if (time := page.newest(market)) is not None] for one in group]
    times = sorted(max(of_exchange) for of_exchange in newest if of_exchange)
    if not times:
        return ""
    first, last = (time_text.moment(time, page.data.now, page.choices.zone) for time in (times[0], times[-1]))
    return f"Prices below are those of {last if first == last else f'{first} to {last}'}. "
