"""A day's report in a real browser: on screens of any width, on a phone and on paper."""

import pytest

from tests.support.command import tracker_process
from tests.support.page_server import ROOT
from tests.support.reports import project
from tracker.core.ticks import Origin

pytestmark = [pytest.mark.service, pytest.mark.checkout]


def report(folder, origin):
    """Path of a report on a day of prices of *origin*."""
    status, _, err = tracker_process(
        "report", "--day", "2018-04-05", "--out", "day.html", folder=project(folder, origin)
    )
    assert status == 0, err
    return folder / "day.html"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return report(tmp_path_factory.mktemp("real"), Origin.LIVE)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return report(tmp_path_factory.mktemp("simulated"), Origin.SIMULATED)


@pytest.fixture
def opened(browser, request):
    """The report in a browser of some width: the page, what it asked for, and its errors."""
    pages = []

    def open_(path, width):
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        asked, errors = [], []
        page.on("request", lambda each: asked.append(each.url))
        page.on("pageerror", lambda each: errors.append(str(each)))
        page.on("console", lambda each: errors.append(each.text))
        page.goto(path.as_uri())
        assert asked == [path.as_uri()], "it is read without asking anybody for anything"
        assert errors == []
        return page

    yield open_
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [1200, 768, 360])
def test_it_fits_any_screen_without_scrolling_sideways(opened, real, width):
    page = opened(real, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    beyond = page.evaluate(
        "[...document.querySelectorAll('.report-panel *')].filter(each => each.getClientRects().length &&"
        " each.getBoundingClientRect().right > each.closest('.report-panel').getBoundingClientRect().right + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    kind = "narrow" if width < 600 else "wide"
    assert page.locator(f".report-{kind} svg:visible").count() == page.locator("svg[role=img]:visible").count() == 3
    (ROOT / "test-results").mkdir(exist_ok=True)
    page.screenshot(path=ROOT / "test-results" / f"report-{width}.png", full_page=True)


def test_its_text_is_large_enough_to_read_on_a_phone(opened, simulated):
    sizes = opened(simulated, 360).evaluate(
        "[...document.querySelectorAll('svg[role=img] text')].filter(each => each.getClientRects().length)"
        ".map(each => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a)"
    )
    assert min(sizes) >= 10


def test_no_page_of_paper_breaks_inside_a_chart_or_a_row(opened, real):
    page = opened(real, 718)
    page.emulate_media(media="print")
    for what in ("figure", "tr", ".report-head"):
        assert page.locator(what).first.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
    # A container that hides what is too much would be cut at the first page's end.
    assert page.locator(".report-panel").first.evaluate("each => getComputedStyle(each).overflow") == "visible"
    assert page.pdf(format="A4").startswith(b"%PDF")
