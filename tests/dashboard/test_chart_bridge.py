"""The link of the charts to the browser: what gestures ask for, and what the kernel sends."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices
from tracker.core.window import MIN_SPAN
from tracker.dashboard import PriceCharts
from tracker.dashboard.browser.charts import ChartBridge
from tracker.render.page.page_data import LEAST_REACH
from tracker.render.page.state import ALL, View

MINUTE = 60_000


def receive(charts: PriceCharts, kind: str, **content: object) -> None:
    charts.bridge._handle_custom_msg({"kind": kind, **content}, [])


def zoom_to(charts: PriceCharts, start: int, end: int, *, live: bool = False, seq: int = 1) -> None:
    receive(charts, "view", start=start, end=end, live=live, seq=seq)


def test_the_view_chosen_by_a_gesture_is_that_of_the_state():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE)
    assert charts.state.view == View(10 * MINUTE, NOW - 20 * MINUTE)


def test_a_view_up_to_now_moves_with_time():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 10 * MINUTE, NOW + 6_000, live=True)
    assert charts.state.view == View(10 * MINUTE, None)
    charts.state.update(now=charts.state.data.now + STEP)
    assert charts.state.page.visible_range == (NOW + STEP - 10 * MINUTE, NOW + STEP)


def test_back_returns_to_the_span():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE)
    receive(charts, "back", seq=2)
    assert charts.state.view is None
    assert charts.bridge.domain["seq"] == 2


@settings(max_examples=60)
@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18), st.booleans())
def test_any_requested_view_is_limited_to_what_the_page_can_reach(start, end, live):
    state = Page().state
    ChartBridge(state)._handle_custom_msg({"kind": "view", "start": start, "end": end, "live": live, "seq": 1}, [])
    first, last = state.page.visible_range
    assert MIN_SPAN <= last - first <= LEAST_REACH
    assert NOW - LEAST_REACH <= first <= last <= NOW


def test_each_answer_names_its_request():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE, seq=7)
    assert charts.bridge.domain["seq"] == 7


def test_a_request_that_changes_nothing_is_answered_too():
    charts = PriceCharts(Page().state)
    for seq in (7, 8):
        zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE, seq=seq)
    assert charts.bridge.domain["seq"] == 8
    receive(charts, "back", seq=9)
    receive(charts, "back", seq=10)
    assert charts.bridge.domain["seq"] == 10


@pytest.mark.parametrize(
    "content",
    [{}, {"kind": "view"}, {"kind": "view", "start": "0", "end": 1, "live": True}, {"kind": "x" * 9_999}, {"seq": "y"}],
)
def test_an_unknown_message_is_logged_and_does_nothing(content, caplog):
    charts = PriceCharts(Page().state)
    with caplog.at_level(logging.WARNING):
        charts.bridge._handle_custom_msg(content, [])
    assert "no message of the charts" in caplog.text
    assert len(caplog.text) < 500
    assert charts.state.view is None


def test_the_domain_is_in_epoch_seconds_and_names_the_zone():
    state = Page().state
    state.zone = ZoneInfo("Europe/Berlin")
    domain = PriceCharts(state).bridge.domain
    assert 1000 * domain["last"] == NOW
    assert 1000 * domain["first"] == NOW - LEAST_REACH
    assert 0 <= domain["start"] - domain["anchor"] < 7 * 86_400
    assert domain["end"] - domain["start"] == pytest.approx(3_636, abs=0.2)
    assert domain["zone"] == "Europe/Berlin"


def test_utc_has_a_name_that_a_browser_knows():
    state = Page().state
    assert PriceCharts(state).bridge.domain["zone"] == "UTC"


def test_the_browser_gets_the_models_of_each_chart():
    charts = PriceCharts(Page().state)
    assert [chart["css_class"] for chart in charts.bridge.charts] == ["bt-chart-0", "bt-chart-1", "bt-chart-2"]
    for spec, market in zip(charts.bridge.charts, (EUR, GBP, JPY), strict=True):
        chart = charts.price_charts[market]
        assert spec["scale"] == chart.scale.model_id
        assert spec["time"] == chart.time.scale.model_id
        assert spec["series"] == [{"name": market.quote, "lines": [each.model_id for each in chart.lines.marks]}]
    assert [chart["digits"] for chart in charts.bridge.charts] == [2, 2, 0]
    charts.state.chosen = (GBP,)
    assert [chart["css_class"] for chart in charts.bridge.charts] == ["bt-chart-1"]
    assert len(charts.bridge.domain["ranges"]) == 1


def test_nothing_ticked_while_zoomed_has_no_charts():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE)
    charts.state.chosen = ()
    assert charts.box.children == charts.body
    assert (charts.bridge.charts, charts.bridge.domain["ranges"]) == ([], [])


def test_a_zoomed_line_reaches_beyond_both_ends():
    charts = PriceCharts(Page({EUR: prices(17_768.5, count=2_000)}).state)
    zoom_to(charts, NOW - 60 * MINUTE, NOW - 50 * MINUTE)
    x = charts.price_charts[EUR].lines.live.x
    domain = charts.bridge.domain
    assert x[0] <= domain["start"] - 9 * 60
    assert x[-1] >= domain["end"] + 9 * 60
    inside = (x > domain["start"]) & (x <= domain["end"])
    assert inside.sum() == 60, "every row of what is shown"


def test_the_price_scale_fits_only_the_time_shown():
    rows = prices(17_768.5, count=2_000)
    charts = PriceCharts(Page({EUR: rows}).state)
    zoom_to(charts, NOW - 60 * MINUTE, NOW - 50 * MINUTE)
    seen = rows.price[(rows.time > NOW - 60 * MINUTE) & (rows.time <= NOW - 50 * MINUTE)]
    room = 0.14 * (seen.max() - seen.min())
    assert charts.bridge.domain["ranges"] == [pytest.approx((seen.min() - room, seen.max() + room))]


def test_before_the_first_price_the_chart_says_that_it_is_empty():
    charts = PriceCharts(Page({EUR: prices(17_768.5)}).state)
    zoom_to(charts, NOW - 300 * MINUTE, NOW - 290 * MINUTE)
    assert charts.box.children == charts.body
    assert "No price in this span." in charts.price_charts[EUR].over.value


def test_a_past_view_stays_while_time_passes():
    charts = PriceCharts(Page().state)
    zoom_to(charts, NOW - 30 * MINUTE, NOW - 20 * MINUTE)
    before = charts.bridge.domain
    charts.state.update(now=charts.state.data.now + 20_000)
    after = charts.bridge.domain
    assert (before["start"], before["end"]) == (after["start"], after["end"])
    assert after["last"] == pytest.approx(before["last"] + 20)
    assert "Price of one bitcoin<" in charts.head.value
    assert 'data-bt="back">Back to the last 1 h<' in charts.head.value
    charts.state.span = ALL
    assert 'data-bt="back">Back to all prices<' in charts.head.value


@pytest.mark.parametrize("mode", ["linear", "log", "compare"])
@pytest.mark.parametrize("candles", [False, True])
@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_every_mode_can_be_zoomed(mode, candles, minutes):
    page = Page({EUR: prices(17_768.5, count=2_000), GBP: prices(15_531.1, count=2_000)})
    charts = PriceCharts(page.state)
    page.state.mode, page.state.candles = mode, candles
    zoom_to(charts, NOW - (minutes + 5) * MINUTE, NOW - 5 * MINUTE)
    assert charts.box.children == charts.body, charts.box.children[-1].value
    assert len(charts.bridge.charts) == len(charts.bridge.domain["ranges"]) == 2
    for chart in charts.bridge.charts:
        assert all(series["lines"] for series in chart["series"])
    assert all(low < high for low, high in charts.bridge.domain["ranges"])


def test_all_numbers_sent_are_plain_and_finite():
    page = Page({EUR: prices(17_768.5, count=2_000)})
    charts = PriceCharts(page.state)
    zoom_to(charts, NOW - timedelta(hours=1) // timedelta(milliseconds=1), NOW)
    for value in (*charts.bridge.domain["ranges"][0], charts.bridge.domain["start"], charts.bridge.domain["first"]):
        assert type(value) in (int, float)
        assert np.isfinite(value)


def values_at(charts: PriceCharts, time: int) -> list[list[float | None]]:
    """Return the prices that the kernel sends for *time*."""
    sent: list[dict] = []
    charts.bridge.send = lambda content, buffers=None: sent.append(content)
    x = time / 1000
    receive(charts, "values_at", x=x)
    assert [(each["kind"], each["x"]) for each in sent] == [("values_at", x)]
    return sent[0]["y"]


def test_the_crosshair_gets_the_price_of_each_market_at_its_time():
    rows = {EUR: prices(17_768.5), JPY: prices(2_531_000.0)}
    for mode in ("linear", "log"):
        charts = PriceCharts(Page(rows, mode=mode).state)
        assert values_at(charts, NOW - 7 * STEP) == [[rows[EUR].price[-8]], [rows[JPY].price[-8]]]


def test_the_crosshair_gets_no_price_in_a_gap_and_before_the_first_price():
    rows = prices(17_768.5, count=100)
    has_price = abs(rows.time - (NOW - 500_000)) > 100_000
    charts = PriceCharts(Page({EUR: rows[has_price]}).state)
    assert values_at(charts, NOW - 500_000) == values_at(charts, NOW - 2_000_000) == [[None]]
    last = rows[has_price & (rows.time < NOW - 500_000)]
    assert values_at(charts, int(last.time[-1])) == [[last.price[-1]]]


def test_in_compare_the_crosshair_gets_changes_and_their_deviations_from_the_mean():
    rows = {EUR: prices(17_768.5, count=370), GBP: prices(15_531.1, count=370)}
    charts = PriceCharts(Page(rows, mode="compare").state)
    changes, deviations = values_at(charts, NOW - 7 * STEP)
    first = [each.price[each.time > NOW - 3_600_000][0] for each in rows.values()]
    expected = [100 * (each.price[-8] / base - 1) for each, base in zip(rows.values(), first, strict=True)]
    assert changes == pytest.approx(expected)
    assert deviations == pytest.approx([change - sum(expected) / 2 for change in expected])


@pytest.mark.parametrize("x", [None, "1", float("nan"), float("inf")])
def test_an_invalid_time_is_not_answered(x, caplog):
    charts = PriceCharts(Page().state)
    charts.bridge.send = pytest.fail
    with caplog.at_level(logging.WARNING):
        receive(charts, "values_at", x=x)
    assert "no message of the charts" in caplog.text
