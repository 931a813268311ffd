"""``tracker sandbox``: it prints the settings that lead a tracker to it."""

import signal
from pathlib import Path

import pytest
import requests

from tests.support.command import start_tracker
from tracker.core.adapters import names

pytestmark = pytest.mark.service


def test_a_sandbox_that_replays_prints_its_clock_and_each_url_and_has_faults_for_programs_alone(tmp_path):
    (tmp_path / "day").mkdir()
    rows = "\n".join(f"{1_522_800_000 + 60 * minute},{7000 + minute}" for minute in range(120))
    (tmp_path / "day" / "btcusd.csv").write_text(rows + "\n")
    (tmp_path / "day" / "notes.csv").write_text("bought,some\n")
    words = ["sandbox", "--replay", "day", "--speed", "60", "--port", "0", "--at", "2018-04-04T01:00"]
    sandbox = start_tracker(*words, folder=tmp_path)
    try:
        skipped = sandbox.stdout.readline()
        assert skipped == f"skipped: {Path('day/notes.csv')}: its name contains no BTC pair, expected e.g. btcusd.csv\n"
        lines = [sandbox.stdout.readline().strip() for _ in range(8)]
        assert lines[1].startswith("export TRACKER_CLOCK='2018-04-04T01:00:00Z@")
        urls = dict(line.removeprefix("export ").split("=") for line in lines[2:])
        assert list(urls) == [f"TRACKER_EXCHANGES__{name.upper()}__URL" for name in names("exchanges")]
        url = urls["TRACKER_EXCHANGES__KRAKEN__URL"]
        body = requests.get(f"{url}/0/public/Ticker?pair=XBTUSD", timeout=10).json()
        assert 7060 <= float(body["result"]["XXBTZUSD"]["c"][0]) < 7120
        faults, origin = f"{url.removesuffix('/kraken')}/faults", {"Origin": "https://elsewhere.example"}
        assert requests.post(faults, json={"mode": "html"}, headers=origin, timeout=10).status_code == 403
        assert requests.get(faults, timeout=10).json() == {"mode": "none"}
        assert requests.post(faults, json={"mode": "html"}, timeout=10).json() == {"mode": "html"}
    finally:
        sandbox.send_signal(signal.SIGINT)
        sandbox.communicate(timeout=20)
    assert sandbox.returncode == 0
