"""Who keeps the picture of the page, when, and that nobody reads a part of it."""

import logging

import pytest

from tests.support.page_states import EUR, Page
from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError
from tracker.core.ticks import Ticks
from tracker.dashboard.snapshot_writer import INTERVAL, LEASE, SnapshotWriter


class Time:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def make(tmp_path, time):
    made = []

    def process():
        made.append(SnapshotWriter(FileCoordination(tmp_path, "test"), tmp_path / "picture", time))
        return made[-1]

    yield process
    for each in made:
        each.stop()


@pytest.fixture
def picture(tmp_path):
    return tmp_path / "picture"


def test_one_process_writes_and_another_takes_over_when_it_leaves(make, time, picture):
    one, other = make(), make()
    one.write_if_due(lambda: Page().state.page)
    assert 'class="bt-page"' in picture.read_text()
    picture.unlink()
    other.write_if_due(lambda: Page().state.page)
    assert not picture.exists()
    one.stop()
    time.now += INTERVAL
    other.write_if_due(lambda: Page().state.page)
    assert picture.exists()


def test_it_is_written_every_few_seconds_and_nothing_is_computed_in_between(make, time):
    asked = []

    def state():
        asked.append(time.now)
        return Page().state.page

    one = make()
    for _ in range(21):
        one.write_if_due(state)
        time.now += INTERVAL / 10
    assert asked == [100.0, 100.0 + INTERVAL, 100.0 + 2 * INTERVAL]


def test_before_the_first_price_there_is_none(make, picture):
    make().write_if_due(lambda: Page({EUR: Ticks.none()}).state.page)
    assert not picture.exists()


def test_a_page_that_shows_something_else_leaves_it_to_another_process(make, time, picture):
    one, other = make(), make()
    one.write_if_due(lambda: Page().state.page)
    picture.unlink()
    time.now += INTERVAL
    one.write_if_due(lambda: None)  # its viewer replays the past
    other.write_if_due(lambda: Page().state.page)
    assert picture.exists()


def test_a_failure_is_told_once_and_never_raised_and_another_process_may_try(make, time, picture, caplog):
    one, other = make(), make()
    one.write_if_due(lambda: Page().state.page)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            time.now += INTERVAL
            one.write_if_due(lambda: 1 / 0)
    assert [record.message for record in caplog.records] == [
        "no picture of the page: ZeroDivisionError: division by zero"
    ]
    picture.unlink()
    other.write_if_due(lambda: Page().state.page)
    assert picture.exists()


def test_a_lease_that_cannot_be_asked_for_costs_the_picture_only(tmp_path, time, caplog):
    class Broken:
        def try_acquire(self, name):
            raise LeaseError(f"cannot ask for {name}")

        def release(self, name):
            pass

    SnapshotWriter(Broken(), tmp_path / "picture", time).write_if_due(lambda: Page().state.page)
    assert f"cannot ask for {LEASE}" in caplog.text
    assert list(tmp_path.iterdir()) == []
