"""The comparison: labels at the ends of the lines, what is left out, and how many markets it takes."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.support.bar_windows import both_windows
from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices, status, visible_text
from tests.support.price_charts import draw_charts
from tracker.core.bar_window import BarWindow
from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks

COINBASE = Market("coinbase", "BTC", "EUR")
MANY = tuple(Market("kraken", "BTC", f"A{place:02}") for place in range(13))


def compare(rows=None, **values):
    """Return the charts of a comparison."""
    return draw_charts(Page(rows, mode="compare", **values))


def end_labels(chart):
    """Return the currency, value and place of each label, from top to bottom."""
    pattern = r'<li class="bt-series-\d" style="--p:([^"]+)"><i></i><b>(\w+)</b><span>([^<]+)</span></li>'
    return [(name, text, float(place)) for place, name, text in re.findall(pattern, chart.ends.value)]


def test_the_end_of_each_line_is_labelled_the_highest_first():
    for chart in compare().shown:
        labels = end_labels(chart)
        assert {name for name, _, _ in labels} == {"EUR", "GBP", "JPY"}
        places = [place for _, _, place in labels]
        assert places == sorted(places, reverse=True)
        assert [text for _, text, _ in labels] == [chart.format_value(place) for place in places]


def test_nothing_covers_the_ends_of_the_lines():
    assert all("bt-last-point" not in chart.over.value for chart in compare().shown)


@pytest.mark.parametrize(("count", "is_scrolled"), [(12, False), (13, True)])
def test_the_labels_of_more_than_twelve_markets_scroll(count, is_scrolled):
    charts = compare({market: prices(17_768.5) for market in MANY[:count]})
    for chart in charts.shown:
        assert len(end_labels(chart)) == count
        assert ("is-scrolled" in chart.ends._dom_classes) == is_scrolled


def test_live_lines_are_as_wide_as_in_the_other_charts():
    charts = compare()
    widths = {line.stroke_width for chart in charts.shown for line in chart.figure.marks}
    assert widths == {1.6}


def test_one_currency_is_compared_with_nothing_and_asks_for_more():
    page = Page(chosen=(EUR,), mode="compare")
    charts = draw_charts(page)
    assert [chart.kind for chart in charts.shown] == ["change"]
    assert len(charts.bridge.domain["ranges"]) == 1
    assert visible_text(charts.note.value) == "Choose two or more currencies to compare them."
    page.state.chosen = (EUR, GBP)
    assert [chart.kind for chart in charts.shown] == ["change", "deviation"]
    assert charts.note.value == ""


def test_a_currency_that_is_left_alone_has_no_deviation():
    charts = compare({EUR: prices(17_768.5), GBP: prices(15_531.1, count=30)})
    assert [chart.kind for chart in charts.shown] == ["change"]
    assert "GBP is left out." in visible_text(charts.note.value)


@pytest.mark.parametrize(
    ("seconds", "in_common", "is_hatched"), [(900, True, True), (900, False, False), (100, True, False)]
)
def test_a_gap_that_all_have_is_hatched_if_its_break_can_be_seen_and_then_explained(seconds, in_common, is_hatched):
    ticks = prices(17_768.5, count=8640)
    with_gap = ticks[(ticks.time <= NOW - 3_000_000) | (ticks.time > NOW - 3_000_000 + 1000 * seconds)]
    charts = compare({EUR: with_gap, GBP: with_gap if in_common else ticks}, span=86_400)
    assert [("bt-gap" in chart.over.value) for chart in charts.shown] == [is_hatched, is_hatched]
    assert ("no prices" in visible_text(charts.head.value)) == is_hatched


def test_each_chart_says_what_it_shows():
    change, deviation = compare().shown
    assert visible_text(change.label.value) == "Change since 14:10 · every currency starts at 0"
    assert "minus the mean of all" in visible_text(deviation.label.value)


def test_it_names_the_start_that_the_heading_names_though_the_axis_begins_a_pixel_later():
    rows = {EUR: prices(17_768.5, count=8_700), GBP: prices(15_531.1, count=8_700), JPY: prices(1.0, count=10)}
    charts = compare(rows, span=86_400, now=NOW + 50_000)
    assert "8 Nov, 15:10 – 9 Nov, 15:10 UTC" in charts.head.value
    assert "Change since 8 Nov 15:10 " in visible_text(charts.shown[0].label.value)
    lines = charts.shown[0].lines[EUR].live
    assert lines.x[0] == charts.bridge.domain["start"], "and there the line begins"
    assert lines.y[0] == 0
    assert (np.diff(lines.x) > 0).all()
    assert "no price at 8 Nov 15:10 to compare with" in charts.note.value


def test_the_legend_calls_only_live_prices_live():
    page = Page(mode="compare")
    charts = draw_charts(page)
    assert "live</span>" in charts.head.value
    for drawn in ("linear", "compare"):
        page.state.mode = drawn
        page.state.update(status=replace(status(), mode="simulated"))
        assert "simulated</span>" in charts.head.value
        assert "live" not in charts.head.value


def test_the_legend_has_no_high_and_low_which_are_not_marked():
    assert "▲ high" in draw_charts(Page()).head.value
    assert "▲ high" not in compare().head.value
    assert {JPY} <= set(compare().compare_charts[0].lines)


def test_a_market_without_a_price_does_not_count_for_the_mean():
    all_rows = prices(15_531.1, count=370)
    rows = {EUR: all_rows, GBP: all_rows[abs(all_rows.time - (NOW - 500_000)) > 100_000]}
    [[change, no_change], [deviation, no_deviation]] = compare(rows).bridge.values_at(NOW - 500_000)
    assert (change is not None, no_change, deviation, no_deviation) == (True, None, 0.0, None)


def test_the_crosshair_names_the_bar_of_which_it_reads_the_last_price():
    """It named a minute within the hour, where that price was not yet known."""
    rows = prices(17_768.5, count=26 * 360, until=NOW // HOUR * HOUR)

    def read(_market: Market, span: int, end: int) -> BarWindow:
        return both_windows(rows, end - span, end, (HOUR,))[1]

    bridge = draw_charts(Page({EUR: rows, GBP: rows}, mode="compare", span=93_600, read=read)).bridge
    hour = {"start": (NOW // HOUR - 9) * 3_600, "end": (NOW // HOUR - 8) * 3_600}
    assert bridge.bars_at((NOW // HOUR - 9) * HOUR + 60_000) == [hour, hour]
    assert compare().bridge.bars_at(NOW) == [None, None]


def test_beside_a_candle_of_hours_the_shortest_bar_is_named_and_the_last_price_known_then_is_read():
    end = NOW // (4 * HOUR) * 4 * HOUR
    candles = Ticks.of(end - 4 * HOUR * np.arange(10)[::-1], 100.0 + np.arange(10), 4 * HOUR)
    rows = {EUR: candles, GBP: prices(15_531.1, count=30 * 360, until=end)}

    def read(market: Market, span: int, end: int) -> BarWindow:
        return both_windows(rows[market], end - span, end, (HOUR,))[1]

    page, time = Page(rows, mode="compare", span=100_800, now=end, read=read), end - 3 * HOUR + 60_000
    bridge = draw_charts(page).bridge
    hour = {"start": (end - 3 * HOUR) / 1000, "end": (end - 2 * HOUR) / 1000}
    assert bridge.bars_at(time)[0] == hour
    assert bridge.values_at(time)[0][0] == pytest.approx(100 * (108 / 103 - 1)), "not that of the candle's end"
    page.state.mode = "linear"
    bridge = draw_charts(page).bridge
    candle = {"start": (end - 4 * HOUR) / 1000, "end": end / 1000, "low": 109.0, "high": 109.0, "polled": True}
    assert bridge.bars_at(time) == [candle, bridge.bars_at(time)[1]]
    assert bridge.values_at(time)[0] == [109.0]


@pytest.mark.parametrize(
    ("markets", "expected"),
    [
        (MANY[:12], set()),
        (MANY, {"has-wide-ends"}),
        ((EUR, COINBASE), {"has-wide-ends"}),  # which are named with their exchange
        ((*MANY, EUR, COINBASE), {"has-widest-ends"}),
    ],
)
def test_the_labels_have_room_for_many_markets_and_long_names(markets, expected):
    page = Page({market: prices(17_768.5) for market in markets}, mode="compare")
    box = draw_charts(page).box
    assert {name for name in box._dom_classes if name.endswith("-ends")} == expected
    page.state.mode = "linear"
    assert not {name for name in box._dom_classes if name.endswith("-ends")}


def test_no_label_of_the_axis_is_cut_off_at_an_end_of_it():
    same = prices(17_768.5)
    for chart in compare({EUR: same, GBP: same}).shown:
        room = 0.03 * (chart.scale.max - chart.scale.min)
        ticks = chart.y_axis.tick_values
        assert chart.scale.min + room < ticks.min() < ticks.max() < chart.scale.max - room
