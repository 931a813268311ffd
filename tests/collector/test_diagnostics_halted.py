"""run_checks: a market that its exchange states not to be traded is named, with its price counted as one."""

import asyncio
import json

import pytest

from tracker.collector.diagnostics import run_checks
from tracker.runtime.settings import read_settings

HALT = {"market": "BTC/EUR", "since": "2026-01-20T08:15:00Z"}


@pytest.fixture
def check(tmp_path, monkeypatch, sandbox):
    """Return the checks of BTC/EUR and BTC/GBP of an exchange in the sandbox."""

    def run(name: str) -> list[str]:
        monkeypatch.setenv("TRACKER_MARKETS", json.dumps([f"{name}:BTC/EUR", f"{name}:BTC/GBP"]))
        monkeypatch.setenv(f"TRACKER_EXCHANGES__{name.upper()}__URL", f"{sandbox.url}/{name}")
        monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")

        async def all_checks():
            return [f"{check.mark} {check.text}" async for check in run_checks(read_settings(tmp_path))]

        return asyncio.run(all_checks())

    return run


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("binance", "BREAK"),
        ("kraken", "cancel_only"),
        ("coinbase", "not traded since 20 Jan 2026 08:15:00 UTC, cancel_only"),
    ],
)
def test_a_market_that_is_not_traded_is_named_with_the_exchanges_words(check, sandbox, name, words):
    sandbox.faults.set("halt", **HALT)
    [note] = [line for line in check(name) if "states" in line]
    assert note == f"! {name}:BTC/EUR: {name} states {words}; it is polled and stored, but not ranked"


def test_its_price_counts_as_one(check, sandbox):
    sandbox.faults.set("halt", **HALT)
    assert "✓ kraken: has a price for 2 of 2 markets" in check("kraken")
