"""``tracker publish``: a static page that any web server can serve, and what keeps it from being written."""

import json
import sys

import pytest

from tests.support.command import tracker, tracker_process
from tests.support.page_server import mark_as_checkout, now, seed_day
from tracker.collector.status import publish
from tracker.commands import publishing
from tracker.coordination.file import FileCoordination
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status

MARKETS = '[{"name": "kraken:BTC/USD"}, {"name": "kraken:BTC/EUR"}, {"name": "kraken:BTC/GBP"}]'


@pytest.fixture
def folder(tmp_path):
    """A project folder with a day of prices."""
    mark_as_checkout(tmp_path)
    seed_day(tmp_path / "data", now(), {})
    return tmp_path


@pytest.mark.service
def test_the_page_is_published_even_if_a_cadence_is_too_fast_to_collect_with(folder):
    too_fast = json.dumps([{"name": "coinbase:BTC/USD", "every": "100ms"}])
    status, _, err = tracker_process("publish", "site", "--once", folder=folder, TRACKER_MARKETS=too_fast)
    assert status == 0, err
    assert "BTC/USD" in (folder / "site" / "index.html").read_text()


@pytest.mark.service
def test_without_any_price_the_page_says_that_there_is_no_data(tmp_path):
    mark_as_checkout(tmp_path)
    status, _, err = tracker_process("publish", "site", "--once", folder=tmp_path)
    assert status == 0, err
    assert "NO DATA YET" in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.service
def test_the_page_is_published_while_a_release_with_another_exchange_collects(folder):
    collecting = FileCoordination(folder / "data", "newer")
    assert collecting.try_acquire("collect")
    market_status = MarketStatus(10_000, "live", since=now(), stand_in="okx")
    status = Status(collecting.holder("collect"), markets={Market("kraken", "BTC", "EUR"): market_status})
    publish(status, collecting)
    try:
        code, _, err = tracker_process("publish", "site", "--once", folder=folder)
    finally:
        collecting.close()
    assert code == 0, err
    assert "Collected by newer<" in (folder / "site" / "index.html").read_text()


@pytest.mark.parametrize("name", ["index.html", "7d.html"])
def test_a_page_that_another_program_wrote_is_not_replaced(folder, name):
    (folder / "site").mkdir()
    (folder / "site" / name).write_text("my home page")
    status, _, err = tracker("publish", "site", "--once", folder=folder)
    assert status == 2
    assert f"site/{name} was not written by this command; choose another folder or move that file away" in err
    assert [(path.name, path.read_text()) for path in (folder / "site").iterdir()] == [(name, "my home page")]


@pytest.mark.skipif(sys.platform == "win32", reason="its errors have other texts")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data/site"], "expected a place outside of"),
        (["nowhere/site"], "No such file or directory; expected a folder that can be created or written to"),
        (["pyproject.toml"], "File exists; expected a folder"),
        (["site", "--every", "soon"], "--every: 'soon' is not a duration"),
        (["site", "--every", "100ms"], "--every 100ms: expected 1s or longer"),
    ],
)
def test_an_impossible_folder_or_period_is_an_error_without_a_traceback(tmp_path, words, message):
    mark_as_checkout(tmp_path)
    (tmp_path / "data").mkdir()
    status, _, err = tracker("publish", *words, "--once", folder=tmp_path)
    assert status == 2
    assert message in err
    assert "Traceback" not in err


def test_a_page_that_cannot_be_updated_is_reported_once_and_retried(folder, monkeypatch):
    site, is_written = folder / "site", []

    class StopAfterFive:
        """In place of a StopSignal: removes the folder after the first attempt, and restores it after the fourth."""

        def wait(self, _):
            is_written.append((site / "index.html").exists())
            if len(is_written) == 1:
                (site / "index.html").unlink()
                site.rename(folder / "away")
            elif len(is_written) == 4:
                (folder / "away").rename(site)
            return len(is_written) == 5

    monkeypatch.setattr(publishing, "StopSignal", StopAfterFive)
    status, _, err = tracker("publish", "site", folder=folder, TRACKER_MARKETS=MARKETS)
    assert status == 0, err
    assert is_written == [True, False, False, False, True]
    assert err.count("cannot be updated") == 1
