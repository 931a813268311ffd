"""
Wrote ``alerts_1/``: what the code of e7c2fbc, the last with format 1 of the database of alerts, leaves on a disk.

Runs with that commit's code alone:

    git archive --prefix=old/ e7c2fbc | tar x -C /tmp
    cd /tmp/old && PYTHONPATH=/tmp/old python …/tests/upgrade/write_alerts_1.py …/tests/upgrade/alerts_1

Rules in each phase, one that cannot tell, and firings in each stage of being sent: sent, waiting for another try,
begun by a process that died, given up for the next channel, held back, and ended before it was told. ``read.json``
beside the file is what that code read from it.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from tracker.alerts.database.database import AlertDatabase, open_database
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.core.market import Market

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
MINUTE = 60_000  # ms
EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
CHANGE = parse("change(10m) < -2%")
[MEASURE] = measures_of(CHANGE)
RULE = Rule(
    "EUR drops é", (EUR, USD), CHANGE, CHANGE, quiet=QuietHours.parse("22:00-07:00", "UTC"), channels=("a", "b")
)


def state(name: str, market: Market, **more: object) -> RuleState:
    """Return the state of a rule at NOW."""
    return replace(RuleState.new(replace(RULE, name=name), market, NOW), **more)


def event(name: str, at: int, kind: EventKind = EventKind.FIRED, fired_at: int | None = None) -> Event:
    """Return what happened to the rule *name* in EUR at *at* ms after NOW."""
    numbers = (Number(MEASURE, -0.031, 0.85),) if kind is EventKind.FIRED else ()
    fired = NOW + (at if fired_at is None else fired_at)
    return Event(kind, name, EUR, NOW + at, fired - MINUTE, fired, RULE.channels, numbers)


def send(database: AlertDatabase, name: str, at: int, channel: str = "a") -> tuple:
    """Begin what is due of the rule *name* in *channel* at *at* ms after NOW."""
    due = [each for each in database.due(NOW + at) if (each.event.rule, each.channel) == (name, channel)]
    return database.begin(due, NOW + at)


def main(folder: Path) -> None:
    """Write the specimen to *folder*."""
    database = open_database(folder, 7)
    held = {"since": NOW - MINUTE, "fired_at": NOW, "notified_at": NOW, "was_false": True}
    states = [
        state("armed", EUR, was_false=True),
        state("pending", USD, phase=Phase.PENDING, since=NOW - 5_000),
        state("EUR drops é", EUR, phase=Phase.FIRING, **held),
        state("EUR drops é", USD, problem=CannotTell(Reason.THIN_COVERAGE, MEASURE, 0.4)),
        state("once", EUR, phase=Phase.DONE, fired_at=NOW, notified_at=NOW + MINUTE, was_false=True),
    ]
    database.commit(states, [event(name, 0) for name in ("sent", "waits", "begun", "next")], NOW)
    database.commit((), [event("held", 0)], NOW, held={("held", EUR): NOW + 60 * MINUTE})
    database.sent(send(database, "sent", 1_000), NOW + 2_000)
    database.failed(send(database, "waits", 1_000), NOW + 2_000, NOW + 30_000)
    database.failed(send(database, "next", 1_000), NOW + 2_000, None)
    database.commit((), [event(name, MINUTE, EventKind.RESOLVED, 0) for name in ("sent", "waits")], NOW + MINUTE)
    send(database, "begun", 61_000)  # and the process dies
    expected = {
        "states": [each.to_plain() for each in database.load_states()],
        "due": [
            [each.event.kind, each.event.rule, each.channel, each.attempt, each.repeated]
            for each in database.due(NOW + 60 * MINUTE)
        ],
        "history": [
            [past.event.to_plain(), [[way.channel, way.attempts, way.sent_at, way.due_at] for way in past.dispatches]]
            for past in database.history(0)
        ],
    }
    database.close()
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / "read.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
