"""The colours of the charts: different for up to eight chosen markets, and steady."""

import pytest

from tests.support.page_states import Page, prices
from tracker.core.market import Market
from tracker.dashboard import CurrencyPicker, PriceCharts
from tracker.render.format.colours import COLOURS, REPEATED, colour_tokens

MARKETS = tuple(Market("kraken", "BTC", f"A{letter}A") for letter in "ABCDEFGHIJKLMNOPQRSTUVWX")


def test_the_position_of_a_market_is_its_colour_whatever_is_chosen():
    eight = MARKETS[:8]
    for chosen in ((), eight[3:5], eight):
        assert list(colour_tokens(eight, chosen).values()) == [f"series-{number}" for number in range(1, 9)]


@pytest.mark.parametrize("first", range(17))
@pytest.mark.parametrize("step", [1, 2, 3])
def test_up_to_eight_chosen_markets_have_different_colours(first, step):
    chosen = MARKETS[first::step][:COLOURS]
    tokens = colour_tokens(MARKETS, chosen)
    assert len({tokens[market] for market in chosen}) == len(chosen)


def test_markets_of_different_colours_keep_them():
    tokens = colour_tokens(MARKETS, (MARKETS[0], MARKETS[9]))
    assert (tokens[MARKETS[0]], tokens[MARKETS[9]]) == ("series-1", "series-2")


@pytest.mark.parametrize("chosen", [(0, 8, 9), (0, 8, 16, 1, 2), (1, 9, 17, 7, 15, 0)])
def test_only_a_market_whose_colour_an_earlier_one_has_takes_another(chosen):
    markets = sorted((MARKETS[index] for index in chosen), key=MARKETS.index)
    tokens, before = colour_tokens(MARKETS, tuple(markets)), set()
    for market in markets:
        own = f"series-{MARKETS.index(market) % COLOURS + 1}"
        assert (tokens[market] == own) == (own not in before)
        before.add(own)


def test_the_ninth_chosen_market_repeats_a_colour():
    tokens = colour_tokens(MARKETS, MARKETS[:9])
    assert tokens[MARKETS[8]] == tokens[MARKETS[0]] == "series-1"


def page_of(chosen):
    return Page(dict.fromkeys(MARKETS, prices(17_768.5, count=3)), chosen=chosen)


def test_the_page_says_from_the_ninth_on_that_colours_repeat():
    state = page_of(MARKETS[:9]).state
    picker = CurrencyPicker(state)
    assert picker.hint.value == REPEATED
    state.chosen = MARKETS[:8]
    assert (picker.hint.value, picker.hint.layout.display) == ("", "none")


def test_box_chart_and_line_take_the_colour_that_a_choice_gives():
    state = page_of((MARKETS[8],)).state
    picker, charts = CurrencyPicker(state), PriceCharts(state)
    state.candles = True
    for chosen, expected in ((MARKETS[:1] + MARKETS[8:9], "series-2"), (MARKETS[8:9], "series-1")):
        state.chosen = chosen
        chart = charts.price_charts[MARKETS[8]]
        for widget in (picker.boxes[MARKETS[8]], chart):
            assert [name for name in widget._dom_classes if "series" in name] == [f"bt-{expected}"]
        assert [mark.colors for mark in chart.lines.marks] == [[f"var(--bt-{expected})"]] * 3
        assert chart.candles is None or chart.candles.stroke == f"var(--bt-{expected})"
