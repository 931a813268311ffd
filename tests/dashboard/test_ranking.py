"""The ranking table: its rows, its measures, and why a market is not ranked."""

import re

import numpy as np

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, visible_text
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ticks import Ticks
from tracker.dashboard import RankingTable
from tracker.render.page.state import View


def rows_of(table: RankingTable) -> list[str]:
    return table.table.value.partition("<tbody>")[2].split("</tr>")[:-1]


def test_the_calmest_comes_first_and_the_subtitle_says_so():
    table = RankingTable(Page().state)
    assert [re.search(r"<b>(\w+)</b>", row)[1] for row in rows_of(table)] == ["GBP", "EUR", "JPY"]
    assert "Over 1 h the pound sterling was calmest (price strayed 0.1" in visible_text(table.head.value)
    assert "the Japanese yen the most volatile (1.4" in visible_text(table.head.value)
    assert "Rank 1 is the calmest, by relative standard deviation: standard deviation / mean;" in table.table.value


def sentence(*swings: float) -> str:
    markets = (EUR, GBP, JPY, Market("coinbase", "BTC", "EUR"))
    rows = {market: prices(17_768.5, swing=swing) for market, swing in zip(markets, swings, strict=False)}
    return visible_text(RankingTable(Page(rows).state).head.value).replace("\u202f", " ").partition("? ")[2]


def test_currencies_whose_numbers_read_alike_are_called_equally_calm():
    assert sentence(0.01, 0.01) == "Over 1 h both were equally calm (price strayed 0.717 % from its mean)."
    assert "all 3 were equally calm" in sentence(0.01, 0.01, 0.0100001)
    calmest = "the euro and the pound sterling were calmest (price strayed 0.717 % from its mean)"
    assert sentence(0.01, 0.01, 0.02) == f"Over 1 h {calmest}, the Japanese yen the most volatile (1.43 %)."
    assert sentence(0.002, 0.01, 0.01, 0.01).endswith(", the euro on coinbase and 2 more the most volatile (0.717 %).")
    assert sentence(0.01, 0.0101).endswith("the pound sterling the most volatile (0.724 %).")


def test_a_row_shows_its_measures_in_the_currency_and_in_percent():
    ticks = prices(17_768.5)
    table = RankingTable(Page({EUR: ticks}).state)
    text = visible_text(rows_of(table)[0])
    deviation = np.std(ticks.price, ddof=1)
    assert text.startswith("1 EUR euro 17,768 .50")
    assert f"{deviation:.1f}".replace(".", " .") + " EUR" in text
    assert f"{100 * deviation / ticks.price.mean():.3f}\u202f%".replace("\u202f", " ") in text.replace("\u202f", " ")
    assert text.endswith("100 % 360") or text.endswith("100\u202f% 360")


def test_ranking_by_another_measure_shows_it():
    state = Page().state
    table = RankingTable(state)
    table.by.value = "drawdown"
    assert state.rank_by == "drawdown"
    assert 'aria-sort="ascending"><button type="button" data-sort="drawdown">Drawdown</button>' in table.table.value
    assert "(drawdown " in table.head.value
    assert "Rank 1 is the calmest, by drawdown: the largest fall from a high to a later price." in table.table.value
    assert {name for _, name in table.by.options} == {name for name, each in MEASURES.items() if each.ranked}


def test_a_market_with_too_few_prices_comes_last_and_says_why():
    table = RankingTable(Page({EUR: prices(17_768.5, count=83), GBP: prices(15_531.1)}).state)
    assert "is-unranked" in rows_of(table)[1]
    why = visible_text(rows_of(table)[1]).replace("\u202f", " ")
    assert "Not ranked: only 23 % of this span has prices (80 % needed). Recorded since 14:56." in why
    assert why.startswith("– EUR euro 17,768 .50")


def test_a_market_without_prices_has_a_row_without_numbers():
    table = RankingTable(Page({EUR: Ticks.none()}).state)
    assert "No prices in this span." in rows_of(table)[0]
    assert "No currency has prices for" in table.head.value


def test_too_few_prices_for_a_measure_are_named_as_the_reason():
    one = Ticks.of([NOW], [17_768.5], 3_600_000)
    table = RankingTable(Page({EUR: one}).state)
    assert "Not ranked: too few prices for the relative std." in rows_of(table)[0]
    assert "No currency is ranked: too few prices for the relative std." in table.head.value


def test_nothing_ticked_is_stated():
    table = RankingTable(Page(chosen=()).state)
    assert "No currency is ticked." in table.table.value


def test_a_currency_of_two_markets_has_its_exchange_even_if_one_of_them_is_ticked():
    other = Market("coinbase", "BTC", "EUR")
    rows = {EUR: prices(1.0), other: prices(2.0), GBP: prices(3.0)}
    table = RankingTable(Page(rows, chosen=(EUR, GBP)).state).table.value
    assert '<b>EUR</b> <span class="bt-exchange">kraken</span>' in table
    assert table.count("bt-exchange") == 1


def test_little_coverage_is_not_rounded_to_none():
    table = RankingTable(Page({EUR: prices(1.0, count=2), GBP: prices(1.0)}).state)
    assert "&lt;1\u202f%<small>2" in table.table.value
    assert "Not ranked: only &lt;1\u202f% of this span has prices" in table.table.value


def test_almost_full_coverage_is_not_rounded_to_a_hundred_percent():
    ticks = prices(17_768.5)
    table = RankingTable(Page({EUR: ticks[np.arange(360) != 100]}).state)
    assert "99\u202f%<small>359" in table.table.value


def test_the_subtitle_says_how_many_were_ranked_if_not_all_were():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, count=30)}
    table = RankingTable(Page(rows).state)
    assert "Over 1 h, of the 2 of 3 with enough prices, the pound sterling was calmest" in visible_text(
        table.head.value
    )


def test_the_configured_floor_decides_what_is_ranked():
    rows = {EUR: prices(17_768.5, count=100), GBP: prices(15_531.1, count=100)}
    assert "Not ranked" in RankingTable(Page(rows).state).table.value
    assert "Not ranked" not in RankingTable(Page(rows, floor=0.1).state).table.value


def test_zoomed_to_the_past_the_last_price_has_its_time():
    page = Page()
    assert "per bitcoin" in visible_text(RankingTable(page.state).table.value)
    page.state.view = View(600_000, NOW - 600_000)
    html = RankingTable(page.state).table.value
    assert "Last price at 15:00" in visible_text(html)
    assert html.count('data-label="Last price at 15:00"') == 3
    assert "per bitcoin" not in html


def test_a_sparkline_breaks_in_a_gap_and_is_missing_without_prices():
    rows = prices(17_768.5)
    has_price = np.abs(rows.time - (NOW - 1_800_000)) > 20 * STEP
    table = RankingTable(Page({EUR: rows[has_price], GBP: Ticks.none()}).state).table.value
    (path,) = re.findall(r'<path d="([^"]*)"', table)
    assert path.count("M") == 2
    assert path.count("L") > 40, "a bucket of two pixels has up to four prices"
    assert re.search(r" \d+\.[1-9]", path), "and heights are not rounded to pixels, which would make stairs"
    places = [float(place) for pair in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path) for place in pair]
    assert all(0 <= x <= 92 for x in places[::2])
    assert all(1 <= y <= 21 for y in places[1::2])


def test_a_market_whose_prices_are_much_further_apart_is_named_below_the_ranking():
    times = np.arange(NOW - 3_600_000 + 600_000, NOW + 1, 600_000)
    rare = Ticks.of(times, 5.0 + np.arange(times.size) % 3, 600_000)
    note = visible_text(RankingTable(Page({EUR: prices(17_768.5), GBP: rare}).state).table.value).replace("\u202f", " ")
    assert "GBP (10 min for 100 % of its time) has prices much further apart than others (10 s): its deviation" in note
    alike = visible_text(RankingTable(Page({EUR: rare, GBP: rare}).state).table.value)
    assert "further apart" not in alike
