"""Events and states for the database of alerts, and what a database has to send."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.rule_rows import MARKET, PRICE, price_rule
from tracker.alerts.database.database import FILE, AlertDatabase, open_database
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
MINUTE = 60_000  # ms
CHANNELS = ("ops", "family", "phone")


def fired(at: int = NOW, rule: str = "high", channels: tuple[str, ...] = CHANNELS) -> Event:
    numbers = (Number(PRICE, 101.5, None),)
    return Event(EventKind.FIRED, rule, MARKET, at, at - MINUTE, at, channels, numbers)


def resolved(event: Event, at: int) -> Event:
    """Return the end of the firing that *event* began."""
    return replace(event, kind=EventKind.RESOLVED, at=at, numbers=())


def state(time: int = NOW, rule: str = "high", phase: Phase = Phase.ARMED) -> RuleState:
    return replace(RuleState.new(price_rule(name=rule), MARKET, time), phase=phase)


_opened: list[AlertDatabase] = []


def opened(folder: Path, token: int | None = 1, *events: Event) -> AlertDatabase:
    """Return the database in *folder*, with *events* committed at NOW; see close_all()."""
    database = open_database(folder, token)
    _opened.append(database)
    if events:
        database.commit((), events, NOW)
    return database


def close_all() -> None:
    """Close the databases that were opened here."""
    while _opened:
        _opened.pop().close()


def waiting(database: AlertDatabase, at: int = NOW) -> list[tuple[str, str, int, bool]]:
    """Return what is due: what, where, the number of the attempt, and whether it is a repeated one."""
    return [(each.event.kind.value, each.channel, each.attempt, each.repeated) for each in database.due(at)]


def begun(database: AlertDatabase, at: int = NOW) -> tuple[Delivery, ...]:
    """Begin what is due."""
    return database.begin(database.due(at), at)


def deliver(database: AlertDatabase, at: int = NOW) -> list[tuple[str, str]]:
    """Send what is due and note it as sent; return what went where."""
    deliveries = begun(database, at)
    database.sent(deliveries, at)
    return [(each.event.kind.value, each.channel) for each in deliveries]


def give_up(database: AlertDatabase, at: int = NOW) -> None:
    """Begin what is due and note that it failed for good."""
    database.failed(begun(database, at), at, None)


def firings(events: Iterable[Event]) -> list[tuple[str, int]]:
    """Return what happened when, in ms after NOW."""
    return [(event.kind.value, event.at - NOW) for event in events]


def raw(folder: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Execute SQL in the file; return what the last statement returned."""
    connection = sqlite3.connect(folder / FILE)
    with connection:
        rows = [connection.execute(statement).fetchall() for statement in statements][-1]
    connection.close()
    return rows


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in *folder*."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
