"""The layout of the live page in a real Chromium: what stays in sight, what never moves, the field for a date."""

import re
import time
from contextlib import contextmanager

import pytest

from tests.support.browser import resize
from tests.support.chart_driver import DAY, epoch_seconds, point_in_plot, shown_span, turn_wheel, wait_for_kernel
from tests.support.page_server import QUOTES, now

pytestmark = pytest.mark.service

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures

SIZES = [(360, 740), (820, 1180), (1366, 768), (1920, 1080)]
MOVABLE = ".bt-charts, .bt-legend, .bt-chart, .bt-time-axis"
_SCROLL = "(top) => { document.getElementById('rendered_cells').scrollTop = top; }"
_NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def box(seen, selector):
    return seen.boxes(selector)[0]


def bottom(part):
    return part["y"] + part["height"]


def scroll(seen, top):
    seen.page.evaluate(_SCROLL, top)
    seen.page.evaluate(_NEXT_FRAME)


def places_in_panel(seen):
    """Return x, y, width and height of what a zoom could move; y from the panel's top, as the state may wrap above."""
    panel, *parts = seen.boxes(MOVABLE)
    return [[part["x"], part["y"] - panel["y"], part["width"], part["height"]] for part in (panel, *parts)]


def choose(seen, *quotes):
    for quote in QUOTES:
        seen.page.locator(".bt-currency", has_text=quote).locator("input").set_checked(quote in quotes)
    seen.wait(lambda: len(seen.boxes(".bt-chart")) == len(quotes), f"{quotes} are shown")


def lines_fill_their_charts(seen):
    figures, drawings = seen.boxes(".bt-figure"), seen.boxes(".bt-figure > svg.svg-figure")
    return len(figures) == len(drawings) and all(
        drawing["height"] == pytest.approx(figure["height"], abs=2)
        for figure, drawing in zip(figures, drawings, strict=True)
    )


@pytest.mark.parametrize("quotes", [("USD",), ("USD", "EUR"), QUOTES])
def test_charts_fill_the_height_that_is_left_and_leave_the_rankings_heading_in_sight(seen, quotes):
    resize(seen.page, 1920, 1080)
    choose(seen, *quotes)
    charts, ranking = seen.boxes(".bt-chart"), box(seen, ".bt-ranking h2")
    assert sum(chart["height"] for chart in charts) > 800
    assert max(chart["height"] for chart in charts) - min(chart["height"] for chart in charts) < 2
    assert 1080 - 60 < bottom(ranking) <= 1080
    seen.wait(lambda: lines_fill_their_charts(seen), "the lines are drawn as high as the charts", 5)


def test_a_low_window_has_charts_of_a_legible_height(seen):
    resize(seen.page, 1366, 500)
    assert all(chart["height"] == pytest.approx(116, abs=1) for chart in seen.boxes(".bt-chart"))
    choose(seen, "USD")
    assert box(seen, ".bt-chart")["height"] == pytest.approx(500 - 256, abs=1)


def test_a_toolbar_of_several_rows_makes_charts_lower_and_leaves_the_rankings_heading_in_sight(seen):
    resize(seen.page, 1366, 768)
    choose(seen, "USD")
    toolbar = seen.page.locator(".bt-toolbar")
    lower = box(seen, ".bt-chart")["height"] - 74
    toolbar.evaluate("each => { each.style.minHeight = `${each.offsetHeight + 74}px`; }")  # as that of 24 markets
    try:
        seen.wait(lambda: box(seen, ".bt-chart")["height"] == pytest.approx(lower, abs=1), "the chart is lower", 5)
        assert 768 - 60 < bottom(box(seen, ".bt-ranking h2")) <= 768
        seen.wait(lambda: lines_fill_their_charts(seen), "the lines are drawn as high as the charts", 5)
    finally:
        toolbar.evaluate("each => { each.style.minHeight = ''; }")


def test_in_compare_both_charts_share_the_height(seen):
    resize(seen.page, 1920, 1080)
    seen.page.get_by_role("button", name="Compare", exact=True).click()
    seen.wait(lambda: len(seen.boxes(".bt-chart-deviation")) == 1, "both charts are shown")
    change, deviation = box(seen, ".bt-chart-change"), box(seen, ".bt-chart-deviation")
    assert change["height"] + deviation["height"] > 800
    assert change["height"] / deviation["height"] == pytest.approx(33 / 20, abs=0.1)


def test_toolbar_and_time_axis_stay_in_sight_while_the_charts_are_scrolled(seen):
    resize(seen.page, 1366, 500)
    scroll(seen, 0)
    assert bottom(box(seen, ".bt-times")) == pytest.approx(500, abs=1), "the axis, below charts that end further down"
    scroll(seen, 120)
    assert box(seen, ".bt-toolbar")["y"] == pytest.approx(0, abs=1)
    assert bottom(box(seen, ".bt-times")) <= 501
    scroll(seen, 400)
    assert box(seen, ".bt-toolbar")["y"] == pytest.approx(0, abs=1)


def test_on_a_phone_the_spans_alone_stay_in_sight(seen):
    resize(seen.page, 390, 844)
    scroll(seen, 300)
    spans = box(seen, ".bt-spans")
    assert spans["y"] == pytest.approx(0, abs=1)
    assert spans["height"] < 60
    assert bottom(box(seen, ".bt-currencies")) < 0


@pytest.mark.parametrize(("width", "count"), [(1366, 7), (1440, 8)])
def test_seven_currencies_the_spans_the_date_and_the_modes_share_one_row(seen, width, count):
    resize(seen.page, width, 768)
    add = "(all, count) => { for (let i = all.length; i < count; i++) all[0].after(all[0].cloneNode(true)); }"
    seen.page.locator(".bt-currency").evaluate_all(add, count)
    try:
        assert len(seen.boxes(".bt-currency")) == count
        middles = [part["y"] + part["height"] / 2 for part in seen.boxes(".bt-toolbar > *")]
        assert len(middles) == 4
        assert middles == pytest.approx([middles[0]] * 4, abs=2)
    finally:
        seen.page.locator(".bt-currency").evaluate_all(
            "(all, n) => { for (let i = 1; i <= n; i++) all[i].remove(); }", count - len(QUOTES)
        )


@contextmanager
def held_header(seen):
    """Keep the height of the header, which changes with the state that it names."""
    header = seen.page.locator(".bt-header")
    header.evaluate("header => { header.style.height = `${header.offsetHeight}px`; }")
    try:
        yield
    finally:
        header.evaluate("header => { header.style.height = ''; }")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_zoom_and_the_way_back_move_nothing(seen, width, height):
    resize(seen.page, width, height)
    seen.wait(lambda: lines_fill_their_charts(seen), "the lines fit", 5)
    seen.strip("USD").scroll_into_view_if_needed()
    with held_header(seen):
        before = places_in_panel(seen)
        turn_wheel(seen, point_in_plot(seen, "USD", 0.5), -6)
        wait_for_kernel(seen)
        back = seen.page.get_by_role("button", name="Back to the last 24 h")
        seen.wait(back.is_visible, "the way back is shown")
        for old, new in zip(before, places_in_panel(seen), strict=True):
            assert new == pytest.approx(old, abs=0.5)


@pytest.mark.parametrize("width", [820, 1280])
def test_a_heading_too_long_for_its_row_moves_nothing(seen, width):
    """As that of a few minutes around midnight, with too few prices for candles and a logarithmic scale."""
    resize(seen.page, width, 800)
    head = ".bt-charts .bt-panel-head"
    before = box(seen, head)["height"]
    turn_wheel(seen, point_in_plot(seen, "USD", 0.5), -3)
    wait_for_kernel(seen)
    seen.wait(lambda: seen.page.locator(".bt-back-to-span").count() == 1, "the way back is shown")
    seen.page.locator(".bt-charts .bt-subtitle").evaluate("each => { each.textContent = each.textContent.repeat(3) }")
    assert box(seen, head)["height"] == pytest.approx(before, abs=0.5)


def test_the_big_price_stays_live_while_the_charts_show_the_past(seen):
    turn_wheel(seen, point_in_plot(seen, "USD", 0.3), -10)
    wait_for_kernel(seen)
    label = seen.strip("USD").locator(".bt-past-price")
    seen.wait(lambda: label.count() == 1, "the past has its own price")
    shown = label.text_content()
    assert re.fullmatch(r"[\d,.]+(\d+ [A-Z][a-z]{2} )?\d\d:\d\d", shown)
    before = seen.price("USD")
    seen.wait(lambda: seen.price("USD") != before, "live prices go on")
    assert seen.strip("USD").locator(".bt-past-price").text_content() == shown


def test_a_first_day_has_a_band_on_the_axis_that_says_it_came_from_candles(seen):
    bands, plot = seen.boxes(".bt-band"), seen.plot("USD")
    words, [strip] = seen.boxes(".bt-band b"), seen.boxes(".bt-bands")
    assert {text["text"] for text in words} == {"backfilled from candles"}
    assert min(text["y"] for text in words) >= strip["y"], "the words are cut off"
    assert sum(band["width"] for band in bands) > 0.9 * plot["width"]
    assert bands[0]["x"] == pytest.approx(plot["x"], abs=2)
    assert bands[-1]["x"] + bands[-1]["width"] <= plot["x"] + plot["width"]


def test_on_a_phone_the_four_prices_of_a_candle_hide_no_name_and_stand_in_place_of_other_numbers(seen):
    seen.page.locator(".bt-checkbox input").check()
    resize(seen.page, 390, 1600)
    seen.wait(lambda: seen.drawn("EUR") == "" and seen.plot("EUR")["width"] < 390, "candles are drawn on a phone")
    seen.page.locator(".bt-chart-stack").evaluate("stack => stack.classList.replace('is-mid', 'is-flat')")  # as of five
    values, name = (seen.strip("EUR").locator(part) for part in (".bt-candle-values", ".bt-name"))
    seen.page.mouse.move(*point_in_plot(seen, "EUR", 0.6))
    seen.wait(values.is_visible, "they are shown")
    assert name.is_visible()
    assert 0 <= seen.place(values)["y"] - bottom(seen.place(name)) < 8
    choose(seen, "EUR", "USD")
    numbers_of_two = seen.strip("EUR").locator(".bt-label-numbers")
    seen.wait(lambda: numbers_of_two.count() == 1, "two charts have room for more numbers")
    seen.page.mouse.move(*point_in_plot(seen, "EUR", 0.6))
    seen.wait(values.is_visible, "in place of which they are shown")
    boxes = [seen.place(part) for part in (numbers_of_two, values)]
    assert boxes[1]["y"] == pytest.approx(boxes[0]["y"], abs=2)


def test_a_typed_date_moves_the_charts_and_the_focus_returns_to_where_it_was(seen):
    page, button = seen.page, seen.page.get_by_role("button", name="6 h", exact=True)
    field, message = page.get_by_role("textbox", name="Go to a date or time"), page.locator(".bt-date-message.is-error")
    has_focus = "each => each === document.activeElement"
    button.click()
    seen.wait(lambda: shown_span(seen) < DAY / 3, "six hours are shown")
    page.keyboard.press("g")
    page.keyboard.type("5/4/2018")
    page.keyboard.press("Enter")
    seen.wait(lambda: message.count() == 1, "it is asked about")
    assert "is that 5 Apr or 4 May 2018?" in message.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate(has_focus), "it can be corrected at once"
    page.keyboard.press("Escape")
    assert (message.count(), field.input_value(), button.evaluate(has_focus)) == (0, "", True)
    then = (now() // 60_000 - 12 * 60) * 60  # twelve hours ago
    page.keyboard.press("g")
    page.keyboard.type(time.strftime("%d %b %Y %H:%M", time.gmtime(then)))
    page.keyboard.press("Enter")
    seen.wait(lambda: abs(sum(map(epoch_seconds, seen.shown())) / 2 - then) < 240, "the time is in the middle")
    assert shown_span(seen) == pytest.approx(6 * 3600, rel=0.02)
    seen.wait(lambda: button.evaluate(has_focus), "the focus is where it was")
    seen.wait(lambda: "view=" in page.url, "the address has the view")
    assert seen.errors == []
