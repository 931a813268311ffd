"""Compare in a real Chromium with more markets than there is room for labels at the ends of their lines."""

import pytest

from tests.pictures.market import markets
from tests.pictures.scenes import PAST, SCENES, served
from tests.support.browser import viewer

pytestmark = pytest.mark.service

MARKETS = 14  # among them one pair on two exchanges, whose names are long
[COMPARE] = (scene for scene in SCENES if scene.name == "compare")
_CUT_OFF = "all => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"


@pytest.fixture(scope="module")
def page_url(tmp_path_factory):
    with served(PAST, markets(MARKETS), tmp_path_factory.mktemp("page")) as prepare:
        yield prepare(COMPARE)


@pytest.fixture
def open_compare(browser, page_url):
    """Return a function that opens the page in a window of a size, for a context."""

    def opened(width, height):
        return viewer(browser, page_url, width=width, height=height)

    return opened


def are_drawn(seen):
    return [len(seen.boxes(f".bt-chart-{kind} .bt-end-list li")) for kind in ("change", "deviation")] == [MARKETS] * 2


def test_on_a_phone_the_lines_are_as_high_as_the_chart_that_a_long_list_of_labels_makes_high(open_compare):
    with open_compare(390, 844) as seen:
        seen.wait(lambda: are_drawn(seen), "all markets are compared")
        for kind in ("change", "deviation"):
            seen.page.locator(f".bt-chart-{kind}").scroll_into_view_if_needed()

            def is_filled(kind=kind):
                [plot] = seen.boxes(f".bt-chart-{kind} .bt-plot")
                drawings = seen.boxes(f".bt-chart-{kind} .bt-figure > svg.svg-figure")
                return [drawing["height"] for drawing in drawings] == [pytest.approx(plot["height"], abs=2)]

            seen.wait(is_filled, "lines and axis have one height", 10)


def test_the_crosshair_cuts_off_no_name_and_covers_no_line(open_compare):
    with open_compare(1366, 768) as seen:
        seen.wait(lambda: are_drawn(seen), "all markets are compared")
        [plot] = seen.boxes(".bt-chart-deviation .bt-plot")
        seen.page.mouse.move(plot["x"] + 0.6 * plot["width"], plot["y"] + 20)
        rows = ".bt-chart-deviation .bt-crosshair-list.has-columns li"
        seen.wait(lambda: len(seen.boxes(rows)) == MARKETS, "the crosshair lists all in columns")
        assert min(row["x"] for row in seen.boxes(rows)) > plot["x"] + plot["width"]
        assert seen.page.locator(f"{rows} b").evaluate_all(_CUT_OFF) == []
