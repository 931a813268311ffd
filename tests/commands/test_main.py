"""The command, as a user types it: output, exit status, errors of one line, orderly ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests

from tracker.core.adapters import names
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store

pytestmark = pytest.mark.service

HOUR = 3_600_000
EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")


def start(*words, folder, **environment):
    """The command in *folder*, its output readable line by line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tracker(*words, folder, **environment):
    """Run the command to its end: (exit status, output, errors)."""
    done = start(*words, folder=folder, **environment)
    out, err = done.communicate(timeout=60)
    return done.returncode, out, err


def stored_day(folder, price=lambda share: 100 + share):
    """A day of both markets, a price every 10 s up to now; EUR wanders, USD stands nearly still."""
    now = round(time.time() * 1000) // 10_000 * 10_000
    times = np.arange(now - 24 * HOUR + 10_000, now + 1, 10_000)
    share = np.linspace(0, 1, times.size)
    store = open_store("data", base=folder, known=())
    store.append({EUR: Ticks.of(times, 100 + 10 * share, 10_000), USD: Ticks.of(times, 200 + share, 10_000)})
    store.close()
    return times, share


def test_stats_prints_the_ranking_of_what_is_stored(tmp_path):
    stored_day(tmp_path)
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "")
    ranked = re.findall(r"^ *(\d|–) +kraken:BTC/(\w+)", out, re.MULTILINE)
    assert ranked[:2] == [("1", "USD"), ("2", "EUR")]
    assert {rank for rank, _ in ranked[2:]} == {"–"}
    assert "1 is the calmest" in out
    assert "prices for less than 80% of the span" in out


def test_stats_of_an_empty_store_names_the_command_that_collects(tmp_path):
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "Nothing is stored of this period yet; type: tracker collect\n")
    assert "kraken:BTC/EUR" in out


def test_stats_as_json_gives_the_numbers_in_full(tmp_path):
    times, share = stored_day(tmp_path)
    status, out, _ = tracker("stats", "--json", "--span", "24h", "--rank-by", "realised_volatility", folder=tmp_path)
    rows = {row["market"]: row for row in json.loads(out)}
    assert status == 0
    assert rows["kraken:BTC/EUR"]["values"]["standard_deviation"] == pytest.approx(np.std(10 * share, ddof=1), rel=1e-3)
    assert rows["kraken:BTC/EUR"]["coverage"] == pytest.approx(1, abs=0.01)
    assert rows["kraken:BTC/EUR"]["count"] == pytest.approx(times.size, abs=6)
    assert rows["kraken:BTC/GBP"]["values"]["last_price"] is None
    assert rows["kraken:BTC/GBP"]["rank"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stats", "--span", "24"], "error: --span: '24' is not a duration; expected a number and a unit"),
        (["stats", "--rank-by", "drawdwn"], "did you mean 'drawdown'?"),
        (["replay", "nowhere"], "error: recording nowhere: expected a folder with files like btcusd.csv"),
        (["sandbox", "--replay", ".", "--port", "0"], "error: recording"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(tmp_path, words, said):
    status, out, err = tracker(*words, folder=tmp_path)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("csv:da\\u0000ta", "error: store 'csv': its place contains a NUL character, expected e.g. csv:data"),
        (
            "csv:~nobody-called-so/ta",
            "error: store csv:~nobody-called-so/ta: no such user's folder, expected",
        ),
    ],
)
def test_a_place_that_cannot_be_is_one_line(tmp_path, store, said):
    (tmp_path / "tracker.toml").write_text(f'store = "{store}"\n')
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(said)


def test_an_operators_problem_is_one_line_and_status_1(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("999\n")
    status, _, err = tracker("stats", folder=tmp_path)
    assert status == 1
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


@pytest.fixture
def sandbox(tmp_path):
    served = start("sandbox", "--port", "0", "--seed", "7", folder=tmp_path)
    try:
        line = next(line for line in served.stdout if "export TRACKER_EXCHANGES__KRAKEN" in line)
        yield line.split("=")[1].strip()
    finally:
        served.send_signal(signal.SIGTERM)
        served.communicate(timeout=20)
    assert served.returncode == 0


def wait_for(condition, what, patience=30.0):
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)


def test_collect_fills_the_folder_until_it_is_told_to_stop(tmp_path, sandbox):
    collector = start("collect", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    other = None
    try:
        store = open_store("data", base=tmp_path, known=())
        wait_for(lambda: len(store.markets()) == 7, "every market has rows")
        other = start("collect", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
        assert re.match(
            r"collect \(pid \d+\) collects already; this process takes over when that one ends", other.stderr.readline()
        )
        other.send_signal(signal.SIGTERM)
        assert other.wait(20) == 0
        now = round(time.time() * 1000)
        wait_for(lambda: len(store.read(EUR, now - 24 * HOUR, now + HOUR)) > 700, "the day is backfilled")
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(20) == 0
        rows = store.read(EUR, now - 25 * HOUR, now + HOUR)
        assert set(rows.origin.tolist()) == {Origin.SIMULATED}
    finally:
        for process in filter(None, (collector, other)):
            process.kill()
            process.communicate()


@pytest.mark.parametrize("command", ["collect", "dashboard", "backfill"])
def test_a_cadence_that_an_exchange_does_not_allow_is_refused_at_the_start_with_the_arithmetic(tmp_path, command):
    (tmp_path / "tracker.toml").write_text('[[markets]]\nname = "kraken:BTC/USD"\nevery = "500ms"\n')
    status, _, err = tracker(command, folder=tmp_path)
    assert status == 2
    assert "1 market, 50 in a request, take 2.00 requests a second; kraken allows 1.00" in err
    assert 'every = "1s"' in err


def test_backfill_fetches_what_is_requested_and_says_what_it_did(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]\n')
    status, out, err = tracker("backfill", "--since", "36h", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    assert status == 0, err
    assert re.search(r"kraken:BTC/EUR: (1,\d{3}|9\d\d) prices from kraken", out), out
    store = open_store("data", base=tmp_path, known=())
    now = round(time.time() * 1000)
    rows = store.read(EUR, now - 40 * HOUR, now + HOUR)
    assert rows.time[0] < now - 35.5 * HOUR
    assert not (tmp_path / "data" / ".documents" / "backfill-request").exists()


def test_a_backfill_beside_a_collector_leaves_the_work_to_it(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\nspan = "1h"\n')
    collector = start("collect", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    try:
        wait_for((tmp_path / "data" / ".documents" / "status").exists, "it collects")
        status, out, err = tracker(
            "backfill", "--since", "20h", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox
        )
        assert (status, err) == (0, "")
        assert "prices from kraken" in out
        holder = (tmp_path / "data" / ".lease-collect").read_text()
        assert holder == f"collect (pid {collector.pid})\n"
    finally:
        collector.kill()
        collector.communicate()


def test_an_interrupted_backfill_goes_on_with_whoever_collects_next(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\nspan = "1h"\n')
    request = tmp_path / "data" / ".documents" / "backfill-request"
    filling = start("backfill", "--since", "20h", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    wait_for(request.exists, "the request is submitted")
    filling.kill()
    filling.communicate()
    assert request.exists()
    collector = start("collect", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    try:
        wait_for(lambda: not request.exists(), "it is fulfilled", 60)
        now = round(time.time() * 1000)
        rows = open_store("data", base=tmp_path, known=()).read(EUR, now - 40 * HOUR, now + HOUR)
        assert rows.time[0] < now - 19.5 * HOUR
    finally:
        collector.kill()
        collector.communicate()


@pytest.mark.parametrize("since", ["soon", "24", "2026-13-01"])
def test_a_since_that_is_none_is_named_with_what_was_expected(tmp_path, since):
    status, _, err = tracker("backfill", "--since", since, folder=tmp_path)
    assert status == 2
    assert err == f"error: --since {since!r}: expected a duration or a time, e.g. 90d, 2026-01-31\n"


@pytest.mark.parametrize(
    ("since", "words"), [("2999-01-01", "is in the future"), ("30d", "retention, which keeps 48h; type --since 48h")]
)
def test_a_since_that_cannot_be_met_is_refused(tmp_path, since, words):
    (tmp_path / "tracker.toml").write_text('retention = "48h"\n')
    status, _, err = tracker("backfill", "--since", since, folder=tmp_path)
    assert (status, words in err) == (2, True), err


@pytest.mark.parametrize("broken", ["removed", "torn"])
def test_a_backfill_whose_request_was_lost_does_not_say_that_it_is_done(tmp_path, broken):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/EUR"]\n')
    filling = start("backfill", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL="http://127.0.0.1:9")
    try:
        request = tmp_path / "data" / ".documents" / "backfill-request"
        wait_for(request.exists, "the request is submitted")
        request.unlink() if broken == "removed" else request.write_text("{")
        out, err = filling.communicate(timeout=60)
    finally:
        filling.kill()
    assert filling.returncode == 1
    assert "nothing was missing" not in out
    assert "before all was fetched; type the command again" in err


def test_check_prints_each_finding_and_fails_if_one_is_wrong(tmp_path, sandbox):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD"]\n')
    status, out, _ = tracker("check", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL=sandbox)
    assert status == 0
    assert "✓ kraken: has a price for 1 of 1 markets" in out.splitlines()
    status, out, _ = tracker("check", folder=tmp_path, TRACKER_EXCHANGES__KRAKEN__URL="http://127.0.0.1:9")
    assert status == 1
    assert "✗ kraken: 127.0.0.1 refuses the connection; asked for kraken:BTC/USD" in out.splitlines()


def test_a_replaying_sandbox_says_which_clock_to_use(tmp_path):
    (tmp_path / "day").mkdir()
    rows = "\n".join(f"{1_522_800_000 + 60 * minute},{7000 + minute}" for minute in range(120))
    (tmp_path / "day" / "btcusd.csv").write_text(rows + "\n")
    words = ["sandbox", "--replay", "day", "--speed", "60", "--port", "0", "--at", "2018-04-04T01:00"]
    served = start(*words, folder=tmp_path)
    try:
        lines = [served.stdout.readline().strip() for _ in range(8)]
        assert lines[1].startswith("export TRACKER_CLOCK='2018-04-04T01:00:00Z@")
        urls = dict(line.removeprefix("export ").split("=") for line in lines[2:])
        assert list(urls) == [f"TRACKER_EXCHANGES__{name.upper()}__URL" for name in names("exchanges")]
        url = urls["TRACKER_EXCHANGES__KRAKEN__URL"]
        body = requests.get(f"{url}/0/public/Ticker?pair=XBTUSD", timeout=10).json()
        assert 7060 <= float(body["result"]["XXBTZUSD"]["c"][0]) < 7120
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=20)


def test_help_names_every_command(tmp_path):
    status, out, _ = tracker("--help", folder=tmp_path)
    assert status == 0
    every = {"dashboard", "demo", "replay", "collect", "sandbox", "stats", "backfill", "check"}
    assert every <= set(re.findall(r"\w+", out))


def test_the_installed_command_is_this_one():
    command = Path(sys.executable).with_name("tracker")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "collect" in done.stdout


def test_a_command_that_draws_nothing_loads_nothing_that_draws():
    """It would take as long again to start."""
    code = "import sys, tracker.__main__; print(sorted({'bqplot', 'ipywidgets', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
