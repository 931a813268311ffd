"""Prices before the first stored one: what the page says of them, and when a viewer may request them."""

from dataclasses import replace

import pytest

from tests.support.page_states import EUR, NOW, Page, prices, status, unreachable
from tracker.core.durations import DAY, HOUR
from tracker.core.market_status import BackfillResult, Failure
from tracker.history.row_status import status_of_replay
from tracker.render.page.older_prices import (
    fetch_command,
    fetch_label,
    is_requestable,
    missing_since,
    older_prices_text,
)
from tracker.render.page.page_data import ViewerRequests
from tracker.render.page.state import ALL, View

WEEK = 7 * DAY
REQUESTS = ViewerRequests(stand_ins={}, span=DAY)


def page_of_a_day(span=WEEK, **values):
    """A page of the last *span* ms with prices of the last day."""
    day = {EUR: prices(17_768.5, count=DAY // 10_000)}
    return Page(day, **{"span": span // 1000, "status": status((EUR,)), "requests": REQUESTS, **values}).state.page


def since(page):
    return missing_since(page, EUR, page.window(EUR))


@pytest.mark.parametrize(("days", "label"), [(7, "Fetch 7 days"), (30, "Fetch 30 days")])
def test_up_to_thirty_days_can_be_requested_where_one_is_stored(days, label):
    page = page_of_a_day(days * DAY)
    assert since(page) == NOW - days * DAY
    assert is_requestable(page, since(page))
    assert fetch_label(page, since(page)) == label


@pytest.mark.parametrize(
    ("span", "label"),
    [
        (2 * DAY, "Fetch 2 days"),
        (DAY, "Fetch 24 hours"),
        (90 * 60_000, "Fetch 90 min"),
        (9 * DAY + 5, "Fetch 10 days"),
    ],
)
def test_the_button_names_the_span(span, label):
    assert fetch_label(page_of_a_day(), NOW - span) == label


def test_a_year_is_not_requested_by_a_click_but_the_page_says_what_to_type():
    page = page_of_a_day(365 * DAY)
    assert since(page) == NOW - 365 * DAY
    assert not is_requestable(page, since(page))
    assert fetch_command(page, since(page)) == "tracker backfill --since 1y"


def test_of_the_whole_record_the_command_names_the_day_with_which_it_begins():
    page = page_of_a_day(1000 * ALL, first_stored=NOW - 90 * DAY)  # of another market
    assert since(page) == NOW - 90 * DAY - 1
    assert fetch_command(page, since(page)) == "tracker backfill --since 2022-08-11"


def test_not_more_is_requested_than_is_kept():
    page = page_of_a_day(requests=replace(REQUESTS, retention=3 * DAY))
    assert since(page) == NOW - 3 * DAY
    assert fetch_label(page, since(page)) == "Fetch 3 days"
    assert since(page_of_a_day(requests=replace(REQUESTS, retention=DAY + HOUR))) is None


@pytest.mark.parametrize("values", [{"span": 365 * DAY}, {"span": 1000 * ALL, "first_stored": NOW - 200 * DAY}])
def test_no_command_asks_for_more_than_is_kept_which_it_would_refuse(values):
    page = page_of_a_day(**values, requests=replace(REQUESTS, retention=90 * DAY))
    assert fetch_command(page, since(page)) == "tracker backfill --since 90d"


@pytest.mark.parametrize(
    "values",
    [
        {"requests": None},  # viewers may request nothing
        {"status": None},
        {"status": replace(status((EUR,)), collector="")},  # no process would fulfil it
        {"status": replace(status((EUR,)), mode="replay")},
        {"status": status((EUR,), state="refused")},
        {"status": unreachable((EUR,))},
        {"status": status((EUR,), page=1, pages=3)},
        {"status": status((EUR,), backfill=None)},  # the first pass is still to come
        {"span": 27 * HOUR},  # hardly anything is missing
        {"span": DAY},  # nothing is missing
        {"requests": replace(REQUESTS, span=WEEK)},  # the collector does it by itself
        {"requests": replace(REQUESTS, since=NOW - WEEK)},  # it is requested already
        {"requests": replace(REQUESTS, done=(NOW - WEEK - HOUR, NOW - HOUR))},  # no exchange had them an hour ago
        {"status": status((EUR,), backfill=BackfillResult(none_before=NOW - DAY))},  # no exchange has any
        {"view": View(WEEK, NOW)},  # zoomed
    ],
)
def test_nothing_can_be_requested_that_is_impossible_needless_or_was_in_vain(values):
    assert since(page_of_a_day(**values)) is None


@pytest.mark.parametrize("done", [(NOW - 2 * DAY, NOW - HOUR), (NOW - WEEK - 2 * DAY, NOW - 2 * DAY)])
def test_a_request_for_less_or_of_another_day_is_no_reason_not_to_ask(done):
    assert since(page_of_a_day(requests=replace(REQUESTS, done=done))) == NOW - WEEK


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, ""),
        ({"requests": replace(REQUESTS, since=NOW - WEEK)}, "Older prices are requested."),
        (
            {"status": status((EUR,), page=3, pages=12), "requests": replace(REQUESTS, since=NOW - WEEK)},
            "Older prices are being fetched: 3 of 12 pages.",
        ),
        ({"status": status((EUR,), backfill=None)}, "Older prices are still to be fetched."),
        (
            {"status": status((EUR,), backfill=BackfillResult(failure=Failure("unreachable", "kraken")))},
            "Older prices could not be fetched yet.",
        ),
        ({"status": status((EUR,), state="refused", backfill=None)}, ""),
        (
            {"requests": replace(REQUESTS, done=(NOW - WEEK - HOUR, NOW - HOUR))},
            "No exchange has older prices, asked at 14:10.",
        ),
        ({"requests": replace(REQUESTS, done=(NOW - WEEK + HOUR, NOW - HOUR))}, ""),
    ],
)
def test_the_chart_says_what_becomes_of_its_missing_start(values, text):
    assert older_prices_text(page_of_a_day(**values), EUR) == text


@pytest.mark.parametrize("requests", [REQUESTS, None], ids=["requestable", "public"])
@pytest.mark.parametrize("backfill", [None, BackfillResult(failure=Failure("unreachable", "kraken"))])
def test_nothing_is_expected_where_backfill_does_not_reach(backfill, requests):
    shown = {"status": status((EUR,), backfill=backfill), "requests": requests, "extents": {EUR: (NOW - 40 * DAY, NOW)}}
    within = page_of_a_day(view=View(DAY, NOW - 20 * DAY), **shown)
    assert older_prices_text(within, EUR) == "Nothing recorded here; there are earlier prices."
    assert older_prices_text(page_of_a_day(60 * DAY, **shown), EUR) == "", "the chart says since when"
    today = page_of_a_day(view=View(HOUR, NOW - HOUR), **shown)
    assert "fetched" in older_prices_text(today, EUR)


def test_what_is_requested_is_expected_from_its_time_on():
    shown = {"view": View(DAY, NOW - 5 * DAY), "requests": replace(REQUESTS, since=NOW - WEEK)}
    assert older_prices_text(page_of_a_day(**shown), EUR) == "Older prices are requested."
    assert older_prices_text(page_of_a_day(**{**shown, "view": View(DAY, NOW - WEEK)}), EUR) == ""


def test_in_a_replay_nothing_is_still_to_be_fetched():
    page = page_of_a_day()
    stored = status_of_replay({EUR: page.window(EUR)}, {EUR: 10_000})
    recorded = replace(status((EUR,), backfill=None), mode="replay")
    simulated = replace(status((EUR,), backfill=None), mode="simulated", is_replay=True)
    for shown in (stored, recorded, simulated):
        assert older_prices_text(page_of_a_day(status=shown), EUR) == ""


def test_a_time_before_all_prices_says_since_when_there_are_some():
    first = NOW - 40 * DAY
    page = page_of_a_day(view=View(DAY, NOW - 50 * DAY), extents={EUR: (first, NOW)}, status=None)
    assert older_prices_text(page, EUR) == "Nothing recorded before 30 Sep 2022, 15:10."


def test_a_time_without_prices_within_the_record_is_not_said_to_be_before_it():
    page = page_of_a_day(view=View(DAY, NOW - 20 * DAY), extents={EUR: (NOW - 40 * DAY, NOW)}, status=None)
    assert older_prices_text(page, EUR) == "Nothing recorded here; there are earlier prices."


def test_where_the_record_begins_the_chart_itself_says_so():
    page = page_of_a_day(extents={EUR: (NOW - DAY, NOW)}, status=None)
    assert older_prices_text(page, EUR) == ""
