"""``tracker publish``: a static page that any web server can serve, and that renews itself."""

import json
import signal
import time

import pytest

from tests.commands.test_main import start, tracker
from tests.support.page_server import mark_as_checkout, now, seed_day, wait_for

pytestmark = pytest.mark.service

MARKETS = '[{"name": "kraken:BTC/USD"}, {"name": "kraken:BTC/EUR"}, {"name": "kraken:BTC/GBP"}]'


@pytest.fixture
def folder(tmp_path):
    """A project with a day of prices."""
    mark_as_checkout(tmp_path)
    seed_day(tmp_path / "data", now(), {})
    return tmp_path


def test_a_cadence_too_fast_to_collect_with_keeps_no_page_from_being_published(folder):
    too_fast = json.dumps([{"name": "coinbase:BTC/USD", "every": "100ms"}])
    status, _, err = tracker("publish", "site", "--once", folder=folder, TRACKER_MARKETS=too_fast)
    assert status == 0, err
    assert "BTC/USD" in (folder / "site" / "index.html").read_text()


def test_a_page_of_somebody_else_s_is_left_alone(folder):
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("my home page")
    status, _, err = tracker("publish", "site", "--once", folder=folder)
    assert status == 2
    assert "site/index.html was not written by this command; choose another folder or move that file away" in err
    assert (folder / "site" / "index.html").read_text() == "my home page"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data/site"], "expected a place outside of"),
        (["nowhere/site"], "No such file or directory; expected a folder that can be created or written to"),
        (["pyproject.toml"], "File exists; expected a folder"),
        (["site", "--every", "soon"], "--every: 'soon' is not a duration"),
        (["site", "--every", "100ms"], "--every 100ms: expected 1s or longer"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(folder, words, said):
    status, _, err = tracker("publish", *words, "--once", folder=folder)
    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_without_any_price_the_page_says_so(tmp_path):
    mark_as_checkout(tmp_path)
    status, _, _ = tracker("publish", "site", "--once", folder=tmp_path)
    assert status == 0
    html = (tmp_path / "site" / "index.html").read_text()
    assert "NO DATA YET" in html


def test_a_page_that_cannot_be_written_any_more_is_told_once_and_tried_again(folder):
    writer = start("publish", "site", "--every", "1s", folder=folder, TRACKER_MARKETS=MARKETS)
    page = folder / "site" / "index.html"
    try:
        wait_for(page.exists, "the page is there")
        page.unlink()
        (folder / "site").rename(folder / "away")
        for line in writer.stderr:
            if "cannot be updated" in line:
                break
        time.sleep(2.5)  # in which it is tried twice more
        (folder / "away").rename(folder / "site")
        wait_for(page.exists, "it is written again")
        writer.send_signal(signal.SIGTERM)
        _, err = writer.communicate(timeout=20)
        assert err.count("cannot be updated") == 0
    finally:
        writer.kill()
        writer.wait()
