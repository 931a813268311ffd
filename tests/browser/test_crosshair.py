"""The crosshair in a real Chromium, by mouse and by keys: it reads in each chart what is stored."""

import re
from itertools import pairwise

import pytest

from tests.support.browser import resize
from tests.support.chart_driver import (
    DAY,
    crosshair,
    crosshair_once,
    epoch_seconds,
    minutes_to_an_empty_candle,
    point_at,
    point_in_plot,
    shown_span,
    stored_prices,
    time_of,
    turn_wheel,
    wait_for_kernel,
)
from tests.support.page_server import QUOTES, rows_of
from tracker.render.format import numbers

pytestmark = pytest.mark.service

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures

# The labels that can be seen below a value or the time of the crosshair.
_TOUCHED = """() => {
  const marks = [...document.querySelectorAll(".bt-crosshair-value, .bt-crosshair-time > span")];
  const boxes = marks.map((mark) => mark.getBoundingClientRect()).filter((box) => box.width);
  return [...document.querySelectorAll(".bt-price-axis span, .bt-time-axis > div > span")].filter((label) => {
    const a = label.getBoundingClientRect();
    return a.width && getComputedStyle(label).visibility === "visible" && boxes.some((b) =>
      a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
  }).map((label) => label.textContent);
}"""


@pytest.mark.parametrize("mode", ["Prices", "Log"])
@pytest.mark.parametrize("notches", [0, -6])
def test_it_reads_in_each_chart_the_stored_price_of_the_time_it_names(seen, folder, mode, notches):
    seen.page.get_by_role("button", name=mode, exact=True).click()
    heading = seen.page.locator(".bt-panel-head").first
    seen.wait(lambda: ("logarithmic" in heading.inner_text()) == (mode == "Log"), mode)
    turn_wheel(seen, point_in_plot(seen, "EUR", 0.55), notches)
    wait_for_kernel(seen)
    for quote, share in (("EUR", 0.41), ("USD", 0.62), ("GBP", 0.5)):
        seen.page.mouse.move(*point_in_plot(seen, quote, share))
        shown = crosshair(seen)
        if mode == "Prices":  # a logarithm turned back may round the last digit otherwise, until the kernel answers
            assert stored_prices(folder, shown["time"])[quote] == shown["texts"][quote], "at once under the pointer"
        crosshair_once(seen, lambda now: now["texts"] == stored_prices(folder, now["time"]), "and soon in all charts")


def test_it_reads_a_candle_with_its_period_and_last_price(seen, folder):
    seen.page.locator(".bt-checkbox input").check()
    seen.wait(lambda: "candles of" in seen.page.locator(".bt-panel-head").first.inner_text(), "candles are drawn")
    seen.wait(lambda: seen.drawn("EUR") == "", "in place of the lines")
    seen.page.mouse.move(*point_in_plot(seen, "EUR", 0.6))
    # In one reading, as the pointer is on the next candle once the charts have moved on.
    shown = crosshair_once(seen, lambda now: "–" in now["time"] and all(now["candles"].values()), "a period is named")
    start, end = map(time_of, shown["time"].split("–"))
    assert end - start == 15 * 60_000
    for quote in QUOTES:
        inside = [price for time, price in sorted(rows_of(folder, quote).items()) if start < time <= end]
        assert shown["texts"][quote] == numbers.price(inside[-1])
        prices = {"open": inside[0], "high": max(inside), "low": min(inside), "close": inside[-1]}
        words = [word for name, price in prices.items() for word in (name, numbers.price(price))]
        assert shown["candles"][quote].split() == words
        place = seen.place(seen.strip(quote).locator(".bt-candle-values"))
        assert place["x"] + place["width"] <= seen.plot(quote)["x"], "it covers no data"


def test_it_reads_no_candle_at_a_time_of_which_a_currency_has_none(seen, day):
    seen.page.locator(".bt-checkbox input").check()
    seen.wait(lambda: seen.drawn("EUR") == "", "candles are drawn")
    for quote, is_period in (("EUR", True), ("GBP", False)):  # GBP has a hole around that time
        seen.page.mouse.move(*point_at(seen, quote, minutes_to_an_empty_candle(day), day))
        shown = crosshair_once(seen, lambda now: now["texts"]["GBP"] == "no price", "GBP has no candle then")
        assert "no price" not in {shown["texts"]["EUR"], shown["texts"]["USD"]}
        assert ("–" in shown["time"]) == is_period, "a moment where there is no candle"
        seen.wait(lambda: seen.boxes(".bt-gap-reason")[0]["text"].startswith("GBP: no prices "), "the tip says why")


def test_a_value_stands_at_the_height_of_its_price_on_a_line_across_the_plot(seen):
    seen.page.mouse.move(*point_in_plot(seen, "EUR", 0.4))
    parts = ":is(.bt-crosshair-level, .bt-crosshair-point, .bt-crosshair-value)"
    seen.wait(lambda: len(seen.boxes(parts)) == 3 * len(QUOTES), "each chart has a line, a point and a value")
    boxes = iter(seen.boxes(parts))
    for quote, level, point, value in zip(QUOTES, boxes, boxes, boxes, strict=True):
        height = point["y"] + point["height"] / 2
        assert value["y"] + value["height"] / 2 == pytest.approx(height, abs=1)
        assert level["y"] == pytest.approx(height, abs=1)
        plot = seen.plot(quote)
        assert (level["x"], level["width"]) == pytest.approx((plot["x"], plot["width"]), abs=1)


def test_no_label_of_an_axis_is_seen_below_what_it_writes(seen):
    found = 0
    for share in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        seen.page.mouse.move(*point_in_plot(seen, "EUR", share))
        crosshair(seen)
        # A price that comes meanwhile draws the axes anew, and the crosshair after them.
        seen.wait(lambda: seen.page.evaluate(_TOUCHED) == [], "no label is half covered", 5)
        found += seen.page.locator(".is-touched").count()
    assert found > 0
    seen.page.mouse.move(5, 5)
    seen.wait(lambda: seen.page.locator(".has-crosshair").count() == 0, "the crosshair is gone")
    hidden = "all => all.filter((label) => getComputedStyle(label).visibility === 'hidden').length"
    assert seen.page.locator(".bt-price-axis span, .bt-time-axis span").evaluate_all(hidden) == 0


def test_it_reads_in_compare_the_change_since_the_first_stored_price(seen, folder):
    page = seen.page
    page.get_by_role("button", name="Compare", exact=True).click()
    seen.wait(lambda: page.locator(".bt-chart-change path.line").count() == 6, "one chart has the lines of all")
    plot = seen.place(page.locator(".bt-chart-change .bt-plot"))
    page.mouse.move(round(plot["x"] + 0.6 * plot["width"]), round(plot["y"] + 40))

    def is_stored_change(shown):
        time, start = time_of(shown["time"]), epoch_seconds(seen.shown()[0]) * 1000
        [text, *_] = shown["texts"].values()
        changes = dict(line.split("\n") for line in re.split(r"\n(?=[A-Z]{3}\n)", text))
        prices = {quote: rows_of(folder, quote) for quote in QUOTES}
        # The chart begins up to a pixel after the first of its prices.
        for first in (each for each in prices["USD"] if start - 100_000 < each <= start + 10_000):
            expected = {quote: 100 * (prices[quote][time] / prices[quote][first] - 1) for quote in QUOTES}
            if changes == {quote: numbers.plus_sign(each) + numbers.percent(each) for quote, each in expected.items()}:
                return True
        return False

    crosshair_once(seen, is_stored_change, "all three changes are those of the files")
    for chart, rows in (("change", 3), ("deviation", 3)):
        plot = seen.place(page.locator(f".bt-chart-{chart} .bt-plot"))
        values = seen.boxes(f".bt-chart-{chart} .bt-crosshair-list li")
        assert len(values) == rows
        assert min(box["x"] for box in values) > plot["x"] + plot["width"], "they cover no data"
    # What a press leaves over the chart must not change the height of the chart below it.
    heights = [chart["height"] for chart in seen.boxes(".bt-chart")]
    page.mouse.down()
    page.mouse.up()
    assert [chart["height"] for chart in seen.boxes(".bt-chart")] == pytest.approx(heights, abs=1)


def test_in_compare_labels_at_the_ends_of_the_lines_are_pushed_apart(seen):
    page = seen.page
    page.get_by_role("button", name="Compare", exact=True).click()
    for chart in ("change", "deviation"):
        labels = f".bt-chart-{chart} .bt-ends li"
        seen.wait(lambda labels=labels: len(seen.boxes(labels)) == 3, "each line has a label")
        seen.wait(lambda labels=labels: _least_distance(seen.boxes(labels)) >= 14, "which none overlaps")
        box = seen.place(page.locator(f".bt-chart-{chart}"))
        for label in seen.boxes(labels):
            assert box["y"] < label["y"] < label["y"] + label["height"] < box["y"] + box["height"]
        leaders = page.locator(f".bt-chart-{chart} .bt-leaders path").get_attribute("d")
        assert leaders.count("M") == 3


def _least_distance(boxes) -> float:
    """Return the distance of the two rows that are nearest to each other."""
    tops = sorted(box["y"] for box in boxes)
    return min(lower - upper for upper, lower in pairwise(tops))


def test_one_tip_above_the_charts_says_why_a_price_is_missing(seen, day):
    tip = ".bt-gap-reason"
    seen.page.mouse.move(*point_at(seen, "USD", 285, day))
    seen.wait(lambda: len(seen.boxes(tip)) == 1, "there is one tip for all")
    [box] = seen.boxes(tip)
    assert box["text"].startswith("No prices ")
    assert box["y"] + box["height"] <= seen.boxes(".bt-chart")[0]["y"], "it covers no data"
    seen.page.mouse.move(*point_at(seen, "USD", 135, day))
    seen.wait(lambda: seen.boxes(tip)[0]["text"].startswith("GBP: no prices "), "it names the one that has a gap")
    seen.page.mouse.move(*point_at(seen, "USD", 60, day))
    seen.wait(lambda: seen.boxes(tip) == [], "and there is none where all have a price")
    size = seen.page.viewport_size
    resize(seen.page, 390, 1600)
    seen.wait(lambda: seen.plot("USD")["width"] < 390, "the page has a phone's layout")
    seen.page.mouse.move(*point_at(seen, "USD", 285, day))
    seen.wait(lambda: len(seen.boxes(tip)) == 1, "the tip is there on a phone, too")
    [box] = seen.boxes(tip)
    assert seen.place(seen.page.locator(".bt-gap-tip"))["x"] == 16, "not at the window's edge"
    assert box["height"] < 30, "in one line"
    # From 04:30 to 05:00 UTC midnight lies in the gap, and its times have their days.
    times = r"\d\u2060–\u2060\d|\d+ [A-Z][a-z]+, \d\d:\d\d – \d+ [A-Z][a-z]+, \d\d:\d\d"
    assert re.search(times, box["text"]), "or in two that do not part its times"
    resize(seen.page, *size.values())


def test_it_reads_no_price_in_a_gap_and_before_the_first_row(seen, day):
    for minutes in (140, 130, 125):
        seen.page.mouse.move(*point_at(seen, "EUR", minutes, day))
        shown = crosshair_once(seen, lambda now: now["texts"]["GBP"] == "no price", f"no GBP {minutes} min ago", 60)
        assert shown["texts"]["EUR"] != "no price"

    def has_no_price(now):
        return set(now["texts"].values()) == {"no price"}

    seen.page.mouse.move(*point_at(seen, "GBP", 285, day))
    crosshair_once(seen, has_no_price, "no price of any currency 285 min ago", 60)
    seen.page.get_by_role("button", name="7 d", exact=True).click()
    seen.wait(lambda: shown_span(seen) > 6 * DAY, "a week is shown")
    wait_for_kernel(seen)
    seen.page.mouse.move(*point_in_plot(seen, "USD", 0.3))
    crosshair_once(seen, has_no_price, "nor days before the first", 60)
    *_, narrow = (box for box in seen.boxes(".bt-gap") if 5 <= box["width"] < 30)
    seen.page.mouse.move(round(narrow["x"] + 2), round(narrow["y"] + 60))
    tip = seen.page.locator(".bt-gap-reason:visible:has-text('GBP: No prices ')")
    seen.wait(lambda: tip.count() == 1, "a narrow gap has its tip, too")


def test_by_keyboard_alone_prices_are_read_aloud_and_time_is_zoomed(seen, folder):
    page = seen.page
    is_focused = "document.activeElement.classList.contains('bt-chart-stack')"
    page.locator(".bt-modes input").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(is_focused), "tab leads to the charts"
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    announcement = page.locator(".bt-announcement")
    seen.wait(lambda: announcement.inner_text() != "", "it is announced", 5)
    assert announcement.get_attribute("aria-live") == "polite"
    first = announcement.inner_text()
    time, _, prices = first.partition(": ")
    assert prices.split("; ") == [f"{quote} {price}" for quote, price in stored_prices(folder, time).items()]
    page.keyboard.press("ArrowRight")
    seen.wait(lambda: announcement.inner_text() != first, "the next one too", 5)
    before = shown_span(seen)
    page.keyboard.press("+")
    seen.wait(lambda: shown_span(seen) < before / 1.2, "plus zooms in")
    page.keyboard.press("-")
    seen.wait(lambda: shown_span(seen) > before / 1.01, "minus zooms out")
    page.keyboard.press("+")
    wait_for_kernel(seen)
    page.keyboard.press("Escape")
    seen.wait(lambda: crosshair(seen) is None, "escape hides the crosshair")
    page.keyboard.press("Escape")
    seen.wait(lambda: shown_span(seen) > DAY, "and then goes back")
    page.keyboard.press("+")
    wait_for_kernel(seen)
    page.keyboard.press("0")
    seen.wait(lambda: shown_span(seen) > DAY and page.locator(".bt-back-to-span").count() == 0, "as zero does")
    assert page.evaluate(is_focused), "the focus stays"
