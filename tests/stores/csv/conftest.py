"""The tests of the CSV store run with buckets of an hour and with buckets of a minute."""

import pytest

from tests.support.kept_bars import fill, keep_all
from tracker.stores.csv import CsvStore


@pytest.fixture(params=["hour", "minute"])
def granularity(request):
    return request.param


@pytest.fixture
def store(tmp_path, granularity):
    return CsvStore(tmp_path / "data", granularity=granularity)


@pytest.fixture
def filled(store):
    """A store with two days of prices, to NOW, whose bars are kept."""
    fill(store)
    keep_all(store)
    return store
