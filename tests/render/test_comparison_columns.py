"""The table's comparing columns: bitcoin's share of each currency's variance, and the rates that bitcoin implies."""

import re

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices
from tracker.core.cross_market import shared_variance
from tracker.core.market import Market
from tracker.core.market_status import Outage, Status
from tracker.core.ranking import ranking
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.widgets.ranking import RankingTable
from tracker.render.html.comparison_columns import compare, help_html, method_html

USD = Market("kraken", "BTC", "USD")


def walk(last, seed, independent=0.2):
    """Return a random walk that ends at *last*; *independent*: its own steps relative to the shared ones."""
    random, shared = np.random.default_rng(seed), np.random.default_rng(0).standard_normal(360)
    steps = 1e-4 * (shared + independent * random.standard_normal(360))
    price = np.exp(np.cumsum(steps))
    return Ticks.of(NOW - 10_000 * np.arange(360)[::-1], last * price / price[-1], 10_000)


def cells(page, kind):
    """Return the table's cells of the column *kind* as plain text, by currency."""
    texts = {}
    for row in RankingTable(page.state).table.value.split("<tr")[2:]:
        cell = re.search(rf'<td class="col-{kind}[ "].*?</td>', row)
        currency = re.search(r"<i></i><b>(\w+)</b>", row)[1]
        texts[currency] = re.sub(r"<[^>]+>", "", cell[0]).replace("\u202f", " ") if cell else None
    return texts


@pytest.fixture
def rows():
    return {USD: walk(60_000.0, 1), EUR: walk(50_000.0, 2), JPY: walk(9_000_000.0, 3, independent=1.0)}


def test_the_two_shares_add_to_a_hundred_and_are_those_of_the_formula(rows):
    expected = shared_variance({market: Window.of(ticks, 3_600_000, NOW) for market, ticks in rows.items()})
    shown = cells(Page(rows), "variance")
    for market, share in expected.items():
        whole, sign, rest = re.fullmatch(r"(\d+) ([+−]) (\d+) %", shown[market.quote]).groups()
        assert int(whole) == round(100 * share)
        assert int(whole) + (int(rest) if sign == "+" else -int(rest)) == 100


def test_missing_requirements_are_named():
    assert cells(Page({EUR: prices(17_768.5)}), "variance") == {"EUR": "needs 3 currencies"}
    assert set(cells(Page(span=600), "variance").values()) == {"needs a span of 1 h"}


def test_a_market_with_few_prices_is_not_in_the_common_factor_but_has_a_rate(rows):
    page = Page({**rows, GBP: walk(40_000.0, 4)[-30:]})
    assert cells(page, "variance")["GBP"] is None
    assert cells(page, "variance")["EUR"] == cells(Page(rows), "variance")["EUR"]
    assert cells(page, "rate")["GBP"] == "1.5000 USD"


def test_rates_are_in_dollars_or_else_in_the_first_currency(rows):
    assert cells(Page(rows), "rate") == {"USD": "1", "EUR": "1.2000 USD", "JPY": "0.0066667 USD"}
    del rows[USD]
    assert cells(Page(rows), "rate") == {"EUR": "1", "JPY": "0.0055556 EUR"}


def test_prices_of_different_times_have_no_rate(rows):
    old = Ticks.of([NOW - 600_000], [50_000.0], 10_000)
    then = float(rows[USD].price[rows[USD].time == NOW - 600_000][0])
    assert cells(Page({**rows, EUR: old}), "rate")["EUR"] == f"{then / 50_000:.4f} USD"
    page = Page({**rows, USD: rows[USD][-10:], EUR: old})
    assert cells(page, "rate")["EUR"] == "–", "without a currency, which a phone would show"


@pytest.mark.parametrize(
    ("still", "rates"),
    [
        (EUR, {"USD": "1", "EUR": "–", "JPY": "0.0066667 USD"}),
        (USD, {"USD": "–", "EUR": "1", "JPY": "0.0055556 EUR"}),
    ],
)
def test_a_price_that_stands_still_gives_no_rate(rows, still, rates):
    frozen = Ticks.of(rows[still].time, [43_512.33] * len(rows[still]), 10_000)
    assert cells(Page({**rows, still: frozen}), "rate") == rates


def test_without_a_rate_to_another_currency_the_reference_has_none_of_its_own(rows):
    nothing = Ticks.none()
    assert set(cells(Page(dict.fromkeys(rows, nothing)), "rate").values()) == {"–"}
    assert set(cells(Page({**rows, EUR: nothing, JPY: nothing}), "rate").values()) == {"–"}
    assert set(cells(Page({EUR: rows[EUR]}), "rate").values()) == {"–"}


def test_no_market_that_moves_means_no_rates(rows):
    stopped = tuple(Outage(NOW - 7_200_000, NOW, market, "not traded") for market in rows)
    assert set(cells(Page(rows, status=Status(), outages=stopped), "rate").values()) == {"–"}


def test_the_help_explains_both_columns(rows):
    table = RankingTable(Page(rows).state).table.value
    assert "its own movement dampened the shared one" in table
    windows = {market: Window.of(ticks, 3_600_000, NOW) for market, ticks in rows.items()}
    comparison = compare(windows, ranking(windows))
    assert "Cov(r, m) / Var(r)" in method_html(comparison)
    assert "BTC/USD divided by BTC/EUR is EUR/USD" in table
    assert help_html(compare({}, [])) == ""


def test_one_currency_alone_is_not_compared_with_itself():
    table = RankingTable(Page({EUR: prices(17_768.5)}).state)
    assert "calmest" not in table.head.value
    assert "bt-table-note" not in table.table.value
