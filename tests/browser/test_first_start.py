"""The first start in a real Chromium: no prices are stored, and the exchange does not answer."""

import pytest

from tests.support.axe import violations_in_light_and_dark
from tests.support.browser import resize, viewer
from tests.support.page_server import ONE_VIEWER, free_port, settings, voila

pytestmark = pytest.mark.service

WIDTHS = (360, 390, 820, 1366, 1440, 1920)  # px
# In one call, as the page is redrawn every second.
_MOVED = """texts => {
  const isCountdown = (element) => element.closest(".bt-countdown, .bt-next-try");
  const places = () => [...document.querySelectorAll(".bt-page *")].filter((element) => !isCountdown(element))
    .map((element) => [element, JSON.stringify(element.getBoundingClientRect())]);
  const write = (text) => {
    for (const element of document.querySelectorAll(".bt-countdown, .bt-next-try")) element.textContent = text;
    return new Map(places());
  };
  const [first, ...others] = texts.map(write);
  return [...first].filter(([element, place]) => others.some((other) => other.get(element) !== place))
    .map(([element]) => element.className);
}"""


def moved_by_countdown(page):
    """The elements of *page* that are elsewhere, or of another size, when the time to the next try changes."""
    size = page.viewport_size
    moved = []
    for width in WIDTHS:
        resize(page, width, 900)
        texts = ["Next try in 28 s.", "Next try in 9 s.", "Trying now."]
        moved += [(width, name) for name in page.evaluate(_MOVED, texts)]
    resize(page, *size.values())
    return moved


def assert_page_fills_window(page):
    """Check that the page, in its own theme, fills a window that is higher than what it shows, and does not scroll."""
    size = page.viewport_size
    resize(page, 1440, 2000)
    [box] = page.evaluate(
        "[...document.querySelectorAll('.bt-page.is-whole')].map((one) => one.getBoundingClientRect())"
    )
    assert (box["top"], box["bottom"]) == (0, 2000)
    assert page.evaluate("[...document.querySelectorAll('*')].every((one) => one.scrollHeight <= 2000)")
    resize(page, *size.values())


def start_on_phone(page, name):
    """Press the button *name* in a window in which it is far down, and wait until the charts are in sight."""
    size = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_role("button", name=name).scroll_into_view_if_needed()
    page.get_by_role("button", name=name).click()
    page.wait_for_function("""() => {
      const [main, charts] = [".bt-main", ".bt-charts"].map((name) => document.querySelector(name));
      const top = document.querySelector(".bt-spans").getBoundingClientRect().bottom;
      const [from, to] = [main, charts].map((element) => element.getBoundingClientRect().top);
      return charts.checkVisibility() && from >= top && from < 100 && to < 400;
    }""")
    page.set_viewport_size(size)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def seen(browser, folder):
    """The page of the first start, without exchange and data; it says so, and why."""
    unused = f"http://127.0.0.1:{free_port()}/kraken"
    with (
        voila(folder / "log", *ONE_VIEWER, **settings(folder / "data", unused)) as url,
        viewer(browser, url) as opened,
    ):
        opened.wait(lambda: opened.page.get_by_text("No prices yet").is_visible(), "the empty page says so")
        opened.wait(lambda: "refuses the connection" in opened.page.locator(".bt-page").inner_text(), "and why")
        yield opened


def test_the_first_start_without_any_price_violates_no_rule(seen):
    assert violations_in_light_and_dark(seen) == []


def test_without_exchange_or_data_the_page_says_why_and_one_click_simulates(seen, folder):
    seen.shoot("empty")
    assert moved_by_countdown(seen.page) == []
    assert_page_fills_window(seen.page)
    start_on_phone(seen.page, "Replay a simulated day")
    seen.wait(lambda: seen.pill().startswith("SIMULATED") and len(seen.drawn("USD")) > 500, "the day is replayed")
    seen.wait(lambda: ",simulated" in seen.page.url, "the address has it")
    seen.page.get_by_role("button", name="Back to live").click()
    seen.wait(lambda: seen.page.get_by_text("No prices yet").is_visible(), "the page is live again")
    seen.wait(lambda: seen.page.get_by_role("button", name="Try now").is_visible(), "the exchange can be asked now")
    start_on_phone(seen.page, "Start simulation")
    seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
    seen.wait(lambda: len(seen.drawn("USD")) > 5000, "with a day of prices")
    seen.shoot("simulated")
    assert not list((folder / "data").glob("kraken/*/*.csv"))
    assert seen.elsewhere == []
