"""What alerts mark in charts: thresholds, firings, and when a rule that is being written would have fired."""

import re

import pytest

from tests.support.page_states import EUR, NOW, Page, prices, visible_text
from tracker.render.axes.chart_layout import axis_class, make_frame
from tracker.render.html.chart_heading import charts_heading
from tracker.render.html.chart_marks import marks_html
from tracker.render.html.overlay import overlay
from tracker.render.html.snapshot import snapshot
from tracker.render.page.alerts_view import AlertsView, MarketMarks

MINUTE = 60_000


def shown(marks, axis=((17_700.0, "17,700"),), **values):
    page = Page(alert_marks={EUR: marks}, **values).state.page
    window = page.window(EUR)
    return overlay(EUR, window, make_frame(page, {EUR: window}), list(axis), "", alerts=page.marks(EUR))


def test_a_threshold_is_a_line_with_its_value_in_the_axis_column():
    html = shown(MarketMarks(levels=(17_800.0,)))
    assert '<i class="bt-level" style="--p:17800"></i>' in html
    assert '<span class="bt-level-price" style="--p:17800"><b>alert </b>17,800</span>' in html


def test_on_a_logarithmic_scale_it_stands_at_its_logarithm():
    assert 'style="--p:4.2504' in shown(MarketMarks(levels=(17_800.0,)), mode="log")


def test_ticks_step_aside_for_it():
    ticks = ((17_805.0, "17,805"), (18_000.0, "18,000"))
    assert "17,805" in shown(MarketMarks(), ticks)
    html = shown(MarketMarks(levels=(17_800.0,)), ticks)
    assert "17,805" not in html
    assert "18,000" in html


def test_of_thresholds_that_are_close_together_one_has_a_label():
    html = shown(MarketMarks(levels=(17_800.0, 17_830.0, 17_950.0)))
    assert html.count('class="bt-level"') == 3
    assert html.count('class="bt-level-price"') == 2


def test_lines_that_would_run_into_one_are_one_the_nearest_to_the_price():
    html = shown(MarketMarks(levels=(17_801.0, 17_800.0, 17_799.0, 17_950.0)))
    assert re.findall(r'bt-level" style="--p:(\d+)"', html) == ["17799", "17950"], "the price is 17,768.50"


def test_a_screen_reader_hears_the_thresholds():
    assert "alert at 17,800 and 18,000.5." in shown(MarketMarks(levels=(17_800.0, 18_000.5)))


def test_only_thresholds_within_the_scale_are_shown_of_too_many_the_nearest_to_the_price():
    far = tuple(range(1, 31))
    html = shown(MarketMarks(levels=(*far, *(17_700.0 + 10 * index for index in range(20)))))
    drawn = re.findall(r'bt-level" style="--p:(\d+)"', html)
    assert [int(level) for level in drawn] == list(range(17_710, 17_830, 10)), "the price is 17,768.50"
    assert "alert at 17,710, " in html
    assert "alert" not in shown(MarketMarks(levels=far))


def test_a_firing_is_marked_from_its_beginning_to_its_end_or_until_now():
    html = shown(MarketMarks(firings=((NOW - 20 * MINUTE, NOW - 10 * MINUTE), (NOW - MINUTE, None))))
    spans = re.findall(r'bt-firing-span" style="--t:(\d+);--u:(\d+)"', html)
    assert [int(end) - int(start) for start, end in spans] == [600, 60]


def test_firings_at_the_same_time_are_tinted_once():
    ended = [(NOW - 30 * MINUTE, NOW - 20 * MINUTE), (NOW - 25 * MINUTE, NOW - 15 * MINUTE), (NOW - 15 * MINUTE, NOW)]
    html = shown(MarketMarks(firings=((NOW - 14 * MINUTE, None), *ended, (NOW - 50 * MINUTE, NOW - 40 * MINUTE))))
    spans = re.findall(r'bt-firing-span" style="--t:(\d+);--u:(\d+)"', html)
    assert [int(end) - int(start) for start, end in spans] == [600, 1800]


def test_what_is_outside_of_the_time_shown_is_not_marked():
    outside = MarketMarks(firings=((NOW - 300 * MINUTE, NOW - 200 * MINUTE),), rehearsed=(NOW - 300 * MINUTE,))
    page = Page().state.page
    assert marks_html(outside, make_frame(page, {EUR: page.window(EUR)})) == ""


def test_what_is_rehearsed_is_marked_where_it_would_have_fired():
    assert shown(MarketMarks(rehearsed=(NOW - MINUTE, NOW))).count("bt-rehearsed") == 2


@pytest.mark.parametrize(
    ("marks", "named"),
    [
        (MarketMarks(), ""),
        (MarketMarks(levels=(1.0,)), " alert"),
        (MarketMarks(firings=((NOW - MINUTE, None),)), " firing"),
        (MarketMarks(rehearsed=(NOW - MINUTE,)), " would have fired"),
        (MarketMarks((1.0,), ((NOW - MINUTE, NOW),), (NOW,)), " alert firing would have fired"),
        (MarketMarks(firings=((0, 1),), rehearsed=(1,)), ""),  # before the time shown
    ],
)
def test_the_legend_names_the_marks_that_are_drawn(marks, named):
    page = Page(alert_marks={EUR: marks}).state.page
    windows = {EUR: page.window(EUR)}
    heading = charts_heading(page, windows, make_frame(page, windows), False, set())
    assert visible_text(heading).endswith(f"low{named}")


def test_a_high_or_low_hides_the_line_of_a_threshold_below_its_label():
    window = Page().state.page.window(EUR)
    high, low = float(window.high), float(window.low)
    room = (high - low) * 0.05
    for level, over in ((high + room, "▲"), (low - room, "▼"), (high - room, ""), (low + room, ""), (1e9, "")):
        labels = re.findall(r'bt-extreme (is-[^"]*)" style="[^"]*"><b>(.)</b>', shown(MarketMarks(levels=(level,))))
        assert len(labels) == 2
        assert "".join(arrow for kind, arrow in labels if "is-over-level" in kind) == over, level


@pytest.mark.parametrize(
    ("last", "level", "classes"),
    [
        (17_768.5, 17_700.0, ""),
        (17_768.5, 17_700.25, "has-alert-long"),
        (17_768.5, 99_999_999.5, ""),
        (126_500.0, 126_300.0, ""),  # has room beside its word, in the widest font
        (17_768_500_000.25, 17_700_000_000.25, "has-long has-alert-longest"),
    ],
)
def test_the_axis_is_wide_enough_for_the_thresholds_within_its_scale_and_names_what_is_for_the_word(
    last, level, classes
):
    page = Page({EUR: prices(last)}).state.page
    windows = {EUR: page.window(EUR)}
    assert axis_class(windows, make_frame(page, windows), {EUR: MarketMarks(levels=(level,))}) == classes


def test_the_snapshot_has_the_panel_and_the_marks_of_the_live_page():
    marks = {EUR: MarketMarks(levels=(17_800.0,))}
    html = snapshot(Page(alerts=AlertsView(may_edit=True), alert_marks=marks).state.page, NOW)
    assert "bt-level-price" in html
    assert 'class="bt-panel bt-alerts is-shown"' in html
    assert "Add an alert" in html
    assert "bt-alerts" not in snapshot(Page(alerts=AlertsView()).state.page, NOW)
    assert "bt-alerts" not in snapshot(Page().state.page, NOW)
