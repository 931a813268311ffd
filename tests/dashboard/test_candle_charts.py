"""Candles on the live page: what explains them, and what is said where prices are too few for them."""

import re

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, NOW, Page, prices, visible_text
from tests.support.price_charts import draw_charts
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.render.page.state import View

NO_CANDLES = "too few prices for candles"


def every_minute(highest: int = 30) -> Ticks:
    """Return an hour of prices, one a minute, of which the one *highest* minutes after the first is the highest."""
    price = 17_768.5 - abs(np.arange(60) - highest)
    return Ticks.of(NOW - 60_000 * np.arange(60)[::-1], price, 60_000)


def test_the_legend_explains_hollow_and_filled_in_place_of_lines():
    head = visible_text(draw_charts(Page(candles=True)).head.value)
    assert "hollow: rose filled: fell no prices" in head
    assert "backfilled" not in head
    assert "hollow" not in visible_text(draw_charts(Page()).head.value)


def test_an_hour_of_prices_every_ten_seconds_has_candles():
    charts = draw_charts(Page({EUR: prices(17_768.5)}, candles=True))
    assert "candles of 1 min" in charts.head.value
    assert NO_CANDLES not in charts.price_charts[EUR].over.value


def test_nothing_covers_the_last_candle():
    assert "bt-last-point" not in draw_charts(Page(candles=True)).price_charts[EUR].over.value
    assert "bt-last-point" in draw_charts(Page()).price_charts[EUR].over.value


def test_candles_stand_in_place_of_the_lines():
    page = Page()
    charts = draw_charts(page)
    page.state.candles = True
    assert [line.x.size for line in charts.price_charts[EUR].lines.marks] == [0, 0, 0]


def test_a_chart_says_where_it_has_a_line_in_place_of_candles_and_the_heading_why():
    charts = draw_charts(Page({EUR: every_minute()}, candles=True, span=600))
    assert NO_CANDLES in charts.price_charts[EUR].over.value
    assert "one price a minute, too few for candles" in charts.head.value
    assert "bt-last-point" in charts.price_charts[EUR].over.value


def test_only_the_chart_with_too_few_prices_says_so():
    charts = draw_charts(Page({EUR: every_minute(), GBP: prices(15_531.1)}, candles=True, span=600))
    assert NO_CANDLES in charts.price_charts[EUR].over.value
    assert NO_CANDLES not in charts.price_charts[GBP].over.value
    assert "hollow" in charts.head.value


def test_without_the_wish_for_candles_nothing_is_said_of_them():
    charts = draw_charts(Page({EUR: every_minute()}, span=600))
    assert NO_CANDLES not in charts.price_charts[EUR].over.value
    assert "candles" not in charts.head.value


@pytest.mark.parametrize(("highest", "side"), [(52, " is-right"), (57, "")])
def test_the_words_stand_beside_the_label_of_the_highest_price(highest, side):
    charts = draw_charts(Page({EUR: every_minute(highest)}, candles=True, span=600))
    assert f'<span class="bt-no-candles{side}">' in charts.price_charts[EUR].over.value


def test_the_browser_reads_the_exact_prices_of_a_candle_however_large():
    dong = Market("kraken", "BTC", "VND")
    price = 2_420_000_001.0 + np.arange(360) % 7
    charts = draw_charts(Page({dong: Ticks.of(NOW - 10_000 * np.arange(360)[::-1], price, 10_000)}, candles=True))
    candles = charts.price_charts[dong].candles
    assert set(np.unique(candles.y)) <= set(price)
    charts.state.candles = False
    drawn = np.concatenate([mark.y for mark in charts.price_charts[dong].lines.marks])
    assert set(drawn[np.isfinite(drawn)]) <= set(price)


def test_the_heading_names_the_lengths_of_candles_where_charts_have_different_ones():
    rows = {EUR: every_minute(), GBP: prices(15_531.1)}
    assert "candles of 1 min to 5 min," in draw_charts(Page(rows, candles=True)).head.value


def test_high_and_low_stand_at_the_middle_of_their_candles():
    """Of a candle of hours, they stood at its end, beside the next one."""
    overs = [draw_charts(Page(candles=drawn)).price_charts[EUR].over.value for drawn in (False, True)]
    at_row, at_candle = ([int(time) for time in re.findall(r"bt-extreme [^>]*--t:(\d+)", over)] for over in overs)
    assert at_candle == [(time - 1) // 60 * 60 + 30 for time in at_row]


def test_a_past_view_is_drawn_up_to_its_end_by_the_candle_that_closes_later():
    """With candles of four hours the last two of a day of Berlin were blank, as if there were no prices."""
    end = NOW // DAY * DAY
    price = 100 + np.arange(24.0) % 5
    price[17] = 50.0  # the candle over the end of the view
    times = end - DAY + 4 * HOUR * np.arange(-17, 7)
    rows = Ticks.of(times, price, 4 * HOUR, first=price, low=price - 1, high=price + 1)
    page = Page({EUR: rows}, candles=True, view=View(DAY, end - DAY - 2 * HOUR), has_stored_prices=True)
    charts = draw_charts(page)
    drawn, statistics = charts.price_charts[EUR].candles, page.state.page.window(EUR)
    assert 1000 * drawn.x[-1] == page.state.view.end
    assert drawn.y[-1].tolist() == [50, 51, 49, 50]
    assert charts.bridge.domain["ranges"][0][0] < 49 < statistics.low, "and it is within the price axis"
    page.state.view = View(DAY, None)
    assert 1000 * charts.price_charts[EUR].candles.x[-1] < NOW
