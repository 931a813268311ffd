"""A day's report in a real browser: on screens of any width, on a phone and on paper."""

import pytest

from tests.support.page_server import ROOT
from tests.support.reports import project, report_html
from tracker.core.ticks import Origin

pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("live"), Origin.LIVE)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("simulated"), Origin.SIMULATED)


def write_report(folder, origin):
    """Return the path of a report on a day of prices of *origin*."""
    path = folder / "day.html"
    path.write_text(report_html(project(folder, origin)), encoding="utf-8")
    return path


@pytest.fixture
def open_report(browser):
    """A function that opens a report in a window of some width, and fails if the page asks for anything else."""
    pages = []

    def open_(path, width):
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        requested, errors = [], []
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        assert requested == [path.as_uri()], "it is one file, complete in itself"
        assert errors == []
        return page

    yield open_
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [1200, 768, 360])
def test_it_fits_any_screen_without_scrolling_sideways(open_report, live, width):
    page = open_report(live, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    too_wide = page.evaluate(
        "[...document.querySelectorAll('.report-panel *')].filter(each => each.getClientRects().length &&"
        " each.getBoundingClientRect().right > each.closest('.report-panel').getBoundingClientRect().right + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )
    assert too_wide == []
    kind = "narrow" if width < 600 else "wide"
    assert page.locator(f".report-{kind} svg:visible").count() == page.locator("svg[role=img]:visible").count() == 3
    (ROOT / "test-results").mkdir(exist_ok=True)
    page.screenshot(path=ROOT / "test-results" / f"report-{width}.png", full_page=True)


def test_its_text_is_large_enough_to_read_on_a_phone(open_report, simulated):
    sizes = open_report(simulated, 360).evaluate(
        "[...document.querySelectorAll('svg[role=img] text')].filter(each => each.getClientRects().length)"
        ".map(each => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a)"
    )
    assert min(sizes) >= 10


def test_no_page_of_paper_breaks_inside_a_chart_or_a_row(open_report, live):
    page = open_report(live, 718)
    page.emulate_media(media="print")
    for selector in ("figure", "tr", ".report-head"):
        assert page.locator(selector).first.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
    # A container that hides its overflow would be cut off at the end of the first page.
    assert page.locator(".report-panel").first.evaluate("each => getComputedStyle(each).overflow") == "visible"
    assert page.pdf(format="A4").startswith(b"%PDF")
