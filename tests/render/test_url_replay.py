"""A replay in the page's address: its time, speed and view, and values that cannot be played."""

import pytest

from tests.support.page_addresses import DEFAULT, new_page, read
from tests.support.page_states import NOW
from tracker.core.errors import StoreError
from tracker.dashboard.view_state import Actions
from tracker.history.playback import Playback
from tracker.render.format.time_text import hour_minute
from tracker.render.page import url_query
from tracker.render.page.state import View


class PlayablePage:
    """A page that can replay the day before NOW."""

    def __init__(self) -> None:
        self.state = new_page(actions=Actions(start_replay=self.play))

    def play(self, at: int, speed: float, playing: bool) -> None:
        self.state.replay = Playback(NOW - 86_400_000, NOW, at, speed, real=lambda: 0.0)
        if not playing:
            self.state.replay.pause()
        self.state.playing = playing
        self.state.update(now=at)


@pytest.mark.parametrize(
    ("options", "speed", "playing"),
    [(",60x", 60.0, True), (",600x", 600.0, True), (",60x,paused", 60.0, False), (",0.5x,paused", 0.5, False)],
)
def test_a_replay_continues_at_its_time_and_speed(options, speed, playing):
    page = PlayablePage()
    assert read(page.state, f"?replay=2022-11-09T12:00:00Z{options}") == ""
    assert hour_minute(page.state.data.now) == "12:00"
    assert (page.state.replay.speed, page.state.replay.playing, page.state.playing) == (speed, playing, playing)
    assert f"replay=2022-11-09T12:00:00Z{options}" in url_query.write(page.state.page, DEFAULT)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("replay=yesterday", "replay=yesterday: "),
        ("replay=2022-11-09T12:00:00Z,fast", "fast is neither paused nor a speed, such as 60x"),
    ],
)
def test_an_invalid_replay_is_reported_and_does_not_start(query, message):
    page = PlayablePage()
    assert message in read(page.state, query)
    assert page.state.replay is None


@pytest.mark.parametrize("speed", ["0x", "-1x", "1e9x", "nanx", "x", "999999x", "60"])
def test_an_invalid_speed_is_reported(speed):
    page = PlayablePage()
    assert "is neither paused nor a speed" in read(page.state, f"replay=2022-11-09T12:00:00Z,{speed}")
    assert page.state.replay is None


def test_a_replay_without_a_speed_has_the_default_speed():
    page = PlayablePage()
    assert read(page.state, "replay=2022-11-09T12:00:00Z") == ""
    assert page.state.replay.speed == 60.0


def test_an_unreadable_store_is_reported_and_other_keys_are_applied():
    def play(*arguments):
        raise StoreError("disk gone")

    state = new_page(actions=Actions(start_replay=play))
    assert "disk gone" in read(state, "replay=2022-11-09T12:00:00Z&mode=log")
    assert state.mode == "log"


def test_an_empty_store_has_no_replay():
    state = new_page()
    assert "nothing is stored that could be played" in read(state, "replay=2022-11-09T12:00:00Z")


def test_an_address_that_is_sent_again_while_its_replay_opens_is_no_problem():
    state = new_page(actions=Actions(is_switching=True))
    assert read(state, "replay=2022-11-09T12:00:00Z&mode=log") == ""
    assert state.mode == "log"


def test_a_view_in_a_replay_ends_at_the_replays_time():
    page = PlayablePage()
    query = "replay=2022-11-09T12:00:00Z&view=2022-11-09T10:00:00Z/2022-11-09T13:00:00Z"
    assert read(page.state, query) == ""
    assert page.state.view == View(2 * 3_600_000, page.state.data.now)


def test_a_view_in_a_replay_that_cannot_start_is_not_applied():
    state = new_page()
    query = "replay=2018-04-05T12:00:00Z&view=2018-04-05T10:00:00Z/2018-04-05T11:00:00Z"
    assert "nothing is stored that could be played" in read(state, query)
    assert state.view is None
