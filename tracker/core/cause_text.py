"""
The text for the cause of a missing price.

The outage log stores it and the log has it, as the page and the report do. So it is made below all of them.
"""

from tracker.core.durations import rough_duration
from tracker.core.market import Market
from tracker.core.market_status import Failure, WrongClock

NO_COLLECTOR = "nobody collected"  # of every market's outage while no process held the lease; older releases show it
NOT_TRADED = "not traded"  # begins the cause of a time without trades; the words of the exchange follow ": "

# What to type where this computer's clock is wrong; a virtual machine's clock stands still while the computer sleeps.
SET_CLOCK = (
    "set it, e.g.: sudo timedatectl set-ntp true; in WSL 2: sudo hwclock -s; with Docker Desktop: restart Docker"
)


def wrong_clock_text(clock: WrongClock) -> str:
    """Return ``this computer's clock is 2 h 5 min behind that of coinbase and kraken``."""
    direction = "behind" if clock.behind > 0 else "ahead of"
    *others, last = clock.exchanges or ("the exchanges",)
    names = f"{', '.join(others)} and {last}" if others else last
    return f"this computer's clock is {rough_duration(1000 * abs(clock.behind))} {direction} that of {names}"


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
