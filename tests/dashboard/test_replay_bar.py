"""The replay bar: each of its controls moves the clock of the replay."""

import pytest

from tests.support.page_states import NOW, Page
from tracker.core.durations import DAY, HOUR
from tracker.dashboard import ReplayBar
from tracker.dashboard.view_state import Actions
from tracker.history.playback import Playback

START = NOW - 3 * DAY


@pytest.fixture
def clock():
    return Playback(START, NOW, NOW - 2 * DAY, real=lambda: 0.0)


@pytest.fixture
def bar(clock):
    return ReplayBar(Page(replay=clock, playing=True, now=clock.now()).state)


def test_the_day_buttons_move_the_clock_by_a_day(bar, clock):
    bar.later.click()
    assert clock.now() == bar.state.data.now == NOW - DAY
    assert "10 Nov 2022" not in bar.time.value
    assert "8 Nov 2022" in bar.time.value
    bar.earlier.click()
    assert clock.now() == bar.state.data.now == NOW - 2 * DAY
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


def test_a_speed_that_the_viewer_chooses_is_that_of_the_clock_and_the_other_way_round(bar, clock):
    bar.speeds.value = 600
    assert clock.speed == 600.0
    clock.speed = 10.0
    bar.state.update(now=clock.now() + 1_000)
    assert bar.speeds.value == 10
    assert clock.speed == 10.0


def test_back_to_live_is_there_only_where_there_are_live_prices(bar):
    assert bar.back.layout.display == "none"
    ends = []
    bar.state.actions = Actions(end_replay=lambda: ends.append(1))
    assert bar.back.layout.display is None
    bar.back.click()
    assert ends == [1]
