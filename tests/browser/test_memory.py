"""A page that is used all day holds no more than one that was just opened."""

import pytest

from tests.support.browser import viewer
from tests.support.page_controls import Held, controls, held, turn
from tests.support.page_server import ONE_VIEWER, page_of_a_day

pytestmark = pytest.mark.service

SETTLING = 6  # readings, by which the answers to the last control have arrived
READINGS = 20
PAUSE = 250  # ms from one to the next
MOST = Held(nodes=72, listeners=6, heap=300_000)  # prices that come meanwhile, and a table just redrawn


@pytest.fixture(scope="module")
def seen(browser, tmp_path_factory):
    """The page of three markets, in a time zone that has a button of its own."""
    with (
        page_of_a_day(tmp_path_factory.mktemp("page"), *ONE_VIEWER, TRACKER_SPAN="6h") as url,
        viewer(browser, f"{url}?zone=UTC", timezone_id="Asia/Kolkata", width=1000, height=700) as open_page,
    ):
        open_page.wait(lambda: len(open_page.drawn("GBP")) > 1000, "prices are drawn")
        yield open_page
        assert open_page.errors == []


def readings(seen, count=READINGS):
    for _ in range(count):
        yield held(seen)
        seen.page.wait_for_timeout(PAUSE)


def test_no_round_of_any_control_leaves_nodes_listeners_or_objects(seen, request):
    for control in controls(seen):
        turn(seen, control, 1)  # what is created when it is first shown stays
    before = Held(*map(max, zip(*readings(seen, SETTLING), strict=True)))
    for control in controls(seen):
        for _ in range(2):  # compiled code and the like grow once, what leaks grows with each turn
            turn(seen, control, request.config.getoption("rounds"))
            for after in readings(seen):  # what the browser still works on goes soon, and what leaks never
                growth = [now - then for now, then in zip(after, before, strict=True)]
                if is_flat := all(more < most for more, most in zip(growth, MOST, strict=True)):
                    break
            before = Held(*map(max, before, after))  # the browser drops some for a moment, where all charts were hidden
            if is_flat:
                break
        assert is_flat, (control, growth)
