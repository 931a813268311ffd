"""The collector's status as sentences, for the page and the command line."""

from collections.abc import Iterable
from datetime import tzinfo
from textwrap import shorten

from tracker.core import number_text
from tracker.core.cause_text import SET_CLOCK, cause_text
from tracker.core.cause_text import wrong_clock_text as cause_of_wrong_clock
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, HeldBack, MarketStatus, Note, Status, WrongClock
from tracker.render.format import plain_text, time_text

SHORTEST_LEFT = 60.0  # seconds; of a shorter backfill the pages are enough
DAYS_FROM = 10 * 86_400  # seconds of gaps, from which on their length is in days
SHORT = 90  # characters of a failure in the headline, which is beside the links and the time


def failure_text(status: MarketStatus, market: Market) -> str:
    """Return why the exchange of *market* provides no price; empty if it does."""
    return cause_text(status.failure, market) if status.failure else ""


def short_failure_text(status: MarketStatus, market: Market, now: int, zone: tzinfo) -> str:
    """Return failure_text in a few words: until when an exchange is not asked, or the beginning of its own words."""
    failure = status.failure
    if failure is not None and failure.kind == "rate_limited" and status.next_try is not None:
        until = time_text.moment(status.next_try, now, zone)
        return f"{failure.exchange} reports too many requests; not asked before {until}"
    return shorten(failure_text(status, market), SHORT, placeholder="…")


def next_try_text(status: MarketStatus, now: int) -> str:
    """Return ``next try in 8 s`` or ``trying now``; empty if no try is planned. *now* is epoch ms."""
    if status.next_try is None:
        return ""
    left = status.next_try - now
    return f"next try in {time_text.rough_duration(left)}" if left >= 1000 else "trying now"


def progress_text(status: MarketStatus) -> str:
    """Return ``3 of 12 pages``, or ``412 of 3,563 pages, about 12 min left``, of the running backfill; else nothing."""
    return _progress(status.page, status.pages, status.backfill_seconds)


def total_progress_text(statuses: Iterable[MarketStatus]) -> str:
    """Return the same of all running backfills together; empty if none runs."""
    running = [status for status in statuses if status.pages]
    # Exchanges are asked beside each other, and all markets of one have the same time left.
    longest = max((status.backfill_seconds for status in running if status.backfill_seconds is not None), default=None)
    return _progress(sum(status.page for status in running), sum(status.pages for status in running), longest)


def _progress(page: int, pages: int, seconds: float | None) -> str:
    if not pages:
        return ""
    text = f"{page:,} of {pages:,} {'page' if pages == 1 else 'pages'}"
    return text if seconds is None or seconds < SHORTEST_LEFT else f"{text}, {time_left_text(seconds)}"


def time_left_text(seconds: float) -> str:
    """Return ``about 12 min left``, rounded as an estimate deserves."""
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return f"about {minutes} min left"
    hours = round(seconds / 3600)
    return f"about {hours} h left" if hours < 48 else f"about {round(hours / 24)} d left"


def held_back_text(status: MarketStatus, market: Market) -> str:
    """Return ``kraken reports 5, coinbase 100``; empty if no price is held back now."""
    reason: HeldBack | None = status.held_back_reason
    if reason is None:
        return ""
    exchange = status.held_back_from or market.exchange
    other = "no other exchange has confirmed it yet"
    if reason.other_price is not None:
        contradicting = "its candles" if reason.other_exchange == exchange else reason.other_exchange
        other = f"{contradicting} {number_text.price(reason.other_price)}"
    return f"{exchange} reports {number_text.price(reason.price)}, {other}"


def held_back_count_text(status: MarketStatus) -> str:
    """Return ``3 prices held back``; empty for none."""
    count = status.held_back_count
    return "" if not count else "1 price held back" if count == 1 else f"{count:,} prices held back"


def backfill_text(result: BackfillResult, market: Market) -> str:
    """Return ``31 prices from kraken, 1 gap of 29 min left``."""
    if result.failure is not None:
        return f"older prices could not be fetched: {cause_text(result.failure, market)}; retried later"
    stored = [f"{count:,} {'price' if count == 1 else 'prices'} from {name}" for name, count in result.prices.items()]
    if result.completed:
        prices = "1 price" if result.completed == 1 else f"{result.completed:,} prices"
        stored.append(f"low and high of {prices} added")
    if not (stored or result.gaps_left or result.left_out):
        return "nothing was missing"
    candles = "1 unreadable candle" if result.left_out == 1 else f"{result.left_out:,} unreadable candles"
    left_out = [f"{candles} left out"] if result.left_out else []
    begin = [f"no exchange has prices before {_minute(result.none_before)}"] if result.none_before is not None else []
    return ", ".join([*(stored or ["nothing was available"]), *left_out, _gaps_left(result), *begin])


def gaps_text(result: BackfillResult) -> str:
    """Return ``9 Feb 2018 09:28 to 10:57 and 2 more``, UTC; empty without a gap."""
    named = ", ".join(_gap(start, end) for start, end in result.longest_gaps)
    more = result.gaps_left - len(result.longest_gaps)
    return f"{named} and {more:,} more" if named and more > 0 else named


def _gap(start: int, end: int) -> str:
    write = time_text.hour_minute_second if end - start < time_text.SECONDS_BELOW else time_text.hour_minute
    day, last_day = time_text.date(start), time_text.date(end)
    end_text = write(end) if day == last_day else f"{last_day} {write(end)}"
    return f"{day} {write(start)} to {end_text}"


def _minute(time: int) -> str:
    return f"{time_text.date(time)} {time_text.hour_minute(time)} UTC"


def _gaps_left(result: BackfillResult) -> str:
    if not result.gaps_left:
        return "no gap left"
    seconds = result.seconds_left
    length = f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
    length = length if seconds < DAYS_FROM else f"{seconds / 86_400:,.0f} days"
    return (
        f"1 gap of {length} left" if result.gaps_left == 1 else f"{result.gaps_left:,} gaps of {length} in total left"
    )


def store_problem_text(status: Status, folder: str = "") -> str:
    """Return why rows are not stored in *folder*, as the page names it; empty if they are."""
    if status.silent_for is None:
        return status.store_problem
    place = folder or "its data folder"
    return f"the collector has written nothing for {status.silent_for:.0f} s; {place} may be full or read-only"


def rivals_text(status: Status, folder: str = "") -> str:
    """Return which processes the lock in *folder*, as the page names it, did not exclude; empty if it excludes all."""
    if not status.rivals:
        return ""
    names = plain_text.join_words(list(status.rivals))
    return (
        f"The lock in {folder or 'the data folder'} excludes nobody, as on some network folders: {names} could take it "
        f"too, and stepped down. Keep the folder on a disk of the collecting computer, or collect on one computer only."
    )


def wrong_clock_text(status: Status) -> str:
    """Return by how much the collector's clock is wrong; empty if it is right."""
    return cause_of_wrong_clock(status.clock) if status.clock and status.clock.until is None else ""


def wrong_clock_advice(status: Status) -> str:
    """Return the same as a sentence without its point, and what to type; empty if the clock is right."""
    cause = wrong_clock_text(status)
    return f"{cause[0].upper()}{cause[1:]}; {SET_CLOCK}" if cause else ""


def past_wrong_clock_text(clock: WrongClock) -> str:
    """Return what a clock that is right again has cost."""
    count = "1 price was" if clock.not_stored == 1 else f"{clock.not_stored:,} prices were"
    return f"{cause_of_wrong_clock(clock)}; {count} not stored, and backfill fetches what is missing"


def note_text(note: Note) -> str:
    """Return what happened."""
    if note.kind == "collector_failed":
        # The error may name any file of the machine, not only those in the store's folder.
        return f"the collector failed: {plain_text.hide_folders(note.words)}; see the log"
    if note.kind == "lines_skipped":
        lines = "1 malformed line was" if note.amount == 1 else f"{note.amount:,} malformed lines were"
        return f"{lines} skipped, the latest in {note.words}"
    if note.kind == "start_needed":
        return f"changed settings that take effect when collecting starts again: {note.words}"
    direction = "ahead" if note.amount > 0 else "back"
    return f"the clock was set {direction} by {abs(note.amount)} s; slots restarted"
