"""A page that is open while tracker.toml is edited, in a real Chromium."""

import pytest

from tests.support.browser import viewer
from tests.support.config import write_config
from tests.support.page_server import ONE_VIEWER, now, seed_day, settings, voila
from tracker.sandbox import Sandbox, Simulated

pytestmark = pytest.mark.service


def test_an_open_page_shows_the_markets_of_a_changed_file(browser, tmp_path):
    seed_day(tmp_path / "data", now() - 60_000, {}, ("USD",))
    path = write_config(tmp_path, 'markets = ["kraken:BTC/USD"]\n')
    with Sandbox(Simulated(7), now) as sandbox:
        environment = settings(tmp_path / "data", f"{sandbox.url}/kraken") | {"TRACKER_CONFIG": str(path)}
        del environment["TRACKER_MARKETS"]
        with voila(tmp_path / "log", *ONE_VIEWER, **environment) as url, viewer(browser, url) as seen:
            box = seen.page.get_by_role("checkbox", name="EUR")
            seen.wait(lambda: seen.strip("USD").count(), "dollars are shown")
            assert box.count() == 0
            write_config(tmp_path, 'markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]\n')
            seen.wait(box.is_checked, "euros can be chosen")
            seen.wait(lambda: seen.strip("EUR").is_visible(), "and have a chart")
            write_config(tmp_path, 'markets = ["kraken:BTC/EUR"\n')
            note = seen.page.get_by_text("tracker.toml", exact=False).first
            seen.wait(note.is_visible, "what is wrong is said")
            write_config(tmp_path, 'markets = ["kraken:BTC/EUR"]\n')
            seen.wait(lambda: not seen.strip("USD").is_visible(), "dollars are shown no longer")
            seen.shoot("changed")
            assert seen.errors == seen.elsewhere == []
