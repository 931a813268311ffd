"""The sentences about collecting: what a status says, in words for the page and the command line."""

from tracker.collector.outage_log import cause_text
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, HeldBack, MarketStatus, Note, Status
from tracker.render.format import time_text


def failure_text(each: MarketStatus, market: Market) -> str:
    """Why the exchange of *market* gives no price; empty if it does."""
    return cause_text(each.failure, market) if each.failure else ""


def next_try_text(each: MarketStatus, now: int) -> str:
    """``next try in 8 s``, ``trying now``; empty when none is planned."""
    if each.next_try is None:
        return ""
    left = each.next_try - now
    return f"next try in {time_text.rough_duration(left)}" if left >= 1000 else "trying now"


def progress_text(each: MarketStatus) -> str:
    """Of a backfill under way: ``3 of 12 pages``; else empty."""
    return f"{each.page} of {each.pages} {'page' if each.pages == 1 else 'pages'}" if each.pages else ""


def held_back_text(each: MarketStatus, market: Market) -> str:
    """``kraken says 5, coinbase says 100``; empty if no price is held back now."""
    reason: HeldBack | None = each.held_back_reason
    if reason is None:
        return ""
    other = "no other exchange has confirmed it yet"
    if reason.other_price is not None:
        other = f"{reason.other_exchange} says {reason.other_price:g}"
    return f"{each.held_back_from or market.exchange} says {reason.price:g}, {other}"


def held_back_count_text(each: MarketStatus) -> str:
    """``3 prices held back``; empty for none."""
    count = each.held_back_count
    return "" if not count else "1 price held back" if count == 1 else f"{count:,} prices held back"


def backfill_text(result: BackfillResult, market: Market) -> str:
    """``31 prices from kraken, 1 gap of 29 min left``."""
    if result.failure is not None:
        return f"older prices could not be fetched: {cause_text(result.failure, market)}; retried later"
    stored = [f"{count:,} {'price' if count == 1 else 'prices'} from {name}" for name, count in result.prices.items()]
    if not (stored or result.gaps_left):
        return "nothing was missing"
    return ", ".join([*(stored or ["nothing was available"]), _gaps_left(result)])


def _gaps_left(result: BackfillResult) -> str:
    if not result.gaps_left:
        return "no gap left"
    seconds = result.seconds_left
    length = f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
    return f"1 gap of {length} left" if result.gaps_left == 1 else f"{result.gaps_left} gaps, together {length}, left"


def store_problem_text(status: Status, folder: str = "") -> str:
    """Why rows are not kept in *folder*, as the page names it; empty if they are."""
    if status.silent_for is None:
        return status.store_problem
    place = folder or "its data folder"
    return f"the collector has written nothing for {status.silent_for:.0f} s; {place} may be full or read-only"


def note_text(note: Note) -> str:
    """What happened."""
    if note.kind == "collector_failed":
        return f"the collector failed: {note.words}; see the log"
    if note.kind == "lines_skipped":
        lines = "1 malformed line was" if note.amount == 1 else f"{note.amount:,} malformed lines were"
        return f"{lines} skipped, the latest in {note.words}"
    way = "ahead" if note.amount > 0 else "back"
    return f"the clock went {way} by {abs(note.amount)} s; slots restarted"
