"""``tracker rules``, as it is typed."""

import json
import time
import tomllib

import pytest

from tests.support.command import tracker
from tests.support.config import write_config
from tracker.alerts.states.alert_status import AlertStatus, RuleCounts
from tracker.alerts.states.status_document import JOB, publish
from tracker.coordination.file import FileCoordination
from tracker.core.durations import HOUR

TEXT = """\
# Mine
markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]

[channels]
ops = "env:OPS_URL"

[[rules]]
name = "EUR drops"
market = "kraken:BTC/*"
when = "change(10m) < -2%"  # quickly
for = "30s"
notify = "ops"
"""
ADD = ("rules", "add", "high", "--market", "*/USD", "--when", "PRICE>70000")


def test_rules_are_listed_with_what_they_watch_for(tmp_path):
    write_config(tmp_path, TEXT)
    status, out, _ = tracker("rules", "list", folder=tmp_path)
    assert status == 0
    assert [line.split("  ")[0] for line in out.splitlines()] == ["rule", "EUR drops"]
    assert [word for word in out.splitlines()[1].split("  ") if word.strip()] == [
        "EUR drops",
        "change(10min) < -2% for 30s",
        "kraken:BTC/*",
        "ops",
    ]


def test_rules_are_listed_for_programs(tmp_path):
    write_config(tmp_path, f'{TEXT}expires = "2026-12-01"\nquiet = "22:00-07:00"\nzone = "Europe/Berlin"\n')
    status, out, _ = tracker("rules", "list", "--json", folder=tmp_path)
    assert status == 0
    assert json.loads(out) == [
        {
            "name": "EUR drops",
            "markets": ["kraken:BTC/USD", "kraken:BTC/EUR"],
            "when": "change(10min) < -2%",
            "for": 30.0,
            "cooldown": 0.0,
            "rearm": "change(10min) >= -1.8%",
            "expires": "2026-12-01T00:00:00.000+00:00",
            "once": False,
            "quiet": "22:00-07:00 Europe/Berlin",
            "severity": "warning",
            "notify": ["ops"],
            "muted": [],
        }
    ]


def test_without_rules_the_list_says_how_to_add_one(tmp_path):
    status, out, err = tracker("rules", "list", folder=tmp_path)
    assert (status, out) == (0, "")
    assert err.startswith("There is no rule; type e.g.: tracker rules add ")
    assert tracker("rules", "list", "--json", folder=tmp_path)[:2] == (0, "[]\n")


def test_markup_in_a_name_is_printed_as_it_is(tmp_path):
    write_config(tmp_path, TEXT.replace("EUR drops", "[red]EUR[/red]"))
    assert "[red]EUR[/red]" in tracker("rules", "list", folder=tmp_path)[1]


def test_a_rule_is_added_and_everything_else_stays_as_it_was(tmp_path):
    path = write_config(tmp_path, TEXT)
    status, out, err = tracker(*ADD, folder=tmp_path)
    assert (status, out) == (0, f"{path}: added high: price > 70000 in kraken:BTC/USD\n"), err
    assert path.read_text() == f'{TEXT}\n[[rules]]\nname = "high"\nmarket = "*/USD"\nwhen = "PRICE>70000"\n'
    status, out, _ = tracker("rules", "remove", "high", folder=tmp_path)
    assert (status, out) == (0, f"{path}: removed high\n")
    assert path.read_text() == TEXT


def test_every_option_is_written_as_the_key_of_its_name(tmp_path):
    write_config(tmp_path, TEXT)
    words = (
        *("rules", "add", "Bitcoin fällt", "--market", "kraken:BTC/USD", "--market", "kraken:BTC/EUR"),
        *("--when", "change(10m) < -2%", "--for", "30s", "--cooldown", "1h", "--rearm", "-1%"),
        *("--expires", "2026-12-31T18:00Z", "--once", "--quiet", "22:00-07:00", "--zone", "Europe/Berlin"),
        *("--severity", "critical", "--notify", "ops"),
    )
    status, _, err = tracker(*words, folder=tmp_path)
    assert status == 0, err
    assert tomllib.loads((tmp_path / "tracker.toml").read_text("utf-8"))["rules"][1] == {
        "name": "Bitcoin fällt",
        "market": ["kraken:BTC/USD", "kraken:BTC/EUR"],
        "when": "change(10m) < -2%",
        "for": "30s",
        "cooldown": "1h",
        "rearm": "-1%",
        "expires": "2026-12-31T18:00Z",
        "once": True,
        "quiet": "22:00-07:00",
        "zone": "Europe/Berlin",
        "severity": "critical",
        "notify": ["ops"],
    }


def test_the_first_rule_makes_the_file(tmp_path):
    status, out, err = tracker(*ADD, folder=tmp_path)
    assert (status, out) == (0, f"{tmp_path / 'tracker.toml'}: added high: price > 70000 in kraken:BTC/USD\n"), err
    assert "high" in tracker("rules", "list", folder=tmp_path)[1]


def test_a_process_that_is_silent_keeps_nobody_from_making_the_file(tmp_path):
    coordination = FileCoordination(tmp_path / "data")
    assert coordination.try_acquire(JOB)
    publish(AlertStatus(rules=(RuleCounts("low", "price < 1", {}),)), coordination, time.time_ns() // 1_000_000 - HOUR)
    assert tracker(*ADD, folder=tmp_path)[0] == 0
    coordination.release(JOB)


@pytest.mark.parametrize("left", [None, "", " \n"])
def test_the_rules_that_a_running_process_goes_by_are_not_lost_with_their_file(tmp_path, left):
    if left is not None:
        write_config(tmp_path, left)
    coordination = FileCoordination(tmp_path / "data")
    assert coordination.try_acquire(JOB)
    publish(AlertStatus(rules=(RuleCounts("low", "price < 1", {}),)), coordination, time.time_ns() // 1_000_000)
    status, out, err = tracker(*ADD, folder=tmp_path)
    assert (status, out) == (2, "")
    assert "tracker.toml was removed or is empty; expected the settings that are in use" in err
    assert {path.name for path in tmp_path.iterdir()} == ({"data"} if left is None else {"data", "tracker.toml"})
    coordination.release(JOB)
    assert tracker(*ADD, folder=tmp_path)[0] == 0, "nobody watches them any more"


def test_a_rule_that_cannot_be_read_can_be_removed(tmp_path):
    path = write_config(tmp_path, TEXT.replace("change(10m)", "chang(10m)"))
    status, out, err = tracker("rules", "list", folder=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1), "and not that there is none"
    assert tracker("rules", "remove", "EUR drops", folder=tmp_path)[0] == 0
    assert path.read_text() == TEXT.partition("\n[[rules]]")[0]


def test_the_rules_that_can_be_read_are_listed_beside_the_errors_of_the_others(tmp_path):
    wrong = '[[rules]]\nname = "{}"\nmarket = "{}"\nwhen = "{}"\n'
    path = write_config(tmp_path, TEXT + wrong.format("a", "*", "prise > 1") + wrong.format("b", "*/GBP", "price > 1"))
    for words in ((), ("--json",)):
        status, out, err = tracker("rules", "list", *words, folder=tmp_path)
        assert (status, "EUR drops" in out, err.count("\n")) == (2, True, 2)
        assert f"error: {path}: rule 'a': when: at 'prise' (column 1): " in err
        assert f"error: {path}: rule 'b': market: '*/GBP' matches none of the configured markets" in err


@pytest.mark.parametrize(
    "change",
    [("kraken:BTC/*", "kraken:BTC/GBP"), ('notify = "ops"', 'notify = "opps"'), ("for = ", "fro = ")],
    ids=["market", "channel", "key"],
)
def test_a_rule_that_is_wrong_beside_the_rest_of_the_file_can_be_removed(tmp_path, change):
    path = write_config(tmp_path, TEXT.replace(*change))
    assert tracker(*ADD, folder=tmp_path)[0] == 2
    assert tracker("rules", "remove", "EUR drops", folder=tmp_path) == (0, f"{path}: removed EUR drops\n", "")
    assert path.read_text() == TEXT.partition("\n[[rules]]")[0]


def test_what_is_still_wrong_after_a_rule_is_removed_is_said(tmp_path):
    path = write_config(tmp_path, f'span = "1s"\n{TEXT}')
    status, out, err = tracker("rules", "remove", "EUR drops", folder=tmp_path)
    assert (status, out) == (0, f"{path}: removed EUR drops\n")
    assert err.startswith(f"What is left is wrong: {path}: span: expected a span of")


def test_a_rule_that_is_added_without_a_channel_says_that_nobody_is_told(tmp_path):
    write_config(tmp_path, TEXT)
    assert tracker(*ADD, folder=tmp_path)[2].startswith("Only the page shows it, as it names no channel; add ")
    assert tracker("rules", "add", "low", *ADD[3:], "--notify", "ops", folder=tmp_path)[2] == ""


def test_a_rule_that_has_expired_when_it_is_added_is_told_to_do_nothing(tmp_path):
    write_config(tmp_path, TEXT)
    assert tracker(*ADD, "--expires", "2020-01-01", "--notify", "ops", folder=tmp_path)[::2] == (
        0,
        "It does nothing, as 2020-01-01 is over\n",
    )


@pytest.mark.parametrize("words", [ADD, ("rules", "remove", "EUR drops")])
def test_a_variable_that_overrides_the_rules_of_the_file_is_named(tmp_path, words):
    path = write_config(tmp_path, TEXT)
    status, _, err = tracker(*words, folder=tmp_path, tracker_rules="[]")
    assert (status, err) == (
        2,
        "error: tracker_rules is set and overrides the rules in tracker.toml; type: unset tracker_rules\n",
    )
    assert path.read_text() == TEXT
