"""A year of prices in a real Chromium: its line, the bar under the crosshair, the way to minutes and back, its file."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.support.browser import Viewer, resize, tab, viewer
from tests.support.chart_driver import crosshair_once, point_in_plot, shown_span, turn_wheel, wait_for_kernel
from tests.support.page_server import ONE_VIEWER, ROOT, free_port, now, settings, voila
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.render.format import time_text
from tracker.stores.csv import open_store

pytestmark = pytest.mark.service

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
USD, GBP = (Market("kraken", "BTC", quote) for quote in ("USD", "GBP"))
# Whether in any frame of the browser no part of the first line was within the plot.
_WATCH = """() => {
  window.blankFrames = 0;
  const chart = document.querySelector(".bt-chart");
  const look = () => {
    const width = chart.querySelector(".bt-figure").getBoundingClientRect().width;
    const paths = [...chart.querySelectorAll("path.line")].map((path) => path.getAttribute("d") ?? "");
    const places = paths.flatMap((path) => [...path.matchAll(/[ML](-?[\\d.]+),/g)].map(([, x]) => Number(x)));
    if (!(Math.min(...places) <= width && Math.max(...places) >= 0)) window.blankFrames += 1;
    requestAnimationFrame(look);
  };
  look();
}"""

# What the crosshair writes of the same time as a moment, an hour, a day, two days, and as a moment within a year, for
# each of *times*, epoch s.
_TIMES = """async ([script, times]) => {
  const { barTime, exactTime } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  const domain = { start: 0, end: 200 * 86_400, zone: "UTC" };
  const bar = (start, length) => barTime(domain, { start, end: start + length });
  const year = { ...domain, end: 360 * 86_400 };
  const bars = (at) => [3_600, 86_400, 2 * 86_400].map((length) => bar(at, length));
  return times.map((at) => [exactTime(domain, at), ...bars(at), exactTime(year, at)]);
}"""

# The texts of a candle of four hours where the crosshair stands at these, at an hour of them, and at a moment.
_CANDLES = """async (script) => {
  const { candleTexts } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  const domain = { start: 0, end: 86_400, zone: "UTC" };
  const point = { x: 50_400, y: 3, candle: [2, 4, 1, 3] };
  const leading = [{ start: 43_200, end: 57_600 }, { start: 46_800, end: 50_400 }, null];
  return leading.map((period) => candleTexts(domain, { candle: 14_400, digits: 0 }, point, period));
}"""


@pytest.fixture(scope="module")
def end() -> int:
    return now() // HOUR * HOUR


@pytest.fixture(scope="module")
def seen(browser: Browser, tmp_path_factory: pytest.TempPathFactory, end: int) -> Iterator[Viewer]:
    """
    The page of a year: a price in two hours, on one day one a minute, of which one is ten times as high; and beside it
    one in four hours.
    """
    folder: Path = tmp_path_factory.mktemp("year")
    store = open_store("data", base=folder, known=())
    times = np.arange(end - 360 * DAY, end + 1, 2 * HOUR)
    minutes = np.arange(end - 180 * DAY, end - 179 * DAY, MINUTE)
    prices = np.where(minutes == end - 180 * DAY + 700 * MINUTE, 1_000.0, 100.0)
    store.append({USD: Ticks.of(times, 100 + np.arange(times.size) % 7, 2 * HOUR)})
    store.append({USD: Ticks.of(minutes[1:], prices[1:], MINUTE)})
    store.append({GBP: Ticks.of(times[::2], 80 + np.arange(times[::2].size) % 5, 4 * HOUR)})
    store.close()
    variables = settings(folder / "data", f"http://127.0.0.1:{free_port()}/kraken", ("USD", "GBP"))
    with voila(folder / "log", *ONE_VIEWER, **variables) as url, viewer(browser, f"{url}?span=1y") as seen:
        seen.wait(lambda: shown_span(seen) > 360 * DAY / 1000, "the year is shown")
        yield seen


def share_of(seen: Viewer, time: int) -> float:
    """Return where *time*, epoch ms, is in the plots of a page that ends now; 0 is their left edge."""
    start, last = seen.shown()
    return 0.99 - (now() - time) / 1000 / (last - start)


def test_a_spike_of_a_minute_is_in_the_line_of_a_year_and_the_crosshair_tells_its_hour(seen, end):
    assert "1,000.00" in seen.page.locator(".bt-extreme.is-high").first.inner_text()
    seen.page.mouse.move(*point_in_plot(seen, "USD", share_of(seen, end - 180 * DAY + 700 * MINUTE)))
    values = seen.page.locator(".bt-chart-0 .bt-candle-values")
    seen.wait(lambda: values.is_visible() and "of polled prices" in values.inner_text(), "the bar is read")
    time = crosshair_once(seen, lambda shown: "–" in shown["time"], "the hour is named")["time"]
    assert time.split("–")[0][:-5].strip(), "the day stands before the hour"
    assert "Days in UTC" in seen.page.locator(".bt-time-zone").inner_text()


def test_in_a_year_the_crosshair_has_a_point_on_the_line_and_page_up_leads_to_other_prices(seen):
    seen.page.mouse.move(*point_in_plot(seen, "USD", 0.7))
    crosshair_once(seen, lambda shown: "–" in shown["time"], "the bar is read")
    assert seen.page.locator(".bt-chart-0 .bt-crosshair-point").is_visible()
    seen.page.locator(".bt-chart-stack").focus()
    before = crosshair_once(seen, lambda shown: True, "the crosshair stays")["time"]
    seen.page.keyboard.press("PageUp")  # half an hour would lead to the same hour again
    crosshair_once(seen, lambda shown: shown["time"] != before, "page up leads to earlier prices")


def note_of(seen: Viewer, quote: str) -> str:
    """Return what the crosshair says of the low and high of *quote*, where it can be read; else nothing."""
    notes = seen.page.locator(".bt-chart:visible").filter(has_text=f"BTC/{quote}").locator(".is-note span")
    return "".join(text.strip() for text in notes.all_inner_texts()) if notes.count() and notes.is_visible() else ""


@pytest.mark.parametrize("width", [1440, 390])
def test_a_bar_of_another_length_than_that_at_the_crosshair_names_its_time(seen, width):
    size = seen.page.viewport_size
    resize(seen.page, width, 1600)
    seen.wait(lambda: seen.plot("GBP")["width"] < width, "the charts are as narrow")
    seen.page.mouse.move(*point_in_plot(seen, "GBP", 0.7))
    two_hours = r"of polled prices, \d+ \w+ \d+ \d\d:\d\d–\d\d:\d\d"
    seen.wait(lambda: re.fullmatch(two_hours, note_of(seen, "USD")), "the time of USD beside that of GBP", 10)
    assert note_of(seen, "GBP") == "of polled prices"
    seen.page.set_viewport_size(size)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_candle_of_another_length_than_that_at_the_crosshair_names_its_time_in_place_of_the_close(seen, width):
    size, box = seen.page.viewport_size, seen.page.locator(".bt-checkbox input")
    seen.page.get_by_role("button", name="30 d", exact=True).click()
    box.check()
    seen.wait(lambda: "hollow" in seen.page.locator(".bt-panel-head").first.inner_text(), "candles are drawn", 10)
    resize(seen.page, width, 1600)
    seen.wait(lambda: seen.plot("GBP")["width"] < width, "the charts are as narrow")
    seen.page.mouse.move(*point_in_plot(seen, "USD", 0.7))
    seen.wait(lambda: re.fullmatch(r"\d+ \w+", note_of(seen, "GBP")), "the day of GBP beside 12 hours of USD", 10)
    assert note_of(seen, "USD") == ""
    names = seen.strip("GBP").locator(".bt-candle-values b").all_text_contents()
    assert names == ["open", "high", "low", ""], "the price axis has the close"
    seen.page.set_viewport_size(size)
    box.uncheck()
    seen.page.get_by_role("button", name="1 y", exact=True).click()


def test_the_last_candle_of_a_past_view_is_read_although_its_middle_lies_after_the_end(seen, end):
    page, box = seen.page, seen.page.locator(".bt-checkbox input")
    page.get_by_role("button", name="7 d", exact=True).click()
    box.check()
    seen.wait(lambda: shown_span(seen) < 8 * 86_400, "a week is shown")
    page.keyboard.press("g")
    page.keyboard.type(time.strftime("%d %b %Y 20:00", time.gmtime((end - 90 * DAY) / 1000)))
    page.keyboard.press("Enter")
    page.locator(".bt-back-to-span").wait_for()
    page.mouse.move(*point_in_plot(seen, "GBP", 0.99))  # at about 06:00
    day = time_text.day(end // DAY * DAY - 86 * DAY)
    crosshair_once(seen, lambda shown: shown["time"] == day, "the day of the candle is named")
    box.uncheck()
    page.get_by_role("button", name="1 y", exact=True).click()


def test_compare_names_the_time_of_which_it_reads_the_last_change(seen):
    seen.page.get_by_role("button", name="30 d", exact=True).click()  # the year begins before the first price
    seen.page.get_by_role("button", name="Compare", exact=True).click()
    seen.wait(lambda: seen.page.locator(".is-comparing").count() > 0, "it compares")
    seen.page.mouse.move(*point_in_plot(seen, "Change", 0.6))
    crosshair_once(seen, lambda shown: "–" in shown["time"], "the two hours are named")
    seen.page.get_by_role("button", name="Prices", exact=True).click()
    seen.wait(lambda: seen.page.locator(".is-comparing").count() == 0, "the prices are back")


def test_page_up_and_page_down_move_the_crosshair_by_a_twelfth_of_what_is_shown(seen):
    seen.page.locator(".bt-chart-stack").focus()
    seen.page.keyboard.press("End")
    crosshair_once(seen, lambda shown: shown["texts"].get("USD", "no price") != "no price", "the newest price is read")
    width, places = seen.plot("USD")["width"], lambda: seen.boxes(".bt-chart-0 .bt-crosshair-line")
    [newest] = places()
    for key, twelfths in (("PageUp", 1), ("PageUp", 2), ("PageDown", 1)):
        seen.page.keyboard.press(key)
        way = pytest.approx(twelfths * width / 12, abs=3)
        seen.wait(
            lambda way=way: [newest["x"] - line["x"] for line in places()] == [way], f"{twelfths} twelfths left", 5
        )


def test_the_wheel_leads_from_the_whole_record_to_a_minute_and_back_without_a_blank_frame(seen, end):
    seen.page.get_by_role("button", name="All", exact=True).last.click()
    seen.wait(lambda: 360 <= shown_span(seen) / 86_400 < 365, "the record is shown")
    seen.page.evaluate(_WATCH)
    point = point_in_plot(seen, "USD", share_of(seen, end - 180 * DAY + DAY // 2))  # where there is a price a minute
    for notches in (*[-15] * 4, *[15] * 4):
        turn_wheel(seen, point, notches)
        wait_for_kernel(seen)
    assert shown_span(seen) > 300 * 86_400
    assert seen.page.evaluate("window.blankFrames") == 0


def test_the_bars_of_a_year_are_saved_in_a_file(seen):
    seen.page.get_by_role("button", name="1 y", exact=True).click()
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="CSV", exact=True).click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) > 4_000
    assert "low" in lines[0]


def test_a_drag_over_the_whole_record_leaves_it_and_a_typed_date_shows_that_day(seen, end):
    page, back = seen.page, seen.page.locator(".bt-back-to-span")
    page.get_by_role("button", name="All", exact=True).last.click()
    seen.wait(lambda: 360 <= shown_span(seen) / 86_400 < 365 and not back.count(), "the record is shown")
    before = shown_span(seen)
    for start, stop in ((0.8, 0.4), (0.4, 0.8)):
        page.mouse.move(*point_in_plot(seen, "USD", start))
        page.mouse.down()
        page.mouse.move(*point_in_plot(seen, "USD", stop), steps=4)
        page.mouse.up()
        wait_for_kernel(seen)
        assert (shown_span(seen), back.count()) == (pytest.approx(before, rel=0.002), 0)
    page.keyboard.press("g")
    page.keyboard.type(time.strftime("%d %b %Y", time.gmtime((end - 200 * DAY) / 1000)))
    page.keyboard.press("Enter")
    seen.wait(lambda: shown_span(seen) == 86_400, "the day is shown")
    assert back.inner_text() == "Back to all prices"


def test_the_crosshair_writes_days_and_months_as_the_rest_of_the_page(browser):
    script = (ROOT / "tracker/dashboard/browser/crosshair_text.js").read_text(encoding="utf-8")
    times = [int(datetime(2026, month, 9, tzinfo=UTC).timestamp()) for month in range(1, 13)]
    with tab(browser, "about:blank") as blank:
        texts = blank.page.evaluate(_TIMES, [script, times])
    for at, written in zip(times, texts, strict=True):
        day, month = time_text.day(1000 * at), f"{datetime.fromtimestamp(at, UTC):%b}"
        blanks_alike = [" ".join(text.split()) for text in written]
        of_days = [f"{day} 00:00–01:00", day, f"9 – 10 {month}"]
        assert blanks_alike == [f"{day}, 00:00", *of_days, f"{day} 2026, 00:00"]


def test_a_candle_has_its_time_beside_its_prices_where_the_crosshair_stands_at_another(browser):
    script = (ROOT / "tracker/dashboard/browser/crosshair_text.js").read_text(encoding="utf-8")
    with tab(browser, "about:blank") as blank:
        same, *others = blank.page.evaluate(_CANDLES, script)
    assert same == [["open", "2"], ["high", "4"], ["low", "1"], ["close", "3"]]
    assert others == [[*same, ["12:00–16:00", ""]]] * 2
