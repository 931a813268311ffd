"""The first start in a real Chromium: no prices are stored, and the exchange does not answer."""

import pytest

from tests.support.browser import viewer
from tests.support.page_server import ONE_VIEWER, free_port, settings, voila

pytestmark = pytest.mark.service


def test_without_exchange_or_data_the_page_says_why_and_one_click_simulates(browser, tmp_path):
    unused = f"http://127.0.0.1:{free_port()}/kraken"
    with (
        voila(tmp_path / "log", *ONE_VIEWER, **settings(tmp_path / "data", unused)) as url,
        viewer(browser, url) as seen,
    ):
        seen.wait(lambda: seen.page.get_by_text("No prices yet").is_visible(), "the empty page says so")
        seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "and why")
        seen.shoot("empty")
        seen.page.get_by_role("button", name="Start simulation").click()
        seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "with a day of prices")
        seen.shoot("simulated")
        assert not list((tmp_path / "data").glob("kraken/*/*.csv"))
        assert seen.elsewhere == []
