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
def database(tmp_path: Path) -> Any:
    """A database with a firing that is due."""
    from tests.support.alert_database import fired, opened

    return opened(tmp_path, 1, fired())


@pytest.fixture
def folder(database: Any, tmp_path: Path) -> Path:
    """A folder with a database of this version, closed."""
    from tests.support.alert_database import NOW, state

    database.commit([state()], (), NOW)
    database.close()
    return tmp_path


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


@pytest.fixture
def quick_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let services of alerts look for rows and for their lease more often."""
    from tracker.alerts.service import service

    monkeypatch.setattr(service, "POLL", 0.02)
    monkeypatch.setattr(service, "CHECK_EVERY", 0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a service on the test's folder, and stop it at the end of the test; return it and what it sends."""
    from tests.support.alert_messages import KeptMessages, rule
    from tests.support.alert_services import make_alerts

    services = []

    def begin(*rules: Any, label: str = "test", **more: Any) -> tuple[Any, list[Any]]:
        channels = KeptMessages()
        services.append(make_alerts(tmp_path, *(rules or (rule(),)), label=label, channels=channels, **more))
        services[-1].start()
        return services[-1], channels.received

    yield begin
    for each in services:
        each.stop()
