"""
The process that watches and sends is killed all over a simulated day, or loses the lease: what is received is what
the rules demand, nothing is lost, nothing comes twice unmarked, and nothing in quiet hours or of a rule that is muted.
"""

import os
import random
import signal
import sqlite3
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from tests.support.alert_messages import EUR, START, TWIN, alert_settings, rule
from tests.support.demanded_day import Demand, HeldDay, Hold, demanded_events, named
from tests.support.simulated_day import DayRequests, DayStore, SharedClock, day_rows
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.database import FILE, open_database
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.message import Message
from tracker.alerts.service.clock_times import LAG
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.lease_term import LeaseTerm
from tracker.alerts.service.watched import Watched
from tracker.alerts.states.mutes import Mute
from tracker.core.errors import LeaseError
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.ticks import Ticks

MINUTE = 60_000  # ms
HOUR = 3_600_000  # ms
LONGEST_STEP = 12_000  # ms of simulated time between two steps of a process
MARKETS = (EUR, TWIN)
RULES = (
    rule("high", "price > 101", notify=["ops", "family"]),
    rule("low", "price < 99.5", **{"for": "3min", "cooldown": "20min"}),
    rule("cross", "crosses(price, 100)", notify=["family"]),
    rule("falls", "change(30min) < -0.8% or drawdown(2h) > 3%", notify=["family", "ops"]),
    rule("night", "price > 100.3", quiet="22:00-05:00", zone="UTC"),
    rule("tea", "price > 101.1", notify=["family"], quiet="15:30-15:50", zone="UTC"),
    rule("stale", "age > 150s"),
    rule("both", "price > 100.5 and coverage(20min) > 90%", **{"for": "2min"}),
)
QUIET = (
    Hold("night", None, START + 7 * HOUR, START + 14 * HOUR),
    Hold("tea", None, START + 30 * MINUTE, START + 50 * MINUTE),
)
MUTES = (
    Hold("high", TWIN, START + 20 * MINUTE, START + 50 * MINUTE),
    Hold("high", None, START + 2 * HOUR, START + 4 * HOUR),
    Hold("falls", TWIN, START + 10 * HOUR, START + 12 * HOUR),
)
ENDED = Hold("low", EUR, START + 5 * HOUR, START + 8 * HOUR)  # a mute that is ended before its time


class Receipt(NamedTuple):
    """One event that a channel took."""

    event: Demand
    channel: str
    repeated: bool


class Pipe:
    """Channels that write each event they take into a pipe; some attempts fail, of which some have arrived."""

    def __init__(self, write_end: int, chance: random.Random) -> None:
        self._write_end, self._chance = write_end, chance

    def opened(self, watched: Watched) -> "Pipe":
        return self

    def send(self, name: str, message: Message) -> Outcome:
        luck = self._chance.random()
        if luck < 0.15:
            return Outcome(False, "refused", wait=self._chance.choice([None, 1_000, 90_000, 4_000_000]))
        os.write(self._write_end, "".join(f"{line} {name}\n" for line in message.lines).encode())
        return Outcome(False, "no answer", may_have_arrived=True) if luck < 0.2 else Outcome(True, "taken")

    def takes_single_firings(self, name: str) -> bool:
        return name == "family"

    def takes_pictures(self, name: str) -> bool:
        return False

    def problem(self, name: str) -> str:
        return ""


def run(folder: Path, size: int, seed: int, hours: str = "24", minutes: str = "1") -> dict[str, object]:
    """
    Kill *size* processes, or let the lease move on, over a simulated day or less; the next one goes on each time.

    A row comes every so many *minutes*. If that is more than one, a day takes seconds, as the rules are left out that
    are evaluated by the clock too, and the clock makes larger steps.
    """
    end, every = START + int(hours) * HOUR, int(minutes) * MINUTE
    rows = day_rows(MARKETS, seed, START, end, every)
    watched = Watched.of(alert_settings(*(RULES if every == MINUTE else RULES[:-2]), markets=MARKETS))
    watched = Watched(watched.rules, dict.fromkeys(MARKETS, every), 0.8, 1_800_000, watched.settings)
    receipts, killed, displaced = _kill_watchers(folder, watched, rows, end, size, seed)
    day = HeldDay(demanded_events(watched, rows, START, end), (*QUIET, *MUTES, ENDED), MINUTE + 3 * _longest(watched))
    database = open_database(folder)
    # What comes after the day is over, while the last deliveries are made, is not counted.
    kept = sorted(named(past.event) for past in database.history(0) if past.event.at <= end)
    database.close()
    demanded = sorted(map(named, day.events))
    received = {receipt.event for receipt in receipts if receipt.event[-1] <= end}
    counts = Counter((receipt.event, receipt.channel) for receipt in receipts if not receipt.repeated)
    doubled = [message for message, count in counts.items() if count > 1]
    lost, withheld, needless, early = (
        day.lost(received),
        day.withheld(),
        day.needless(received),
        day.early(_tries(folder)),
    )
    assert kept == demanded, sorted(set(kept) ^ set(demanded))
    assert not lost, lost
    assert not doubled, doubled
    assert not needless, needless
    assert not early, early
    assert withheld, "no firing is within the quiet hours or a mute"
    return {
        "killed": killed,
        "lease moved": displaced,
        "events": len(demanded),
        "withheld firings": len(withheld),
        "repeated": sum(receipt.repeated for receipt in receipts),
        "lost": len(lost),
        "doubled unmarked": len(doubled),
    }


def _tries(folder: Path) -> list[tuple[str, str, int]]:
    """Return rule, market and time (epoch ms) of the last attempt to send each event to a channel."""
    query = (
        "SELECT rule, market, tried_at FROM alert_deliveries JOIN alert_events ON id = event_id "
        "WHERE tried_at IS NOT NULL"
    )
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return connection.execute(query).fetchall()


def _requests() -> Iterator[tuple[int, Mute]]:
    """Yield when each mute is asked for, and what it is then."""
    for hold in MUTES:
        yield hold.start, Mute(hold.rule, hold.market, hold.end)
    yield ENDED.start, Mute(ENDED.rule, ENDED.market, ENDED.end + HOUR)
    yield ENDED.end, Mute(ENDED.rule, ENDED.market, 0)


def _longest(watched: Watched) -> int:
    """Return the ms of simulated time that two steps of a process are apart at most."""
    return LONGEST_STEP if watched.by_clock().rules else max(watched.cadences.values())


def _kill_watchers(
    folder: Path, watched: Watched, rows: Mapping[Market, Ticks], end: int, kills: int, seed: int
) -> tuple[list[Receipt], int, int]:
    """Return what was received, how many processes were killed, and how many lost the lease alive."""
    chance, clock = random.Random(seed), SharedClock(START)
    requests = DayRequests(_requests(), clock.now)
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    received, displaced, unharmed, before = b"", 0, 0, 0
    for token in range(1, kills + 2):
        pid = os.fork()
        if not pid:
            os.close(read_end)
            pipe, store = Pipe(write_end, random.Random(chance.random())), DayStore(rows, clock.now)
            dependencies = Dependencies(store, folder, requests, clock, Status, pipe.opened, lambda _: _compose)
            _watch(watched, dependencies, clock, end, token, chance)
        if before:
            assert os.waitpid(before, 0)[1] == 0, "a process failed after the lease had moved"
            displaced, before = displaced + 1, 0
        is_last = token > kills
        target = START + round((end - START) * (token - chance.random()) / (kills + 1))
        while is_last or clock.now() < target:
            received += _read(read_end)
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            time.sleep(0.0005)
        time.sleep(0 if is_last else chance.random() * 0.004)  # at any point of the next steps
        if is_last:
            assert os.waitpid(pid, 0)[1] == 0, "the last process failed"
        elif chance.random() < 0.2:
            before = pid  # the lease moves while it is alive
        else:
            os.kill(pid, signal.SIGKILL)
            status = os.waitpid(pid, 0)[1]
            # While a busy machine held up this process, that one may have come to the end of the day.
            assert not status or os.WTERMSIG(status) == signal.SIGKILL, "a process failed"
            unharmed += not status
    received += _read(read_end)
    os.close(read_end)
    os.close(write_end)
    fields = [line.split() for line in received.decode().splitlines()]
    return (
        [
            Receipt((kind, rule, market, int(at)), channel, repeated == "True")
            for kind, rule, market, at, repeated, channel in fields
        ],
        kills - displaced - unharmed,
        displaced,
    )


def _read(read_end: int) -> bytes:
    with suppress(BlockingIOError):
        return os.read(read_end, 1 << 20)
    return b""


def _watch(
    watched: Watched, dependencies: Dependencies, clock: SharedClock, end: int, token: int, chance: random.Random
) -> None:
    """Watch and send, and move the clock on, until the day is over and nothing is left; then end the process."""
    status, longest = 1, _longest(watched)
    try:
        with suppress(LeaseError):
            term = LeaseTerm(watched, dependencies, token)
            term.step()
            while clock.now() < end + LAG or _waits(term):
                clock.move_to(clock.now() + chance.randrange(1, longest))
                term.step()
            term.close(10)
        status = 0
    finally:
        if status:
            traceback.print_exc()
        os._exit(status)


def _waits(term: LeaseTerm) -> bool:
    return any(channel.waiting for channel in term.status(0).channels)


def _compose(deliveries: Sequence[Delivery], has_picture: bool) -> Message:
    lines = tuple(f"{' '.join(map(str, named(each.event)))} {each.repeated}" for each in deliveries)
    return Message("", lines, "", "warning", "", False)
