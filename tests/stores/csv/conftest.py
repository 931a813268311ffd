"""The tests of the CSV store run with buckets of an hour and with buckets of a minute."""

import pytest

from tracker.stores.csv import CsvStore


@pytest.fixture(params=["hour", "minute"])
def granularity(request):
    return request.param


@pytest.fixture
def store(tmp_path, granularity):
    return CsvStore(tmp_path / "data", granularity=granularity)
