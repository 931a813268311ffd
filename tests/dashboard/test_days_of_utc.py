"""Beyond 31 days the days of a page are those of UTC, in all of its parts and whatever its zone."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.support.page_states import EUR, NOW, Page, unreachable, visible_text
from tests.support.price_charts import draw_charts, labels_in
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard.widgets.go_to import GoTo
from tracker.render.html.ranking_table import table_html
from tracker.render.page.older_prices import older_prices_text
from tracker.render.page.state import View
from tracker.render.svg.price_chart import price_chart_svg

ZONE = ZoneInfo("Pacific/Auckland")  # 13 h before UTC: at NOW, 9 Nov 2022 15:10 UTC, it is 10 Nov there
MIDNIGHT = NOW // DAY * DAY
SIXTY = 60 * 86_400  # seconds


def page_of(days: float = 90, step: int = HOUR, **values) -> Page:
    time = np.arange(NOW - round(days * DAY), NOW + 1, step)
    return Page({EUR: Ticks.of(time, 100.0 + np.arange(time.size) % 7, step)}, zone=ZONE, **{"span": SIXTY, **values})


def test_the_time_of_the_last_price_beside_them_names_its_zone():
    page = page_of(status=unreachable((EUR,)))
    assert "10 Sep – 9 Nov 2022 UTC; last price 04:10 NZDT" in visible_text(draw_charts(page).head.value)
    page.state.span = 86_400
    assert visible_text(draw_charts(page).head.value).count("NZDT") == 1  # of the times shown, which are in it too


def test_the_midnight_that_ends_a_range_belongs_to_the_day_before():
    charts = draw_charts(page_of(view=View(60 * DAY, MIDNIGHT)))
    assert "10 Sep – 8 Nov 2022 UTC" in visible_text(charts.head.value)
    assert labels_in(charts.times.value, 960)[-1] == "8 Nov 2022"
    assert "Last price at 8 Nov 2022" in visible_text(table_html(page_of(view=View(60 * DAY, MIDNIGHT)).state.page)[1])


def test_prices_that_begin_later_are_since_the_same_day_in_the_chart_and_in_the_table():
    page = page_of(days=40)
    assert "since 30 Sep 2022" in visible_text(draw_charts(page).price_charts[EUR].label.value)
    assert "Recorded since 30 Sep 2022." in visible_text(table_html(page.state.page)[1])


def test_prices_that_begin_with_a_day_are_since_that_day():
    time = np.arange(MIDNIGHT - 20 * DAY, NOW + 1, 10 * MINUTE)
    page = Page({EUR: Ticks.of(time, np.full(time.size, 100.0), 10 * MINUTE)}, zone=ZONE, span=SIXTY)
    assert "since 20 Oct 2022" in visible_text(draw_charts(page).price_charts[EUR].label.value)


def test_a_gap_of_a_range_of_years_has_its_year():
    time = np.arange(NOW - 700 * DAY, NOW + 1, 12 * HOUR)
    ticks = Ticks.of(time, np.full(time.size, 100.0), 12 * HOUR)[abs(time - NOW + 600 * DAY) > 5 * DAY]
    page = Page({EUR: ticks}, zone=ZONE, span=700 * 86_400)
    assert "No prices 14 Mar 2021, 03:10 – 24 Mar 2021, 15:10" in draw_charts(page).price_charts[EUR].over.value
    picture = price_chart_svg({EUR: page.state.page.window(EUR)})
    assert "no prices 14 Mar 2021, 03:10 – 24 Mar 2021, 15:10" in picture


def test_a_picture_of_exactly_a_year_names_the_day_of_a_gap_on_its_first_and_last():
    time = np.arange(NOW - 365 * DAY, NOW + 1, HOUR)
    ticks = Ticks.of(time, np.full(time.size, 100.0), HOUR)[abs(time - NOW + 5 * HOUR) > HOUR]
    assert "no prices 9 Nov 2022, 08:10–11:10" in price_chart_svg({EUR: Window.of(ticks, 365 * DAY, NOW)}, width=20_000)


def test_a_currency_of_which_nothing_is_in_the_range_is_recorded_since_the_same_day():
    page = page_of(days=1, view=View(60 * DAY, NOW - 30 * DAY), extents={EUR: (NOW - DAY, NOW)}, status=None)
    assert older_prices_text(page.state.page, EUR) == "Nothing recorded before 8 Nov 2022."


def test_the_price_of_now_beside_them_has_the_time_of_the_page():
    page = page_of(days=20 / 1440, step=MINUTE, span=3_600, view=View(60 * DAY, NOW - DAY))
    assert "since 03:50" in visible_text(draw_charts(page).price_charts[EUR].label.value)


def test_a_typed_year_is_that_of_utc():
    page = page_of(days=1, first_stored=NOW - 3 * 365 * DAY)
    GoTo(page.state).field._handle_custom_msg({"kind": "go", "text": "2021"}, [])
    assert "1 Jan – 31 Dec 2021 UTC" in visible_text(draw_charts(page).head.value)


@pytest.mark.parametrize(("days", "words"), [(60, "Days in UTC"), (1, "Time in NZDT")])
def test_a_saved_picture_has_the_days_of_the_page(days, words):
    svg = price_chart_svg({EUR: page_of().read(EUR, days * DAY, NOW)}, zone=ZONE, heading="One bitcoin")
    assert words in svg
    assert ("10 Sep – 9 Nov 2022 UTC" in svg) == (days == 60)
