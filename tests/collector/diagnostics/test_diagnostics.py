"""run_checks: reports what works, and each fault with what to type."""

import asyncio
import json
import os
import re
import threading
import time

import pytest

from tests.support.other_store import add_store
from tracker.collector.diagnostics.diagnostics import run_checks
from tracker.coordination.file import FileCoordination
from tracker.runtime.settings import read_settings


def test_every_check_of_a_sound_setup_passes(check, tmp_path):
    checks = check()
    assert checks[0] == f"✓ store: {tmp_path / 'data'}, no prices yet"
    assert re.fullmatch("✓ space: .* free; how much prices take a day is known after an hour of collecting", checks[1])
    assert checks[2] == "! collector: none; type: tracker collect"
    assert checks[3] == "✓ cadence: kraken gets 0.10 requests a second of 1.00 allowed"
    assert checks[4] == "✓ kraken: has a price for 1 of 1 markets"


def test_a_key_for_an_exchange_that_takes_none_fails_and_all_else_is_checked(check, monkeypatch):
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__KEY", "SECRET")
    *_, key, prices, _clock = check()
    assert key == "✗ settings: exchanges.kraken.key: kraken takes no key; remove it, as nothing is collected with it"
    assert prices == "✓ kraken: has a price for 1 of 1 markets"


def test_a_folder_named_by_an_old_code_is_reported_with_the_import_of_its_prices(check, tmp_path):
    (tmp_path / "data" / "kraken" / "xbtusd").mkdir(parents=True)
    (tmp_path / "data" / "kraken" / "btcusd").mkdir()
    [note] = [line for line in check() if "xbtusd" in line]
    old = tmp_path / "data" / "kraken" / "xbtusd"
    assert note == (
        f"! store: {old} is not read: kraken:BTC/USD is kept in btcusd; type: tracker import {old}; "
        "delete the folder once that is done"
    )


def test_a_folder_of_a_configured_market_named_by_an_old_code_is_reported_too(check, tmp_path):
    (tmp_path / "data" / "kraken" / "xdgusd").mkdir(parents=True)
    assert not [line for line in check() if "xdgusd" in line]
    [note] = [line for line in check(["kraken:XDG/USD"]) if "xdgusd" in line]
    assert "kraken:DOGE/USD is kept in dogeusd" in note


def test_copies_that_a_sync_program_made_are_reported_once_with_their_import(check, tmp_path):
    folder = tmp_path / "data" / "kraken" / "btcusd"
    folder.mkdir(parents=True)
    for mark in ("", ".sync-conflict-20261123-150405-ABCDEFG", " (conflicted copy)"):
        (folder / f"2026-11-23-15{mark}.csv").write_text("timestamp,price,interval,origin\n")
        (folder / f"2026-11-23-15.candles{mark}.csv").write_text("timestamp,interval,first,low,high\n")
    [note] = [line for line in check() if "sync program" in line]
    assert note == (
        f"! store: {folder / '2026-11-23-15 (conflicted copy).csv'} and 1 more: a sync program made a copy, which is "
        f"not read; type: tracker import {tmp_path / 'data'}; delete the copies once that is done"
    )


def test_a_mistyped_pair_is_reported_with_similar_ones(check):
    [fault] = [line for line in check(["kraken:BTC/USB"]) if line.startswith("✗")]
    assert fault.startswith("✗ kraken:BTC/USB: kraken does not offer BTC/USB; did you mean 'kraken:BTC/USD'")


def test_an_exchange_that_fails_is_reported_with_the_reason(check, sandbox):
    sandbox.faults.set("status", status=503)
    [fault] = [line for line in check() if line.startswith("✗")]
    assert fault == "✗ kraken: 127.0.0.1 answers 503 (Service Unavailable); asked for kraken:BTC/USD"


def test_an_exchange_that_demands_a_pause_is_not_asked_and_the_end_is_named(check, sandbox, tmp_path):
    text = f'{{"code":-1003,"msg":"IP(203.0.113.7) banned until {time.time() + 1900:.0f}."}}'
    sandbox.faults.set("body", text=text, status=418)
    [fault] = [line for line in check() if line.startswith("✗")]
    assert re.search(
        r"✗ kraken: kraken reports too many requests and accepts none before \d+ \w+ \d{4} \d\d:\d\d:\d\d UTC", fault
    ), fault
    asked = dict(sandbox.stats())
    sandbox.faults.set("none")
    [fault] = [line for line in check() if line.startswith("✗")]
    assert re.match(
        r"✗ kraken reports too many requests and accepts none before .* UTC; not asked for kraken:BTC/USD", fault
    )
    assert sandbox.stats() == asked


def test_a_market_that_fails_is_reported_and_the_others_are_still_checked(check, sandbox):
    sandbox.faults.set("status", status=500, path="BTC-USD/ticker")
    checks = check(["coinbase:BTC/USD", "coinbase:BTC/EUR"], TRACKER_EXCHANGES__COINBASE__URL=f"{sandbox.url}/coinbase")
    [fault] = [line for line in checks if line.startswith("✗")]
    assert fault.endswith("asked for coinbase:BTC/USD")
    assert "✓ coinbase: has a price for 1 of 2 markets" in checks


def test_a_market_that_makes_its_batch_fail_is_reported_alone_even_without_a_pair_list(check, sandbox):
    sandbox.faults.set("status", status=500, path="AssetPairs")
    checks = check(["kraken:BTC/USD", "kraken:BTC/USB", "kraken:BTC/EUR"])
    [fault] = [line for line in checks if line.startswith("✗")]
    assert fault.startswith("✗ kraken:BTC/USB: kraken refuses BTC/USB: EQuery:Unknown asset pair")
    assert "✓ kraken: has a price for 2 of 3 markets" in checks


def test_a_cadence_beyond_the_limit_is_reported_with_both_rates(check):
    checks = check([{"name": "kraken:BTC/USD", "every": "500ms"}])
    assert "✗ cadence: kraken gets 2.00 requests a second of 1.00 allowed" in "".join(checks)


def test_a_cadence_that_leaves_little_for_backfill_is_a_warning(check):
    assert any(line.startswith("! cadence: kraken") for line in check([{"name": "kraken:BTC/USD", "every": "1s"}]))


def test_the_cadence_of_a_stand_in_counts_its_own_markets_and_the_others_separately(check, sandbox):
    markets = [{"name": "kraken:BTC/USD", "every": "4s"}]
    markets.append({"name": "coinbase:BTC/USD", "every": "8s", "sources": ["coinbase", "kraken"]})
    checks = check(markets, TRACKER_EXCHANGES__COINBASE__URL=f"{sandbox.url}/coinbase")
    # In one request they would take 0.25.
    text = "cadence: kraken, standing in for every market that names it, gets 0.38 requests a second of 1.00 allowed"
    assert f"✓ {text}" in checks


def test_a_store_whose_parent_folders_are_missing_is_accepted_and_not_created(check, tmp_path):
    checks = check(TRACKER_STORE=f"csv:{tmp_path / 'one' / 'two' / 'data'}")
    assert f"✓ store: {tmp_path / 'one' / 'two' / 'data'}, no prices yet" in checks
    assert not (tmp_path / "one").exists()


def test_a_store_without_a_local_folder_is_named_by_its_place(check, monkeypatch):
    add_store(monkeypatch, "far")
    assert "✓ store: //db:5432/prices, no prices yet" in check(TRACKER_STORE="far://db:5432/prices")


def test_a_store_in_a_file_is_named_by_its_place(check, tmp_path, monkeypatch):
    add_store(monkeypatch, "sq", lambda path: path.parent)
    url = f"sq:{tmp_path / 'new' / 'prices.db'}"
    assert f"✓ store: {tmp_path / 'new' / 'prices.db'}, no prices yet" in check(TRACKER_STORE=url)
    (tmp_path / "new").write_text("")
    assert f"✗ store: {tmp_path / 'new'} is a file; expected a folder. Set another store in tracker.toml" in check(
        TRACKER_STORE=url
    )


def test_a_store_below_a_file_is_reported(check, tmp_path):
    (tmp_path / "one").write_text("")
    [fault] = [line for line in check(TRACKER_STORE=f"csv:{tmp_path / 'one' / 'data'}") if line.startswith("✗")]
    assert fault.startswith("✗ store: ")
    assert str(tmp_path / "one") in fault


def test_a_folder_of_a_later_format_is_reported_and_not_changed(check, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("99\n")
    [fault] = [line for line in check() if line.startswith("✗")]
    assert "format '99'" in fault
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["FORMAT"]


def test_a_lock_that_excludes_nobody_is_reported_with_the_processes_and_what_to_do(check, tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl", reason="locks of another kind here")
    monkeypatch.setattr(fcntl, "flock", lambda *args: None)
    collecting = FileCoordination(tmp_path / "data", "collect")
    assert collecting.try_acquire("collect")
    stop = threading.Event()

    def hold():
        while not stop.wait(0.1):
            collecting.held("collect")

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        [fault] = [line for line in check() if line.startswith("✗")]
    finally:
        stop.set()
        holding.join()
    assert fault == (
        f"✗ collector: collect (pid {os.getpid()}) collects, but its lock excludes nobody, as on some network folders; "
        "keep the folder on a disk of this computer, or collect on one computer only"
    )


def test_abandoned_checks_leave_no_request_running(tmp_path, monkeypatch, sandbox):
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
