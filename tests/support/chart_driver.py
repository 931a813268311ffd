"""What a hand does to the charts in a real Chromium, and what they then show: for the tests of both."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Viewer, viewer
from tests.support.page_server import QUOTES, now, page_of_a_day, rows_of
from tracker.render.format import numbers

DAY = 86_400
WEEK = 7 * DAY
# Minutes before the start: one hole in GBP alone, one in all.
HOLES = {"GBP": [(150, 120), (300, 270)], "USD": [(300, 270)], "EUR": [(300, 270)]}


class Served(NamedTuple):
    """The page of a day: its address, the folder with its prices, and epoch ms of the day's end."""

    url: str
    folder: Path
    begun: int


@contextmanager
def served_day(scratch: Path) -> Iterator[Served]:
    """The page of a day with holes; only ten minutes are kept whole, so that the holes stay."""
    begun = now()
    with page_of_a_day(scratch, holes=HOLES, TRACKER_SPAN="10min") as url:
        yield Served(url, scratch / "data", begun)


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Viewer]:
    """One page on that day, with all of it drawn."""
    with viewer(browser, f"{url}?span=24h") as seen:
        wait_for_the_day(seen)
        yield seen
        assert seen.errors == []


def wait_for_the_day(seen: Viewer) -> None:
    """Wait until the page shows a day of prices, its lines and its scale, which come one after the other."""
    seen.wait(lambda: len(seen.drawn("USD")) > 3000 and width(seen) > DAY, "a day of prices is drawn")


def as_opened(seen: Viewer) -> Viewer:
    """The page as it was opened, whatever the test before did."""
    page = seen.page
    page.mouse.move(5, 5)
    page.get_by_role("button", name="Prices", exact=True).click()
    if page.locator(".bt-checkbox input").is_checked():
        page.locator(".bt-checkbox input").uncheck()
    if page.locator(".bt-back-to-span").count():
        page.locator(".bt-back-to-span").click()
    page.get_by_text("All", exact=True).click()
    page.get_by_role("button", name="24 h", exact=True).click()
    seen.wait(lambda: width(seen) > DAY and page.locator(".bt-back-to-span").count() == 0, "the day is shown")
    seen.wait(lambda: all(seen.strip(quote).count() == 1 for quote in QUOTES), "all strips are there")
    return seen


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
    if box is None:
        return 0  # it is just made anew
    path = seen.drawn(quote)
    places = [float(x) for x in re.findall(r"[ML](-?[\d.]+),", path)]
    return sum(0 <= x <= box["width"] for x in places)


def hair(seen):
    """What the crosshair says: its time, and the text at each chart by its first word."""
    return seen.page.evaluate(
        """() => {
          const charts = document.querySelector(".bt-charts");
          if (!charts.classList.contains("has-hair")) return null;
          const strips = [...charts.querySelectorAll(".bt-chart")].filter((each) => each.offsetParent);
          const said = (each) =>
            each.querySelector(":scope > .bt-crosshair :is(.bt-crosshair-value, .bt-crosshair-list)");
          const name = (each) => each.querySelector(".bt-pair").innerText.replace("BTC/", "");
          return {
            time: charts.querySelector(".bt-crosshair-time span").textContent,
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
    return {quote: numbers.price(rows_of(folder, quote).get(at, float("nan"))) for quote in QUOTES}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page of a day with holes."""
    with served_day(tmp_path_factory.mktemp("page")) as there:
        yield there


@pytest.fixture(scope="module")
def _opened(browser: Browser, served: Served) -> Iterator[Viewer]:
    with opened(browser, served.url) as seen:
        yield seen


@pytest.fixture
def day(_opened: Viewer) -> Viewer:
    """One viewer of that page, as it was opened, whatever the test before did."""
    return as_opened(_opened)


@pytest.fixture
def folder(served: Served) -> Path:
    """Where that page's prices are stored."""
    return served.folder
