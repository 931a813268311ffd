"""Gestures on the charts in a real Chromium: what wheel, mouse and keys do."""

import pytest

from tests.support.browser import resize
from tests.support.chart_driver import (
    DAY,
    crosshair,
    epoch_seconds,
    point_in_plot,
    shown_span,
    turn_wheel,
    wait_for_kernel,
)
from tests.support.page_server import QUOTES, rows_of

pytestmark = pytest.mark.service

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures


# The next notification of the kernel gets lost.
_LOSE_ONE = """(kind) => {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (!new RegExp(`"kind": ?"${kind}"`).test(text)) return send.call(this, data);
    WebSocket.prototype.send = send;
    window.hasLost = true;
  };
}"""

# d3 keeps the transitions of an element in a property of it.
_COUNT_TRANSITIONS = """() => {
  window.transitions = 0;
  const kept = new WeakMap();
  Object.defineProperty(Element.prototype, "__transition", {
    configurable: true,
    get() { return kept.get(this); },
    set(schedules) { window.transitions += 1; kept.set(this, schedules); },
  });
}"""


def zoom_in(seen, notches, share=0.5):
    turn_wheel(seen, point_in_plot(seen, "USD", share), -notches)
    wait_for_kernel(seen)


def test_the_wheel_zooms_at_the_pointer_and_the_kernel_answers_with_finer_points(seen, folder):
    start, end = seen.shown()
    pixel = (end - start) / seen.plot("USD")["width"]
    time_at_pointer = start + 0.4 * (end - start)
    turn_wheel(seen, point_in_plot(seen, "USD", 0.4), -12)
    seen.wait(lambda: shown_span(seen) < DAY / 10, "it zooms")
    start, end = seen.shown()
    assert abs(start + 0.4 * (end - start) - time_at_pointer) < pixel, "what is under the pointer stays there"
    wait_for_kernel(seen)
    start, end = (epoch_seconds(x) for x in seen.shown())
    stored = sum(start < time / 1000 <= end for time in rows_of(folder, "USD"))
    seen.wait(lambda: abs(seen.points_in_plot("USD") - stored) <= 3, "every price of the time shown is drawn", 10)
    seen.wait(lambda: "view=" in seen.page.url, "the address has the view")


def test_a_step_of_a_zoom_is_drawn_without_transitions_which_take_most_of_its_time(seen):
    seen.page.evaluate(_COUNT_TRANSITIONS)
    line = seen.page.locator(".bt-chart-0 path.line").first
    before = line.get_attribute("d")
    zoom_in(seen, 4)
    seen.wait(lambda: line.get_attribute("d") != before, "the line is drawn anew")
    assert seen.page.evaluate("transitions") == 0
    seen.page.evaluate("() => { delete Element.prototype.__transition; }")


def test_a_drag_pans_by_the_distance_dragged(seen):
    zoom_in(seen, 8)
    start, end = seen.shown()
    x, y = point_in_plot(seen, "USD", 0.5)
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + 100, y, steps=5)
    seen.page.mouse.move(x + 200, y, steps=5)
    seen.page.mouse.up()
    wait_for_kernel(seen)
    seconds = 200 / seen.plot("USD")["width"] * (end - start)
    assert seen.shown() == (pytest.approx(start - seconds, abs=2), pytest.approx(end - seconds, abs=2))


def test_a_button_released_outside_the_chart_ends_the_drag(seen):
    zoom_in(seen, 8)
    before = seen.shown()
    plot = seen.plot("USD")
    x, y = point_in_plot(seen, "USD", 0.5)
    seen.page.mouse.move(x, plot["y"] + 2)
    seen.page.mouse.down()
    seen.page.mouse.move(x, plot["y"] - 30)
    seen.page.mouse.up()
    seen.page.mouse.move(x, y)
    seen.page.mouse.move(x + 150, y, steps=5)
    seen.wait(lambda: crosshair(seen) is not None, "the crosshair shows")
    assert seen.shown() == before


def test_shift_and_drag_zoom_to_a_range(seen):
    (left, y), (right, _) = point_in_plot(seen, "EUR", 0.3), point_in_plot(seen, "EUR", 0.5)
    start, end = seen.shown()
    seen.page.keyboard.down("Shift")
    seen.page.mouse.move(right, y)
    seen.page.mouse.down()
    seen.page.mouse.move(left + 50, y, steps=4)
    seen.page.mouse.move(left, y)
    assert seen.page.locator(".bt-zoom-range").is_visible()
    seen.page.mouse.up()
    seen.page.keyboard.up("Shift")
    span = end - start
    seen.wait(lambda: shown_span(seen) < span / 2, "the range is shown")
    wait_for_kernel(seen)
    assert seen.shown() == (pytest.approx(start + 0.3 * span, abs=90), pytest.approx(start + 0.5 * span, abs=90))
    assert not seen.page.locator(".bt-zoom-range").is_visible()


def test_a_double_click_goes_back_even_right_after_a_zoom(seen):
    point = point_in_plot(seen, "USD", 0.5)
    turn_wheel(seen, point, -5)
    seen.page.mouse.dblclick(*point)
    seen.wait(lambda: shown_span(seen) > DAY, "the whole day is back")
    wait_for_kernel(seen)
    seen.page.wait_for_timeout(400)  # a zoom that was not sent yet would be sent now
    assert shown_span(seen) > DAY
    seen.wait(lambda: "view=" not in seen.page.url, "the address has no view")


def test_the_back_button_names_the_span_and_returns_to_it(seen):
    zoom_in(seen, 5)
    seen.page.get_by_role("button", name="Back to the last 24 h").click()
    seen.wait(lambda: shown_span(seen) > DAY, "the whole day is back")


def test_a_zoom_of_which_the_kernel_does_not_hear_is_reported_again(seen):
    seen.page.evaluate(_LOSE_ONE, "view")
    turn_wheel(seen, point_in_plot(seen, "USD", 0.5), -1)
    seen.wait(lambda: seen.page.evaluate("window.hasLost"), "the notification is lost")
    seen.wait(lambda: seen.page.locator(".bt-charts.is-moving").count() == 0, "the kernel has answered", 20)
    assert seen.page.locator(".bt-back-to-span").count() == 1


def test_a_way_back_of_which_the_kernel_does_not_hear_is_reported_again(seen):
    zoom_in(seen, 5)
    seen.page.evaluate(_LOSE_ONE, "back")
    seen.page.get_by_role("button", name="Back to the last 24 h").click()
    seen.wait(lambda: shown_span(seen) > DAY, "the whole day is back", 20)
    assert seen.page.evaluate("window.hasLost")


def test_the_price_scale_fits_the_prices_shown_during_a_zoom(seen, folder):
    zoom_in(seen, 9, share=0.75)
    start, end = (1000 * epoch_seconds(x) for x in seen.shown())
    prices = [price for time, price in rows_of(folder, "USD").items() if start < time <= end]
    scale = seen.page.evaluate(
        """() => ["--lo", "--hi"].map((name) =>
             Number(document.querySelector(".bt-chart.bt-chart-0").style.getPropertyValue(name)))"""
    )
    margin = 0.24 * (max(prices) - min(prices))
    assert scale == [pytest.approx(min(prices) - margin, rel=1e-6), pytest.approx(max(prices) + margin, rel=1e-6)]


def test_a_wheel_that_scrolls_the_page_does_not_zoom_when_it_reaches_a_chart(seen):
    resize(seen.page, 1440, 500)
    before = shown_span(seen)
    x, y = point_in_plot(seen, "USD", 0.5)
    seen.page.mouse.move(x, 20)
    seen.page.mouse.wheel(0, 100)
    seen.page.mouse.move(x, y)
    for _ in range(3):
        seen.page.mouse.wheel(0, 60)
    scrolled = "document.getElementById('rendered_cells').scrollTop"
    seen.wait(lambda: seen.page.evaluate(scrolled) >= 200, "the page scrolls on over the charts", 5)
    assert shown_span(seen) == pytest.approx(before, abs=200)


def test_the_page_still_works_after_many_gestures_and_choices_in_quick_succession(seen):
    """Fast wheel while prices come, another span while zoomed, nothing ticked, another size, theme and mode."""
    page = seen.page
    for turn in range(3):
        turn_wheel(seen, point_in_plot(seen, "GBP", 0.2 + 0.3 * turn), -15)
        turn_wheel(seen, point_in_plot(seen, "USD", 0.9 - 0.3 * turn), 9)
    wait_for_kernel(seen)
    page.get_by_role("button", name="6 h", exact=True).click()
    seen.wait(lambda: shown_span(seen) == pytest.approx(6 * 3_600, rel=0.02), "a span ends the zoom")
    zoom_in(seen, 6)
    page.get_by_text("None", exact=True).click()
    seen.wait(lambda: page.locator(".bt-chart:visible").count() == 0, "nothing is shown")
    page.get_by_text("All", exact=True).first.click()
    seen.wait(lambda: all(seen.points_in_plot(quote) > 50 for quote in QUOTES), "the zoomed part is back")
    zoomed = shown_span(seen)
    for size in ((700, 900), (1440, 1000)):
        resize(page, *size)
        seen.wait(lambda: lines_fill_the_plot(seen), "the lines fit")
    for theme in ("Dark", "System"):
        page.get_by_role("button", name=theme, exact=True).click()
    for mode in ("Log", "Compare", "Prices"):
        page.get_by_role("button", name=mode, exact=True).click()
    seen.wait(lambda: all(seen.points_in_plot(quote) > 50 for quote in QUOTES), "the prices are back")
    assert shown_span(seen) == pytest.approx(zoomed, rel=0.01)
    assert page.locator(".bt-card", has_text="could not be computed").count() == 0


def lines_fill_the_plot(seen):
    """Whether the drawing of the first chart is as wide as its plot, read at one moment."""
    boxes = seen.boxes(".bt-chart-0 .bt-figure, .bt-chart-0 .bt-figure svg")
    return len(boxes) > 1 and boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=2)
