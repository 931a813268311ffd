"""Databases of alerts are closed after each test."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _closed_databases() -> Iterator[None]:
    yield
    if (module := sys.modules.get("tests.support.alert_database")) is not None:
        module.close_all()
