"""run_checks: a market that its exchange states not to be traded is named, with its price counted as one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from tracker.collector.diagnostics.diagnostics import run_checks
from tracker.runtime.settings import read_settings

HALT = {"market": "BTC/EUR", "since": "2026-01-20T08:15:00Z"}


@pytest.fixture
def check(tmp_path, monkeypatch, sandbox):
    """Return the checks of *markets*, by default BTC/EUR and BTC/GBP of an exchange in the sandbox."""

    def run(name: str, *markets: dict[str, object]) -> list[str]:
        monkeypatch.setenv("TRACKER_MARKETS", json.dumps(markets or [f"{name}:BTC/EUR", f"{name}:BTC/GBP"]))
        for exchange in (name, "kraken"):
            monkeypatch.setenv(f"TRACKER_EXCHANGES__{exchange.upper()}__URL", f"{sandbox.url}/{exchange}")
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


@pytest.mark.parametrize(("minutes", "is_named"), [(90, False), (110, True)])
def test_the_last_trade_of_a_slow_cadence_may_be_ten_slots_old_as_while_collecting(check, sandbox, minutes, is_named):
    last_trade = datetime.now(UTC) - timedelta(minutes=minutes)
    sandbox.faults.set("halt", market="BTC/EUR", since=last_trade.isoformat())
    lines = check("bitstamp", {"name": "bitstamp:BTC/EUR", "every": "10m"})
    assert any("not traded" in line for line in lines) is is_named


def test_of_an_exchange_that_only_stands_in_the_price_is_old_and_the_market_ranked_all_the_same(check, sandbox):
    sandbox.faults.set("halt", exchange="coinbase", **HALT)
    lines = check("coinbase", {"name": "kraken:BTC/EUR", "sources": ["kraken", "coinbase"]})
    [note] = [line for line in lines if "states" in line]
    assert note.endswith("coinbase states not traded since 20 Jan 2026 08:15:00 UTC, cancel_only; its price is old")


def test_the_age_of_a_trade_is_counted_by_the_exchanges_clock(check, sandbox):
    sandbox.faults.set("clock", seconds=-7200)
    lines = check("bitstamp")
    assert any("clock: 7" in line and "ahead of" in line for line in lines)
    assert not any("not traded" in line for line in lines)
