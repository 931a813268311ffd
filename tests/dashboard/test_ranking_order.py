"""The order of the ranking table: by any column, by clicks on its heading; markets without a rank come last."""

import logging
import math
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.page_states import EUR, GBP, JPY, Page, prices
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import RankedMarket
from tracker.core.ticks import Ticks
from tracker.dashboard import RankingTable
from tracker.render.html.comparison_columns import Comparison
from tracker.render.html.ranking_order import next_sort, ordered
from tracker.render.page.url_query import COLUMNS

CHF, USD, AUD = (Market("kraken", "BTC", quote) for quote in ("CHF", "USD", "AUD"))
MARKETS = (EUR, GBP, JPY, CHF, USD, AUD)
NUMBERS = st.floats(-1e9, 1e9) | st.just(math.nan)
BOTH_WAYS = [*COLUMNS, *(f"-{column}" for column in COLUMNS)]


@st.composite
def tables(draw) -> tuple[list[RankedMarket], Comparison]:
    """Rows as ranking returns them: the ranked first, by rank, then the others."""
    count = draw(st.integers(0, len(MARKETS)))
    ranked = draw(st.integers(0, count))
    rows = [
        RankedMarket(
            MARKETS[place],
            {name: draw(NUMBERS) for name in MEASURES},
            draw(st.floats(0, 1)),
            draw(st.integers(0, 9)),
            place + 1 if place < ranked else None,
        )
        for place in range(count)
    ]
    shares, rates = ({row.market: draw(NUMBERS) for row in rows if draw(st.booleans())} for _ in range(2))
    return rows, Comparison(shares, rates, None, 1)


def number(row: RankedMarket, column: str, comparison: Comparison) -> float:
    known: Mapping[str, float] = {
        **row.values,
        "rank": row.rank or math.nan,
        "coverage": row.coverage,
        "share": comparison.shares.get(row.market, math.nan),
        "rate": comparison.rates.get(row.market, math.nan),
    }
    return known[column]


@given(tables(), st.sampled_from(BOTH_WAYS))
def test_every_row_appears_once_and_the_unranked_are_last(table, sort):
    rows, comparison = table
    order = ordered(rows, sort, comparison)
    assert sorted(row.market for row in order) == sorted(row.market for row in rows)
    assert [row.rank is None for row in order] == sorted(row.rank is None for row in order)


@given(tables(), st.sampled_from([column for column in COLUMNS if column != "currency"]), st.booleans())
def test_numbers_ascend_or_descend_and_rows_without_one_follow(table, column, down):
    rows, comparison = table
    order = ordered(rows, f"-{column}" if down else column, comparison)
    for ranked in (True, False):
        values = [number(row, column, comparison) for row in order if (row.rank is not None) == ranked]
        numbers = [value for value in values if not math.isnan(value)]
        assert numbers == sorted(numbers, reverse=down)
        assert not any(math.isnan(value) for value in values[: len(numbers)])


@given(tables(), st.booleans())
def test_currencies_are_in_the_order_of_the_alphabet(table, down):
    rows, comparison = table
    order = ordered(rows, "-currency" if down else "currency", comparison)
    for ranked in (True, False):
        names = [row.market.quote for row in order if (row.rank is not None) == ranked]
        assert names == sorted(names, reverse=down)


@given(tables(), st.sampled_from(["", "FOO", "--rank", "-"]))
def test_without_a_column_rows_keep_the_order_of_their_ranks(table, sort):
    rows, comparison = table
    assert ordered(rows, sort, comparison) == rows


@pytest.mark.parametrize("column", [column for column in COLUMNS if column not in ("rank", "drawdown")])
def test_pressing_a_heading_sorts_up_then_down_then_by_rank(column):
    assert [next_sort(now, column, "drawdown") for now in ("", column, f"-{column}")] == [column, f"-{column}", ""]
    assert next_sort("-rank", column, "drawdown") == column


@pytest.mark.parametrize("column", ["rank", "drawdown"])
def test_pressing_the_heading_that_sorts_already_reverses_the_order(column):
    """The measure ranked by ascends at first; a press that changed nothing would look broken."""
    assert next_sort("", column, "drawdown") == f"-{column}"
    assert next_sort(f"-{column}", column, "drawdown") == ""
    assert next_sort("change", "rank", "drawdown") == ""


def order_in(table: RankingTable) -> list[str]:
    return re.findall(r"<i></i><b>(\w+)</b>", table.table.value)


def press(table: RankingTable, column: object) -> None:
    table.table._handle_custom_msg({"kind": "sort", "column": column}, [])


def marked(table: RankingTable) -> list[tuple[str, str]]:
    """Return (order, column) of the headings that are marked as sorting."""
    return re.findall(r'aria-sort="(\w+)"><button type="button" data-sort="(\w+)"', table.table.value)


def test_pressing_headings_orders_the_rows_and_exactly_one_heading_says_so():
    table = RankingTable(Page().state)
    assert (order_in(table), marked(table)) == (["GBP", "EUR", "JPY"], [("ascending", "relative_standard_deviation")])
    press(table, "last_price")
    assert (order_in(table), marked(table)) == (["GBP", "EUR", "JPY"], [("ascending", "last_price")])
    press(table, "last_price")
    assert (order_in(table), marked(table)) == (["JPY", "EUR", "GBP"], [("descending", "last_price")])
    press(table, "last_price")
    assert (order_in(table), marked(table)) == (["GBP", "EUR", "JPY"], [("ascending", "relative_standard_deviation")])
    press(table, "relative_standard_deviation")
    assert (order_in(table), marked(table)) == (
        ["JPY", "EUR", "GBP"],
        [("descending", "relative_standard_deviation")],
    )


def test_every_heading_that_can_be_pressed_is_a_column_that_sorts():
    page = Page()
    table = RankingTable(page.state)
    for rank_by in (name for name, measure in MEASURES.items() if measure.ranked):
        page.state.rank_by = rank_by
        shown = re.findall(r'data-sort="(\w+)"', table.table.value)
        assert len(shown) == len(set(shown)) >= 10
        assert set(shown) <= set(COLUMNS)


def test_the_order_stays_while_prices_come_and_follows_them():
    page = Page({EUR: prices(100.0), GBP: prices(101.0)})
    table = RankingTable(page.state)
    press(table, "last_price")
    page.arrive(EUR, 100.5)
    assert order_in(table) == ["EUR", "GBP"]
    page.arrive(EUR, 102.0)
    assert order_in(table) == ["GBP", "EUR"]


def test_the_unranked_stay_last_in_every_order():
    page = Page({EUR: prices(1.0, count=83), GBP: prices(15_531.1), JPY: prices(2_531_000.0), USD: Ticks.none()})
    table = RankingTable(page.state)
    for sort in ("", *BOTH_WAYS):
        page.state.sort = sort
        assert set(order_in(table)[2:]) == {"EUR", "USD"}


@pytest.mark.parametrize("column", ["FOO", "", None, 3, "-rank", "<script>", "x" * 9_999])
def test_an_unknown_column_is_logged_and_sorts_nothing(column, caplog):
    table = RankingTable(Page().state)
    with caplog.at_level(logging.WARNING):
        press(table, column)
    assert "no message of the table" in caplog.text
    assert len(caplog.text) < 400
    assert table.state.sort == ""
