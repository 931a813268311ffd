"""The charts of a time that has passed: what stays live beside them, and what belongs to that time."""

import re

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, unreachable, visible_text
from tests.support.price_charts import draw_charts
from tracker.core.ticks import Ticks
from tracker.render.axes.series import chart_series
from tracker.render.page.state import View

PAST = View(600_000, NOW - 1_800_000)  # 14:30 to 14:40


def past_price(html: str) -> str:
    """Return the text of the price axis's label of the last price shown; empty without one."""
    found = re.search(r'<span class="bt-past-price"[^>]*>(.*?)</span>', html)
    return visible_text(found[1]) if found else ""


def test_the_big_price_stays_the_live_one_and_moves_on():
    page = Page(view=PAST)
    charts = draw_charts(page)
    assert "17,768<i>.50</i>" in charts.price_charts[EUR].label.value
    page.arrive(EUR, 18_000.0)
    assert "18,000<i>.00</i>" in charts.price_charts[EUR].label.value


@pytest.mark.parametrize("view", [PAST, View(600_000, None)])
def test_its_change_is_that_of_the_chosen_span_and_names_it(view):
    page = Page(view=view, span=1_800)
    window = page.state.page.recent_window(EUR).ticks.price
    label = visible_text(draw_charts(page).price_charts[EUR].label.value)
    assert re.search(rf"over 30 min . [+−]?{abs(100 * (window[-1] / window[0] - 1)):.2f}", label), label
    assert "over" not in visible_text(draw_charts(Page()).price_charts[EUR].label.value)


def test_a_currency_that_began_within_the_span_names_that_start():
    rows = {EUR: prices(17_768.5, count=240), GBP: prices(15_531.1)}
    assert "since 14:30" in visible_text(draw_charts(Page(rows, view=PAST)).price_charts[EUR].label.value)


def test_a_live_price_that_is_old_is_grey_and_says_its_time():
    rows = {EUR: prices(17_768.5, until=NOW - 360_000)}
    label = draw_charts(Page(rows, view=PAST, status=unreachable((EUR,)))).price_charts[EUR].label.value
    assert "is-old" in label
    assert "price of 15:04" in label


def test_without_a_price_in_the_chosen_span_there_is_none_beside_an_older_chart():
    rows = {EUR: prices(17_768.5, until=NOW - 1_800_000)}
    label = draw_charts(Page(rows, view=PAST, span=600)).price_charts[EUR].label.value
    assert "no price in the last 10 min" in label


def test_the_last_price_shown_is_at_its_line_with_its_time():
    page = Page(view=PAST)
    chart = draw_charts(page).price_charts[EUR]
    last = page.state.page.window(EUR).ticks
    assert past_price(chart.over.value) == f"{last.price[-1]:,.2f} 14:40:00"
    assert f'class="bt-past-price" style="--p:{last.price[-1]:.10g}"' in chart.over.value
    assert f"BTC/EUR: last {last.price[-1]:,.2f} at 14:40:00, change" in chart.over.value


def test_it_is_as_exact_as_the_time_axis_and_names_another_day():
    assert past_price(draw_charts(Page(view=View(60_000, NOW - 5_000))).price_charts[EUR].over.value)[-8:] == "15:09:50"
    rows = {EUR: prices(17_768.5, until=NOW - 86_400_000)}
    over = draw_charts(Page(rows, view=View(86_400_000, NOW - 3_600_000))).price_charts[EUR].over.value
    assert past_price(over) == "17,768.50 8 Nov 15:10"


@pytest.mark.parametrize(
    ("days", "text"),
    [(0.25, "14:10"), (1, "9 Nov 14:10"), (31, "9 Nov 14:10"), (365, "9 Nov 2022")],
)
def test_it_has_a_date_where_the_time_axis_has(days, text):
    rows = {EUR: prices(17_768.5, until=NOW - 3_600_000)}
    chart = draw_charts(Page(rows, view=View(int(days * 86_400_000), NOW - 3_600_000))).price_charts[EUR]
    assert past_price(chart.over.value) == f"17,768.50 {text}"


def test_no_tick_touches_it():
    over = draw_charts(Page(view=PAST)).price_charts[EUR].over.value
    low, high = (f(Page(view=PAST).state.page.window(EUR).ticks.price) for f in (min, max))
    place = float(re.search(r'bt-past-price" style="--p:([^"]+)"', over)[1])
    ticks = [float(tick) for tick in re.findall(r'<span style="--p:([^"]+)"', over)]
    assert all(abs(tick - place) > 0.24 * 1.48 * (high - low) for tick in ticks)


def test_there_is_no_such_label_at_a_live_end():
    for view in (None, View(600_000, None)):
        assert past_price(draw_charts(Page(view=view)).price_charts[EUR].over.value) == ""
    nothing = {EUR: Ticks.of([NOW], [1.0], STEP), GBP: prices(1.0), JPY: prices(1.0)}
    assert past_price(draw_charts(Page(nothing, view=PAST)).price_charts[EUR].over.value) == ""


def test_the_numbers_of_a_tall_chart_are_named_as_those_of_the_time_shown():
    page = Page(view=PAST, chosen=(EUR,))
    high = max(page.state.page.window(EUR).ticks.price)
    label = visible_text(draw_charts(page).price_charts[EUR].label.value)
    assert f"in the time shown high {high:,.2f}" in label
    assert "in the time shown" not in draw_charts(Page(chosen=(EUR,))).price_charts[EUR].label.value


def test_around_a_zoomed_part_candles_are_drawn_as_within_it():
    """Else a line that is dragged has stairs until the kernel has answered."""
    times = np.arange(NOW - 6 * 3_600_000, NOW + 1, 60_000)
    closes = 100 + np.arange(times.size) % 7
    rows = Ticks.of(times, closes, 60_000, first=closes - 1, low=closes - 2, high=closes + 2)
    page = Page({EUR: rows}, view=View(3_600_000, NOW - 7_200_000))
    points = chart_series(page.state.page, EUR, page.state.page.window(EUR))
    assert points.time[0] < NOW - 3 * 3_600_000 - 60_000
    assert set(points.price.tolist()) <= set(closes.tolist())
