"""The command that prints what happened to rules: rules history."""

import csv
import io
import json
import math
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.alerts.database.past_firings import DATABASE_FILE
from tracker.commands.options import iso_or_none, iso_text, moment_text
from tracker.commands.rule_numbers import exported, number_as_json
from tracker.commands.terminal import print_table
from tracker.core.durations import parse_since
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.render.format import time_text
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder
from tracker.runtime.usable_settings import read_usable_settings

if TYPE_CHECKING:
    from tracker.alerts.database.delivery import Dispatch, PastEvent
    from tracker.alerts.states.events import Number

_DEFAULT = "7d"
_FORMULA = ("=", "+", "-", "@")  # a spreadsheet computes what begins so, unless an apostrophe stands before
_COLUMNS = ("at", "kind", "rule", "market", "since", "fired_at", "numbers", "sent")


def history(
    since: Annotated[str, typer.Option(help="How far back: a duration or a time, e.g. 24h, 2026-01-31.")] = _DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets; one line for each.")] = False,
) -> None:
    """Print when rules fired and when that ended, with the numbers then, and where it was sent."""
    if as_json and as_csv:
        raise ConfigError("type only one of --json and --csv")
    settings, _ = read_usable_settings()
    now = time.time_ns() // 1_000_000
    start = parse_since(since, now, "--since")
    if start > now:
        raise ConfigError(f"--since {since!r} is in the future; expected a duration or a time before now")
    past = _past(settings, start)
    if as_json:
        print(json.dumps([_as_json(each) for each in past], indent=1))
    elif as_csv:
        _print_csv(past)
    elif past:
        _print_table(past)
    else:
        print(f"No rule has fired since {moment_text(start)} UTC", file=sys.stderr)


def _past(settings: Settings, start: int) -> "tuple[PastEvent, ...]":
    folder = state_folder(settings)
    if not (folder / DATABASE_FILE).exists():  # no rule has been watched yet
        return ()
    from tracker.alerts.database.database import open_database  # no other command needs SQLAlchemy

    database = open_database(folder)
    try:
        return database.history(start)
    finally:
        database.close()


def _as_json(past: "PastEvent") -> dict[str, Any]:
    event = past.event
    return {
        "at": iso_text(event.at),
        "kind": event.kind.value,
        "rule": event.rule,
        "market": str(event.market),
        "since": iso_text(event.since),
        "fired_at": iso_text(event.fired_at),
        "channels": list(event.channels),
        "numbers": list(map(number_as_json, event.numbers)),
        "sent": [
            {
                "channel": each.channel,
                "attempts": each.attempts,
                "at": iso_or_none(each.sent_at),
                "is_waiting": each.due_at is not None,
            }
            for each in past.dispatches
        ],
    }


def _print_csv(past: "Iterable[PastEvent]") -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in past:
        event = each.event
        numbers = " ".join(f"{number.measure}={exported(number).value!r}" for number in event.numbers)
        sent = " ".join(f"{way.channel}={_sent_word(way)}" for way in each.dispatches)
        times = (iso_text(event.since), iso_text(event.fired_at))
        rule = f"'{event.rule}" if event.rule.startswith(_FORMULA) else event.rule
        writer.writerow((iso_text(event.at), event.kind.value, rule, event.market, *times, numbers, sent))
    print(text.getvalue(), end="")


def _sent_word(way: "Dispatch") -> str:
    """Return when *way* was taken, else how far it has come, in one word."""
    if way.sent_at is not None:
        return iso_text(way.sent_at)
    return "waiting" if way.due_at is not None else "given-up"


def _print_table(past: "Iterable[PastEvent]") -> None:
    from tracker.alerts.wording.happenings import kind_text

    rows = []
    for each in past:
        event = each.event
        sent = "; ".join(map(_sent_text, each.dispatches)) or "–"
        numbers = "; ".join(_number_text(number, event.market) for number in event.numbers)
        rows.append((_time(event.at), kind_text(event), event.rule, str(event.market), numbers, sent))
    whole = ("time, UTC", "event", "market")
    print_table(("time, UTC", "event", "rule", "market", "numbers", "sent"), rows, whole)


def _number_text(number: "Number", market: Market) -> str:
    """Return ``price 69,871.20 EUR``; thresholds are left out, as the rule may be another one by now."""
    from tracker.alerts.wording.written import WRITTEN

    is_known = math.isfinite(number.value)
    return f"{number.measure} {WRITTEN.amount(number.measure, number.value, market.quote) if is_known else 'not known'}"


def _sent_text(way: "Dispatch") -> str:
    """Return ``ops 15:00:05``, or how far it has come."""
    if way.sent_at is not None:
        return f"{way.channel} {time_text.hour_minute_second(way.sent_at)}"
    tries = f", {way.attempts} {'try' if way.attempts == 1 else 'tries'}" if way.attempts else ""
    return f"{way.channel}: {'waits' if way.due_at is not None else 'given up'}{tries}"


def _time(ms: int) -> str:
    return f"{time_text.to_datetime(ms):%Y-%m-%d %H:%M:%S}"
