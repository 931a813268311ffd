"""What the collector's tests share: a sandbox that serves simulated prices."""

import time

import pytest

from tracker.sandbox import Sandbox, Simulated


@pytest.fixture
def sandbox():
    with Sandbox(Simulated(1), lambda: round(time.time() * 1000)) as running:
        yield running
