"""The price axis: its labels differ and are true, for any price that there is."""

import re

import numpy as np
import pytest

from tests.support.page_states import EUR, NOW, Page, prices
from tracker.core.candles import Candles
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.axes.chart_frame import ChartFrame, TimeRange
from tracker.render.axes.chart_layout import axis_class, make_frame
from tracker.render.axes.price_axis import drawn_range, price_axis, price_range
from tracker.render.svg.price_chart import price_chart_svg

PRICES = {
    "XAU": 22.823,
    "IDR": 1_530_000_000.0,
    "VND": 2_420_000_000.0,
    "SHIB": 1.1754e-10,
    "least": 1e-12,
    "most": 1e15,
}


def frame(tall=False, log=False):
    return ChartFrame(TimeRange.of(NOW - 3_600_000, NOW, NOW), tall, 0, "", log=log)


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("swing", [2e-5, 0.01, 0.3])
def test_the_labels_differ_and_are_true(price, tall, log, swing):
    shown = frame(tall, log)
    marks = price_axis(*price_range(price * (1 - swing), price * (1 + swing), shown), shown)
    labels = [float(label.replace(",", "")) for _, label in marks]
    assert len(set(labels)) == len(marks) >= 2
    assert labels == pytest.approx([shown.price(place) for place, _ in marks], rel=1e-9)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("price", [1e-12, 1.0, 1e15])
def test_a_constant_price_has_a_scale_around_it(price, log):
    shown = frame(log=log)
    low, high = price_range(price, price, shown)
    assert low < shown.y(price) < high


@pytest.mark.parametrize(
    ("price", "style"),
    [(92_349.9, ""), (14_250_000.0, ""), (1_530_000_000.0, "has-long"), (1.1754e-10, "has-longest")],
)
def test_the_axis_is_as_wide_as_its_longest_price(price, style):
    market = Market("kraken", "BTC", "AAA")
    page = Page({market: prices(price)}).state.page
    windows = {market: page.window(market)}
    assert axis_class(windows, make_frame(page, windows)) == style


def test_charts_without_prices_have_the_usual_axis():
    market = Market("kraken", "BTC", "AAA")
    page = Page({market: Ticks.none()}).state.page
    windows = {market: page.window(market)}
    assert axis_class(windows, make_frame(page, windows)) == ""


def test_a_candle_that_reaches_over_the_end_is_inside_the_scale_and_the_picture():
    """Of a past view the last candle also holds prices from after its end, which may be the highest."""
    window = Window.of(Ticks.of([NOW - 7_200_000, NOW - 3_600_000], [100.0, 104.0], 3_600_000), 10_800_000, NOW)
    drawn = Candles(np.array([NOW - 1_800_000]), np.array([[104.0, 300.0, 50.0, 250.0]]), 3_600_000)
    low, high = drawn_range(window, drawn, frame())
    assert low < frame().y(50.0)
    assert high > frame().y(300.0)
    picture = price_chart_svg({EUR: window}, height=100, candles={EUR: drawn})
    *_, upper_wick, _ = re.findall(r"M[\d.]+ (-?[\d.]+)V", picture)
    assert float(upper_wick) > 0
