"""Two markets of one pair, and a pair that bitcoin does not price: each is named wherever it is shown."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.support.page_states import GBP, NOW, STEP, Page, prices, status, unreachable, visible_text
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard import Downloads, Header, PriceCharts, Problems, RankingTable
from tracker.dashboard.widgets import downloads
from tracker.render.svg.compare_chart import compare_chart_svg
from tracker.render.svg.price_chart import price_chart_svg

KRAKEN, COINBASE = (Market(exchange, "BTC", "EUR") for exchange in ("kraken", "coinbase"))
SHIB = Market("binance", "SHIB", "BTC")
NAMES = ["EUR kraken", "EUR coinbase", "GBP", "SHIB/BTC"]


@pytest.fixture
def page():
    rows = {KRAKEN: prices(92_349.9), COINBASE: prices(92_350.0, swing=0.02), GBP: prices(80_000.0)}
    return Page({**rows, SHIB: prices(1.1754e-10, swing=0.03)})


def test_the_strip_names_the_exchange_before_the_currency(page):
    charts = PriceCharts(page.state).price_charts
    names = [re.search(r'bt-name">([^<]*)', charts[market].label.value)[1] for market in page.rows]
    assert names == ["kraken · euro", "coinbase · euro", "pound sterling", "bitcoin"]
    assert "BTC/EUR on coinbase: last" in charts[COINBASE].over.value
    assert "BTC/GBP: last" in charts[GBP].over.value


def test_the_crosshair_names_the_exchange(page):
    charts = PriceCharts(page.state)
    assert [chart["series"][0]["name"] for chart in charts.bridge.charts] == NAMES


def test_compare_names_the_exchange_in_list_tip_and_description(page):
    page.state.mode = "compare"
    charts = PriceCharts(page.state)
    change = charts.compare_charts[0]
    assert sorted(re.findall(r"<b>([^<]*)</b>", change.ends.value)) == sorted(NAMES)
    assert [series["name"] for series in charts.bridge.charts[0]["series"]] == NAMES
    assert all(f"{name} " in change.over.value for name in NAMES)


def test_compare_names_the_exchange_of_what_is_left_out(page):
    page.rows[COINBASE] = prices(92_350.0, count=30)
    page.state.mode = "compare"
    assert "EUR coinbase is left out." in PriceCharts(page.state).note.value


def test_the_table_names_the_exchange_beside_the_currency(page):
    table = RankingTable(page.state).table.value
    cells = re.findall(r'col-currency">(.*?)</td>', table)
    shown = {visible_text(cell.partition('<span class="bt-dim')[0]) for cell in cells}
    assert shown == set(NAMES)


def test_a_currency_without_a_name_is_not_called_by_its_code_twice(page):
    page.rows[Market("kraken", "BTC", "AED")] = prices(337_000.0)
    page.state.update(markets=tuple(page.rows))
    page.state.chosen = tuple(page.rows)
    assert re.findall(r"<b>AED</b>(.*?)</td>", RankingTable(page.state).table.value) == ["</span>"]


def test_the_table_says_in_a_sentence_which_exchange_was_calmest(page):
    page.state.chosen = (KRAKEN, COINBASE)
    head = visible_text(RankingTable(page.state).head.value)
    assert "the euro on kraken was calmest" in head
    assert "the euro on coinbase the most volatile" in head
    page.state.chosen = (GBP, SHIB)
    head = visible_text(RankingTable(page.state).head.value)
    assert "the pound sterling was calmest" in head
    assert "SHIB/BTC the most volatile" in head


def test_sorting_by_currency_puts_the_exchanges_of_a_pair_in_order(page):
    page.state.sort = "currency"
    keys = re.findall(r'<tr[^>]* data-market="([^"]*)"', RankingTable(page.state).table.value)
    assert keys == ["coinbase:BTC/EUR", "kraken:BTC/EUR", "GBP", "SHIB/BTC"]


def test_the_headings_do_not_call_every_price_that_of_a_bitcoin(page):
    charts, table = PriceCharts(page.state), RankingTable(page.state)
    assert "<h2>Prices</h2>" in charts.head.value
    assert "per bitcoin" not in table.table.value
    page.state.chosen = (GBP,)
    assert "<h2>One bitcoin costs</h2>" in charts.head.value
    assert "per bitcoin" in table.table.value


def test_the_example_of_an_implied_rate_is_of_two_prices_of_bitcoin(page):
    page.state.chosen = (COINBASE, GBP, SHIB)
    assert "BTC/EUR divided by BTC/GBP is GBP/EUR" in RankingTable(page.state).table.value
    assert "not a price of BTC" in RankingTable(page.state).table.value
    page.state.chosen = (COINBASE, SHIB)
    assert "divided by" not in RankingTable(page.state).table.value


def test_status_and_cards_name_the_exchange(page):
    page.state.update(status=status(tuple(page.rows), page=1, pages=3))
    assert "EUR kraken and 3 more" in Header(page.state).pill.value
    state = page.state
    state.update(now=state.data.now + 3 * STEP)
    assert "BACKFILLING" in Header(state).pill.value
    assert Problems(state).cards.value == ""
    failing = unreachable((COINBASE, SHIB)).markets
    state.update(status=replace(state.data.status, markets={**state.data.status.markets, SHIB: failing[SHIB]}))
    assert "No prices from binance since" in Problems(state).cards.value


def test_bands_on_the_axis_name_the_exchange(page):
    ticks = page.rows[COINBASE]
    origin = np.where(ticks.time <= NOW - 1_800_000, Origin.BACKFILL, Origin.LIVE)
    page.rows[COINBASE] = Ticks.of(ticks.time, ticks.price, STEP, origin)
    assert "EUR coinbase backfilled" in visible_text(PriceCharts(page.state).times.value)


def test_a_saved_picture_names_the_exchange(page):
    windows = {market: page.state.page.window(market) for market in page.rows}
    assert all(f">{name}</text>" in compare_chart_svg(windows, width=900) for name in NAMES)
    picture = price_chart_svg(windows)
    assert ">coinbase</text>" in picture
    assert "BTC/EUR on coinbase: last" in picture


def test_a_saved_file_is_named_after_each_market(page):
    assert Downloads(page.state) is not None
    labels = [page.state.page.label(market) for market in page.rows]
    assert downloads._file_stem(labels) == "btc-eur-kraken-eur-coinbase-gbp-shibbtc"
