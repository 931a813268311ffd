"""CollectorService: one process collects, the others follow, and one of them takes over when it ends."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.support.collector_services import IdleCollector, wait_for
from tests.support.fakes import EUR
from tracker.collector.service import JOB
from tracker.collector.status import last_published, publish, published
from tracker.coordination.file import FileCoordination
from tracker.core.market_status import MarketStatus, Status


def test_the_first_service_collects_and_the_second_follows_its_published_status(start_service, tmp_path):
    first = start_service(label="first")
    wait_for(lambda: first.is_leader, "the first leads")
    second = start_service(label="second")
    wait_for(lambda: published(FileCoordination(tmp_path / "data")) is not None, "the status is published")
    wait_for(lambda: second.status().markets[EUR].state == "live", "the second reads it")
    assert not second.is_leader
    assert second.status().collector.startswith("first (pid ")


def test_a_service_that_stops_hands_over_at_once(start_service):
    first = start_service()
    wait_for(lambda: first.is_leader, "the first leads")
    second = start_service()
    first.stop()
    stopped_at = time.monotonic()
    wait_for(lambda: second.is_leader, "the second leads")
    assert time.monotonic() - stopped_at < 3
    assert not first.is_leader


def test_an_unchanged_status_is_published_again_as_a_heartbeat(start_service, tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.collector.service.HEARTBEAT", 0.1)
    monkeypatch.setattr("tracker.collector.service.PUBLISH_EVERY", 0.05)
    start_service()
    reader = FileCoordination(tmp_path / "data")
    wait_for(lambda: last_published(reader), "the status is published")
    first = last_published(reader)
    wait_for(lambda: last_published(reader) > first, "it is published again")


def test_stopping_twice_or_before_leading_raises_nothing(start_service):
    first = start_service()
    second = start_service()
    second.stop()
    second.stop()
    first.stop()
    first.stop()


def test_a_busy_main_thread_does_not_stop_the_collector(start_service):
    beats = []

    class BeatingCollector(IdleCollector):
        async def run(self):
            while True:
                beats.append(time.monotonic())
                await asyncio.sleep(0.01)

    service = start_service(BeatingCollector)
    wait_for(lambda: service.is_leader, "the service leads")
    before, end = len(beats), time.monotonic() + 0.5
    while time.monotonic() < end:
        pass  # as a notebook's cell that computes
    assert len(beats) > before + 3


def test_stopping_ends_the_thread(start_service):
    before = set(threading.enumerate())
    service = start_service()
    wait_for(lambda: service.is_leader, "the service leads")
    service.stop()
    assert not any(thread.name == "tracker-collector" for thread in set(threading.enumerate()) - before)


CONTENDER = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would this
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.support.collector_services import make_service
service = make_service(Path({folder!r}), label="child")
service.start()
while not service.is_leader:
    time.sleep(0.01)
print("leads", flush=True)
while True:
    time.sleep(0.01)  # a signal just before one long sleep would be handled at its end only
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signals here")
@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGINT"])
def test_another_process_takes_over_within_3_s_of_a_kill(start_service, tmp_path, signal_name):
    code = CONTENDER.format(tests=str(Path(__file__).parents[2]), folder=str(tmp_path / "data"))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert child.stdout.readline() == "leads\n"
        successor = start_service()
        assert not successor.is_leader
        child.send_signal(signal.Signals[signal_name])
        killed_at = time.monotonic()
        wait_for(lambda: successor.is_leader, "the successor leads")
        assert time.monotonic() - killed_at < 3
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_status_of_an_earlier_term_is_not_reported_for_a_holder_that_publishes_none(start_service, tmp_path):
    """An older release holds the same lease and publishes elsewhere; it would appear unable to write."""
    older = FileCoordination(tmp_path / "data", "older")
    publish(Status(collector="newer (pid 1)", markets={EUR: MarketStatus(10_000, "unreachable")}), older)
    older.try_acquire(JOB)
    status = start_service().status()
    assert status.collector == older.holder(JOB)
    assert (status.silent_for, status.markets[EUR].state) == (None, "waiting")
    older.release(JOB)
