"""What the collector's tests share: a sandbox that serves simulated prices."""

import asyncio
import json
import time

import pytest

from tests.support.collector_services import IdleCollector, make_service
from tracker.collector.client import client
from tracker.collector.client.rate_limit import RateLimiter
from tracker.collector.diagnostics.diagnostics import run_checks
from tracker.runtime.settings import read_settings
from tracker.sandbox import Sandbox, Simulated


@pytest.fixture
def sandbox():
    with Sandbox(Simulated(1), lambda: round(time.time() * 1000)) as running:
        yield running


@pytest.fixture
def check(tmp_path, monkeypatch, sandbox):
    """Return the checks of *markets*, with kraken in the sandbox; each as ``✓ text``."""
    # The sandbox has no limits, so no request needs to wait for its turn.
    monkeypatch.setattr(client, "RateLimiter", lambda limits, clock: RateLimiter([(1000, 1.0)], clock))

    def run(markets=("kraken:BTC/USD",), **variables):
        monkeypatch.setenv("TRACKER_MARKETS", json.dumps(list(markets)))
        monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", f"{sandbox.url}/kraken")
        monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        async def all_checks():
            return [f"{check.mark} {check.text}" async for check in run_checks(read_settings(tmp_path))]

        return asyncio.run(all_checks())

    return run


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
