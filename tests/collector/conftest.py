"""What the collector's tests share: a sandbox that serves simulated prices."""

import time

import pytest

from tests.support.collector_services import IdleCollector, make_service
from tracker.sandbox import Sandbox, Simulated


@pytest.fixture
def sandbox():
    with Sandbox(Simulated(1), lambda: round(time.time() * 1000)) as running:
        yield running


@pytest.fixture
def start_service(tmp_path):
    """Start a service on the test's folder, and stop it at the end of the test."""
    services = []

    def start(collector=IdleCollector, label="test", **options):
        services.append(make_service(tmp_path / "data", collector, label, **options))
        services[-1].start()
        return services[-1]

    yield start
    for service in services:
        service.stop()
