"""The snapshot of the page in a real browser: there at once, with its age, and replaced without a jump."""

import re
import time
from contextlib import contextmanager

import pytest
import requests

from tests.support.browser import tab
from tests.support.page_server import ONE_VIEWER, PATIENCE, page_of_a_day, wait_for

pytestmark = pytest.mark.service

ZONE = "Asia/Kolkata"  # of the machine
LIVE_SCRIPT = "**/voila.js"  # without it the page does not become live

# [selector, number of elements, x, y, width, height of the last one], of the snapshot or else of the live page.
PLACES = """() => [".bt-header", ".bt-currency", ".bt-segmented", ".bt-charts", ".bt-chart", ".bt-price",
  ".bt-figure", ".bt-price-axis",
  ".bt-times", ".bt-ranking", ".bt-table", "tbody tr", ".bt-downloads", ".bt-footer"].map((selector) => {
    const { shadow } = document.getElementById("bt-snapshot") ?? {};
    const elements = (shadow ?? document.getElementById("rendered_cells")).querySelectorAll(selector);
    const { x, y, width, height } = elements[elements.length - 1].getBoundingClientRect();
    return [selector, elements.length, Math.round(x), Math.round(y), Math.round(width), Math.round(height)];
  })"""

# Notes at every frame whether the live page is visible while the snapshot is shown.
WATCH_COVER = """window.visibility = new Set();
const look = () => {
  const cells = document.getElementById("rendered_cells");
  if (cells && document.getElementById("bt-snapshot")?.className)
    window.visibility.add(getComputedStyle(cells).visibility);
  requestAnimationFrame(look);
};
look();"""

# [height, height while it is out of sight and was never drawn] of each chart of the live page.
HEIGHTS = """() => [...document.querySelectorAll(".bt-chart")].filter((chart) => chart.getClientRects().length)
  .map((chart) => {
    const { height } = chart.getBoundingClientRect();
    const undrawn = chart.cloneNode(true); // the browser remembers the size of one that it drew
    if (getComputedStyle(chart).contentVisibility === "auto") undrawn.style.contentVisibility = "hidden";
    chart.replaceWith(undrawn); // charts may share a height, so there is one at a time
    const result = [height, undrawn.getBoundingClientRect().height];
    undrawn.replaceWith(chart);
    return result;
  })"""

LAYOUT_SHIFT = """() => new Promise((done) => new PerformanceObserver((list) =>
  done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0)))
  .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("page")
    with page_of_a_day(scratch, TRACKER_SPAN="1h", TZ=ZONE) as address:
        wait_for(lambda: (scratch / "data" / ".snapshot.html").exists(), "the snapshot is there")
        yield address


@contextmanager
def held_page(browser, url, *, prepare=lambda page: None, **looks):
    """
    Open the page without the script that makes it live: the tab, and a function that lets the script load.

    *prepare* is called with the empty tab; *looks* as for tab().
    """
    with tab(browser, "about:blank", **looks) as seen:
        held = []
        seen.page.route(LIVE_SCRIPT, lambda route: held.append(route))
        prepare(seen.page)
        seen.page.goto(url, wait_until="commit")

        def release():
            seen.wait(lambda: held, "the script is asked for")
            held[-1].continue_()

        yield seen, release


def in_snapshot(seen, selector, expression):
    """Evaluate *expression* in JavaScript for each *element* of the snapshot that matches *selector*."""
    elements = "[...document.getElementById('bt-snapshot')?.shadow?.querySelectorAll(selector) ?? []]"
    return seen.page.evaluate(f"selector => {elements}.map(element => {expression})", selector)


def wait_for_snapshot(seen):
    seen.wait(lambda: in_snapshot(seen, ".bt-chart", "element.tagName"), "the snapshot is there")


def age_of_snapshot(seen):
    """Return the age that the snapshot names, in seconds; it names them up to 100."""
    return int(re.fullmatch(r", (\d+) s ago", in_snapshot(seen, ".bt-age", "element.textContent")[0])[1])


def is_covered(seen):
    return seen.page.locator("#bt-snapshot").count() > 0


def wait_until_live(seen):
    seen.wait(lambda: not is_covered(seen) and seen.drawn("USD"), "the live page is there")


def test_it_is_painted_before_anything_of_the_live_page_is_loaded(browser, url):
    with held_page(browser, url, timezone_id=ZONE) as (seen, _):
        wait_for_snapshot(seen)
        loading = "document.getElementById('loading')"
        assert seen.page.evaluate(f"!{loading} || getComputedStyle({loading}).display === 'none'")
        painted = "performance.getEntriesByName('first-contentful-paint').length"
        seen.wait(lambda: seen.page.evaluate(painted), "it is painted")
        assert re.search(
            r"as of \d\d:\d\d:\d\d UTC\+05:30, \d+ s ago", in_snapshot(seen, ".bt-state", "element.innerText")[0]
        )
        before = age_of_snapshot(seen)
        seen.wait(lambda: age_of_snapshot(seen) > before, "its age grows")
        assert seen.elsewhere == []
        seen.shoot("snapshot")


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (800, 1000), (390, 844)])
def test_the_live_page_takes_its_place_without_a_jump_and_is_hidden_until_then(browser, url, width, height):
    looks = {"width": width, "height": height, "timezone_id": ZONE}
    with held_page(browser, url, prepare=lambda page: page.add_init_script(WATCH_COVER), **looks) as (seen, release):
        wait_for_snapshot(seen)
        before = seen.page.evaluate(PLACES)
        release()
        wait_until_live(seen)
        after = seen.page.evaluate(PLACES)
        for old, new in zip(before, after, strict=True):
            assert old[:2] == new[:2]
            moved = max(abs(a - b) for a, b in zip(old[2:], new[2:], strict=True))
            # What is seen moves by a line of the pill at most; what must be scrolled to, by two lines of words.
            assert moved <= (24 if old[3] < height else 44), (old, new)
        assert seen.page.evaluate(LAYOUT_SHIFT) < 0.03
        assert seen.page.evaluate("[...window.visibility]") == ["hidden"]
        assert seen.page.evaluate("getComputedStyle(document.getElementById('rendered_cells')).visibility") == "visible"
        assert seen.errors == []


def assert_places_are_kept(seen):
    heights = seen.page.evaluate(HEIGHTS)
    assert heights
    assert all(abs(drawn - undrawn) <= 2 for drawn, undrawn in heights), heights


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (390, 844)])
def test_a_chart_that_is_not_yet_drawn_keeps_the_place_of_a_drawn_one(browser, url, width, height):
    with tab(browser, url, width=width, height=height) as seen:
        wait_until_live(seen)
        assert_places_are_kept(seen)
        seen.page.locator(".bt-currency", has_text="GBP").locator("input").uncheck()
        seen.wait(lambda: seen.page.locator(".is-tall .bt-chart:visible").count() == 2, "two taller charts")
        assert_places_are_kept(seen)
        seen.page.locator(".bt-modes").get_by_text("Compare").click()
        seen.wait(lambda: seen.page.locator(".is-compare .bt-chart:visible").count(), "they are compared")
        assert_places_are_kept(seen)


def test_a_late_live_page_is_reported_but_not_while_the_tab_is_in_the_background(browser, url):
    def prepare(page):
        page.add_init_script(
            "window.isHidden = true; Object.defineProperty(document, 'hidden', { get: () => window.isHidden })"
        )
        page.clock.install()

    with held_page(browser, url, prepare=prepare) as (seen, _):
        wait_for_snapshot(seen)
        message = "document.getElementById('bt-snapshot').shadow.querySelector('[role=status]')?.textContent"
        seen.page.evaluate("window.isSame = true")
        seen.page.clock.run_for(300_000)
        assert seen.page.evaluate("window.isSame"), "it was loaded again, and took a kernel, for nobody"
        assert seen.page.evaluate(message) is None
        seen.page.evaluate("window.isHidden = false")
        seen.page.clock.fast_forward(31_000)
        seen.wait(lambda: "is not ready yet" in (seen.page.evaluate(message) or ""), "it is reported", 20)


def test_it_follows_the_address_where_it_can_and_is_not_shown_where_it_cannot(browser, url):
    with held_page(browser, f"{url}?show=kraken:btc/gbp&theme=dark") as (seen, _):
        wait_for_snapshot(seen)
        assert in_snapshot(seen, ".bt-chart:not([style*=none])", "element.dataset.market") == ["GBP"]
        assert in_snapshot(seen, ".bt-currency input", "element.checked") == [False, False, True]
        assert in_snapshot(seen, ".bt-page", "getComputedStyle(element).backgroundColor") == ["rgb(12, 15, 20)"]
        seen.page.goto(f"{url}?span=10min", wait_until="commit")
        seen.page.locator("#rendered_cells").wait_for(state="attached")
        seen.wait(lambda: not is_covered(seen), "no snapshot of another time is shown")


def test_the_server_sends_it_compressed_with_its_age_and_renews_it(url):
    def get():
        response = requests.get(f"{url}tracker/snapshot", timeout=30)
        assert response.status_code == 200
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Type"].startswith("text/html")
        return response

    first = get()
    assert "<style>" in first.text
    assert 'class="bt-page"' in first.text
    written = first.headers["Last-Modified"]
    wait_for(lambda: get().headers["Last-Modified"] != written, "it is renewed", 30)


def test_without_one_the_page_says_that_it_starts_and_comes_all_the_same(browser, url):
    def prepare(page):
        page.route("**/tracker/snapshot", lambda route: route.fulfill(status=204))

    with held_page(browser, url, prepare=prepare) as (seen, release):
        loading = seen.page.locator("#loading")
        loading.wait_for(timeout=PATIENCE * 1000)
        assert "Starting…" in loading.evaluate("element => getComputedStyle(element, '::after').content")
        release()
        seen.wait(lambda: seen.drawn("USD"), "the live page comes")
        assert seen.errors == []


def test_a_page_whose_scripts_are_slow_keeps_its_kernel(browser, tmp_path):
    """On a slow line the browser is connected long after the kernel was started for it."""
    soon = ("--WatchedKernels.grace=4", "--WatchedKernels.check_interval=0.5")
    with (
        page_of_a_day(tmp_path, *ONE_VIEWER, *soon, TRACKER_SPAN="1h") as url,
        held_page(browser, url) as (seen, release),
    ):
        opened = time.monotonic()
        seen.wait(lambda: time.monotonic() - opened > 6, "more than its grace passes")
        kernel = seen.kernel_id()
        assert requests.get(f"{url}api/kernels/{kernel}", timeout=30).status_code == 200
        release()
        wait_until_live(seen)
        assert seen.kernel_id() == kernel
