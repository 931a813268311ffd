"""Which process writes the snapshot of the page, when, and what a failure costs."""

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
    """A function that returns the writer of another process."""
    writers = []

    def make_writer():
        writers.append(SnapshotWriter(FileCoordination(tmp_path, "test"), tmp_path / "snapshot.html", time))
        return writers[-1]

    yield make_writer
    for writer in writers:
        writer.stop()


@pytest.fixture
def snapshot_file(tmp_path):
    return tmp_path / "snapshot.html"


def test_one_process_writes_and_another_takes_over_when_it_stops(make, time, snapshot_file):
    first, second = make(), make()
    first.write_if_due(lambda: Page().state.page)
    assert 'class="bt-page"' in snapshot_file.read_text()
    snapshot_file.unlink()
    second.write_if_due(lambda: Page().state.page)
    assert not snapshot_file.exists()
    first.stop()
    time.now += INTERVAL
    second.write_if_due(lambda: Page().state.page)
    assert snapshot_file.exists()


def test_it_is_written_every_few_seconds_and_nothing_is_computed_in_between(make, time):
    times = []

    def state():
        times.append(time.now)
        return Page().state.page

    first = make()
    for _ in range(21):
        first.write_if_due(state)
        time.now += INTERVAL / 10
    assert times == [100.0, 100.0 + INTERVAL, 100.0 + 2 * INTERVAL]


def test_none_is_written_before_the_first_price(make, snapshot_file):
    make().write_if_due(lambda: Page({EUR: Ticks.none()}).state.page)
    assert not snapshot_file.exists()


def test_a_page_that_shows_a_replay_leaves_it_to_another_process(make, time, snapshot_file):
    first, second = make(), make()
    first.write_if_due(lambda: Page().state.page)
    snapshot_file.unlink()
    time.now += INTERVAL
    first.write_if_due(lambda: None)  # its viewer replays the past
    second.write_if_due(lambda: Page().state.page)
    assert snapshot_file.exists()


def test_a_failure_is_logged_once_and_never_raised_and_another_process_may_write(make, time, snapshot_file, caplog):
    first, second = make(), make()
    first.write_if_due(lambda: Page().state.page)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            time.now += INTERVAL
            first.write_if_due(lambda: 1 / 0)
    assert [record.message for record in caplog.records] == [
        "no snapshot of the page: ZeroDivisionError: division by zero"
    ]
    snapshot_file.unlink()
    second.write_if_due(lambda: Page().state.page)
    assert snapshot_file.exists()


def test_a_lease_that_cannot_be_acquired_costs_only_the_snapshot(tmp_path, time, caplog):
    class Broken:
        def try_acquire(self, name):
            raise LeaseError(f"cannot ask for {name}")

        def release(self, name):
            pass

    SnapshotWriter(Broken(), tmp_path / "snapshot.html", time).write_if_due(lambda: Page().state.page)
    assert f"cannot ask for {LEASE}" in caplog.text
    assert list(tmp_path.iterdir()) == []
