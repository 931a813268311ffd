"""How each market and the whole page are doing, in one word and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status
from tracker.render.format import status_text, time_text
from tracker.render.page.state import PageState

STALE_AFTER = 3  # intervals without a price

Condition = Literal["unknown", "waiting", "live", "stale", "backfilling", "unreachable", "refused"]


@dataclass(frozen=True, slots=True)
class Headline:
    """What the pill in the header says."""

    kind: str  # its style class
    word: str
    message: str  # plain text, not escaped


def of_market(page: PageState, market: Market) -> Condition:
    """One market's condition: what its collector says, and whether its prices really arrive."""
    each = _status(page).markets.get(market)
    newest = page.newest(market)
    if each is None:
        return "unknown"
    if each.state == "live" and newest is not None and is_late(page, each, newest):
        return "stale"
    if each.pages and each.state in ("live", "waiting"):
        return "backfilling"
    return each.state


def is_late(page: PageState, each: MarketStatus, newest: int) -> bool:
    """Whether more than STALE_AFTER intervals have passed since the last price."""
    return page.data.now - newest > STALE_AFTER * each.interval


def has_old_price(page: PageState, market: Market) -> bool:
    """Whether the last price is no price of now, whatever the reason."""
    newest, each = page.newest(market), _status(page).markets.get(market)
    if newest is None:
        return False
    return each is None or each.state == "unreachable" or is_late(page, each, newest)


def is_backfilling(page: PageState, market: Market) -> bool:
    """Whether older prices are being fetched right now."""
    each = _status(page).markets.get(market)
    return each is not None and each.pages > 0


def older_prices_text(page: PageState, market: Market) -> str:
    """What is to be said of the time before the first price; empty if nothing was recorded then."""
    each = _status(page).markets.get(market)
    if each is None or each.state == "refused" or not _status(page).collector or mode_label(page) == "replay":
        return ""
    if each.pages:
        return "Older prices are being fetched."
    if each.backfill is None:
        return "Older prices are still to be fetched."
    return "Older prices could not be fetched yet." if each.backfill.failure else ""


def mode_label(page: PageState) -> str:
    """``simulated`` or ``replay`` if the prices are not a market's of now; else ``""``."""
    mode = _status(page).mode
    return "" if mode == "live" else mode


def last_tick_text(page: PageState, markets: Iterable[Market]) -> str:
    """``last tick 2 s ago``, of the newest; ``no tick yet``."""
    times = [time for market in markets if (time := page.newest(market)) is not None]
    return f"last tick {time_text.rough_duration(page.data.now - max(times))} ago" if times else "no tick yet"


def unreachable_markets(page: PageState) -> list[Market]:
    """Markets whose exchange does not answer, in the configured order."""
    return [market for market in page.data.markets if of_market(page, market) == "unreachable"]


def headline(page: PageState) -> Headline:
    """The one thing to say about all markets: the worst first."""
    found = {market: of_market(page, market) for market in page.data.markets}
    mode = mode_label(page)
    failing = unreachable_markets(page)
    if not any(page.newest(market) is not None for market in page.data.markets):
        exchanges = ", ".join(sorted({market.exchange for market in page.data.markets}))
        wait = status_text.next_try_text(_status(page).markets[failing[0]], page.data.now) if failing else ""
        return Headline("is-waiting", "NO DATA YET", _joined(f"{exchanges} has not answered", wait, mode))
    if failing:
        each = _status(page).markets[failing[0]]
        cause, wait = status_text.failure_text(each, failing[0]), status_text.next_try_text(each, page.data.now)
        since = (
            f"since {time_text.moment(each.since, page.data.now, page.choices.zone)}" if each.since is not None else ""
        )
        return Headline("is-down", "UNREACHABLE", _joined(since, cause, wait, mode))
    # A card tells the problem at once; the pill only when prices really stop.
    problem = status_text.store_problem_text(_status(page), page.data.store_label)
    if problem and all(has_old_price(page, market) for market in page.data.markets):
        return Headline("is-down", "NOT KEPT", _joined(problem, mode))
    here = [market for market in page.data.markets if found[market] not in ("refused", "unknown")]
    exchanges = exchanges_text(page, here or page.data.markets)
    last = last_tick_text(page, here or page.data.markets)
    if not here or not _status(page).collector:
        return Headline("is-stale", "STALE", _joined("no collector running", last, mode))
    if all(found[market] == "stale" for market in here):
        what = "the exchange answers, but with no new price"
        return Headline("is-stale", "STALE", _joined(exchanges, last, what, mode))
    filling = [market for market in here if is_backfilling(page, market)]
    older = "older prices are being fetched" if filling else ""
    if mode == "simulated":
        return Headline(
            "is-simulated",
            "SIMULATED",
            _joined("invented prices", "nothing here is a market", older, replay_text(page)),
        )
    if mode == "replay":
        # Not the exchange's name: the recording may be of another one than whose dialect it is played in.
        day = f"{time_text.to_datetime(page.data.now, page.choices.zone):%a} {_date(page)}"
        return Headline("is-replay", "REPLAY", _joined(day, replay_text(page), "not live", older))
    if filling:
        progress = status_text.progress_text(_status(page).markets[filling[0]])
        which = filling[0].quote if len(filling) == 1 else f"{filling[0].quote} and {len(filling) - 1} more"
        return Headline("is-backfilling", "BACKFILLING", _joined(exchanges, which, progress, "live prices go on"))
    if any(found[market] == "waiting" for market in here) and "live" not in found.values():
        return Headline("is-waiting", "WAITING", _joined(f"{exchanges} has not answered yet", last))
    return Headline("is-live", "LIVE", _joined(exchanges, last))


def replay_text(page: PageState) -> str:
    """``replayed at 60×``, ``replay paused``; empty if no replay is played here."""
    replay = page.choices.replay
    if replay is None:
        return ""
    return f"replayed at {replay.speed:g}×" if replay.playing else "replay paused"


def exchanges_text(page: PageState, markets: Iterable[Market]) -> str:
    """The exchanges that prices come from, and for which others they stand in: ``coinbase for kraken``."""
    known = _status(page).markets
    pairs = {(known[market].stand_in if market in known else "", market.exchange) for market in markets}
    return ", ".join(sorted(f"{other} for {own}" if other else own for other, own in pairs))


def market_text(page: PageState, market: Market) -> str:
    """One market in words: ``live, last tick 2 s ago``."""
    found: str = of_market(page, market)
    each = _status(page).markets.get(market)
    if each is None:
        return f"not collected, {last_tick_text(page, [market])}"
    since = (
        f"since {time_text.moment(each.since, page.data.now, page.choices.zone)}"
        if each.since is not None and found != "live"
        else ""
    )
    cause = status_text.failure_text(each, market)
    cause = f"from {each.stand_in}, {market.exchange}: {cause}" if each.stand_in else cause
    parts = (
        *(found, since, cause, status_text.next_try_text(each, page.data.now), status_text.progress_text(each)),
        *(
            status_text.held_back_text(each, market) or status_text.held_back_count_text(each),
            last_tick_text(page, [market]),
        ),
    )
    backfill = f"; backfill: {status_text.backfill_text(each.backfill, market)}" if each.backfill else ""
    return ", ".join(filter(None, parts)) + backfill


def _status(page: PageState) -> Status:
    return page.data.status or Status()


def _date(page: PageState) -> str:
    now, zone = page.data.now, page.choices.zone
    return f"{time_text.day(now, zone)} {time_text.to_datetime(now, zone).year}"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
