"""The published page in a real browser: it stands alone, and an open page shows newer prices."""

import re
import signal

import numpy as np
import pytest

from tests.commands.test_publishing import MARKETS
from tests.support.browser import tab
from tests.support.command import start_tracker, tracker_process
from tests.support.page_server import mark_as_checkout, now, seed_day, wait_for
from tests.support.web_server import web_server
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.render.format import numbers
from tracker.sandbox import Simulated
from tracker.stores.csv import open_store

pytestmark = pytest.mark.service

# As on the return to the tab. The page asks for itself before the second request, which ends later.
LOOK_FOR_A_NEWER_PAGE = """async () => {
  document.dispatchEvent(new Event("visibilitychange"));
  await (await fetch(location.pathname, { cache: "no-cache" })).text();
}"""


@pytest.fixture
def folder(tmp_path):
    """A project with a day of prices."""
    mark_as_checkout(tmp_path)
    seed_day(tmp_path / "data", now(), {})
    return tmp_path


def store_a_price(folder):
    """Store a price of BTC/USD, 1 % off the seeded ones, for this moment; return it as pages show it."""
    market, time = Market("kraken", "BTC", "USD"), np.array([now()])
    row = Ticks.of(time, Simulated(7).prices(market, time) * 1.01, 10_000)
    open_store(str(folder / "data"), base=folder, known=()).append({market: row})
    return numbers.price(float(row.price[0]))


def test_once_writes_a_page_that_stands_alone(browser, folder):
    status, _, err = tracker_process("publish", "site", "--once", folder=folder, TRACKER_MARKETS=MARKETS)
    assert status == 0, err
    spans = ["24h.html", "7d.html", "30d.html", "1y.html"]
    assert {path.name for path in (folder / "site").iterdir()} == {"index.html", *spans}
    html = (folder / "site" / "index.html").read_text()
    assert str(folder) not in html
    assert re.findall(r"""(?:src|url)\s*[=(]\s*["']?http""", html) == []
    with tab(browser, (folder / "site" / "index.html").as_uri()) as seen:
        strips = seen.page.locator(".bt-chart:visible")
        assert strips.count() == 3
        assert re.search(r"as of \d\d:\d\d:\d\d UTC, \d+ s ago", seen.pill())
        assert seen.page.locator("button:visible, input:visible, select:visible").count() == 10  # the table's headings
        seen.shoot("published", whole=True)
        assert seen.errors == []
        assert [url for url in seen.elsewhere if not url.startswith("file:")] == []


def test_links_lead_to_the_other_spans_with_the_same_currencies_and_theme(browser, folder):
    status, _, err = tracker_process("publish", "site", "--once", folder=folder, TRACKER_MARKETS=MARKETS)
    assert status == 0, err
    with tab(browser, (folder / "site" / "index.html").as_uri() + "?show=USD&theme=dark") as seen:
        shown = seen.page.locator(".bt-spans a[aria-current=page]")
        assert shown.all_inner_texts() == ["24 h"]
        for name, time in (("1 y", r"\d{4}"), ("7 d", r"\d\d:\d\d")):
            seen.page.get_by_role("link", name=name, exact=True).click()
            seen.wait(lambda name=name: shown.all_inner_texts() == [name], "the page of the span")
            assert seen.page.locator(".bt-chart:visible").count() == 1
            assert seen.page.locator(".bt-page").get_attribute("data-theme") == "dark"
            note = seen.page.locator(".bt-chart:visible .bt-gap-note").inner_text()
            assert re.fullmatch(rf"Nothing recorded before \d+ \w+ {time}\.", note)
        assert seen.errors == []


def test_an_open_page_shows_newer_prices_but_leaves_a_selection_alone(browser, folder):
    writer = start_tracker("publish", "site", "--every", "1s", folder=folder, TRACKER_MARKETS=MARKETS)
    try:
        wait_for(lambda: (folder / "site" / "index.html").exists(), "the page is there")
        with web_server(folder / "site") as url, tab(browser, f"{url}?show=USD") as seen:
            before = seen.price("USD")
            assert seen.page.locator(".bt-chart:visible").count() == 1
            seen.strip("USD").locator(".bt-price").select_text()
            newer = store_a_price(folder)
            page = folder / "site" / "index.html"
            wait_for(lambda: newer in re.sub(r"<[^>]*>|\s", "", page.read_text()), "the newer price is published")
            seen.page.evaluate(LOOK_FOR_A_NEWER_PAGE)
            copied = seen.page.evaluate("getSelection().toString().trim()")
            assert (copied, seen.price("USD")) == (before, before), "text that is selected for copying was replaced"
            seen.page.evaluate("getSelection().removeAllRanges()")
            seen.wait(lambda: seen.price("USD") == newer, "the newer price")
            assert seen.page.locator(".bt-chart:visible").count() == 1
            writer.send_signal(signal.SIGTERM)
            assert writer.wait(20) == 0
            seen.wait(lambda: re.search(r", ([4-9]|\d\d) s ago", seen.pill()), "what is no longer renewed grows old")
            assert seen.errors == []
    finally:
        writer.kill()
        writer.communicate()
