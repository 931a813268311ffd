"""Gestures of fingers on the charts, in a real Chromium as a phone."""

import pytest

from tests.support.chart_driver import crosshair_once, open_day, point_in_plot, shown_span, wait_for_kernel

pytestmark = pytest.mark.service

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures

USD_LINE = ".bt-chart-0 .bt-crosshair-line"


def touch(session, kind, *fingers):
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_fingers_drag_pinch_and_tap(browser, day):
    with open_day(browser, day, width=390, height=844, has_touch=True, is_mobile=True) as phone:
        phone.strip("USD").scroll_into_view_if_needed()
        session = phone.page.context.new_cdp_session(phone.page)
        x, y = point_in_plot(phone, "USD", 0.5)
        start, end = phone.shown()
        touch(session, "touchStart", (x - 20, y), (x + 20, y))
        for distance in range(25, 125, 10):
            touch(session, "touchMove", (x - distance, y), (x + distance, y))
        touch(session, "touchEnd")
        phone.wait(lambda: shown_span(phone) < (end - start) / 4, "two fingers zoom")
        wait_for_kernel(phone)
        start, end = phone.shown()
        touch(session, "touchStart", (x - 60, y))
        for distance in range(-50, 70, 10):
            touch(session, "touchMove", (x + distance, y))
        touch(session, "touchEnd")
        seconds = 120 / phone.plot("USD")["width"] * (end - start)
        phone.wait(lambda: phone.shown()[0] == pytest.approx(start - seconds, abs=0.2 * seconds), "one finger pans")
        wait_for_kernel(phone)
        touch(session, "touchStart", (x, y))
        touch(session, "touchEnd")
        crosshair_once(phone, bool, "a tap shows the crosshair")
        [line] = phone.boxes(USD_LINE)
        assert line["x"] == pytest.approx(x, abs=8)
        plot = phone.plot("USD")
        assert plot["y"] - 1 <= line["y"] <= plot["y"] + 1
        touch(session, "touchStart", (x + 40, y))
        touch(session, "touchCancel")  # the page scrolls instead
        phone.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert phone.boxes(USD_LINE) == [line]
        [chip] = phone.boxes(".bt-crosshair-time span")
        assert chip["x"] < x < chip["x"] + chip["width"]
