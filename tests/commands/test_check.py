"""``tracker check``: what it is made of; test_collecting.py has it with an exchange."""

import pytest

from tests.support.command import tracker
from tests.support.config import write_config
from tracker.collector.diagnostics.check import Check
from tracker.commands import collecting

RULE = """
[[rules]]
name = "high"
market = "*"
when = "price > 70000"
notify = "ops"
"""


@pytest.fixture(autouse=True)
def _no_exchange(monkeypatch):
    async def all_is_well(_settings):
        yield Check("✓", "all else is well")

    monkeypatch.setattr(collecting, "run_checks", all_is_well)


@pytest.mark.parametrize(
    ("address", "status", "line"),
    [
        ("json://127.0.0.1:9", 0, "✓ channel ops: webhook; to send a test, type: tracker channels test ops"),
        ("nothing://SECRET", 1, "✗ channel ops: apprise knows no service nothing://; did you mean 'notica'?"),
    ],
)
def test_rules_and_channels_come_last_and_count_too(tmp_path, address, status, line):
    write_config(tmp_path, f'markets = ["kraken:BTC/USD"]\n[channels]\nops = "{address}"\n{RULE}')
    answer = tracker("check", folder=tmp_path)
    assert (answer[0], answer[1].splitlines()) == (
        status,
        [
            "✓ all else is well",
            "✓ rule high: Tells you each time one bitcoin costs more than 70,000.00 USD. By ops.",
            line,
            "! alerts: nobody watches rules; type: tracker collect",
        ],
    )


def test_without_them_nothing_is_said_of_them(tmp_path):
    assert tracker("check", folder=tmp_path) == (0, "✓ all else is well\n", "")
