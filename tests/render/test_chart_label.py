"""The label left of a chart."""

import math
import re

import pytest

from tests.support.page_states import EUR, NOW, Page, prices, visible_text
from tests.support.price_charts import draw_charts
from tracker.core.market import Market
from tracker.core.ticks import Ticks

UNNAMED, OTHER = (Market(exchange, "BTC", "QQQ") for exchange in ("kraken", "coinbase"))


@pytest.mark.parametrize("markets", [[UNNAMED], [UNNAMED, OTHER]])
def test_the_code_of_a_currency_without_a_name_is_written_once(markets):
    charts = draw_charts(Page({market: prices(2.0) for market in markets}))
    label = visible_text(charts.price_charts[UNNAMED].label.value)
    assert label.count("QQQ") == 1
    assert label.count(UNNAMED.exchange) == len(markets) - 1


def test_the_time_of_an_old_price_is_beside_the_name_where_it_has_no_day():
    for hours, is_aside in ((1, False), (20, True)):
        page = Page(span=86_400, now=NOW + hours * 3_600_000)
        label = draw_charts(page).price_charts[EUR].label.value
        assert "price of " in label
        assert ("is-dated" in label) == is_aside


def widths_of_fractions(*levels: float) -> list[str]:
    markets = [Market("kraken", "BTC", quote) for quote in ("EUR", "XAU", "IDR")]
    charts = draw_charts(Page({market: prices(level) for market, level in zip(markets, levels, strict=False)}))
    return [re.search(r"--n:(\d+)", chart.label.value)[1] for chart in charts.price_charts.values()]


def test_headlines_are_aligned_at_the_point_only_if_all_have_room_for_it():
    assert widths_of_fractions(110_580.0, 44.818) == ["4", "4"]
    assert widths_of_fractions(110_580.0, 44.818, 2_139_474_113.0) == ["0", "0", "0"]
    assert widths_of_fractions(92_349.9, 44.818, 14_250_000.0) == ["0", "0", "0"]


@pytest.mark.parametrize(
    ("lows", "words"),
    [([], "of polled prices"), ([99.0], "partly of polled prices"), ([99.0, 99.5], None)],
    ids=["polled", "in part", "candles"],
)
def test_a_high_and_low_that_no_candle_has_told_are_said_to_be_of_polled_prices(lows, words):
    low = [*lows, *[math.nan] * (2 - len(lows))]
    ticks = Ticks.of([NOW - 60_000, NOW], [100.0, 101.0], 60_000, low=low)
    page = Page({EUR: ticks})
    page.state.chosen = (EUR,)
    chart = draw_charts(page).price_charts[EUR]
    tips = re.findall(r'<dt title="([^":]*)[^"]*">(\w+)</dt>', chart.label.value)
    assert tips == ([(words, "high"), (words, "low")] if words else [])
    assert ("of polled prices" in chart.over.value) == (not lows)
