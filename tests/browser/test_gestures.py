"""The viewer's hand on the charts, in a real Chromium: what wheel, mouse and fingers do."""

import pytest

from tests.support.browser import viewer
from tests.support.chart_driver import DAY, hair, inside, moment, points, settled, wait_for_the_day, wheel, width
from tests.support.page_server import QUOTES, rows_of

pytestmark = pytest.mark.service

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures


def test_the_wheel_zooms_at_the_pointer_and_the_kernel_answers_with_finer_points(day, folder):
    at = inside(day, "USD", 0.4)
    before = day.shown()
    fixed = before[0] + 0.4 * (before[1] - before[0])
    wheel(day, at, -12)
    day.wait(lambda: width(day) < DAY / 10, "it zooms")
    start, end = day.shown()
    pixel = (before[1] - before[0]) / day.plot("USD")["width"]
    assert abs(start + 0.4 * (end - start) - fixed) < pixel, "what is under the pointer stays there"
    settled(day)
    times = [time / 1000 for time in rows_of(folder, "USD")]
    start, end = (moment(x) for x in day.shown())
    there = sum(start < time <= end for time in times)
    day.wait(lambda: there - 3 <= points(day, "USD") <= there + 3, "every price of the part is drawn", 10)
    assert "view=" in day.page.url


def test_a_drag_pans_by_what_the_hand_moved(day):
    wheel(day, inside(day, "USD", 0.5), -8)
    settled(day)
    start, end = day.shown()
    x, y = inside(day, "USD", 0.5)
    day.page.mouse.move(x, y)
    day.page.mouse.down()
    day.page.mouse.move(x + 100, y, steps=5)
    day.page.mouse.move(x + 200, y, steps=5)
    day.page.mouse.up()
    settled(day)
    by = 200 / day.plot("USD")["width"] * (end - start)
    assert day.shown() == (pytest.approx(start - by, abs=2), pytest.approx(end - by, abs=2))


def test_a_press_that_is_let_go_of_outside_drags_nothing_later(day):
    wheel(day, inside(day, "USD", 0.5), -8)
    settled(day)
    before = day.shown()
    box = day.plot("USD")
    x, y = inside(day, "USD", 0.5)
    day.page.mouse.move(x, box["y"] + 2)
    day.page.mouse.down()
    day.page.mouse.move(x, box["y"] - 30)
    day.page.mouse.up()
    day.page.mouse.move(x, y)
    day.page.mouse.move(x + 150, y, steps=5)
    day.wait(lambda: hair(day) is not None, "the crosshair shows")
    assert day.shown() == before


def test_shift_and_drag_brush_a_range(day):
    (x, y), (other, _) = inside(day, "EUR", 0.3), inside(day, "EUR", 0.5)
    start, end = day.shown()
    day.page.keyboard.down("Shift")
    day.page.mouse.move(other, y)
    day.page.mouse.down()
    day.page.mouse.move(x + 50, y, steps=4)
    day.page.mouse.move(x, y)
    assert day.page.locator(".bt-zoom-range").is_visible()
    day.page.mouse.up()
    day.page.keyboard.up("Shift")
    settled(day)
    long = end - start
    assert day.shown() == (pytest.approx(start + 0.3 * long, abs=90), pytest.approx(start + 0.5 * long, abs=90))
    assert not day.page.locator(".bt-zoom-range").is_visible()


def test_a_double_click_goes_back_also_right_after_a_movement(day):
    at = inside(day, "USD", 0.5)
    wheel(day, at, -5)
    day.page.mouse.dblclick(*at)
    day.wait(lambda: width(day) > DAY, "the whole day is back")
    settled(day)
    day.page.wait_for_timeout(400)  # what was not told yet would be told now
    assert width(day) > DAY
    assert "view=" not in day.page.url


def test_the_button_names_where_back_is_and_goes_there(day):
    wheel(day, inside(day, "USD", 0.5), -5)
    settled(day)
    day.page.get_by_role("button", name="Back to the last 24 h").click()
    day.wait(lambda: width(day) > DAY, "the whole day is back")


def test_the_price_scale_fits_what_is_seen_while_it_is_moved(day, folder):
    wheel(day, inside(day, "USD", 0.75), -9)
    settled(day)
    start, end = (1000 * moment(x) for x in day.shown())
    seen = [price for time, price in rows_of(folder, "USD").items() if start < time <= end]
    style = day.page.evaluate(
        """() => ["--lo", "--hi"].map((name) =>
             Number(document.querySelector(".bt-chart.bt-chart-0").style.getPropertyValue(name)))"""
    )
    room = 0.34 * (max(seen) - min(seen))
    assert style == [pytest.approx(min(seen) - room, rel=1e-6), pytest.approx(max(seen) + room, rel=1e-6)]


def test_a_wheel_that_was_scrolling_the_page_goes_on_scrolling(browser, served):
    with viewer(browser, f"{served.url}?span=24h", height=500) as low:
        wait_for_the_day(low)
        before = width(low)
        x, y = inside(low, "USD", 0.5)
        low.page.mouse.move(x, 20)
        low.page.mouse.wheel(0, 100)
        low.page.mouse.move(x, y)
        for _ in range(3):
            low.page.mouse.wheel(0, 60)
        low.wait(
            lambda: low.page.evaluate("document.getElementById('rendered_cells').scrollTop") >= 200,
            "the page scrolls on over the charts",
            5,
        )
        assert width(low) == pytest.approx(before, abs=200)


def touch(session, kind, *fingers):
    places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_fingers_drag_pinch_and_tap(browser, served):
    with viewer(browser, f"{served.url}?span=24h", width=390, height=844, has_touch=True, is_mobile=True) as phone:
        wait_for_the_day(phone)
        phone.strip("USD").scroll_into_view_if_needed()
        session = phone.page.context.new_cdp_session(phone.page)
        x, y = inside(phone, "USD", 0.5)
        start, end = phone.shown()
        touch(session, "touchStart", (x - 20, y), (x + 20, y))
        for by in range(25, 125, 10):
            touch(session, "touchMove", (x - by, y), (x + by, y))
        touch(session, "touchEnd")
        phone.wait(lambda: width(phone) < (end - start) / 4, "two fingers zoom")
        settled(phone)
        start, end = phone.shown()
        touch(session, "touchStart", (x - 60, y))
        for by in range(-50, 70, 10):
            touch(session, "touchMove", (x + by, y))
        touch(session, "touchEnd")
        by = 120 / phone.plot("USD")["width"] * (end - start)
        phone.wait(lambda: phone.shown()[0] == pytest.approx(start - by, abs=0.2 * by), "one finger pans")
        settled(phone)
        touch(session, "touchStart", (x, y))
        touch(session, "touchEnd")
        phone.wait(lambda: hair(phone) is not None, "a tap shows the crosshair")
        line = phone.strip("USD").locator(".bt-crosshair-line").bounding_box()
        assert line["x"] == pytest.approx(x, abs=8)
        plot = phone.plot("USD")
        assert plot["y"] - 1 <= line["y"] <= plot["y"] + 1
        touch(session, "touchStart", (x + 40, y))
        touch(session, "touchCancel")  # the page scrolls instead
        phone.page.wait_for_timeout(100)
        assert phone.strip("USD").locator(".bt-crosshair-line").bounding_box() == line
        chip = phone.page.locator(".bt-crosshair-time span").bounding_box()
        assert chip["x"] < x < chip["x"] + chip["width"]


def test_a_wild_hand_leaves_a_page_that_still_works(day):
    """Fast wheel while data arrive, another span while zoomed, nothing ticked, another size, theme and mode."""
    page = day.page
    for turn in range(3):
        wheel(day, inside(day, "GBP", 0.2 + 0.3 * turn), -15)
        wheel(day, inside(day, "USD", 0.9 - 0.3 * turn), 9)
    settled(day)
    page.get_by_role("button", name="6 h", exact=True).click()
    day.wait(lambda: width(day) == pytest.approx(6 * 3_600, rel=0.02), "a span ends the zoom")
    wheel(day, inside(day, "USD", 0.5), -6)
    settled(day)
    page.get_by_text("None", exact=True).click()
    day.wait(lambda: page.locator(".bt-chart:visible").count() == 0, "nothing is shown")
    page.get_by_text("All", exact=True).click()
    day.wait(lambda: all(points(day, quote) > 50 for quote in QUOTES), "the zoomed part is back")
    zoomed = width(day)
    for size in ((700, 900), (1440, 1000)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        day.wait(lambda: day.plot("USD")["width"] == pytest.approx(svg_width(day), abs=2), "the lines fit")
    for theme in ("Dark", "System"):
        page.get_by_role("button", name=theme, exact=True).click()
    for mode in ("Log", "Compare", "Prices"):
        page.get_by_role("button", name=mode, exact=True).click()
    day.wait(lambda: all(points(day, quote) > 50 for quote in QUOTES), "the prices are back")
    assert width(day) == pytest.approx(zoomed, rel=0.01)
    assert page.locator(".bt-card", has_text="could not be computed").count() == 0


def svg_width(seen):
    return seen.strip("USD").locator(".bt-figure svg").first.bounding_box()["width"]
