"""The snapshot of the page shows the currencies that the live page would, whatever the address asks for."""

import re

import pytest

from tests.support.browser import tab
from tests.support.page_server import ROOT
from tests.support.page_states import NOW, Page
from tracker.dashboard.browser.page import BrowserLink
from tracker.render.html.snapshot import snapshot
from tracker.render.html.static_page import static_page
from tracker.render.page import url_query

QUERIES = [
    "",
    "show=EUR",
    "show=eur,JPY",
    "show=",
    "show=,",
    "show=kraken:BTC/EUR",
    "show=KRAKEN%3Abtc%2Fgbp,jpy",
    "show=BTC/EUR,kraken:xbt/jpy",
    "show=XBT/EUR",
    "show=FOO",
    "show=FOO,GBP",
    "show=EUR&show=GBP",
]
NAMES = "[...document.querySelectorAll('{}')].filter(each => {}).map(each => each.dataset.market)"
CHOSEN = NAMES.format(".bt-currency", "each.querySelector('input').checked")
ROWS = NAMES.format("tr[data-market]", "each.style.display !== 'none'")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("site") / "index.html"
    path.write_text(static_page(Page().state.page, 60.0, NOW), encoding="utf-8")
    return path.as_uri()


def test_a_published_page_shows_what_the_live_page_would(browser, file):
    with tab(browser, file) as seen:
        for query in QUERIES:
            state = Page().state
            state.follow(query)
            expected = [market.quote for market in state.chosen]
            seen.page.goto(f"{file}?{query}")
            strips = seen.page.locator(".bt-chart:visible").evaluate_all("all => all.map(e => e.dataset.market)")
            assert strips == seen.page.evaluate(CHOSEN) == expected, query
            assert sorted(seen.page.evaluate(ROWS)) == sorted(expected), query
            notes = seen.page.get_by_text("Tick at least one currency.").locator("visible=true").count()
            assert notes == (0 if expected else 1), query
            assert seen.page.get_by_text("No currency is ticked.").is_visible() == (not expected), query
        assert seen.errors == []


def test_a_published_page_has_the_theme_that_the_live_page_would(browser, file):
    with tab(browser, file) as seen:
        for theme in ("light", "dark", "system", "sepia", "", "dark&theme=pink"):
            query = f"theme={theme}"
            state = Page().state
            state.follow(query)
            seen.page.goto(f"{file}?{query}")
            assert seen.page.locator(".bt-page").get_attribute("data-theme") == state.theme, query


def test_the_browser_has_the_keys_of_the_address_from_the_one_list_in_python():
    assert BrowserLink(Page().state).address_keys == list(url_query.KEYS)
    [redrawing] = re.findall('data-redrawing="([^"]*)"', snapshot(Page().state.page, NOW))
    assert tuple(redrawing.split()) == url_query.REDRAWING
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "tracker/dashboard/browser").glob("*.js")]
    assert [key for key in ("rank_by", "candles") for text in scripts if f'"{key}"' in text] == []
