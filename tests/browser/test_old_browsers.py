"""
The page in browsers of 2021, such as Safari 15 and Firefox 102: what they lack is taken from the Chromium of the tests.

The style sheet is cut as they would read it, and what their scripts cannot call is deleted before the page loads.
"""

import json
import re

import pytest

from tests.commands.test_publishing import MARKETS
from tests.support.browser import resize, tab
from tests.support.chart_driver import shown_span
from tests.support.command import tracker_process
from tests.support.page_server import ONE_VIEWER, mark_as_checkout, now, page_of_a_day, seed_day
from tracker.render.format.theme import css

pytestmark = pytest.mark.service

WITHOUT_NEW_CALLS = """
  delete AbortSignal.any;
  delete AbortSignal.timeout;
  delete AbortSignal.prototype.throwIfAborted;
  delete window.structuredClone;
"""
# Reads the style sheet that a widget brings as a browser of 2021 would.
WITH_OLD_STYLE = """
  new MutationObserver((changes) => {
    for (const style of changes.flatMap(({ addedNodes }) => [...addedNodes]))
      if (style.nodeName === "STYLE" && style.textContent.includes("--bt-bg") && style.textContent !== OLD)
        style.textContent = OLD;
  }).observe(document, { childList: true, subtree: true });
"""
INKS = {"light": "rgb(20, 24, 31)", "dark": "rgb(238, 241, 245)"}
LOOKS = """() => {
  const visible = (name) => [...document.querySelectorAll(name)].filter((element) => element.getClientRects().length);
  return {
    prices: visible(".bt-price").map((price) => getComputedStyle(price).color),
    sizes: visible(".bt-price, .bt-price-axis span, .bt-time-axis span, .bt-extreme").map((text) =>
      parseFloat(getComputedStyle(text).fontSize)),
    strokes: visible(".bt-figure path[d]").map((line) => getComputedStyle(line).stroke),
    plots: visible(".bt-figure").map((plot) => plot.getBoundingClientRect().width),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}"""

# Whether the last price of each line is beside its dot.
LINES_FIT = """() => [...document.querySelectorAll(".bt-chart")].every((chart) => {
  const lines = [...chart.querySelectorAll("path.line[d]")].map((line) => line.getBoundingClientRect());
  const dot = chart.querySelector(".bt-last-point").getBoundingClientRect();
  const end = Math.max(...lines.map(({ right }) => right));
  return Math.abs(end - (dot.left + dot.right) / 2) < 6 && Math.min(...lines.map(({ top }) => top)) < dot.bottom;
})"""


def as_read_in_2021(style: str) -> str:
    """Return *style* without container queries and ``:has()``, and with what stands in where there are none."""
    style = style.replace("@supports not (container-type:inline-size)", "@supports (display:grid)")
    style = re.sub(r"@container [^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style)
    return re.sub(r"[^{}]*:has\([^{}]*\{[^{}]*\}", "", style)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The address of a published page with the style sheet as it is read in 2021."""
    folder = tmp_path_factory.mktemp("published")
    mark_as_checkout(folder)
    seed_day(folder / "data", now(), {})
    status, _, err = tracker_process("publish", "site", "--once", folder=folder, TRACKER_MARKETS=MARKETS)
    assert status == 0, err
    page = folder / "site/index.html"
    html, old = page.read_text("utf-8"), as_read_in_2021(css())
    assert not re.search(r"@container|:has\(|light-dark\(|&", old)
    assert css() in html
    page.write_text(html.replace(css(), old), "utf-8")
    return page.as_uri()


def check_looks(seen, width, scheme):
    """Check that what three charts show can be read."""
    # A price that comes late on a busy machine is pale until then.
    seen.wait(lambda: seen.page.evaluate(LOOKS)["prices"] == [INKS[scheme]] * 3, "all prices are current and in ink")
    looks = seen.page.evaluate(LOOKS)
    assert min(looks["sizes"]) >= 11
    assert len(set(looks["strokes"]) - {"none"}) >= 3, "a colour for each currency"
    assert min(looks["plots"]) > width / 2
    assert looks["overflow"] <= 0


@pytest.mark.parametrize("width", [390, 820, 1366])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_prices_labels_and_lines_of_a_published_page_can_be_read(browser, published, width, scheme):
    with tab(browser, published, width=width, scheme=scheme) as seen:
        check_looks(seen, width, scheme)
        seen.shoot(f"old-browser-{width}-{scheme}", whole=True)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The address of the live page of a day."""
    with page_of_a_day(tmp_path_factory.mktemp("live"), *ONE_VIEWER) as url:
        yield url


def test_prices_labels_and_lines_of_the_live_page_can_be_read_and_nothing_empty_is_in_sight(browser, live):
    with tab(browser, "about:blank", width=1366) as seen:
        seen.page.add_init_script(f"const OLD = {json.dumps(as_read_in_2021(css()))};{WITH_OLD_STYLE}")
        seen.page.goto(live)
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "the lines are drawn")
        for scheme in ("light", "dark"):
            seen.page.emulate_media(color_scheme=scheme)
            for width in (1366, 820, 390):
                resize(seen.page, width, 900)
                seen.wait(lambda: seen.page.evaluate(LINES_FIT), "the lines end at the last price")
                check_looks(seen, width, scheme)
                cards = seen.boxes(".bt-cards, .bt-cards > *")
                assert max(box["height"] for box in cards) < 30, "without cards there is only a distance"
                assert seen.boxes(".bt-request-buttons") == []
                seen.shoot(f"old-live-{width}-{scheme}")


def test_the_widgets_of_the_live_page_work_without_what_anywidget_calls(browser, live):
    with tab(browser, "about:blank") as seen:
        seen.page.add_init_script(WITHOUT_NEW_CALLS)
        seen.page.goto(f"{live}?show=USD&span=6h")
        seen.wait(lambda: seen.ticked() == ["USD"], "the choice of the address is applied")
        seen.wait(lambda: 6 * 3600 < shown_span(seen) < 7 * 3600, "and its span")
        seen.page.get_by_role("button", name="1 h", exact=True).click()
        seen.wait(lambda: "span=3600s" in seen.page.url, "and the page changes the address")
        assert seen.page.locator(".jupyter-widgets-error-widget").count() == 0
        assert seen.errors == []
