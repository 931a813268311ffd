"""Databases of alerts are closed after each test."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _closed_databases() -> Iterator[None]:
    yield
    if (module := sys.modules.get("tests.support.alert_database")) is not None:
        module.close_all()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that makes a world of rules that are watched; it is closed after the test."""
    from tests.support.alert_world import AlertWorld  # loads the database

    worlds = []

    def make(*rules: Any, **more: Any) -> AlertWorld:
        worlds.append(AlertWorld(tmp_path / "state", *rules, **more))
        return worlds[-1]

    yield make
    for each in worlds:
        each.close()
