"""The replay bar: each of its controls moves the clock of the replay."""

import pytest

from tests.support.page_states import EUR, NOW, Page, prices
from tracker.core.durations import DAY, HOUR
from tracker.core.ticks import Ticks
from tracker.dashboard import ReplayBar
from tracker.dashboard.view_state import Actions
from tracker.history.playback import Playback
from tracker.render.format import time_text
from tracker.render.page.state import View

START = NOW - 3 * DAY


@pytest.fixture
def clock():
    return Playback(START, NOW, NOW - 2 * DAY, real=lambda: 0.0)


@pytest.fixture
def bar(clock):
    return ReplayBar(Page(replay=clock, playing=True, now=clock.now()).state)


def test_the_day_buttons_move_the_clock_by_a_day(bar, clock):
    bar.later.click()
    assert clock.now() == NOW - DAY
    assert "10 Nov 2022" not in bar.time.value
    assert "8 Nov 2022" in bar.time.value
    bar.earlier.click()
    assert clock.now() == NOW - 2 * DAY
    assert "7 Nov 2022" in bar.time.value


def test_the_day_buttons_are_disabled_where_no_day_follows(bar, clock):
    assert (bar.earlier.disabled, bar.later.disabled) == (False, False)
    bar.later.click()
    bar.later.click()
    assert (bar.earlier.disabled, bar.later.disabled) == (False, True)
    for _ in range(3):
        bar.earlier.click()
    assert clock.now() == START
    assert (bar.earlier.disabled, bar.later.disabled) == (True, False)


def test_the_play_button_pauses_and_plays(bar, clock):
    bar.play.click()
    assert (clock.playing, bar.state.playing, bar.play.description) == (False, False, "Play")
    bar.play.click()
    assert (clock.playing, bar.state.playing, bar.play.description) == (True, True, "Pause")


def test_the_slider_moves_the_clock_within_its_day(bar, clock):
    bar.slider._handle_custom_msg({"seconds": 6 * 3_600}, [])
    assert clock.now() == (NOW - 2 * DAY) // DAY * DAY + 6 * HOUR
    bar.slider._handle_custom_msg({"seconds": 86_401}, [])
    bar.slider._handle_custom_msg({"seconds": "noon"}, [])
    assert clock.now() == (NOW - 2 * DAY) // DAY * DAY + 6 * HOUR


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("8 Nov", NOW // DAY * DAY - DAY),
        ("8 Nov 2022 13:00", NOW // DAY * DAY - DAY + 13 * HOUR),
        ("13:00", (NOW - 2 * DAY) // DAY * DAY + 13 * HOUR),  # of the day that is replayed
        ("6 Nov", START),  # the record begins during that day
    ],
)
def test_a_typed_date_moves_the_clock(bar, clock, text, time):
    answers = []
    bar.date.send = answers.append
    bar.state.view = View(HOUR, START)
    bar.date._handle_custom_msg({"kind": "go", "text": text}, [])
    assert (clock.now(), bar.state.view, bar.state.seeks) == (time, None, 1)
    assert [answer["error"] for answer in answers] == [""]
    shown = f"{time_text.date(time)}, {time_text.hour_minute(time)}"
    assert answers[0]["shown"] == f"Replayed from {shown}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("5 Nov 2022", "Nothing recorded before 6 Nov 2022, 15:10"),
        ("10 Nov 2022", "Nothing recorded after 9 Nov 2022, 15:10"),
        ("8/11/2022", "'8/11/2022': is that 8 Nov or 11 Aug 2022? Type 8 Nov 2022 or 11 Aug 2022"),
    ],
)
def test_a_date_outside_of_the_record_moves_nothing_and_says_so(bar, clock, text, error):
    answers = []
    bar.date.send = answers.append
    bar.date._handle_custom_msg({"kind": "go", "text": text}, [])
    assert answers == [{"error": error, "shown": ""}]
    assert (clock.now(), bar.state.seeks) == (NOW - 2 * DAY, 0)


def test_the_day_s_line_is_drawn_once_its_prices_are_read():
    clock = Playback(START, NOW, NOW - 2 * DAY, real=lambda: 0.0)
    page = Page({EUR: Ticks.none()}, replay=clock, now=clock.now())
    bar = ReplayBar(page.state)
    assert ' d=""' in bar.day.value
    page.rows[EUR] = prices(17_768.5, count=6 * 360, until=NOW - 2 * DAY)
    page.state.update(revision=1, now=clock.now() + 1_000)
    assert ' d="M' in bar.day.value


def test_a_replay_begins_where_the_viewer_looks():
    begun = []
    page = Page(has_stored_prices=True, actions=Actions(start_replay=lambda at, **of: begun.append((at, of))))
    bar = ReplayBar(page.state)
    bar.begin.click()
    page.state.view = View(HOUR, NOW - DAY)
    bar.begin.click()
    assert begun == [(None, {"of_address": False}), (NOW - DAY, {"of_address": False})]


def test_a_speed_that_the_viewer_chooses_is_that_of_the_clock_and_the_other_way_round(bar, clock):
    bar.speeds.value = 600
    assert clock.speed == 600.0
    clock.speed = 10.0
    bar.state.update(now=clock.now() + 1_000)
    assert bar.speeds.value == 10
    assert clock.speed == 10.0
    assert max(dict(bar.speeds.options).values()) == 10_000


def test_back_to_live_is_there_only_where_there_are_live_prices(bar):
    assert bar.back.layout.display == "none"
    ends = []
    bar.state.actions = Actions(end_replay=lambda: ends.append(1))
    assert bar.back.layout.display is None
    bar.back.click()
    assert ends == [1]
