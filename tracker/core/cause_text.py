"""
The text for the cause of a missing price.

The outage log stores it and the log has it, as the page and the report do. So it is made below all of them.
"""

from tracker.core.durations import rough_duration
from tracker.core.market import Market
from tracker.core.market_status import Failure, WrongClock

NO_COLLECTOR = "nobody collected"  # of every market's outage while no process held the lease; older releases show it
NOT_TRADED = "not traded"  # begins the cause of a time without trades; the words of the exchange follow ": "

# What to type where a computer's clock is wrong; that of a virtual machine stands still while the computer sleeps.
SET_CLOCK = (
    "set it, e.g.: sudo timedatectl set-ntp true; in WSL 2: sudo hwclock -s; with Docker Desktop: restart Docker"
)


def wrong_clock_text(clock: WrongClock) -> str:
    """Return ``the collecting computer's clock is 2 h 5 min behind that of kraken``; ``was`` if it is right again."""
    verb = "is" if clock.until is None else "was"
    direction = "behind" if clock.behind > 0 else "ahead of"
    *others, last = clock.exchanges or ("the exchanges",)
    names = f"{', '.join(others)} and {last}" if others else last
    duration = rough_duration(1000 * abs(clock.behind))
    return f"the collecting computer's clock {verb} {duration} {direction} that of {names}"


def cause_text(failure: Failure, market: Market) -> str:
    """Return the text for *failure* of *market*; never empty."""
    pair = f"{market.base}/{market.quote}"
    if failure.kind == "not_listed":
        return f"{failure.exchange} does not offer {pair}"
    if failure.kind == "rejected":
        return f"{failure.exchange} refuses {pair}: {failure.words or 'no reason given'}"
    if failure.kind == "no_price":
        return "the answer has no price for it"
    if failure.kind == "not_traded":
        return f"{NOT_TRADED}: {failure.words}" if failure.words else NOT_TRADED
    if failure.kind == "held_back":
        return "its price is held back"
    return failure.words or "no answer"
