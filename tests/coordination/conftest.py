"""The coordinations under the contract tests, and the clock that their processes share."""

import pytest

from tests.support.memory_coordination import MemoryCoordination
from tracker.coordination.file import FileCoordination


class Time:
    """The wall clock of all processes, epoch ms."""

    def __init__(self):
        self.now = 1_700_000_000_000

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


# One line a coordination; takes a test's folder, a dict that the test's processes share, a label and the wall clock.
JOIN = {
    "file": lambda folder, shared, label, time: FileCoordination(folder / "data", label, now=time),
    "memory": lambda folder, shared, label, time: MemoryCoordination(label, shared, now=time),
}


@pytest.fixture(params=list(JOIN))
def join(request, tmp_path, time):
    """Add a process to the coordination, and return the process's coordination object."""
    processes, shared = [], {}

    def join(label="test"):
        processes.append(JOIN[request.param](tmp_path, shared, label, time))
        return processes[-1]

    yield join
    for process in processes:
        process.close()
