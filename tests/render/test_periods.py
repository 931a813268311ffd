"""The periods of prices that a page needs."""

from dataclasses import replace

import pytest

from tests.support.page_states import NOW, Page
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.render.page.periods import around, needed_periods, whole_buckets
from tracker.render.page.state import View


def page_of(view: View):
    page = Page().state.page
    return replace(page, choices=replace(page.choices, view=view), data=page.data.updated(extents={}))


@pytest.mark.parametrize("span", [2 * DAY, 9 * DAY, 40 * DAY, 300 * DAY])
def test_the_time_around_a_long_view_has_full_hours_as_its_rows_would_be_read_for_nothing(span):
    end = NOW - 3 * span - 7 * MINUTE
    page = page_of(View(span, end))
    for length, stop in (whole_buckets(page), around(page)):
        assert (stop - length) % HOUR == 0
        assert stop - length <= end - span
        assert stop == end or (stop > end and stop % HOUR == 0)


def test_what_a_short_view_needs_is_exact():
    end = NOW - 10 * HOUR + 1
    page = page_of(View(10 * MINUTE, end))
    assert around(page) == (30 * MINUTE, end + 10 * MINUTE)


def test_what_is_around_a_view_up_to_now_ends_with_it():
    page = page_of(View(3 * DAY, None))
    assert around(page).end == page.data.now == NOW
    assert all(period.end == NOW for period in needed_periods(page))
