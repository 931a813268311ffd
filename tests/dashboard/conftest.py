"""What the tests of a running app share."""

from collections.abc import Iterator

import pytest

from tests.support.page_server import free_port, now
from tracker.sandbox import Sandbox, Simulated


@pytest.fixture
def exchange_url() -> Iterator[str]:
    """The address of a simulated exchange on loopback."""
    with Sandbox(Simulated(7), now) as sandbox:
        yield sandbox.url


@pytest.fixture
def unused_url() -> str:
    """An address at which nothing listens."""
    return f"http://127.0.0.1:{free_port()}"
