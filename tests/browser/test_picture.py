"""The picture of the page in a real browser: there at once, with its age, and gone without a jump."""

import re
import time

import pytest
import requests

from tests.support.browser import tab
from tests.support.page_server import PATIENCE, page_of_a_day, wait_for

pytestmark = pytest.mark.service

PLACES = """() => [".bt-header", ".bt-currency", ".bt-segmented", ".bt-charts", ".bt-chart", ".bt-price",
  ".bt-figure", ".bt-price-axis",
  ".bt-times", ".bt-ranking", ".bt-table", "tbody tr", ".bt-downloads", ".bt-footer"].map((selector) => {
    const { picture } = document.getElementById("bt-snapshot") ?? {};
    const found = (picture ?? document.getElementById("rendered_cells")).querySelectorAll(selector);
    const { x, y, width, height } = found[found.length - 1].getBoundingClientRect();
    return [selector, found.length, Math.round(x), Math.round(y), Math.round(width), Math.round(height)];
  })"""

ZONE = "Asia/Kolkata"  # of the machine


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(scratch):
    with page_of_a_day(scratch, TRACKER_SPAN="1h", TZ=ZONE) as address:
        wait_for(lambda: (scratch / "data" / ".snapshot.html").exists(), "the picture is there")
        yield address


def held(seen):
    """Load the page anew without the scripts that make it live."""
    seen.page.route("**/voila.js", lambda route: route.abort())
    seen.page.reload()
    seen.wait(lambda: inside(seen, ".bt-chart", "each.tagName"), "the picture is there")


def inside(seen, selector, of):
    """What *of* each element of the picture that *selector* finds is, in JavaScript's words."""
    all_of_them = "[...document.getElementById('bt-snapshot')?.picture?.querySelectorAll(selector) ?? []]"
    return seen.page.evaluate(f"selector => {all_of_them}.map(each => {of})", selector)


def covered(seen):
    return seen.page.locator("#bt-snapshot").count() > 0


def test_it_is_painted_before_anything_of_the_live_page_is_loaded(browser, url):
    with tab(browser, url) as seen:
        held(seen)
        page = seen.page
        loading = page.locator("#loading")
        assert loading.count() == 0 or loading.evaluate("each => getComputedStyle(each).display") == "none"
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        assert painted < 2_000  # 100 to 300 ms; the live page takes ten times as long
        assert re.search(r"as of \d\d:\d\d:\d\d IST, \d+ s ago", inside(seen, ".bt-state", "each.innerText")[0])
        before = inside(seen, ".bt-age", "each.innerText")
        seen.wait(
            lambda: inside(seen, ".bt-age", "each.innerText") != before, "its age goes on", 6
        )  # sooner than it is renewed
        assert seen.elsewhere == []
        seen.shoot("picture")


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (800, 1000), (390, 844)])
def test_the_live_page_takes_its_place_without_a_jump(browser, url, width, height):
    with tab(browser, url, width=width, height=height, timezone_id=ZONE) as seen:
        held(seen)
        before = seen.page.evaluate(PLACES)
        seen.page.unroute("**/voila.js")
        seen.page.reload()
        seen.wait(lambda: not covered(seen) and seen.drawn("USD"), "the live page is there")
        after = seen.page.evaluate(PLACES)
        for one, other in zip(before, after, strict=True):
            assert one[:2] == other[:2]
            moved = max(abs(a - b) for a, b in zip(one[2:], other[2:], strict=True))
            # What is seen moves by a line of the pill at most; what must be scrolled to, by two lines of words.
            assert moved <= (24 if one[3] < height else 44), (one, other)
        shifts = seen.page.evaluate(
            """() => new Promise((done) => new PerformanceObserver((list) =>
              done(list.getEntries().reduce((sum, each) => sum + each.value, 0)))
              .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""
        )
        assert shifts < 0.1
        assert seen.errors == []


def test_until_then_it_covers_what_is_not_ready(browser, url):
    with tab(browser, url) as seen:
        seen.page.goto("about:blank")
        seen.page.goto(url, wait_until="commit")
        states = seen.page.evaluate(
            """() => new Promise((done) => { const seen = new Set(); const look = () => {
              const there = document.getElementById("bt-snapshot"), cells = document.getElementById("rendered_cells");
              if (!there && seen.size) return done([...seen]);
              if (!there) return requestAnimationFrame(look);
              if (there.className) seen.add(getComputedStyle(cells).visibility);
              requestAnimationFrame(look); }; look(); })"""
        )
        assert states == ["hidden"]
        assert seen.page.evaluate("getComputedStyle(document.getElementById('rendered_cells')).visibility") == "visible"


def test_a_live_page_that_does_not_come_is_told(browser, url):
    with tab(browser, url) as seen:
        seen.page.clock.install()
        held(seen)
        said = "document.getElementById('bt-snapshot').picture.querySelector('[role=status]')?.textContent"
        assert seen.page.evaluate(said) is None
        seen.page.clock.fast_forward(31_000)
        seen.wait(lambda: "has not come yet" in (seen.page.evaluate(said) or ""), "it is told", 20)


def test_a_page_that_is_opened_behind_others_waits_until_it_is_looked_at(browser, url):
    with tab(browser, "about:blank") as seen:
        seen.page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
        seen.page.clock.install()
        seen.page.route("**/voila.js", lambda route: route.abort())
        seen.page.goto(url)
        seen.wait(lambda: inside(seen, ".bt-chart", "each.tagName"), "the picture is there")
        seen.page.evaluate("window.same = true")
        seen.page.clock.run_for(300_000)
        assert seen.page.evaluate("window.same"), "it was loaded anew, and took a kernel, for nobody"


def test_it_follows_the_address_where_it_can_and_stays_away_where_it_cannot(browser, url):
    with tab(browser, f"{url}?show=kraken:btc/gbp&theme=dark") as seen:
        held(seen)
        assert inside(seen, ".bt-chart:not([style*=none])", "each.dataset.market") == ["GBP"]
        assert inside(seen, ".bt-currency input", "each.checked") == [False, False, True]
        assert inside(seen, ".bt-page", "getComputedStyle(each).backgroundColor") == ["rgb(12, 15, 20)"]
    with tab(browser, url) as seen:
        seen.page.route("**/voila.js", lambda route: route.abort())
        seen.page.goto(f"{url}?span=10min")
        seen.page.get_by_text("").first.wait_for(state="attached")
        seen.wait(lambda: not covered(seen), "no picture of another time is shown")


def test_the_server_gives_it_by_its_address_with_its_age_compressed_and_newer_each_time(url):
    def ask():
        answer = requests.get(f"{url}tracker/snapshot", timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"].startswith("text/html")
        return answer

    first = ask()
    assert "<style>" in first.text
    assert 'class="bt-page"' in first.text
    written = first.headers["Last-Modified"]
    wait_for(lambda: ask().headers["Last-Modified"] != written, "it is renewed", 30)


def test_without_one_the_page_says_that_it_starts_and_comes_all_the_same(browser, url, scratch):
    with tab(browser, url) as seen:
        seen.page.route("**/tracker/snapshot", lambda route: route.fulfill(status=204))
        seen.page.route("**/voila.js", lambda route: route.abort())
        seen.page.reload()
        loading = seen.page.locator("#loading")
        loading.wait_for(timeout=PATIENCE * 1000)
        assert "Starting…" in loading.evaluate("each => getComputedStyle(each, '::after').content")
        seen.page.unroute("**/voila.js")
        seen.page.reload()
        seen.wait(lambda: seen.drawn("USD"), "the live page comes")
        assert seen.errors == []


def test_a_page_whose_scripts_are_slow_keeps_its_kernel_and_one_that_lost_it_starts_anew(browser, tmp_path):
    """On a slow line the browser is connected long after the kernel was started for it."""
    soon = ("--WatchedKernels.grace=4", "--WatchedKernels.check_interval=0.5")
    with page_of_a_day(tmp_path, *soon, TRACKER_SPAN="1h") as url, tab(browser, url) as seen:
        began = time.monotonic()
        slow = []

        def late(route):
            slow.append(route)

        seen.page.route("**/voila.js", late)
        seen.page.reload(wait_until="commit")
        mine = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
        seen.wait(lambda: slow and time.monotonic() - began > 10, "more than its grace goes by")
        kernel = seen.page.evaluate(mine)
        assert requests.get(f"{url}api/kernels/{kernel}", timeout=30).status_code == 200
        slow[0].continue_()
        seen.wait(lambda: seen.drawn("USD") and not covered(seen), "it is live")
        assert seen.page.evaluate(mine) == kernel
