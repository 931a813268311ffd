"""Heartbeats: which processes count as live, and which files are left."""

import os
import platform

import pytest

from tracker.core.errors import LeaseError
from tracker.runtime import heartbeats
from tracker.runtime.heartbeats import BEAT, SILENT_AFTER, Heartbeats


class Time:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def join(tmp_path, time, monkeypatch):
    """Add a process to the lease; listening takes no time."""
    monkeypatch.setattr(heartbeats, "LISTEN", 0.0)
    return lambda name="process": Heartbeats(tmp_path, "collect", name, time)


def look(process, time, seconds=BEAT):
    time.now += seconds
    process.look(is_new_live=False)
    return [beat.name for beat in process.live]


def test_a_process_is_live_while_its_file_changes(join, time):
    holder, other = join("holder"), join()
    holder.keep(5)
    assert look(other, time) == [], "the file may be of a process that ended"
    holder.keep(5)
    assert look(other, time) == ["holder"]
    assert look(other, time, SILENT_AFTER - BEAT) == ["holder"]
    assert look(other, time, BEAT) == []


def test_a_holder_beats_no_more_often_than_needed(join, tmp_path, time):
    holder = join()
    holder.keep(5)
    [file] = tmp_path.iterdir()
    first = file.read_bytes()
    time.now += BEAT / 2
    holder.keep(5)
    assert file.read_bytes() == first
    time.now += BEAT / 2
    holder.keep(5)
    assert file.read_bytes() != first
    assert len(file.read_bytes()) == len(first), "it is never empty or torn"


def test_of_two_holders_the_one_with_the_older_term_is_the_rival_of_the_other(join, time):
    older, newer = join("older"), join("newer")
    for _ in range(3):
        time.now += BEAT
        rivals = older.keep(5), newer.keep(6)
    assert rivals[0] is None
    assert rivals[1].name == "older"


def test_holders_of_the_same_term_have_the_same_rival(join, time):
    """Both read the previous token before either wrote the next one."""
    first, second = join("first"), join("second")
    for _ in range(3):
        time.now += BEAT
        rivals = [rival.name for rival in (first.keep(5), second.keep(5)) if rival]
    assert len(rivals) == 1


def test_a_holder_that_was_suspended_steps_down_from_the_one_that_took_over_meanwhile(join, time):
    suspended, newer = join("suspended"), join("newer")
    for _ in range(2):
        time.now += BEAT
        suspended.keep(5)
    for _ in range(10):
        time.now += BEAT
        assert newer.keep(6) is None
    assert suspended.keep(5).name == "newer"
    time.now += BEAT
    assert newer.keep(6) is None, "it has not beaten again"
    assert suspended.keep(5).name == "newer"


def test_a_holder_that_was_suspended_goes_on_if_nobody_took_over(join, time):
    holder = join("holder")
    for _ in range(2):
        time.now += 10 * SILENT_AFTER
        assert holder.keep(5) is None


def test_a_process_steps_down_only_from_a_live_holder(join, tmp_path, time):
    holder, other = join("holder"), join("other")
    other.step_down(tmp_path / "lock", 7)
    holder.keep(5)
    look(other, time)
    other.step_down(tmp_path / "lock", 7)
    holder.keep(5)
    look(other, time)
    with pytest.raises(LeaseError, match=r"lock .* excludes nobody.*: holder holds the lease too"):
        other.step_down(tmp_path / "lock", 7)
    assert other.has_stepped_down
    time.now += BEAT
    assert holder.keep(5) is None, "a process that waits is no rival"
    assert [beat.name for beat in holder.live] == ["other"]
    other.stop()
    time.now += BEAT
    holder.keep(5)
    assert holder.live == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "holds": 1}', "\udcff", "9" * 5000])
def test_a_file_that_is_torn_or_of_another_format_is_no_live_process(join, tmp_path, time, text):
    other = join()
    file = tmp_path / f".heartbeat-collect.{'0' * 32}"
    for number in range(3):
        file.write_text(text + " " * number, errors="surrogateescape")
        assert look(other, time) == []


def test_only_files_of_the_same_lease_count(join, tmp_path, time):
    other = join()
    for number in range(3):
        for lease in ("alerts", "collect-2", "collect.x"):
            fields = f'{{"format": 1, "holds": 1, "token": 5, "name": "x", "host": "h", "pid": 1, "count": {number}}}'
            (tmp_path / f".heartbeat-{lease}.{'0' * 32}").write_text(fields)
        assert look(other, time) == []


def test_the_files_of_processes_that_ended_are_removed_and_those_of_live_ones_stay(join, tmp_path, time):
    dead, live, other = join("dead"), join("live"), join()
    dead.keep(4)
    live.keep(5)
    look(other, time)
    live.keep(5)
    assert look(other, time) == ["live"]
    other.remove_dead()
    assert len(list(tmp_path.iterdir())) == 1
    assert look(other, time, 0.0) == ["live"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_of_this_computer_that_has_ended_is_not_listened_for(join, tmp_path):
    process = join()
    process.keep(5)
    [file] = tmp_path.iterdir()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    file.write_text(file.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {pid}'))
    other = join()
    other.look(is_new_live=False)
    assert not other._may_be_alive()
    file.write_text(file.read_text().replace(platform.node(), "elsewhere"))
    another = join()
    another.look(is_new_live=False)
    assert another._may_be_alive()
