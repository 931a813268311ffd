"""``tracker check``: what it is made of; test_collecting.py has it with an exchange."""

import pytest

from tests.support.command import tracker
from tests.support.config import write_config
from tracker.collector.diagnostics.check import Check
from tracker.commands import checking

RULE = """
[[rules]]
name = "high"
market = "*"
when = "price > 70000"
notify = "ops"
"""
USD = 'markets = ["kraken:BTC/USD"]\n'
OPS = '[channels]\nops = "json://127.0.0.1:9"\n'
MEANS = "✓ rule high: Tells you each time one bitcoin costs more than 70,000.00 USD. By ops."
TYPE_TEST = "✓ channel ops: webhook; to send a test, type: tracker channels test ops"
NOBODY = "! alerts: nobody watches rules; type: tracker collect"
WELL = "✓ all else is well"


@pytest.fixture(autouse=True)
def _no_exchange(monkeypatch):
    async def all_is_well(_settings):
        yield Check("✓", "all else is well")

    monkeypatch.setattr(checking, "run_checks", all_is_well)


@pytest.fixture
def check(tmp_path):
    """Return the exit status of the command with a file of this text, and its lines without that of the database."""

    def checked(text):
        path = str(write_config(tmp_path, text))
        status, out, err = tracker("check", folder=tmp_path)
        assert err == ""
        return status, [line.replace(path, "FILE") for line in out.splitlines() if "database: " not in line]

    return checked


@pytest.mark.parametrize(
    ("address", "status", "line"),
    [
        ("json://127.0.0.1:9", 0, TYPE_TEST),
        ("nothing://SECRET", 1, "✗ channel ops: apprise knows no service nothing://; did you mean 'notica'?"),
    ],
)
def test_rules_and_channels_come_last_and_count_too(check, address, status, line):
    answer = check(f'{USD}[channels]\nops = "{address}"\n{RULE}')
    assert answer == (status, ["✓ settings: FILE", WELL, MEANS, line, NOBODY])


def test_without_them_nothing_is_said_of_them(tmp_path):
    assert tracker("check", folder=tmp_path) == (0, f"✓ settings: no tracker.toml, so the defaults\n{WELL}\n", "")


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        (
            RULE.replace("high", "low").replace("ops", "opps"),
            ["rule 'low': notify: no channel 'opps'; did you mean 'ops'?"],
        ),
        (RULE, ["rule 'high': name: an earlier rule has this name too; each needs its own"]),
        (
            RULE.replace("high", "low").replace('"*"', '"kraken:BTC/EUR"').replace("ops", "opps"),
            [
                "rule 'low': market: 'kraken:BTC/EUR' is not configured; "
                "add it to markets, or did you mean 'kraken:BTC/USD'?",
                "rule 'low': notify: no channel 'opps'; did you mean 'ops'?",
            ],
        ),
        (
            RULE.replace("high", "low") + 'fro = "30s"' + RULE.replace('"*"', '"kraken:BTC/JPY"'),
            [
                "rule 'low': fro: unknown key 'fro'; did you mean 'for'?",
                "rule 'high': name: an earlier rule has this name too; each needs its own",
                "rule 'high': market: 'kraken:BTC/JPY' is not configured; "
                "add it to markets, or did you mean 'kraken:BTC/USD'?",
            ],
        ),
    ],
    ids=["channel", "name", "two keys", "two rules"],
)
def test_each_mistake_in_a_rule_is_a_line_and_all_else_is_checked(check, more, problems):
    status, lines = check(USD + OPS + RULE + more)
    failed = [f"✗ settings: FILE: {problem}" for problem in problems]
    assert (status, lines) == (1, [*failed, WELL, MEANS, TYPE_TEST, NOBODY])


def test_a_channel_whose_value_is_wrong_is_one_line_and_its_rules_are_checked(check):
    status, lines = check(f'{USD}{OPS}home = "SECRET"\n{RULE.replace("ops", "home")}')
    problem, *others = lines
    assert problem.startswith("✗ settings: FILE: channels.home: not an address; expected one of apprise, such as ")
    assert (status, others) == (1, [WELL, MEANS.replace("ops", "home"), TYPE_TEST, NOBODY])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("channels = 1\n" + RULE, "channels: expected a table; type [channels] and below it e.g. "),
        (RULE.replace("[[rules]]", "[rules]"), "rules: expected a list of tables; type [[rules]] above the keys"),
    ],
)
def test_tables_of_another_kind_are_one_line(check, text, problem):
    status, [first, *others] = check(USD + text)
    assert first.startswith(f"✗ settings: FILE: {problem}")
    assert (status, others) == (1, [WELL])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f'span = "1s"\n{RULE}', "span: expected a span of"),
        (f'retention = "1h"\n{RULE}{OPS}', "retention must not be shorter than span"),
    ],
)
def test_other_mistakes_end_it_with_one_line(tmp_path, text, error):
    path = write_config(tmp_path, text)
    status, out, err = tracker("check", folder=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {path}: {error}")


def test_a_mistake_in_a_variable_ends_it_with_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_RULES", '[{"name": "x", "market": "*", "when": "price > 1", "notify": "ops"}]')
    write_config(tmp_path, USD + RULE)
    status, _, err = tracker("check", folder=tmp_path)
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith("error: environment: TRACKER_RULES: rule no. 1: notify: no channel 'ops'; ")


def test_what_keeps_a_running_tracker_from_taking_the_settings_over_fails_at_the_end(check):
    status, lines = check(USD + OPS + RULE.replace("price", "prise"))
    error = "rule 'high': when: at 'prise' (column 1): "
    assert lines[2].startswith(f"✗ {error}".replace("rule 'high'", "rule high"))
    assert lines[-1].startswith(
        f"✗ settings: a tracker that is running keeps those from before, because of this: FILE: {error}"
    )
    assert (status, lines[0]) == (1, "✓ settings: FILE")
