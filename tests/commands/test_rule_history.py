"""``tracker rules history``, as it is typed."""

import csv
import errno
import io
import json
import math
import time
from dataclasses import replace

import pytest

from tests.support.alert_database import close_all, deliver, fired, give_up, opened, resolved
from tests.support.command import tracker
from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.events import Number
from tracker.commands import rule_history
from tracker.core.durations import DAY, MINUTE
from tracker.render.format import time_text


@pytest.fixture
def at(tmp_path):
    """The time of a firing that has ended, and of one whose first channel failed; each a minute after the other."""
    at = time.time_ns() // 1_000_000 // 1000 * 1000 - 10 * MINUTE
    first = fired(at, "=EUR, drops", ("ops",))
    second = replace(fired(at + MINUTE, "high", ("ops", "family")), numbers=(Number(Measure("age"), math.inf, None),))
    database = opened(tmp_path / "data", 1, replace(first, at=at - 8 * DAY, fired_at=at - 8 * DAY), first)
    deliver(database, at + 1000)
    database.commit((), [resolved(first, at + MINUTE)], at + MINUTE)
    deliver(database, at + MINUTE)
    database.commit((), [second], at + MINUTE)
    give_up(database, at + MINUTE)
    yield at
    close_all()


def iso(ms):
    return time_text.to_datetime(ms).isoformat(timespec="milliseconds")


def clock(ms):
    return time_text.hour_minute_second(ms)


def test_what_happened_is_printed_with_its_numbers_and_where_it_was_sent(tmp_path, at):
    status, out, err = tracker("rules", "history", folder=tmp_path, COLUMNS="140")
    assert (status, err) == (0, "")
    day = time_text.to_datetime
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines()]
    assert rows == [
        ["time, UTC", "event", "rule", "market", "numbers", "sent"],
        [
            f"{day(at):%Y-%m-%d %H:%M:%S}",
            *("fired", "=EUR, drops", "kraken:BTC/EUR", "price 101.500 EUR", f"ops {clock(at + 1000)}"),
        ],
        [
            f"{day(at + MINUTE):%Y-%m-%d %H:%M:%S}",
            *("ended", "=EUR, drops", "kraken:BTC/EUR", f"ops {clock(at + MINUTE)}"),
        ],
        [
            f"{day(at + MINUTE):%Y-%m-%d %H:%M:%S}",
            *("fired", "high", "kraken:BTC/EUR", "age not known", "ops: given up, 1 try; family: waits"),
        ],
    ]


def test_each_event_is_a_line_for_programs_that_read_lines_and_fits_a_terminal(tmp_path, at):
    narrow = {"folder": tmp_path, "COLUMNS": "80"}
    assert tracker("rules", "history", **narrow)[1] == tracker("rules", "history", folder=tmp_path)[1]
    assert tracker("rules", "history", **narrow)[1].count("\n") == 4
    lines = tracker("rules", "history", **narrow, FORCE_COLOR="1")[1].splitlines()
    assert len(lines) > 4
    assert {len(line) for line in lines[1:]} == {80}, "beside the headings, which have colours"


def test_it_is_exported_for_programs(tmp_path, at):
    status, out, _ = tracker("rules", "history", "--json", folder=tmp_path)
    assert status == 0
    first, ended, second = json.loads(out)
    assert first == {
        "at": iso(at),
        "kind": "fired",
        "rule": "=EUR, drops",
        "market": "kraken:BTC/EUR",
        "since": iso(at - MINUTE),
        "fired_at": iso(at),
        "channels": ["ops"],
        "numbers": [{"measure": "price", "value": 101.5, "coverage": None}],
        "sent": [{"channel": "ops", "attempts": 1, "at": iso(at + 1000), "is_waiting": False}],
    }
    assert (ended["kind"], ended["fired_at"], ended["numbers"]) == ("resolved", iso(at), [])
    assert second["numbers"] == [{"measure": "age", "value": "inf", "coverage": None}]
    assert [(each["channel"], each["at"], each["is_waiting"]) for each in second["sent"]] == [
        ("ops", None, False),
        ("family", None, True),
    ]


def test_it_is_exported_for_spreadsheets(tmp_path, at):
    status, out, _ = tracker("rules", "history", "--csv", folder=tmp_path)
    assert status == 0
    first, ended, second = csv.DictReader(io.StringIO(out))
    assert first == {
        "at": iso(at),
        "kind": "fired",
        "rule": "'=EUR, drops",  # else it would be a formula there
        "market": "kraken:BTC/EUR",
        "since": iso(at - MINUTE),
        "fired_at": iso(at),
        "numbers": "price=101.5",
        "sent": f"ops={iso(at + 1000)}",
    }
    assert (ended["kind"], ended["numbers"]) == ("resolved", "")
    assert (second["numbers"], second["sent"]) == ("age=inf", "ops=given-up family=waiting")


def test_no_name_of_a_rule_is_a_formula_in_a_spreadsheet(tmp_path):
    at = time.time_ns() // 1_000_000
    opened(tmp_path / "data", 1, *(fired(at, name, ()) for name in ("=1", "+1", "-1", "@1", "1", "é=1")))
    rows = csv.DictReader(io.StringIO(tracker("rules", "history", "--csv", folder=tmp_path)[1]))
    assert {row["rule"] for row in rows} == {"'=1", "'+1", "'-1", "'@1", "1", "é=1"}
    close_all()


def test_since_says_how_far_back(tmp_path, at):
    assert len(json.loads(tracker("rules", "history", "--json", "--since", "30d", folder=tmp_path)[1])) == 4
    status, out, err = tracker("rules", "history", "--since", "1min", folder=tmp_path)
    assert (status, out) == (0, "")
    assert err.startswith("No rule has fired since 20")


def test_before_any_rule_was_watched_there_is_none_and_nothing_is_made(tmp_path):
    status, out, err = tracker("rules", "history", folder=tmp_path)
    assert (status, out, err.startswith("No rule has fired since ")) == (0, "", True)
    assert tracker("rules", "history", "--json", folder=tmp_path)[:2] == (0, "[]\n")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--json", "--csv"), "type only one of --json and --csv"),
        (("--since", "long"), "--since 'long'"),
        (("--since", "2999-01-01"), "--since '2999-01-01' is in the future; expected a duration or a time before now"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, words, message):
    status, out, err = tracker("rules", "history", *words, folder=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_database_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".alerts.db").write_bytes(b"no database" * 100)
    status, out, err = tracker("rules", "history", folder=tmp_path)
    assert (status, out) == (1, "")
    assert "it is no database of alerts; nothing was touched" in err


def test_a_disk_that_fails_is_one_line_beside_an_empty_output(tmp_path, monkeypatch):
    def fail(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "data")

    monkeypatch.setattr(rule_history, "_past", fail)
    answer = tracker("rules", "history", "--json", folder=tmp_path)
    assert answer == (1, "", "error: data: Permission denied\n")
