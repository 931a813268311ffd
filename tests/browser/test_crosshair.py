"""The crosshair in a real Chromium: by mouse and by keys, what it reads in each chart is what is stored."""

import re

import pytest

from tests.support.chart_driver import DAY, hair, inside, moment, place_of, settled, time_of, true_prices, wheel, width
from tests.support.page_server import QUOTES, rows_of
from tracker.render.format import numbers

pytest_plugins = ["tests.support.chart_driver"]  # its fixtures


@pytest.mark.parametrize("mode", ["Prices", "Log"])
@pytest.mark.parametrize("notches", [0, -6])
def test_the_crosshair_reads_in_each_chart_the_stored_price_of_the_time_it_names(day, folder, mode, notches):
    day.page.get_by_role("button", name=mode, exact=True).click()
    day.wait(lambda: "logarithmic" in day.page.locator(".bt-panel-head").first.inner_text() or mode == "Prices", mode)
    wheel(day, inside(day, "EUR", 0.55), notches)
    settled(day)
    for quote, share in (("EUR", 0.41), ("USD", 0.62), ("GBP", 0.5)):
        day.page.mouse.move(*inside(day, quote, share))
        told = hair(day)
        if mode == "Prices":  # a logarithm turned back may round the last digit otherwise, until the kernel tells
            assert true_prices(folder, told["time"])[quote] == told["texts"][quote], "at once where it stands"
        day.wait(lambda: hair(day)["texts"] == true_prices(folder, hair(day)["time"]), "and soon in all", 5)


def test_the_crosshair_reads_a_candle_with_its_stretch_and_last_price(day, folder):
    day.page.locator(".bt-checkbox input").check()
    day.wait(lambda: "candles of" in day.page.locator(".bt-panel-head").first.inner_text(), "candles are drawn")
    day.wait(lambda: day.strip("EUR").locator("path.line").count() == 0, "in place of the lines")
    day.page.mouse.move(*inside(day, "EUR", 0.6))
    day.wait(lambda: hair(day) and "–" in hair(day)["time"], "the crosshair names a stretch")
    told = hair(day)
    start, end = map(time_of, told["time"].split("–"))
    assert end - start == 15 * 60_000
    for quote in QUOTES:
        closes = [price for time, price in sorted(rows_of(folder, quote).items()) if start < time <= end]
        assert told["texts"][quote] == numbers.price(closes[-1])


def test_the_crosshair_reads_in_compare_the_change_since_the_first_stored_price(day, folder):
    day.page.get_by_role("button", name="Compare", exact=True).click()
    page = day.page
    box = page.locator(".bt-chart-change .bt-plot")
    found = []  # what lies over a chart is made anew with each row, so for a moment it may stand nowhere

    def there():
        found.append(box.bounding_box() if page.locator(".bt-chart-change path.line").count() == 6 else None)
        return found[-1] is not None

    day.wait(there, "one chart")
    area = found[-1]
    page.mouse.move(round(area["x"] + 0.6 * area["width"]), round(area["y"] + 40))
    day.wait(lambda: hair(day) is not None, "the crosshair shows")

    def told_truly():
        told = hair(day)
        at, start = time_of(told["time"]), moment(day.shown()[0]) * 1000
        said = dict(line.split("\n") for line in re.split(r"\n(?=[A-Z]{3}\n)", told["texts"][first_of(told)]))
        rows = {quote: rows_of(folder, quote) for quote in QUOTES}
        # The chart begins up to a pixel after the first of its prices.
        for base in (each for each in rows["USD"] if start - 100_000 < each <= start + 10_000):
            changes = {quote: 100 * (rows[quote][at] / rows[quote][base] - 1) for quote in QUOTES}
            if said == {quote: numbers.plus_sign(each) + numbers.percent(each) for quote, each in changes.items()}:
                return True
        return False

    day.wait(told_truly, "all three changes are those of the files", 5)
    # The brush and what else the hand leaves must not change what is below.
    page.mouse.down()
    page.mouse.up()
    assert page.locator(".bt-chart-deviation").bounding_box()["height"] == pytest.approx(200, abs=1)


def first_of(told):
    return next(iter(told["texts"]))


def test_there_is_no_price_in_a_gap_and_before_the_first_row(day, served):
    for minutes in (140, 130, 125):
        day.page.mouse.move(*place_of(day, "EUR", minutes, served.begun))
        day.wait(lambda: hair(day) and hair(day)["texts"]["GBP"] == "no price", f"GBP has none {minutes} min ago")
        assert hair(day)["texts"]["EUR"] != "no price"
    day.page.mouse.move(*place_of(day, "GBP", 285, served.begun))
    day.wait(lambda: set(hair(day)["texts"].values()) == {"no price"}, "nobody has one 285 min ago")
    day.page.get_by_role("button", name="7 d", exact=True).click()
    day.wait(lambda: width(day) > 6 * DAY, "a week is shown")
    settled(day)
    day.page.mouse.move(*inside(day, "USD", 0.3))
    day.wait(lambda: hair(day) and set(hair(day)["texts"].values()) == {"no price"}, "nor days before the first")


def test_by_keyboard_alone_prices_are_read_aloud_and_time_is_zoomed(day, folder):
    page = day.page
    page.locator(".bt-modes input").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('bt-chart-stack')"), "tab leads to the charts"
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    said = page.locator(".bt-announcement")
    day.wait(lambda: said.inner_text() != "", "it is spoken", 5)
    assert said.get_attribute("aria-live") == "polite"
    spoken = said.inner_text()
    at, _, words = spoken.partition(": ")
    assert words.split("; ") == [f"{quote} {price}" for quote, price in true_prices(folder, at).items()]
    page.keyboard.press("ArrowRight")
    day.wait(lambda: said.inner_text() != spoken, "the next one too", 5)
    before = width(day)
    page.keyboard.press("+")
    day.wait(lambda: width(day) < before / 1.2, "plus zooms in")
    page.keyboard.press("-")
    day.wait(lambda: width(day) > before / 1.01, "minus zooms out")
    page.keyboard.press("+")
    settled(day)
    page.keyboard.press("Escape")
    day.wait(lambda: hair(day) is None, "escape takes the crosshair away")
    page.keyboard.press("Escape")
    day.wait(lambda: width(day) > DAY, "and then goes back")
    page.keyboard.press("+")
    settled(day)
    page.keyboard.press("0")
    day.wait(lambda: width(day) > DAY and page.locator(".bt-back-to-span").count() == 0, "as zero does")
    assert page.evaluate("document.activeElement.classList.contains('bt-chart-stack')"), "the focus stays"
