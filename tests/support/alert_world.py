"""Rules that are watched over rows in memory, by a clock that a test moves."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.alert_messages import EUR as EUR
from tests.support.alert_messages import EVERY as EVERY
from tests.support.alert_messages import START as START
from tests.support.alert_messages import TWIN as TWIN
from tests.support.alert_messages import USD as USD
from tests.support.alert_messages import KeptMessages, alert_settings, compose
from tests.support.alert_messages import rule as rule
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.lease_term import LeaseTerm
from tracker.alerts.service.watched import Watched
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.ticks import Origin, Ticks

PATIENCE = 20.0  # s


class ManualClock:
    """A clock that shows what a test sets; *shift* (ms) changes the wall clock alone."""

    speed = 1.0

    def __init__(self, time: int = START) -> None:
        self.time, self.shift = time, 0

    def now(self) -> int:
        return self.time + self.shift

    def monotonic(self) -> float:
        return self.time / 1000

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class AlertWorld:
    """
    A process that watches *rules*; ``begin`` starts another one in its place.

    Attributes:
        clock: of all.
        store: has what row() adds.
        channels: get the messages.
        term: of the process; None before the first step.
    """

    def __init__(self, folder: Path, *rules: Mapping[str, Any], **more: Any) -> None:
        self.clock, self.store, self.channels = ManualClock(), MemoryStore(), KeptMessages()
        self.coordination = MemoryCoordination("test")
        self.collecting = Status()
        self.folder = folder
        self.settings = alert_settings(*(rules or (rule(),)), **more)
        self.term: LeaseTerm | None = None
        self.token = 0
        self.dependencies = Dependencies(
            self.store,
            folder,
            self.coordination,
            self.clock,
            lambda: self.collecting,
            lambda watched: self.channels,
            lambda watched: compose,
        )

    def begin(self) -> LeaseTerm:
        """Return the term of a new process, which begins now."""
        self.token += 1
        self.term = LeaseTerm(Watched.of(self.settings), self.dependencies, self.token)
        return self.term

    def change(self, *rules: Mapping[str, Any], **more: Any) -> None:
        """Change the rules while the process goes on."""
        self.settings = alert_settings(*rules, **more)
        if self.term is not None:
            self.term.change(Watched.of(self.settings))

    def store_row(self, price: float, market: Market = EUR, origin: Origin = Origin.LIVE, late: int = 0) -> None:
        """Store a row of the present time, or of *late* ms before."""
        self.store.append({market: Ticks.of([self.clock.time - late], [price], EVERY, origin)})

    def row(self, *prices: float, market: Market = EUR, origin: Origin = Origin.LIVE) -> list[str]:
        """Let rows of *prices* come, one every EVERY ms, and return what was sent meanwhile, line by line."""
        before = len(self.lines())
        if self.term is None:
            self.begin().step()
        for price in prices:
            self.clock.time += EVERY
            self.store_row(price, market, origin)
            self.step()
        return self.lines()[before:]

    def arrive(self, *prices: float) -> LeaseTerm:
        """Let rows of EUR come one after the other, without waiting for what is sent."""
        term = self.term or self.begin()
        term.step()
        for price in prices:
            self.clock.time += EVERY
            self.store_row(price)
            term.step()
        return term

    def wait(self, ms: int, step: int = 0) -> list[str]:
        """Let *ms* pass without rows, and return what was sent meanwhile; long times pass in steps of a minute."""
        step = step or (EVERY if ms <= 10 * MINUTE else MINUTE)
        before, end = len(self.lines()), self.clock.time + ms
        if self.term is None:
            self.begin().step()
        while self.clock.time < end:
            self.clock.time = min(end, self.clock.time + step)
            self.step()
        return self.lines()[before:]

    def step(self) -> None:
        """Do what there is to do, until nothing is left to send now."""
        term = self.term or self.begin()
        while True:
            before = self.channels.attempts
            term.step()
            settle()
            if self.channels.attempts == before:
                return

    def lines(self) -> list[str]:
        """Return all that was received, line by line."""
        return [line for _, lines in self.channels.received for line in lines]

    def states(self) -> dict[str, str]:
        """Return the phase of each rule, by its name, in the first market that is published of it."""
        assert self.term is not None
        return {state.rule: state.phase.value for state in reversed(self.term.status().states)}

    def close(self) -> None:
        """End the process in good order."""
        if self.term is not None:
            self.term.close(PATIENCE)
        self.term = None


def settle() -> None:
    """Wait until no message is being sent."""
    for thread in threading.enumerate():
        if thread.name == "tracker-alert-message":
            thread.join(PATIENCE)
