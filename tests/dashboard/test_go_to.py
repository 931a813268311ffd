"""The field for a typed date: where the charts go, and what is said where they cannot."""

from zoneinfo import ZoneInfo

import pytest

from tests.support.open_page import OpenPage
from tests.support.page_states import NOW, Page
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.dashboard import still
from tracker.dashboard.widgets.go_to import GoTo
from tracker.history.playback import Playback
from tracker.render.page.state import View

MIDNIGHT = NOW // DAY * DAY  # of 9 Nov 2022, at 15:10 UTC
FIRST = NOW - 5 * DAY


@pytest.fixture
def state():
    return Page(span=21_600, first_stored=FIRST).state


@pytest.fixture
def go(state):
    """Types a date; returns the kernel's answer."""
    panel, answers = GoTo(state), []
    panel.field.send = answers.append

    def typed(text):
        panel.field._handle_custom_msg({"kind": "go", "text": text}, [])
        return answers.pop()

    return typed


def test_the_span_is_centred_on_a_time_and_the_address_has_it(state, go):
    link = OpenPage().link
    assert go("8 Nov 13:00") == {"error": "", "shown": "Shows 8 Nov 2022, 10:00–16:00"}
    assert state.view == View(6 * HOUR, MIDNIGHT - DAY + 16 * HOUR)
    link.state.view = state.view
    assert "view=2022-11-08T10:00:00Z/2022-11-08T16:00:00Z" in link.query


def test_a_day_longer_than_the_span_is_shown_whole_and_a_longer_span_has_it_in_its_middle(state, go):
    go("7 Nov 2022")
    assert state.view == View(DAY, MIDNIGHT - DAY)
    state.view = View(3 * DAY, None)
    go("7 Nov")
    assert state.view == View(3 * DAY, MIDNIGHT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5 Apr 2021", "5 Apr 2021, 00:00–24:00"),
        ("5 Apr 2021 13:00", "5 Apr 2021, 01:00 – 6 Apr 2021, 01:00"),
        ("Apr 2021", "1 Apr 2021, 00:00 – 30 Apr 2021, 24:00"),
        ("2021", "1 Jan – 31 Dec 2021 UTC"),
        ("2022", "1 Jan – 9 Nov 2022 UTC"),  # not the 365 days up to now
        ("Nov", "1 Nov 2022, 00:00 – 9 Nov 2022, 15:10"),
        ("2019", "10 Nov – 31 Dec 2019 UTC"),  # in which the record begins
        ("today", "8 Nov 2022, 15:10 – 9 Nov 2022, 15:10"),
        ("now", "9 Nov 2021 – 9 Nov 2022 UTC"),  # nothing is looked for
    ],
)
def test_where_a_year_is_shown_a_typed_day_is_shown_itself(state, go, text, shown):
    state.update(first_stored=NOW - 3 * 365 * DAY)
    state.span = 365 * 86_400
    assert go(text) == {"error": "", "shown": f"Shows {shown}"}


def test_a_week_is_still_moved_and_not_narrowed(state, go):
    state.span = 7 * 86_400
    state.update(first_stored=NOW - 30 * DAY)
    go("1 Nov")
    assert state.view == View(7 * DAY, MIDNIGHT - 4 * DAY)


def test_a_time_near_now_is_the_span_up_to_now(state, go):
    state.view = View(6 * HOUR, NOW - DAY)
    assert go("now")["error"] == ""
    assert state.view is None
    go("today")
    assert state.view == View(15 * HOUR + 10 * MINUTE, None)


def test_a_time_is_meant_in_the_zone_in_which_the_page_writes_times(state, go):
    state.zone = ZoneInfo("Europe/Berlin")
    go("8 Nov 13:00")
    assert state.view.end == MIDNIGHT - DAY + 15 * HOUR
    go("2022-11-08T13:00Z")
    assert state.view.end == MIDNIGHT - DAY + 16 * HOUR


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("3 Nov", "Nothing recorded before 4 Nov 2022, 15:10"),
        ("10 Nov 2022", "That is later than now, 9 Nov 2022, 15:10"),
        ("8/11/2022", "'8/11/2022': is that 8 Nov or 11 Aug 2022? Type 8 Nov 2022 or 11 Aug 2022"),
    ],
)
def test_what_cannot_be_shown_leaves_the_charts_as_they_are_and_says_why(state, go, text, error):
    state.view = before = View(HOUR, NOW - DAY)
    assert go(text) == {"error": error, "shown": ""}
    assert state.view == before


def test_the_day_on_which_the_record_begins_is_shown(state, go):
    assert go("4 Nov")["error"] == ""
    assert state.view == View(DAY, FIRST // DAY * DAY + DAY)


def test_a_distant_start_of_the_record_is_named_by_its_day(state, go):
    state.update(first_stored=NOW - 3 * 365 * DAY)
    assert go("5 Apr 2018")["error"] == "Nothing recorded before 10 Nov 2019"


def test_fixed_rows_know_where_they_begin():
    rows = Page().rows
    assert still(rows).data.first_stored == min(int(ticks.time[0]) for ticks in rows.values())


@pytest.mark.parametrize("content", [{}, {"kind": "go"}, {"kind": "go", "text": 5}, {"kind": "stay", "text": "today"}])
def test_a_message_of_another_form_has_no_effect(state, content):
    panel = GoTo(state)
    panel.field._handle_custom_msg(content, [])
    assert state.view is None


def test_the_field_is_hidden_in_a_replay_whose_bar_has_one():
    state = Page().state
    panel = GoTo(state)
    assert panel.box.layout.display is None
    state.replay = Playback(FIRST, NOW, NOW)
    assert panel.box.layout.display == "none"
