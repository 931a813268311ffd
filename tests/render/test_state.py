"""The state of a page at one moment."""

from dataclasses import replace

from tests.support.page_states import EUR, GBP, NOW, STEP, Page, prices
from tracker.core.window import Window


def test_the_newest_prices_are_read_once_until_a_row_arrives():
    page = Page()
    reads = []

    def read(market, span, end):
        reads.append(market)
        return Window.of(page.rows[market], span, end)

    page.state.update(read=read)
    assert page.state.page.newest(EUR) == NOW
    first = len(reads)
    for second in range(1, 4):
        page.state.update(now=NOW + 1000 * second)
        assert page.state.page.newest(EUR) == NOW
    assert len(reads) == first
    page.arrive(EUR, 17_900.0)
    assert (page.state.page.newest(EUR), page.state.page.newest(GBP)) == (NOW + 3_000 + STEP, NOW)


def test_the_newest_price_follows_a_clock_that_is_put_back():
    page = Page()
    assert page.state.page.newest(EUR) == NOW
    page.state.update(now=NOW - STEP - 1)
    assert page.state.page.newest(EUR) == NOW - 2 * STEP


def test_the_newest_price_is_that_of_the_store_that_is_read_now():
    page = Page()
    assert page.state.page.newest(EUR) == NOW
    older = prices(1.0, until=NOW - 60_000)
    page.state.update(read=lambda _market, span, end: Window.of(older, span, end))
    assert page.state.page.newest(EUR) == NOW - 60_000


def test_the_newest_price_is_known_once_the_extent_of_older_ones_is():
    page = Page({EUR: prices(1.0, until=NOW - 200_000_000)})
    assert page.state.page.newest(EUR) is None, "it is older than a day"
    page.state.update(extents={EUR: (NOW - 300_000_000, NOW - 200_000_000)})
    assert page.state.page.newest(EUR) == NOW - 200_000_000


def test_a_copy_of_the_data_by_dataclasses_reads_the_newest_price_itself():
    data = Page().state.data
    assert data.newest[EUR] == NOW
    assert replace(data, now=NOW - STEP).newest[EUR] == NOW - STEP
