"""The table in a real Chromium: sorting by click and by key, and what stays while prices come."""

import pytest

from tests.support.browser import resize, viewer
from tests.support.page_server import ONE_VIEWER, QUOTES, page_of_a_day

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with page_of_a_day(tmp_path_factory.mktemp("page"), *ONE_VIEWER, TRACKER_SPAN="1h") as address:
        yield address


@pytest.fixture(scope="module")
def seen(browser, url):
    """One page, at a width where the table has little room."""
    with viewer(browser, url, width=900) as opened:
        opened.wait(lambda: opened.page.locator(".bt-table tbody tr").count() == 3, "the table is there")
        yield opened
        assert opened.errors == []


def order(seen):
    return seen.page.locator(".bt-table td.col-currency b").all_inner_texts()


def sorted_by(seen):
    """Return [text, order] of the headings that are marked as sorting."""
    heads = seen.page.locator(".bt-table th[aria-sort]")
    return heads.evaluate_all("all => all.map(th => [th.querySelector('button').innerText, th.ariaSort])")


def quotes_by_price(seen):
    """Return the currencies in the order of the prices at their charts."""
    prices = [float(seen.price(quote).replace(",", "")) for quote in QUOTES]
    return [quote for _, quote in sorted(zip(prices, QUOTES, strict=True))]


def last_price_heading(seen):
    return seen.page.locator(".bt-table [data-sort=last_price]")


def wait_for_update(seen):
    """Wait until the table shows another price."""
    cells = seen.page.locator(".bt-table td.col-last-price")
    before = cells.all_inner_texts()
    seen.wait(lambda: cells.all_inner_texts() != before, "a price comes", 20)


def test_on_a_phone_it_can_be_sorted_and_has_sparklines(seen):
    resize(seen.page, 390, 844)
    try:
        last_price_heading(seen).click()
        seen.wait(lambda: order(seen) == quotes_by_price(seen), "by price", 5)
        assert seen.page.locator("td.col-sparkline svg:visible").count() == 3
        assert seen.page.locator("td.col-coverage small:visible").count() == 3
        for _ in range(2):
            last_price_heading(seen).click()
        seen.wait(lambda: sorted_by(seen) == [["Relative std", "ascending"]], "by rank again", 5)
    finally:
        resize(seen.page, 900, 1000)


def test_clicks_on_a_heading_sort_up_then_down_then_by_rank(seen):
    assert sorted_by(seen) == [["Relative std", "ascending"]]
    last_price_heading(seen).click()
    seen.wait(lambda: sorted_by(seen) == [["Last price", "ascending"]], "the heading says so", 5)
    assert order(seen) == quotes_by_price(seen)
    last_price_heading(seen).click()
    seen.wait(lambda: sorted_by(seen) == [["Last price", "descending"]], "the other way", 5)
    assert order(seen) == quotes_by_price(seen)[::-1]
    last_price_heading(seen).click()
    seen.wait(lambda: sorted_by(seen) == [["Relative std", "ascending"]], "by rank again", 5)


def test_keys_sort_and_the_focus_stays_through_updates(seen):
    seen.page.locator(".bt-table [data-sort=currency]").focus()
    seen.page.keyboard.press("Tab")
    focused = "document.activeElement.dataset.sort"
    assert seen.page.evaluate(focused) == "last_price"
    seen.page.keyboard.press("Enter")
    seen.wait(lambda: sorted_by(seen) == [["Last price", "ascending"]], "enter sorts", 5)
    seen.page.keyboard.press("Space")
    seen.wait(lambda: sorted_by(seen) == [["Last price", "descending"]], "as the space bar does", 5)
    wait_for_update(seen)
    assert seen.page.evaluate(focused) == "last_price"
    assert order(seen) == quotes_by_price(seen)[::-1]
    seen.page.keyboard.press("Enter")
    seen.wait(lambda: sorted_by(seen) == [["Relative std", "ascending"]], "by rank again", 5)


def test_a_table_scrolled_sideways_stays_so_through_updates(seen):
    view = seen.page.locator(".bt-table-scroll")
    seen.page.add_style_tag(content=".bt-page .bt-table { min-width: 1100px }")  # as with longer numbers
    assert view.evaluate("each => each.scrollWidth > each.clientWidth"), "there is something to scroll"
    view.evaluate("each => each.scrollLeft = 40")
    wait_for_update(seen)
    assert view.evaluate("each => each.scrollLeft") == 40


def test_ranking_by_another_measure_adds_its_column_and_changes_no_other_heading(seen):
    before = seen.page.locator(".bt-table th").all_inner_texts()
    menu = seen.page.locator(".bt-rank-by select")
    menu.select_option(label="drawdown")
    seen.wait(lambda: sorted_by(seen) == [["Drawdown", "ascending"]], "it ranks by it", 5)
    after = seen.page.locator(".bt-table th").all_inner_texts()
    assert [text for text in after if not text.startswith("Drawdown")] == before
    menu.select_option(label="relative std")
    seen.wait(lambda: seen.page.locator(".bt-table th").all_inner_texts() == before, "and back", 5)


def test_an_unticked_currency_leaves_the_table_and_comes_back_with_all_cells(seen):
    box = seen.page.locator(".bt-currency", has_text="EUR").locator("input")
    box.uncheck()
    seen.wait(lambda: sorted(order(seen)) == ["GBP", "USD"], "its row goes", 5)
    box.check()
    seen.wait(lambda: sorted(order(seen)) == sorted(QUOTES), "its row is back", 5)
    row = seen.page.locator(".bt-table tbody tr", has=seen.page.get_by_text("EUR", exact=True)).first
    assert row.locator("td").count() == seen.page.locator(".bt-table th").count()
