"""run_checks: reports what works, and names each fault with what to type."""

import asyncio
import json
import time

import pytest

from tracker.collector.diagnostics import run_checks
from tracker.runtime.settings import read_settings


@pytest.fixture
def check(tmp_path, monkeypatch, sandbox):
    """Return the checks of *markets*, with kraken in the sandbox; each as ``✓ text``."""

    def run(markets=("kraken:BTC/USD",), **variables):
        monkeypatch.setenv("TRACKER_MARKETS", json.dumps(list(markets)))
        monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", f"{sandbox.url}/kraken")
        monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        async def all_of():
            return [f"{each.mark} {each.text}" async for each in run_checks(read_settings(tmp_path))]

        return asyncio.run(all_of())

    return run


def test_what_works_says_so(check, tmp_path):
    checks = check()
    assert checks[0] == "✓ settings: no tracker.toml, so the defaults"
    assert checks[1] == f"✓ store: {tmp_path / 'data'}, no prices yet"
    assert checks[2] == "! collector: none; type: tracker collect"
    assert checks[3] == "✓ cadence: kraken gets 0.10 requests a second, allows 1.00"
    assert checks[4] == "✓ kraken: has a price for 1 of 1 markets"


def test_a_mistyped_pair_is_named_with_its_neighbours(check):
    [wrong] = [line for line in check(["kraken:BTC/USB"]) if line.startswith("✗")]
    assert wrong.startswith("✗ kraken:BTC/USB: kraken does not offer BTC/USB; did you mean 'kraken:BTC/USD'")


def test_an_exchange_that_does_not_answer_is_named_with_its_reason(check, sandbox):
    sandbox.faults.set("status", status=503)
    [wrong] = [line for line in check() if line.startswith("✗")]
    assert wrong == "✗ kraken: 127.0.0.1 answers 503 (Service Unavailable); asked for kraken:BTC/USD"


def test_a_market_that_fails_alone_is_named_and_the_others_are_asked_all_the_same(check, sandbox):
    sandbox.faults.set("status", status=500, path="BTC-USD/ticker")
    checks = check(["coinbase:BTC/USD", "coinbase:BTC/EUR"], TRACKER_EXCHANGES__COINBASE__URL=f"{sandbox.url}/coinbase")
    [wrong] = [line for line in checks if line.startswith("✗")]
    assert wrong.endswith("asked for coinbase:BTC/USD")
    assert "✓ coinbase: has a price for 1 of 2 markets" in checks


def test_a_market_that_fails_its_batch_is_named_alone_also_where_the_pairs_are_not_known(check, sandbox):
    sandbox.faults.set("status", status=500, path="AssetPairs")
    checks = check(["kraken:BTC/USD", "kraken:BTC/USB", "kraken:BTC/EUR"])
    [wrong] = [line for line in checks if line.startswith("✗")]
    assert wrong.startswith("✗ kraken:BTC/USB: kraken refuses BTC/USB: EQuery:Unknown asset pair")
    assert "✓ kraken: has a price for 2 of 3 markets" in checks


def test_a_cadence_that_cannot_be_met_comes_with_the_arithmetic(check):
    wrong = check([{"name": "kraken:BTC/USD", "every": "500ms"}])
    assert "✗ cadence: kraken gets 2.00 requests a second, allows 1.00" in "".join(wrong)


def test_a_cadence_that_leaves_nothing_for_history_is_allowed_but_told(check):
    assert any(line.startswith("! cadence: kraken") for line in check([{"name": "kraken:BTC/USD", "every": "1s"}]))


def test_a_stand_in_s_own_markets_and_those_it_stands_in_for_are_asked_for_apart(check, sandbox):
    markets = [{"name": "kraken:BTC/USD", "every": "4s"}]
    markets.append({"name": "coinbase:BTC/USD", "every": "8s", "sources": ["coinbase", "kraken"]})
    checks = check(markets, TRACKER_EXCHANGES__COINBASE__URL=f"{sandbox.url}/coinbase")
    # Together in one request they would cost 0.25.
    words = "cadence: kraken, standing in for every market that names it, gets 0.38 requests a second, allows 1.00"
    assert f"✓ {words}" in checks


def test_a_store_whose_parents_are_missing_too_will_be_made(check, tmp_path):
    checks = check(TRACKER_STORE=f"csv:{tmp_path / 'one' / 'two' / 'data'}")
    assert f"✓ store: {tmp_path / 'one' / 'two' / 'data'}, no prices yet" in checks
    assert not (tmp_path / "one").exists()


def test_a_store_below_a_file_is_none(check, tmp_path):
    (tmp_path / "one").write_text("")
    [wrong] = [line for line in check(TRACKER_STORE=f"csv:{tmp_path / 'one' / 'data'}") if line.startswith("✗")]
    assert wrong.startswith("✗ store: ")
    assert str(tmp_path / "one") in wrong


def test_a_folder_of_a_newer_format_is_named_and_left_alone(check, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("99\n")
    [wrong] = [line for line in check() if line.startswith("✗")]
    assert "format '99'" in wrong
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["FORMAT"]


def test_a_clock_that_is_off_is_told_by_how_much_and_which_way(check, sandbox, monkeypatch):
    sandbox.clock = lambda: round((time.time() - 60) * 1000)
    # As if it were an exchange: a sandbox's own clock may rightly differ, in a replay.
    monkeypatch.setattr(type(sandbox.source), "origin", "")
    [wrong] = [line for line in check() if line.startswith("✗")]
    assert wrong.startswith("✗ clock: 60 s ahead of that of kraken; set it") or wrong.startswith("✗ clock: 59 s")


def test_checks_that_are_abandoned_leave_no_request_running(tmp_path, monkeypatch, sandbox):
    monkeypatch.setenv("TRACKER_MARKETS", json.dumps(["kraken:BTC/USD", "coinbase:BTC/USD"]))
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", f"{sandbox.url}/kraken")
    monkeypatch.setenv("TRACKER_EXCHANGES__COINBASE__URL", f"{sandbox.url}/coinbase")
    monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")
    sandbox.faults.set("hang", path="products")

    async def abandon():
        checks = run_checks(read_settings(tmp_path))
        async for check in checks:
            if check.text.startswith("kraken: has a price"):
                break
        running = asyncio.all_tasks() - {asyncio.current_task()}
        await checks.aclose()
        return running, asyncio.all_tasks() - {asyncio.current_task()}

    before, after = asyncio.run(abandon())
    assert before
    assert after == set()
