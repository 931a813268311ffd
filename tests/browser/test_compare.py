"""Compare in a real Chromium with more markets than there is room for labels at the ends of their lines."""

import pytest

from tests.pictures.market import markets
from tests.pictures.scenes import PAST, SCENES, served
from tests.support.browser import resize, viewer

pytestmark = pytest.mark.service

MARKETS = 14  # among them one pair on two exchanges, whose names are long
[COMPARE] = (scene for scene in SCENES if scene.name == "compare")
_CUT_OFF = "all => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"


@pytest.fixture(scope="module")
def page_url(tmp_path_factory):
    with served(PAST, markets(MARKETS), tmp_path_factory.mktemp("page")) as prepare:
        yield prepare(COMPARE)


@pytest.fixture(scope="module")
def all_markets(browser, page_url):
    with viewer(browser, page_url) as seen:
        yield seen


@pytest.fixture
def in_window(all_markets):
    """Return a function that shows the page of all markets, open in one tab for all tests, in a window of a size."""

    def shown(width, height):
        all_markets.page.mouse.move(0, 0)
        resize(all_markets.page, width, height)
        all_markets.page.locator(".bt-header").first.scroll_into_view_if_needed()
        all_markets.page.get_by_role("button", name="Compare", exact=True).click()
        all_markets.wait(lambda: are_drawn(all_markets), "all markets are compared")
        return all_markets

    return shown


@pytest.fixture(scope="module")
def pair(browser, page_url):
    with viewer(browser, page_url + "&show=kraken:BTC/EUR,coinbase:BTC/EUR") as seen:
        yield seen


@pytest.mark.parametrize(("width", "height"), [(360, 780), (820, 1180)])
def test_the_axis_of_nearly_equal_lines_has_room_for_its_values(pair, width, height):
    resize(pair.page, width, height)
    labels = ".bt-chart-deviation .bt-price-axis span"
    pair.wait(lambda: any("0.0" in label["text"] for label in pair.boxes(labels)), "values have many digits")
    start = min(label["x"] for label in pair.boxes(labels))
    [title] = pair.boxes(".bt-chart-deviation .bt-title .bt-pair")
    assert start >= (title["x"] if width > 767 else 4)


def are_drawn(seen):
    return [len(seen.boxes(f".bt-chart-{kind} .bt-end-list li")) for kind in ("change", "deviation")] == [MARKETS] * 2


def scroll_height(seen, selector):
    """Return how high the content of *selector* is, and how much of it is shown, in px."""
    return seen.page.locator(selector).evaluate("each => [each.scrollHeight, each.clientHeight]")


def test_on_a_phone_labels_scroll_and_charts_are_as_high_as_with_few(in_window):
    seen = in_window(390, 844)
    for kind, height in (("change", 299), ("deviation", 169)):
        seen.page.locator(f".bt-chart-{kind}").scroll_into_view_if_needed()

        def is_filled(kind=kind, height=height):
            drawings = seen.boxes(f".bt-chart-{kind} :is(.bt-plot, .bt-figure > svg.svg-figure)")
            return [drawing["height"] for drawing in drawings] == [pytest.approx(height, abs=2)] * 2

        seen.wait(is_filled, "lines and axis have one height", 10)
    content, shown = scroll_height(seen, ".bt-chart-deviation .bt-ends")
    assert content > shown + 20


def test_on_a_phone_the_values_at_the_crosshair_scroll_too_and_cover_no_line(in_window):
    seen = in_window(390, 844)
    seen.page.locator(".bt-chart-deviation").scroll_into_view_if_needed()
    [plot] = seen.boxes(".bt-chart-deviation .bt-plot")
    seen.page.mouse.move(plot["x"] + 0.6 * plot["width"], plot["y"] + 20)
    values = ".bt-chart-deviation .bt-crosshair-list"
    seen.wait(lambda: len(seen.boxes(f"{values} li")) == MARKETS, "the crosshair lists all")
    assert min(row["x"] for row in seen.boxes(f"{values} li")) >= plot["x"] + plot["width"]
    seen.page.mouse.move(plot["x"] + plot["width"] + 30, plot["y"] + 60)
    seen.page.mouse.wheel(0, 30)
    seen.wait(lambda: seen.page.locator(values).evaluate("each => each.scrollTop") > 0, "they are scrolled", 10)
    assert seen.boxes(f"{values} li"), "the pointer may leave the plot for them"
    scrolled = seen.page.locator(values).evaluate("each => each.scrollTop")
    old = seen.page.locator(values).text_content()
    seen.wait(lambda: seen.page.locator(values).text_content() != old, "a price has moved")
    assert seen.page.locator(values).evaluate("each => each.scrollTop") == scrolled


def test_in_a_wide_window_all_labels_are_seen_and_the_crosshairs_values_stand_in_their_places(in_window):
    seen = in_window(1366, 768)
    for kind in ("change", "deviation"):
        content, shown = scroll_height(seen, f".bt-chart-{kind} .bt-ends")
        assert content <= shown
    labels = seen.boxes(".bt-chart-deviation .bt-end-list li")
    [plot] = seen.boxes(".bt-chart-deviation .bt-plot")
    seen.page.mouse.move(plot["x"] + 0.6 * plot["width"], plot["y"] + 20)
    rows = ".bt-chart-deviation .bt-crosshair-list.has-columns li"
    seen.wait(lambda: len(seen.boxes(rows)) == MARKETS, "the crosshair lists all in columns")
    values = seen.boxes(rows)
    assert [row["y"] for row in values] == [pytest.approx(label["y"], abs=1) for label in labels]
    assert [row["x"] for row in values] == [pytest.approx(label["x"], abs=8) for label in labels], "as wide as needed"
    assert min(row["x"] for row in values) > plot["x"] + plot["width"]
    for names in (f"{rows} b", ".bt-chart-deviation .bt-end-list b"):
        assert seen.page.locator(names).evaluate_all(_CUT_OFF) == []


def test_charts_are_as_low_after_compare_as_they_were_before(in_window):
    charts = ".bt-chart:not(.is-wide, .is-hidden)"
    seen = in_window(1440, 900)
    for mode in ("Prices", "Compare", "Prices"):
        heights = [pytest.approx(76, abs=2)] * (0 if mode == "Compare" else MARKETS)
        seen.page.get_by_role("button", name=mode, exact=True).click()
        seen.wait(lambda heights=heights: [box["height"] for box in seen.boxes(charts)] == heights, mode, 10)
