"""Everybody can use the page: axe-core's rules, every width, reduced motion, keyboard, paper."""

import pytest

from tests.support.axe import violations
from tests.support.browser import resize, viewer
from tests.support.page_server import ONE_VIEWER, page_of_a_day

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    scratch, holes = tmp_path_factory.mktemp("page"), {"GBP": [(40, 20)]}
    with page_of_a_day(scratch, *ONE_VIEWER, holes=holes, TRACKER_SPAN="10min") as address:
        yield address


@pytest.fixture(scope="module")
def page_of(browser, url):
    """One page for all tests, each of which brings it into the state that it needs."""
    with viewer(browser, f"{url}?span=1h") as seen:
        seen.wait(lambda: len(seen.drawn("USD")) > 1000, "the charts are drawn")
        yield seen
        assert seen.errors == []


@pytest.fixture
def seen(page_of):
    resize(page_of.page, 1440, 1000)
    page_of.page.emulate_media(media="screen", color_scheme="light", reduced_motion="no-preference")
    page_of.page.get_by_role("button", name="Prices", exact=True).click()
    page_of.wait(lambda: page_of.strip("USD").count() == 1, "the strips are shown")
    return page_of


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("mode", ["Prices", "Compare"])
def test_the_page_violates_no_rule(seen, scheme, width, mode):
    resize(seen.page, width, 1000)
    seen.page.emulate_media(color_scheme=scheme)
    seen.page.get_by_role("button", name=mode, exact=True).click()
    seen.wait(lambda: (seen.page.locator(".bt-chart.is-wide:visible").count() > 0) == (mode == "Compare"), mode)
    seen.page.get_by_role("button", name="Market status").click()
    seen.wait(lambda: seen.page.locator(".bt-market-list li").count() == 3, "the list is open")
    violated = violations(seen)
    seen.page.get_by_role("button", name="Market status").click()
    assert violated == []


def test_a_violation_is_found(seen):
    """Otherwise the other tests would prove nothing."""
    seen.page.evaluate(
        "document.querySelector('.bt-footer').insertAdjacentHTML('beforeend', '<img id=bad src=data:,>')"
    )
    violated = violations(seen)
    seen.page.evaluate("document.getElementById('bad').remove()")
    assert [line.split(":")[0] for line in violated] == ["image-alt"]


def test_a_zoomed_page_with_a_crosshair_and_a_sorted_table_violates_no_rule(seen):
    seen.page.locator(".bt-chart-stack").focus()
    seen.page.keyboard.press("+")
    seen.page.keyboard.press("ArrowLeft")
    seen.page.locator(".bt-table [data-sort=change]").click()
    seen.wait(lambda: seen.page.locator(".bt-back-to-span").count() == 1, "it is zoomed")
    seen.page.locator(".bt-chart-stack").focus()
    seen.page.keyboard.press("ArrowLeft")
    violated = violations(seen)
    seen.page.locator(".bt-back-to-span").click()
    assert violated == []


@pytest.mark.parametrize("width", [360, 768, 1024, 1440, 1920])
@pytest.mark.parametrize("mode", ["Prices", "Compare"])
def test_the_page_never_scrolls_sideways(seen, width, mode):
    resize(seen.page, width, 1000)
    seen.page.get_by_role("button", name=mode, exact=True).click()
    seen.wait(lambda: (seen.page.locator(".bt-chart.is-wide:visible").count() > 0) == (mode == "Compare"), mode)
    scrolled = """() => [document.documentElement, document.body, document.getElementById("rendered_cells")]
      .map((element) => element.scrollWidth - element.clientWidth)"""
    seen.wait(lambda: max(seen.page.evaluate(scrolled)) <= 0, "nothing is wider than the window", 5)


def test_nothing_moves_for_viewers_who_prefer_reduced_motion(seen):
    moving = """() => document.getAnimations().filter((animation) => animation.playState === "running").length
      + [...document.querySelectorAll(".bt-page *")].filter((element) => {
          const style = getComputedStyle(element);
          return style.animationName.startsWith("bt-");
        }).length"""
    seen.page.emulate_media(reduced_motion="reduce")
    assert seen.page.evaluate(moving) == 0


def test_what_is_chosen_is_announced_to_screen_readers(seen):
    page = seen.page
    for group, name in (("Span", "24 h"), ("Drawn as", "Log"), ("Colours", "Dark")):
        button = page.get_by_role("group", name=group, exact=True).get_by_role("button", name=name, exact=True)
        button.click()
        seen.wait(lambda button=button: button.get_attribute("aria-pressed") == "true", f"{name} is pressed", 10)
        pressed = page.get_by_role("group", name=group, exact=True).locator("[aria-pressed=true]")
        assert pressed.all_inner_texts() == [name]
    for name in ("System", "1 h"):
        page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("dismissed_by", ["Escape", "click elsewhere"])
def test_the_list_of_markets_closes(seen, dismissed_by):
    seen.page.get_by_role("button", name="Market status").click()
    seen.wait(lambda: seen.page.locator(".bt-market-list li").count() == 3, "it is open")
    if dismissed_by == "Escape":
        seen.page.keyboard.press("Escape")
    else:
        seen.page.mouse.click(500, 950)
    seen.wait(lambda: seen.page.locator(".bt-market-list li").count() == 0, "it is closed", 10)


def test_on_paper_narrower_than_the_window_nothing_is_cut_off(seen):
    """Charts are drawn for the window, and must be scaled to the paper."""
    page = seen.page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    resize(page, 720, 1000)
    try:
        edges = page.evaluate(
            """() => [".bt-figure svg", ".bt-price-axis", ".bt-table", ".bt-page"].map((name) =>
                 document.querySelector(name).getBoundingClientRect().right)"""
        )
        assert all(520 < edge <= 720 for edge in edges), edges
        assert page.locator(".bt-clock").is_visible(), "it is as on a wide screen, only smaller"
        # Measured together: a row that arrives in between replaces the plot's overlay.
        line, plot = page.evaluate(
            """() => [".bt-chart path.line", ".bt-chart .bt-plot"].map((name) =>
                 document.querySelector(name).getBoundingClientRect().right)"""
        )
        assert line <= plot
    finally:
        page.evaluate("dispatchEvent(new Event('afterprint'))")


# How high a plot is on paper by where each of its labels is placed, px, of each chart.
HEIGHTS_ON_PAPER = """() => {
  dispatchEvent(new Event("beforeprint"));
  const number = (element, name) => Number(element.style.getPropertyValue(name));
  return [...document.querySelectorAll(".bt-chart.is-wide")].map((chart) => {
    const places = chart.querySelector(".bt-leaders path").getAttribute("d")?.match(/M0 [0-9.]+/g) ?? [];
    return [...chart.querySelectorAll(".bt-end-list li")].map((label, index) => {
      const [low, high, value] = [number(chart, "--lo"), number(chart, "--hi"), number(label, "--p")];
      return Number(places[index]?.slice(3)) / ((high - value) / (high - low));
    });
  });
}"""


def test_on_paper_the_labels_of_compare_stand_at_the_ends_of_its_lines(seen):
    (page := seen.page).get_by_role("button", name="Compare", exact=True).click()
    seen.wait(lambda: page.locator(".bt-leaders path[d*=M]").count() == 2, "the labels are placed")
    heights = []

    def are_of_one_moment():  # scale and labels, which come with a message each
        before, heights[:] = list(heights), page.evaluate(HEIGHTS_ON_PAPER)
        page.wait_for_timeout(300)
        return heights == before and all(len(each) == 3 and max(each) - min(each) < 5 < min(each) for each in heights)

    seen.wait(are_of_one_moment, "all labels are placed on one scale")
    page.emulate_media(media="print")
    resize(page, 720, 1000)
    plots = page.locator(".bt-chart.is-wide .bt-plot").evaluate_all("(plots) => plots.map((one) => one.offsetHeight)")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert [max(labels) for labels in heights] == pytest.approx(plots, abs=5)


def test_on_paper_all_charts_and_the_table_are_there(seen):
    resize(seen.page, 1000, 500)
    seen.page.emulate_media(media="print")
    assert not seen.page.locator(".bt-toolbar").is_visible()
    for name in (".bt-chart", ".bt-table"):
        assert seen.page.locator(name).first.is_visible()
    # What scrolls on the screen would be cut off at the first sheet's end.
    whole = "() => document.documentElement.scrollHeight - document.querySelector('.bt-page').scrollHeight"
    assert seen.page.evaluate(whole) >= 0
    assert len(seen.page.pdf(width="1000px", height="500px").split(b"/Type /Page\n")) > 2
