"""
The process that watches and sends is killed all over a simulated day, or loses the lease: what is received is what
the rules demand, nothing is lost, and nothing comes twice unmarked.
"""

import os
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.support.alert_messages import EUR, START, TWIN, alert_settings, rule
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tests.support.simulated_day import DayStore, SharedClock
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.database import open_database
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.message import Message
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.rules.clock_rules import CLOCK, follows_clock
from tracker.alerts.service.clock_times import LAG
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.lease_term import LeaseTerm
from tracker.alerts.service.watched import Watched
from tracker.alerts.states.events import Event
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, step
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
    rule("stale", "age > 150s"),
    rule("both", "price > 100.5 and coverage(20min) > 90%", **{"for": "2min"}),
)
Demand = tuple[str, str, str, int]  # kind, rule, market and time of an event


class Receipt(NamedTuple):
    """One event that a channel took."""

    event: Demand
    channel: str
    repeated: bool


class Pipe:
    """Channels that write each event they take into a pipe; some attempts fail, of which some have arrived."""

    def __init__(self, write_end: int, chance: random.Random) -> None:
        self._write_end, self._chance = write_end, chance

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
    rows = _rows(seed, end, every)
    watched = Watched.of(alert_settings(*(RULES if every == MINUTE else RULES[:-2]), markets=MARKETS))
    watched = Watched(watched.rules, dict.fromkeys(MARKETS, every), 0.8, 1_800_000, watched.settings)
    receipts, killed, displaced = _kill_watchers(folder, watched, rows, end, size, seed)
    database = open_database(folder)
    # What comes after the day is over, while the last deliveries are made, is not counted.
    kept = sorted(_named(past.event) for past in database.history(0) if past.event.at <= end)
    database.close()
    demanded = sorted(map(_named, _demanded(watched, rows, end)))
    received = {receipt.event for receipt in receipts if receipt.event[-1] <= end}
    counts = Counter((receipt.event, receipt.channel) for receipt in receipts if not receipt.repeated)
    doubled = [message for message, count in counts.items() if count > 1]
    lost = sorted(set(demanded) - received)
    assert kept == demanded, sorted(set(kept) ^ set(demanded))
    assert not lost, lost
    assert not doubled, doubled
    assert received <= set(demanded), sorted(received - set(demanded))
    return {
        "killed": killed,
        "lease moved": displaced,
        "events": len(demanded),
        "repeated": sum(receipt.repeated for receipt in receipts),
        "lost": len(lost),
        "doubled unmarked": len(doubled),
    }


def _rows(seed: int, end: int, every: int) -> dict[Market, Ticks]:
    """Return the prices around 100 of each market, with some gaps."""
    rows = {}
    for number, market in enumerate(MARKETS):
        chance = np.random.default_rng([seed, number])
        times = START + every * np.arange(1, (end - START) // every + 1)
        prices = (
            100 + 1.2 * np.sin(np.arange(times.size) * every / MINUTE / 40 + number) + chance.normal(0, 0.3, times.size)
        )
        gaps = (np.arange(times.size)[:, None] - chance.integers(10, times.size, times.size // 120)) // 5 == 0
        is_there = ~gaps.any(axis=1)
        rows[market] = Ticks.of(times[is_there], prices[is_there], every)
    return rows


def _kill_watchers(
    folder: Path, watched: Watched, rows: Mapping[Market, Ticks], end: int, kills: int, seed: int
) -> tuple[list[Receipt], int, int]:
    """Return what was received, how many processes were killed, and how many lost the lease alive."""
    chance, clock = random.Random(seed), SharedClock(START)
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    received, displaced, unharmed, before = b"", 0, 0, 0
    for token in range(1, kills + 2):
        pid = os.fork()
        if not pid:
            os.close(read_end)
            _watch(folder, watched, DayStore(rows, clock.now), clock, write_end, end, token, chance.randrange(2**32))
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
    folder: Path, watched: Watched, store: DayStore, clock: SharedClock, write_end: int, end: int, token: int, seed: int
) -> None:
    """Watch and send, and move the clock on, until the day is over and nothing is left; then end the process."""
    status, chance = 1, random.Random(seed)
    longest = LONGEST_STEP if watched.by_clock().rules else max(watched.cadences.values())
    try:
        channels = Pipe(write_end, random.Random(seed + 1))
        coordination = MemoryCoordination()
        dependencies = Dependencies(store, folder, coordination, clock, Status, lambda _: channels, lambda _: _compose)
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
    lines = tuple(f"{' '.join(map(str, _named(each.event)))} {each.repeated}" for each in deliveries)
    return Message("", lines, "", "warning", "", False)


def _named(event: Event) -> Demand:
    return event.kind.value, event.rule, str(event.market), event.at


def _demanded(watched: Watched, rows: Mapping[Market, Ticks], end: int) -> list[Event]:
    """Return what happens to the rules over the whole day, row by row and tick by tick, in one process."""
    readings = MarketReadings(MARKETS, MemoryStore(), watched.floor, watched.unmoved_after)
    states = {(rule.name, market): RuleState.new(rule, market, START) for rule in watched.rules for market in MARKETS}
    at = {market: {int(time): row for row, time in enumerate(rows[market].time)} for market in MARKETS}
    at_rows, by_clock = watched.at_rows(), watched.by_clock()
    events: list[Event] = []
    for now in range(START + CLOCK, end + 1, CLOCK):
        arrived = [market for market in MARKETS if now in at[market]]
        for market in arrived:
            readings.add(market, rows[market][at[market][now] : at[market][now] + 1])
        for chosen, markets in (
            (at_rows, arrived),
            (by_clock, [market for market in MARKETS if readings.rows[market].newest]),
        ):
            for market in filter(chosen.rules.get, markets):
                read = readings.readings(market, chosen.measures[market], now)
                for each in chosen.rules[market]:
                    row = Row(now, CLOCK if follows_clock(each) else watched.cadences[EUR], read)
                    states[each.name, market], more = step(each, states[each.name, market], row)
                    events += more
    return events
