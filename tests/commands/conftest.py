"""A store for the tests of the commands that read and change it."""

import pytest

from tests.support.stored_prices import EUR, USD, now
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store


@pytest.fixture
def store(tmp_path):
    """A store with ten hours of EUR and USD, a row every ten minutes, the newest now."""
    store = open_store("data", base=tmp_path, known=())
    times = [now() - 600_000 * step for step in range(60)][::-1]
    store.append({market: Ticks.of(times, [1.0 + step for step in range(60)], 10_000) for market in (EUR, USD)})
    return store
