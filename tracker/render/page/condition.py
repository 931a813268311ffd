"""How each market and the whole page are doing, in one word and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tracker.core.market_status import MarketStatus, Status
from tracker.market import Market
from tracker.render.format import status_text, wording
from tracker.render.page.state import State

STALE_AFTER = 3  # intervals without a price

Condition = Literal["unknown", "waiting", "live", "stale", "backfilling", "unreachable", "refused"]


@dataclass(frozen=True, slots=True)
class Headline:
    """What the pill in the header says."""

    kind: str  # its style class
    word: str
    message: str  # plain text, not escaped


def condition(state: State, market: Market) -> Condition:
    """One market's condition: what its collector says, and whether its prices really arrive."""
    each = _status(state).markets.get(market)
    newest = state.newest(market)
    if each is None:
        return "unknown"
    if each.state == "live" and newest is not None and is_late(state, each, newest):
        return "stale"
    if each.pages and each.state in ("live", "waiting"):
        return "backfilling"
    return each.state


def is_late(state: State, each: MarketStatus, newest: int) -> bool:
    """Whether more than STALE_AFTER intervals have passed since the last price."""
    return state.now - newest > STALE_AFTER * each.interval


def is_old(state: State, market: Market) -> bool:
    """Whether the last price is no price of now, whatever the reason."""
    newest, each = state.newest(market), _status(state).markets.get(market)
    if newest is None:
        return False
    return each is None or each.state == "unreachable" or is_late(state, each, newest)


def is_filling(state: State, market: Market) -> bool:
    """Whether older prices are being fetched right now."""
    each = _status(state).markets.get(market)
    return each is not None and each.pages > 0


def older(state: State, market: Market) -> str:
    """What is to be said of the time before the first price; empty if nothing was recorded then."""
    each = _status(state).markets.get(market)
    if each is None or each.state == "refused" or not _status(state).collector or invented(state) == "replay":
        return ""
    if each.pages:
        return "Older prices are being fetched."
    if each.backfill is None:
        return "Older prices are still to be fetched."
    return "Older prices could not be fetched yet." if each.backfill.failure else ""


def invented(state: State) -> str:
    """``simulated`` or ``replay`` if the prices are not a market's of now; else ``""``."""
    mode = _status(state).mode
    return "" if mode == "live" else mode


def age(state: State, markets: Iterable[Market]) -> str:
    """``last tick 2 s ago``, of the newest; ``no tick yet``."""
    times = [time for market in markets if (time := state.newest(market)) is not None]
    return f"last tick {wording.rough(state.now - max(times))} ago" if times else "no tick yet"


def unreachable(state: State) -> list[Market]:
    """Markets whose exchange does not answer, in the configured order."""
    return [market for market in state.markets if condition(state, market) == "unreachable"]


def headline(state: State) -> Headline:
    """The one thing to say about all markets: the worst first."""
    found = {market: condition(state, market) for market in state.markets}
    mode = invented(state)
    failing = unreachable(state)
    if not any(state.newest(market) is not None for market in state.markets):
        exchanges = ", ".join(sorted({market.exchange for market in state.markets}))
        wait = status_text.next_try(_status(state).markets[failing[0]], state.now) if failing else ""
        return Headline("is-wait", "NO DATA YET", _joined(f"{exchanges} has not answered", wait, mode))
    if failing:
        each = _status(state).markets[failing[0]]
        cause, wait = status_text.failure_text(each, failing[0]), status_text.next_try(each, state.now)
        since = f"since {wording.when(each.since, state.now, state.zone)}" if each.since is not None else ""
        return Headline("is-down", "UNREACHABLE", _joined(since, cause, wait, mode))
    # A card tells the problem at once; the pill only when prices really stop.
    problem = status_text.store_problem(_status(state), state.store_label)
    if problem and all(is_old(state, market) for market in state.markets):
        return Headline("is-down", "NOT KEPT", _joined(problem, mode))
    here = [market for market in state.markets if found[market] not in ("refused", "unknown")]
    exchanges = givers(state, here or state.markets)
    last = age(state, here or state.markets)
    if not here or not _status(state).collector:
        return Headline("is-stale", "STALE", _joined("no collector running", last, mode))
    if all(found[market] == "stale" for market in here):
        what = "the exchange answers, but with no new price"
        return Headline("is-stale", "STALE", _joined(exchanges, last, what, mode))
    filling = [market for market in here if is_filling(state, market)]
    older = "older prices are being fetched" if filling else ""
    if mode == "simulated":
        return Headline(
            "is-sim", "SIMULATED", _joined("invented prices", "nothing here is a market", older, pace(state))
        )
    if mode == "replay":
        # Not the exchange's name: the recording may be of another one than whose dialect it is played in.
        day = f"{wording.moment(state.now, state.zone):%a} {_date(state)}"
        return Headline("is-replay", "REPLAY", _joined(day, pace(state), "not live", older))
    if filling:
        progress = status_text.progress(_status(state).markets[filling[0]])
        which = filling[0].quote if len(filling) == 1 else f"{filling[0].quote} and {len(filling) - 1} more"
        return Headline("is-fill", "BACKFILLING", _joined(exchanges, which, progress, "live prices go on"))
    if any(found[market] == "waiting" for market in here) and "live" not in found.values():
        return Headline("is-wait", "WAITING", _joined(f"{exchanges} has not answered yet", last))
    return Headline("is-live", "LIVE", _joined(exchanges, last))


def pace(state: State) -> str:
    """``replayed at 60×``, ``replay paused``; empty if no replay is played here."""
    if state.replay is None:
        return ""
    return f"replayed at {state.replay.speed:g}×" if state.playing else "replay paused"


def givers(state: State, markets: Iterable[Market]) -> str:
    """The exchanges that prices come from, and for which others they stand in: ``coinbase for kraken``."""
    known = _status(state).markets
    pairs = {(known[market].stand_in if market in known else "", market.exchange) for market in markets}
    return ", ".join(sorted(f"{other} for {own}" if other else own for other, own in pairs))


def sentence(state: State, market: Market) -> str:
    """One market in words: ``live, last tick 2 s ago``."""
    found: str = condition(state, market)
    each = _status(state).markets.get(market)
    if each is None:
        return f"not collected, {age(state, [market])}"
    since = (
        f"since {wording.when(each.since, state.now, state.zone)}" if each.since is not None and found != "live" else ""
    )
    cause = status_text.failure_text(each, market)
    cause = f"from {each.stand_in}, {market.exchange}: {cause}" if each.stand_in else cause
    parts = (
        *(found, since, cause, status_text.next_try(each, state.now), status_text.progress(each)),
        *(status_text.held_back(each, market) or status_text.held_back_count(each), age(state, [market])),
    )
    backfill = f"; backfill: {status_text.backfill_text(each.backfill, market)}" if each.backfill else ""
    return ", ".join(filter(None, parts)) + backfill


def _status(state: State) -> Status:
    return state.status or Status()


def _date(state: State) -> str:
    return f"{wording.day(state.now, state.zone)} {wording.moment(state.now, state.zone).year}"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
