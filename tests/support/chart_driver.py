"""Operates the charts in a real Chromium and reads what they show; its fixtures open the page of a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Viewer, resize, viewer
from tests.support.page_server import ONE_VIEWER, QUOTES, now, page_of_a_day, rows_of
from tracker.render.format import numbers

DAY = 86_400
WEEK = 7 * DAY
# Minutes before the start: one hole in GBP alone, one in all.
HOLES = {"GBP": [(150, 120), (300, 270)], "USD": [(300, 270)], "EUR": [(300, 270)]}

_CROSSHAIR = """() => {
  const charts = document.querySelector(".bt-charts");
  if (!charts.classList.contains("has-crosshair")) return null;
  const visible = [...charts.querySelectorAll(".bt-chart")].filter((chart) => chart.offsetParent);
  const value = ":scope > .bt-crosshair :is(.bt-crosshair-value, .bt-crosshair-list :is(b, span))";
  // Not innerText: it is empty in a new chart until the browser has found that it is in sight.
  const text = (chart) => [...chart.querySelectorAll(value)].map((part) => part.textContent.trim()).join("\\n");
  const candle = (chart) => chart.querySelector(".bt-candle-values")?.innerText ?? "";
  const name = (chart) => chart.querySelector(".bt-pair").textContent.replace("BTC/", "");
  const ofEach = (read) => Object.fromEntries(visible.map((chart) => [name(chart), read(chart)]));
  const time = charts.querySelector(".bt-crosshair-time span").textContent;
  return { time, texts: ofEach(text), candles: ofEach(candle) };
}"""


class DayPage(NamedTuple):
    """The page of a day: its address, the folder with its prices, and the end of the day in epoch ms."""

    url: str
    folder: Path
    end: int


def wait_for_the_day(seen: Viewer) -> None:
    """Wait until the page shows a day of prices, its lines and its scale, which come one after the other."""
    seen.wait(lambda: len(seen.drawn("USD")) > 3000 and shown_span(seen) > DAY, "a day of prices is drawn")


def reset(seen: Viewer) -> None:
    """Bring the page back to how it was opened, whatever the test before did."""
    page = seen.page
    resize(page, 1440, 1000)
    page.evaluate("document.getElementById('rendered_cells').scrollTop = 0")
    page.mouse.move(5, 5)
    page.get_by_role("button", name="Prices", exact=True).click()
    if page.locator(".bt-checkbox input").is_checked():
        page.locator(".bt-checkbox input").uncheck()
    if page.locator(".bt-back-to-span").count():
        page.locator(".bt-back-to-span").click()
    page.get_by_text("All", exact=True).first.click()
    page.get_by_role("button", name="24 h", exact=True).click()
    seen.wait(lambda: shown_span(seen) > DAY and page.locator(".bt-back-to-span").count() == 0, "the day is shown")
    seen.wait(lambda: all(seen.strip(quote).count() == 1 for quote in QUOTES), "all charts are there")


def shown_span(seen: Viewer) -> float:
    """Return the length of the time that the charts show, in seconds."""
    start, end = seen.shown()
    return end - start


def epoch_seconds(x: float) -> float:
    """
    Return the time of *x*, which counts seconds from the charts' anchor; less than half a week from now.

    The anchor is the start of a week. It may be another one at the next redraw, so *x* tells only the time of a week.
    """
    now_seconds = now() / 1000
    return now_seconds + (x - now_seconds + WEEK / 2) % WEEK - WEEK / 2


def point_in_plot(seen: Viewer, quote: str, share: float) -> tuple[int, int]:
    """Return a point of the window: *share* of the plot's width from its left, half of its height."""
    plot = seen.plot(quote)
    return round(plot["x"] + share * plot["width"]), round(plot["y"] + plot["height"] / 2)


def point_at(seen: Viewer, quote: str, minutes_ago: float, day: DayPage) -> tuple[int, int]:
    """Return the point of the plot that is *minutes_ago* before the end of the day."""
    start, end = seen.shown()
    share = (day.end / 1000 - 60 * minutes_ago - epoch_seconds(start)) / (end - start)
    return point_in_plot(seen, quote, share)


def minutes_to_an_empty_candle(day: DayPage) -> float:
    """Return how long before the end of the day the middle of a candle of 15 min is that lies in the hole of GBP."""
    candle = 15 * 60_000
    in_hole = day.end - 140 * 60_000
    before = max(time for time in rows_of(day.folder, "GBP") if time < in_hole)
    start = -(-before // candle) * candle
    return (day.end - start - candle / 2) / 60_000


def turn_wheel(seen: Viewer, point: tuple[int, int], notches: int) -> None:
    """Turn the mouse wheel at *point*: towards the viewer (below 0) zooms in."""
    seen.page.mouse.move(*point)
    for _ in range(abs(notches)):
        seen.page.mouse.wheel(0, 100 if notches > 0 else -100)


def wait_for_kernel(seen: Viewer) -> None:
    """Wait until the kernel has drawn the time that the viewer chose."""
    seen.wait(lambda: seen.page.locator(".bt-charts.is-moving").count() == 0, "the kernel has answered")


def crosshair(seen: Viewer) -> dict | None:
    """Return the time of the crosshair, and its text and candle at each chart by currency; None if it is not shown."""
    return seen.page.evaluate(_CROSSHAIR)


def crosshair_once(seen: Viewer, condition, what: str, patience: float = 5) -> dict:
    """Wait until the crosshair is shown and *condition* holds for it; return it as it was then."""
    readings = []

    def is_met() -> bool:
        readings.append(crosshair(seen))
        return readings[-1] is not None and condition(readings[-1])

    seen.wait(is_met, what, patience)
    return readings[-1]


def time_of(text: str) -> int:
    """Return the epoch ms of a crosshair's time, 15:04 or 15:04:30, of the past day."""
    hours, minutes, *seconds = map(int, text.split(":"))
    today = datetime.now(UTC).replace(hour=hours, minute=minutes, second=sum(seconds), microsecond=0)
    time = round(today.timestamp() * 1000)
    return time if time <= now() else time - 1000 * DAY


def stored_prices(folder: Path, time: str) -> dict[str, str]:
    """Return the stored price of each currency at *time*, as a crosshair writes both."""
    at = time_of(time)
    return {quote: numbers.price(rows_of(folder, quote).get(at, float("nan"))) for quote in QUOTES}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DayPage]:
    """The page of a day with holes; only ten minutes are backfilled, so that the holes stay."""
    scratch, end = tmp_path_factory.mktemp("page"), now()
    with page_of_a_day(scratch, *ONE_VIEWER, holes=HOLES, TRACKER_SPAN="10min") as url:
        yield DayPage(url, scratch / "data", end)


@contextmanager
def open_day(browser: Browser, day: DayPage, **looks) -> Iterator[Viewer]:
    """Open the page of *day* with all of it drawn; *looks* as for viewer()."""
    with viewer(browser, f"{day.url}?span=24h", **looks) as seen:
        wait_for_the_day(seen)
        yield seen
        assert seen.errors == []


@pytest.fixture(scope="module")
def _open_page(browser: Browser, day: DayPage) -> Iterator[Viewer]:
    with open_day(browser, day) as seen:
        yield seen


@pytest.fixture
def seen(_open_page: Viewer) -> Viewer:
    """The page of the day, open in one tab for all tests of a file, and reset for each."""
    reset(_open_page)
    return _open_page


@pytest.fixture
def folder(day: DayPage) -> Path:
    """Where the prices of the page are stored."""
    return day.folder
