"""A running sandbox of the simulated market, as ``tracker sandbox`` starts it."""

from collections.abc import Iterator

import pytest

from tests.support.sandbox import NOW
from tracker.sandbox import Sandbox, Simulated


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Simulated(1), lambda: NOW, controls=True) as running:
        yield running
