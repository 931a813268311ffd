"""Commands that ask exchanges: ``tracker collect``, ``tracker backfill`` and ``tracker check``."""

import io
import re
import signal
import time

import numpy as np
import pytest
import requests
from rich.console import Console

from tests.support.command import start_tracker, tracker, tracker_process
from tests.support.page_server import wait_for
from tests.support.page_states import EUR, GBP, JPY, NOW, unreachable
from tracker.commands.backfill_progress import cause_text
from tracker.commands.collecting import _print_results
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, MarketStatus, Status
from tracker.core.ticks import Origin
from tracker.stores.csv import open_store

HOUR = 3_600_000
URL = "TRACKER_EXCHANGES__KRAKEN__URL"
UNREACHABLE = {URL: "http://127.0.0.1:9"}  # discard, on which nothing listens


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """The environment that leads to a sandbox, the command's own, which serves all tests of this file."""
    process = start_tracker("sandbox", "--port", "0", "--seed", "7", folder=tmp_path_factory.mktemp("sandbox"))
    try:
        line = next(line for line in process.stdout if f"export {URL}" in line)
        yield {URL: line.split("=")[1].strip()}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def stored_rows(folder):
    """Return the rows of kraken:BTC/EUR of the last 40 hours."""
    now = round(time.time() * 1000)
    return open_store("data", base=folder, known=()).read(EUR, now - 40 * HOUR, now + HOUR)


def request_file(folder):
    return folder / "data" / ".documents" / "backfill-request"


@pytest.mark.service
def test_collect_fills_the_folder_until_it_is_stopped(tmp_path, sandbox):
    collector = start_tracker("collect", folder=tmp_path, **sandbox)
    second = None
    try:
        store = open_store("data", base=tmp_path, known=())
        wait_for(lambda: len(store.markets()) == 7, "every market has rows")
        second = start_tracker("collect", folder=tmp_path, **sandbox)
        assert re.match(
            r"collect \(pid \d+\) collects already; this process takes over when that one ends",
            second.stderr.readline(),
        )
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
        wait_for(lambda: len(stored_rows(tmp_path)) > 700, "the day is backfilled")
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(20) == 0
        assert set(stored_rows(tmp_path).origin.tolist()) == {Origin.SIMULATED}
    finally:
        for process in filter(None, (collector, second)):
            process.kill()
            process.communicate()


@pytest.mark.service
def test_collect_takes_over_a_market_that_is_added_while_it_runs(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD"]\nspan = "1h"\n')
    collector = start_tracker("collect", folder=tmp_path, **sandbox)
    try:
        store = open_store("data", base=tmp_path, known=())
        wait_for(lambda: len(store.markets()) == 1, "the market has rows")
        (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]\nspan = "1h"\n')
        wait_for(lambda: EUR in store.markets(), "the other one has rows")
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(20) == 0
    finally:
        collector.kill()
        collector.communicate()


@pytest.mark.service
def test_backfill_fetches_what_is_requested_and_prints_the_result(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]\n')
    status, out, err = tracker_process("backfill", "--since", "36h", folder=tmp_path, **sandbox)
    assert status == 0, err
    assert re.search(r"kraken:BTC/EUR: (1,\d{3}|9\d\d) prices from kraken", out), out
    assert stored_rows(tmp_path).time[0] < time.time() * 1000 - 35.5 * HOUR
    assert not request_file(tmp_path).exists()


@pytest.mark.service
def test_a_backfill_beside_a_collector_leaves_the_work_to_it(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\nspan = "1h"\n')
    collector = start_tracker("collect", folder=tmp_path, **sandbox)
    try:
        wait_for((tmp_path / "data" / ".documents" / "status").exists, "it collects")
        status, out, err = tracker_process("backfill", "--since", "20h", folder=tmp_path, **sandbox)
        assert (status, err) == (0, "")
        assert "prices from kraken" in out
        holder = (tmp_path / "data" / ".lease-collect").read_text()
        assert holder == f"collect (pid {collector.pid})\n"
    finally:
        collector.kill()
        collector.communicate()


@pytest.mark.service
def test_the_next_collector_completes_an_interrupted_backfill(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\nspan = "1h"\n')
    # From an exchange that answers, it might be complete before it is interrupted.
    backfill = start_tracker("backfill", "--since", "20h", folder=tmp_path, **UNREACHABLE)
    wait_for(request_file(tmp_path).exists, "the request is submitted")
    backfill.kill()
    backfill.communicate()
    assert request_file(tmp_path).exists()
    collector = start_tracker("collect", folder=tmp_path, **sandbox)
    try:
        wait_for(lambda: not request_file(tmp_path).exists(), "the request is complete")
        assert stored_rows(tmp_path).time[0] < time.time() * 1000 - 19.5 * HOUR
    finally:
        collector.kill()
        collector.communicate()


@pytest.mark.service
def test_a_backfill_of_months_that_is_killed_goes_on_where_it_was(tmp_path, sandbox):
    base = sandbox[URL].removesuffix("/kraken")
    bitstamp = {"TRACKER_EXCHANGES__BITSTAMP__URL": f"{base}/bitstamp"}
    (tmp_path / "tracker.toml").write_text('markets = ["bitstamp:BTC/EUR"]\nspan = "1h"\n')

    def pages_asked():
        return requests.get(f"{base}/stats", timeout=10).json()["requests"].get("/bitstamp/api/v2/ohlc/btceur/", 0)

    backfill = start_tracker("backfill", "--since", "40d", folder=tmp_path, **bitstamp)
    wait_for(lambda: pages_asked() >= 35, "pages of the second piece are fetched")
    backfill.kill()
    backfill.communicate()
    status, _, err = tracker_process("backfill", "--since", "40d", folder=tmp_path, **bitstamp)
    assert status == 0, err
    pages = 40 * 1440 / 990
    assert pages <= pages_asked() <= pages + 10
    now = round(time.time() * 1000)
    rows = open_store("data", base=tmp_path, known=()).read(Market.parse("bitstamp:BTC/EUR"), 0, now)
    minutes = rows.time[rows.interval == 60_000]
    assert len(minutes) >= 40 * 1440 - 2
    assert (np.diff(minutes) == 60_000).all()


@pytest.mark.service
@pytest.mark.parametrize("damage", ["removed", "torn"])
def test_a_backfill_whose_request_is_lost_fails_instead_of_reporting_success(tmp_path, damage):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\n')
    backfill = start_tracker("backfill", folder=tmp_path, **UNREACHABLE)
    try:
        wait_for(request_file(tmp_path).exists, "the request is submitted")
        if damage == "removed":
            request_file(tmp_path).unlink()
        else:
            request_file(tmp_path).write_text("{")
        out, err = backfill.communicate(timeout=60)
    finally:
        backfill.kill()
    assert backfill.returncode == 1
    assert "nothing was missing" not in out
    assert "before all was fetched; type the command again" in err


@pytest.mark.parametrize("since", ["soon", "24", "2026-13-01"])
def test_a_malformed_since_is_quoted_with_what_was_expected(tmp_path, since):
    status, _, err = tracker("backfill", "--since", since, folder=tmp_path)
    assert status == 2
    assert err == f"error: --since {since!r}: expected a duration or a time, e.g. 90d, 2026-01-31\n"


@pytest.mark.parametrize(
    ("since", "message"), [("2999-01-01", "is in the future"), ("30d", "retention, which keeps 2d; type --since 2d")]
)
def test_a_since_in_the_future_or_beyond_retention_is_refused(tmp_path, since, message):
    (tmp_path / "tracker.toml").write_text('retention = "48h"\n')
    status, _, err = tracker("backfill", "--since", since, folder=tmp_path)
    assert (status, message in err) == (2, True), err


@pytest.mark.service
def test_check_prints_each_result_and_fails_if_one_is_bad(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD"]\n')
    status, out, _ = tracker("check", folder=tmp_path, **sandbox)
    assert status == 0
    assert "✓ kraken: has a price for 1 of 1 markets" in out.splitlines()
    status, out, _ = tracker("check", folder=tmp_path, **UNREACHABLE)
    assert status == 1
    assert "✗ kraken: 127.0.0.1 refuses the connection; asked for kraken:BTC/USD" in out.splitlines()


@pytest.mark.parametrize(("done", "text"), [(True, "nothing was missing"), (False, "not checked completely")])
def test_a_market_without_a_result_missed_nothing_only_if_the_backfill_is_complete(done, text):
    result = BackfillResult({"kraken": 31}, gaps_left=1, seconds_left=1_740)
    status = Status(markets={EUR: MarketStatus(10_000, backfill=result), GBP: MarketStatus(10_000)})
    out = io.StringIO()
    _print_results(status, Console(file=out, width=40), done)
    assert out.getvalue() == f"{EUR}: 31 prices from kraken, 1 gap of 29 min left\n{GBP}: {text}\n"


def test_a_backfill_that_was_interrupted_says_from_when_on_it_has_asked():
    result = BackfillResult({"kraken": 31}, since=1_518_168_480_000)
    out = io.StringIO()
    _print_results(Status(markets={EUR: MarketStatus(10_000, backfill=result)}), Console(file=out, width=40), False)
    assert out.getvalue() == (
        f"{EUR}: 31 prices from kraken, no gap left up to now, asked for from 2018-02-09 09:28 UTC on\n"
    )


def test_the_last_line_of_a_backfill_names_what_remains_and_when_it_is_asked_for_again():
    gap = 1_518_168_480_000, 1_518_173_880_000
    some = BackfillResult({"kraken": 31}, gaps_left=3, seconds_left=6_000, longest_gaps=(gap,))
    one = BackfillResult(gaps_left=1, seconds_left=5_400, longest_gaps=(gap,))
    markets = {EUR: some, GBP: one, JPY: BackfillResult({"kraken": 31})}
    out = io.StringIO()
    _print_results(
        Status(markets={market: MarketStatus(10_000, backfill=result) for market, result in markets.items()}),
        Console(file=out, width=40),
        done=True,
    )
    assert out.getvalue().splitlines()[-1] == (
        f"Without prices, UTC: {EUR} 9 Feb 2018 09:28 to 10:58 and 2 more; {GBP} 9 Feb 2018 09:28 to 10:58. "
        "A page or tracker collect asks for them again later."
    )


def test_a_market_without_prices_shows_its_cause_and_the_next_try():
    failed = unreachable(words="api.kraken.com answers 503").markets[EUR]
    assert cause_text(failed, EUR, NOW) == "api.kraken.com answers 503; next try in 8 s"
    assert cause_text(MarketStatus(10_000, "live"), EUR, NOW) == ""
