"""The viewer's hand on the charts, in a real Chromium: what wheel, mouse, fingers and keys do, and what they read."""

import re
import time
from datetime import UTC, datetime

import pytest
from served import rows_of, seed_day, settings, viewer, voila

from tracker.dashboard import numerals
from tracker.sandbox import Sandbox, Simulated

QUOTES = ("USD", "EUR", "GBP")
DAY = 86_400
WEEK = 7 * DAY
# Minutes before the start: one hole in GBP alone, one in all.
HOLES = {"GBP": [(150, 120), (300, 270)], "USD": [(300, 270)], "EUR": [(300, 270)]}


def now():
    return round(time.time() * 1000)


@pytest.fixture(scope="module")
def begun():
    """Epoch ms of the seeded day's end."""
    return now()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, begun):
    made = tmp_path_factory.mktemp("data")
    seed_day(made, begun, HOLES, QUOTES)
    return made


@pytest.fixture(scope="module")
def url(folder, tmp_path_factory):
    log = tmp_path_factory.mktemp("voila") / "log"
    with (
        Sandbox(Simulated(7), now) as exchange,
        # Only ten minutes are kept whole, so that the holes stay.
        voila(log, **settings(folder, f"{exchange.url}/kraken"), TRACKER_SPAN="10min") as address,
    ):
        yield address


@pytest.fixture(scope="module")
def opened(browser, url):
    with viewer(browser, f"{url}?span=24h") as seen:
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "a day of prices is drawn")
        yield seen
        assert seen.errors == []


@pytest.fixture
def day(opened):
    """A day of three currencies, as it was opened, whatever the test before did."""
    page = opened.page
    page.mouse.move(5, 5)
    page.get_by_role("button", name="Prices", exact=True).click()
    if page.locator(".bt-check input").is_checked():
        page.locator(".bt-check input").uncheck()
    if page.locator(".bt-back").count():
        page.locator(".bt-back").click()
    page.get_by_text("All", exact=True).click()
    page.get_by_role("button", name="24 h", exact=True).click()
    opened.wait(lambda: width(opened) > DAY and page.locator(".bt-back").count() == 0, "the day is shown")
    opened.wait(lambda: all(opened.strip(quote).count() == 1 for quote in QUOTES), "all strips are there")
    return opened


def width(seen):
    start, end = seen.shown()
    return end - start


def moment(x):
    """Epoch seconds of *x*, which counts from the week before last."""
    return (now() - 1000 * WEEK) // (1000 * WEEK) * WEEK + x


def inside(seen, quote, share):
    """A point of the window: *share* of the plot's width, the middle of its height."""
    box = seen.plot(quote)
    return round(box["x"] + share * box["width"]), round(box["y"] + box["height"] / 2)


def place_of(seen, quote, minutes_ago, begun):
    """The point of the plot that is so long before the seeded day's end."""
    start, end = seen.shown()
    share = (begun / 1000 - 60 * minutes_ago - moment(start)) / (end - start)
    return inside(seen, quote, share)


def wheel(seen, at, notches):
    """Turn the wheel at a point: towards one (below 0) zooms in."""
    seen.page.mouse.move(*at)
    for _ in range(abs(notches)):
        seen.page.mouse.wheel(0, 100 if notches > 0 else -100)


def settled(seen):
    """Wait until the kernel shows what the hand chose."""
    seen.wait(lambda: seen.page.locator(".bt-charts.is-moving").count() == 0, "the kernel has answered")


def points(seen, quote):
    """How many points of the line lie within the plot."""
    box = seen.plot(quote)
    path = seen.drawn(quote)
    places = [float(x) for x in re.findall(r"[ML](-?[\d.]+),", path)]
    return sum(0 <= x <= box["width"] for x in places)


def hair(seen):
    """What the crosshair says: its time, and the text at each chart by its first word."""
    return seen.page.evaluate(
        """() => {
          const charts = document.querySelector(".bt-charts");
          if (!charts.classList.contains("has-hair")) return null;
          const strips = [...charts.querySelectorAll(".bt-strip")].filter((each) => each.offsetParent);
          const said = (each) => each.querySelector(":scope > .bt-hair .bt-hairval, :scope > .bt-hair .bt-hairlist");
          const name = (each) => each.querySelector(".bt-pair").innerText.replace("BTC/", "");
          return {
            time: charts.querySelector(".bt-hairtime span").textContent,
            texts: Object.fromEntries(strips.map((each) => [name(each), said(each)?.innerText.trim() ?? ""])),
          };
        }"""
    )


def time_of(text):
    """Epoch ms of a crosshair's time, 15:04 or 15:04:30, of the past day."""
    hours, minutes, *seconds = map(int, text.split(":"))
    today = datetime.now(UTC).replace(hour=hours, minute=minutes, second=sum(seconds), microsecond=0)
    found = round(today.timestamp() * 1000)
    return found if found <= now() else found - 1000 * DAY


def true_prices(folder, text):
    """What the files say of each currency at the time that *text* names."""
    at = time_of(text)
    return {quote: numerals.price(rows_of(folder, quote).get(at, float("nan"))) for quote in QUOTES}


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
    assert day.page.locator(".bt-brush").is_visible()
    day.page.mouse.up()
    day.page.keyboard.up("Shift")
    settled(day)
    long = end - start
    assert day.shown() == (pytest.approx(start + 0.3 * long, abs=90), pytest.approx(start + 0.5 * long, abs=90))
    assert not day.page.locator(".bt-brush").is_visible()


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


@pytest.mark.parametrize("mode", ["Prices", "Log"])
@pytest.mark.parametrize("notches", [0, -6])
def test_the_crosshair_reads_in_each_chart_the_stored_price_of_the_time_it_names(day, folder, mode, notches):
    day.page.get_by_role("button", name=mode, exact=True).click()
    day.wait(lambda: "logarithmic" in day.page.locator(".bt-ph").first.inner_text() or mode == "Prices", mode)
    wheel(day, inside(day, "EUR", 0.55), notches)
    settled(day)
    for quote, share in (("EUR", 0.41), ("USD", 0.62), ("GBP", 0.5)):
        day.page.mouse.move(*inside(day, quote, share))
        told = hair(day)
        if mode == "Prices":  # a logarithm turned back may round the last digit otherwise, until the kernel tells
            assert true_prices(folder, told["time"])[quote] == told["texts"][quote], "at once where it stands"
        day.wait(lambda: hair(day)["texts"] == true_prices(folder, hair(day)["time"]), "and soon in all", 5)


def test_the_crosshair_reads_a_candle_with_its_stretch_and_last_price(day, folder):
    day.page.locator(".bt-check input").check()
    day.wait(lambda: "candles of" in day.page.locator(".bt-ph").first.inner_text(), "candles are drawn")
    day.wait(lambda: day.strip("EUR").locator("path.line").count() == 0, "in place of the lines")
    day.page.mouse.move(*inside(day, "EUR", 0.6))
    day.wait(lambda: hair(day) and "–" in hair(day)["time"], "the crosshair names a stretch")
    told = hair(day)
    start, end = map(time_of, told["time"].split("–"))
    assert end - start == 15 * 60_000
    for quote in QUOTES:
        closes = [price for time, price in sorted(rows_of(folder, quote).items()) if start < time <= end]
        assert told["texts"][quote] == numerals.price(closes[-1])


def test_the_crosshair_reads_in_compare_the_change_since_the_first_stored_price(day, folder):
    day.page.get_by_role("button", name="Compare", exact=True).click()
    page = day.page
    box = page.locator(".bt-m-change .bt-plot")
    found = []  # what lies over a chart is made anew with each row, so for a moment it may stand nowhere

    def there():
        found.append(box.bounding_box() if page.locator(".bt-m-change path.line").count() == 6 else None)
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
            if said == {quote: numerals.plus(each) + numerals.percent(each) for quote, each in changes.items()}:
                return True
        return False

    day.wait(told_truly, "all three changes are those of the files", 5)
    # The brush and what else the hand leaves must not change what is below.
    page.mouse.down()
    page.mouse.up()
    assert page.locator(".bt-m-apart").bounding_box()["height"] == pytest.approx(200, abs=1)


def first_of(told):
    return next(iter(told["texts"]))


def test_there_is_no_price_in_a_gap_and_before_the_first_row(day, begun):
    for minutes in (140, 130, 125):
        day.page.mouse.move(*place_of(day, "EUR", minutes, begun))
        day.wait(lambda: hair(day) and hair(day)["texts"]["GBP"] == "no price", f"GBP has none {minutes} min ago")
        assert hair(day)["texts"]["EUR"] != "no price"
    day.page.mouse.move(*place_of(day, "GBP", 285, begun))
    day.wait(lambda: set(hair(day)["texts"].values()) == {"no price"}, "nobody has one 285 min ago")
    day.page.get_by_role("button", name="7 d", exact=True).click()
    day.wait(lambda: width(day) > 6 * DAY, "a week is shown")
    settled(day)
    day.page.mouse.move(*inside(day, "USD", 0.3))
    day.wait(lambda: hair(day) and set(hair(day)["texts"].values()) == {"no price"}, "nor days before the first")


def test_the_price_scale_fits_what_is_seen_while_it_is_moved(day, folder):
    wheel(day, inside(day, "USD", 0.75), -9)
    settled(day)
    start, end = (1000 * moment(x) for x in day.shown())
    seen = [price for time, price in rows_of(folder, "USD").items() if start < time <= end]
    style = day.page.evaluate(
        """() => ["--lo", "--hi"].map((name) =>
             Number(document.querySelector(".bt-strip.bt-m0").style.getPropertyValue(name)))"""
    )
    room = 0.34 * (max(seen) - min(seen))
    assert style == [pytest.approx(min(seen) - room, rel=1e-6), pytest.approx(max(seen) + room, rel=1e-6)]


def test_by_keyboard_alone_prices_are_read_aloud_and_time_is_zoomed(day, folder):
    page = day.page
    page.locator(".bt-modes input").focus()
    for _ in range(2):  # past the button for a replay
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('bt-strips')"), "tab leads to the charts"
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    said = page.locator(".bt-sr-said")
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
    day.wait(lambda: width(day) > DAY and page.locator(".bt-back").count() == 0, "as zero does")
    assert page.evaluate("document.activeElement.classList.contains('bt-strips')"), "the focus stays"


def test_a_wheel_that_was_scrolling_the_page_goes_on_scrolling(browser, url):
    with viewer(browser, f"{url}?span=24h", height=500) as low:
        low.wait(lambda: len(low.drawn("USD")) > 5000, "the charts are drawn")
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


def test_fingers_drag_pinch_and_tap(browser, url):
    with viewer(browser, f"{url}?span=24h", width=390, height=844, has_touch=True, is_mobile=True) as phone:
        phone.wait(lambda: len(phone.drawn("USD")) > 3000, "the charts are drawn")
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
        line = phone.strip("USD").locator(".bt-hairline").bounding_box()
        assert line["x"] == pytest.approx(x, abs=8)
        plot = phone.plot("USD")
        assert plot["y"] - 1 <= line["y"] <= plot["y"] + 1
        chip = phone.page.locator(".bt-hairtime span").bounding_box()
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
    day.wait(lambda: page.locator(".bt-strip:visible").count() == 0, "nothing is shown")
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
    return seen.strip("USD").locator(".bt-fig svg").first.bounding_box()["width"]
