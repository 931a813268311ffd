"""The condition of each market and of the whole page, in one word and in a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status
from tracker.render.format import status_text, time_text
from tracker.render.page import standstill
from tracker.render.page.state import PageState

STALE_AFTER = 3  # intervals without a price

Condition = Literal["unknown", "waiting", "live", "stale", "backfilling", "unreachable", "refused"]


@dataclass(frozen=True, slots=True)
class Headline:
    """The text of the pill in the header."""

    kind: str  # style class
    word: str
    message: str  # plain text, not escaped
    countdown: str = ""  # the part of the message that changes with every second


def of_market(page: PageState, market: Market) -> Condition:
    """Return one market's condition: its published status, unless its prices stopped arriving or moving."""
    status = _status(page).markets.get(market)
    newest = page.newest(market)
    if status is None:
        return "unknown"
    has_stopped = newest is not None and (is_late(page, status, newest) or standstill.since(page, market) is not None)
    if status.state == "live" and has_stopped:
        return "stale"
    if status.pages and status.state in ("live", "waiting"):
        return "backfilling"
    return status.state


def is_late(page: PageState, status: MarketStatus, newest: int) -> bool:
    """Return whether more than STALE_AFTER intervals have passed since the last price."""
    return page.data.now - newest > STALE_AFTER * status.interval


def has_old_price(page: PageState, market: Market) -> bool:
    """Return whether the last price is out of date, for any reason."""
    newest, status = page.newest(market), _status(page).markets.get(market)
    if newest is None:
        return False
    return status is None or status.state == "unreachable" or is_late(page, status, newest)


def old_price_time(page: PageState, market: Market) -> int | None:
    """Return the time (epoch ms) of the last price if it is not current: out of date, or standing still."""
    since = standstill.since(page, market)
    if since is not None and page.newest(market) is not None:
        return since
    return page.newest(market) if has_old_price(page, market) else None


def is_backfilling(page: PageState, market: Market) -> bool:
    """Return whether older prices are being fetched now."""
    status = _status(page).markets.get(market)
    return status is not None and status.pages > 0


def mode_label(page: PageState) -> str:
    """Return ``simulated`` or ``replay``; ``""`` if prices are live."""
    mode = _status(page).mode
    return "" if mode == "live" else mode


def last_tick_text(page: PageState, markets: Iterable[Market]) -> str:
    """Return ``last tick 2 s ago``, of the newest among *markets*, or ``no tick yet``."""
    times = [time for market in markets if (time := page.newest(market)) is not None]
    return f"last tick {time_text.rough_duration(page.data.now - max(times))} ago" if times else "no tick yet"


def unreachable_markets(page: PageState) -> list[Market]:
    """Return the markets of exchanges that do not answer, in the configured order."""
    return [market for market in page.data.markets if of_market(page, market) == "unreachable"]


def refused_markets(page: PageState) -> list[Market]:
    """Return the markets that their exchanges answer for, but do not offer or refuse, in the configured order."""
    return [market for market in page.data.markets if of_market(page, market) == "refused"]


def awaited_markets(page: PageState) -> list[Market]:
    """Return the markets that a price can be expected of: those that are not refused."""
    refused = refused_markets(page)
    return [market for market in page.data.markets if market not in refused]


def headline(page: PageState) -> Headline:
    """Return the state of all markets in one word: the worst first."""
    data, statuses, mode = page.data, _status(page).markets, mode_label(page)
    failing = unreachable_markets(page)
    if not any(page.newest(market) is not None for market in data.markets):
        awaited = awaited_markets(page)
        if data.markets and not awaited:
            return Headline("is-waiting", "NO DATA YET", _joined(_refused_text(page), mode))
        if cause := status_text.wrong_clock_text(_status(page)):
            return Headline("is-waiting", "NO DATA YET", _joined(cause, mode))
        next_try = status_text.next_try_text(statuses[failing[0]], data.now) if failing else ""
        message = _joined(*_unanswered_texts(page, awaited), mode, next_try)
        return Headline("is-waiting", "NO DATA YET", message, next_try)
    if failing:
        status = statuses[failing[0]]
        cause = status_text.short_failure_text(status, failing[0], data.now, page.choices.zone)
        next_try = status_text.next_try_text(status, data.now)
        return Headline("is-down", "UNREACHABLE", _joined(_since(page, status), cause, mode, next_try), next_try)
    if cause := status_text.wrong_clock_text(_status(page)):
        return Headline("is-down", "NOT STORED", _joined(cause, mode))
    # A card reports the problem at once; the pill only when prices really stop.
    problem = status_text.store_problem_text(_status(page), data.store_label)
    if problem and all(has_old_price(page, market) for market in data.markets):
        return Headline("is-down", "NOT STORED", _joined(problem, mode))
    return _headline_of_collected(page)


def _unanswered_texts(page: PageState, awaited: Iterable[Market]) -> list[str]:
    """Return why no price of *awaited* has come: the exchanges that demand a pause, and those that are silent."""
    statuses = _status(page).markets
    pauses = {
        market.exchange: status_text.short_failure_text(status, market, page.data.now, page.choices.zone)
        for market in awaited
        if (status := statuses.get(market)) and status.failure and status.failure.kind == "rate_limited"
    }
    silent = sorted({market.exchange for market in awaited} - pauses.keys())
    return [*pauses.values(), _have_not_answered(silent) if silent else ""]


def _have_not_answered(exchanges: list[str]) -> str:
    """Return ``kraken has not answered``, or ``binance, coinbase and kraken have not answered``."""
    *first, last = exchanges
    return f"{', '.join(first)} and {last} have not answered" if first else f"{last} has not answered"


def _headline_of_collected(page: PageState) -> Headline:
    """Return the headline while exchanges answer and prices are stored."""
    conditions = {market: of_market(page, market) for market in page.data.markets}
    collected = [market for market, condition in conditions.items() if condition not in ("refused", "unknown")]
    exchanges = exchanges_text(page, collected or page.data.markets)
    last_tick = last_tick_text(page, collected or page.data.markets)
    mode = mode_label(page)
    if not (_status(page).collector or _status(page).is_replay):
        return Headline("is-stale", "STALE", _joined("no collector running", last_tick, mode))
    if not collected and "refused" in conditions.values():
        return Headline("is-down", "REFUSED", _joined(_refused_text(page), last_tick, mode))
    if not collected:
        cause = "the collector does not collect these markets"
        return Headline("is-stale", "STALE", _joined(cause, last_tick, mode))
    if all(conditions[market] == "stale" for market in collected):
        cause = _standstill_text(page, collected) or (
            f"the {'exchanges answer' if ', ' in exchanges else 'exchange answers'}, but with no new price"
        )
        return Headline("is-stale", "STALE", _joined(exchanges, last_tick, cause, mode))
    still = _standstill_text(page, collected)
    filling = [market for market in collected if is_backfilling(page, market)]
    older = "older prices are being fetched" if filling else ""
    if mode == "simulated":
        text = _joined("invented prices", "nothing here is a market", older, replay_text(page), still)
        return Headline("is-simulated", "SIMULATED", text)
    if mode == "replay":
        # Without the exchange's name: a recording may be played in the dialect of another exchange.
        day = time_text.weekday_and_date(page.data.now, page.choices.zone)
        return Headline("is-replay", "REPLAY", _joined(day, replay_text(page), "not live", older, still))
    if filling:
        progress = status_text.progress_text(_status(page).markets[filling[0]])
        which = page.label(filling[0]) + (f" and {len(filling) - 1} more" if len(filling) > 1 else "")
        return Headline(
            "is-backfilling", "BACKFILLING", _joined(exchanges, which, progress, "live prices continue", still)
        )
    if any(conditions[market] == "waiting" for market in collected) and "live" not in conditions.values():
        return Headline("is-waiting", "WAITING", _joined(f"{_have_not_answered(exchanges.split(', '))} yet", last_tick))
    return Headline("is-live", "LIVE", _joined(exchanges, last_tick, still))


def _standstill_text(page: PageState, markets: Iterable[Market]) -> str:
    """Return ``CAD has not moved since 15:04``, of the first of *markets* that stands still; empty if none does."""
    texts = {market: text for market in markets if (text := standstill.text(page, market))}
    if not texts:
        return ""
    first, more = next(iter(texts)), len(texts) - 1
    return _joined(
        f"{page.label(first)} {texts[first]}", f"{more} more stand{'s' if more == 1 else ''} still" if more else ""
    )


def _refused_text(page: PageState) -> str:
    """Return why the first refused market has no price, and how many more are refused."""
    first, *more = refused_markets(page)
    cause = status_text.failure_text(_status(page).markets[first], first) or f"{first} is refused"
    markets = f"{len(more)} more {'market' if len(more) == 1 else 'markets'} refused" if more else ""
    return _joined(cause, markets)


def replay_text(page: PageState) -> str:
    """Return ``replayed at 60×`` or ``replay paused``; empty if no replay runs."""
    replay = page.choices.replay
    if replay is None:
        return ""
    return f"replayed at {replay.speed:,g}×" if replay.playing else "replay paused"


def exchanges_text(page: PageState, markets: Iterable[Market]) -> str:
    """Return the exchanges of *markets*, stand-ins included: ``coinbase for kraken``."""
    known = _status(page).markets
    pairs = {(known[market].stand_in if market in known else "", market.exchange) for market in markets}
    return ", ".join(sorted(f"{stand_in} for {own}" if stand_in else own for stand_in, own in pairs))


def market_text(page: PageState, market: Market) -> str:
    """Describe one market: ``live, last tick 2 s ago``."""
    condition: str = of_market(page, market)
    status = _status(page).markets.get(market)
    if status is None:
        return f"not collected, {last_tick_text(page, [market])}"
    since = standstill.text(page, market) or (_since(page, status) if condition != "live" else "")
    cause = status_text.failure_text(status, market)
    cause = f"from {status.stand_in}, {market.exchange}: {cause}" if status.stand_in else cause
    held_back = status_text.held_back_text(status, market) or status_text.held_back_count_text(status)
    next_try, progress = status_text.next_try_text(status, page.data.now), status_text.progress_text(status)
    parts = (condition, since, cause, next_try, progress, held_back, last_tick_text(page, [market]))
    text = ", ".join(filter(None, parts))
    if (result := status.backfill) is None:
        return text
    begin = "" if result.since is None else f" from {_moment(page, result.since)} on"
    return f"{text}; backfill{begin}: {status_text.backfill_text(result, market)}"


def _since(page: PageState, status: MarketStatus) -> str:
    return "" if status.since is None else f"since {_moment(page, status.since)}"


def _moment(page: PageState, time: int) -> str:
    return time_text.moment(time, page.data.now, page.choices.zone)


def _status(page: PageState) -> Status:
    return page.data.status or Status()


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))
