"""CollectorService: what ends a term, and what is reported and kept afterwards."""

import asyncio
import logging
import threading
import time

from tests.support.collector_services import PATIENCE, IdleCollector, wait_for
from tests.support.fakes import EUR
from tests.support.memory_store import MemoryStore
from tracker.collector.service import JOB
from tracker.collector.status import publish, published
from tracker.collector.writer import SlotWriter
from tracker.coordination.file import FileCoordination
from tracker.core.coordination_contract import LARGEST_DOCUMENT
from tracker.core.errors import LeaseError
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status, Stop
from tracker.core.ticks import Ticks


def test_a_lease_file_removed_by_hand_ends_the_term(start_service, tmp_path):
    service = start_service()
    wait_for(lambda: service.is_leader, "the service leads")
    terms = []
    collector = service._collector
    service._collector = lambda board, may_write: terms.append(1) or collector(board, may_write)
    for path in (tmp_path / "data").glob(".lease-*"):
        path.unlink()
    wait_for(lambda: terms and service.is_leader, "a new term with a new lock begins")


def test_a_bug_in_the_collector_is_reported_and_logged_and_the_lease_is_released(start_service, tmp_path, caplog):
    class BrokenCollector(IdleCollector):
        async def run(self):
            raise KeyError("oops")

    with caplog.at_level(logging.ERROR):
        service = start_service(BrokenCollector)
        wait_for(lambda: service._board.status().notes, "the bug is noted")
    assert "oops" in caplog.text
    [note] = service._board.status().notes
    assert (note.kind, note.words) == ("collector_failed", "KeyError: 'oops'")
    assert abs(note.time - time.time() * 1000) < PATIENCE * 1000
    other = FileCoordination(tmp_path / "data", "other")
    wait_for(lambda: other.try_acquire(JOB), "another process can acquire the lease")
    other.release(JOB)


def test_the_failure_of_a_task_is_reported_in_its_own_words_and_in_one_short_line(start_service):
    class BrokenTask(IdleCollector):
        async def run(self):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.fail())

        async def fail(self):
            raise KeyError("oops\n" * 1000)

    service = start_service(BrokenTask)
    wait_for(lambda: service._board.status().notes, "the bug is noted")
    [note] = service._board.status().notes
    assert note.words.startswith("KeyError: 'oops")
    assert len(note.words) <= 200


def test_a_task_that_ends_the_term_without_a_bug_is_logged_in_its_own_words(start_service, caplog):
    class LosingTask(IdleCollector):
        async def run(self):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.lose())

        async def lose(self):
            raise LeaseError("the lease is gone")

    with caplog.at_level(logging.WARNING):
        start_service(LosingTask)
        wait_for(lambda: "no longer collects" in caplog.text, "the end of the term is logged")
    assert "this process no longer collects: the lease is gone" in caplog.text


def test_a_status_that_is_too_large_to_publish_is_logged_once_and_does_not_end_the_term(
    start_service, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr("tracker.collector.service.PUBLISH_EVERY", 0.01)
    tries, terms = [], []

    class LargeStatus(IdleCollector):
        async def run(self):
            terms.append(1)
            self.board.update(store_problem="x" * LARGEST_DOCUMENT)
            await super().run()

    with caplog.at_level(logging.ERROR):
        service = start_service(LargeStatus)
        wait_for(lambda: "status not published" in caplog.text, "it is logged")
        monkeypatch.setattr("tracker.collector.service.publish", lambda *args: tries.append(1) or publish(*args))
        service._board.update(mode="simulated")
        wait_for(lambda: tries, "it is tried again")
        service._board.update(store_problem="")
        wait_for(lambda: published(FileCoordination(tmp_path / "data")), "a smaller one is published")
    assert caplog.text.count("status not published") == len(terms) == 1
    assert service.is_leader


def test_the_reason_for_the_end_of_a_term_is_still_reported_in_the_next_one(start_service, monkeypatch):
    class BrokenCollector(IdleCollector):
        async def run(self):
            terms.append(1)
            if len(terms) == 1:
                raise KeyError("oops")
            await super().run()

    terms = []
    monkeypatch.setattr("tracker.collector.service.FAILURE_PAUSE", 0.01)
    service = start_service(BrokenCollector)
    wait_for(lambda: service._board.status().markets[EUR].state == "live", "the next term works")
    assert "oops" in service._board.status().notes[0].words


def test_a_lease_lost_during_a_write_is_not_logged_as_a_bug(start_service, caplog):
    class LeaseLosingCollector(IdleCollector):
        async def run(self):
            terms.append(1)
            raise LeaseError("gone")

    terms = []
    with caplog.at_level(logging.ERROR):
        start_service(LeaseLosingCollector)
        wait_for(lambda: len(terms) >= 2, "the service campaigns again")
    assert caplog.text == ""


def test_a_folder_that_cannot_hold_a_lock_is_a_store_problem_until_it_can(start_service, tmp_path):
    (tmp_path / "data").write_text("a file, no folder")
    service = start_service()
    wait_for(lambda: service.status().store_problem, "the status has the reason")
    (tmp_path / "data").unlink()
    wait_for(lambda: service.is_leader, "the service leads")
    assert service.status().store_problem == ""


def test_the_lease_is_not_released_during_a_write(start_service, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tracker.collector.service.STOP_TIMEOUT", 0.1)
    is_started, may_continue = threading.Event(), threading.Event()

    class SlowStore(MemoryStore):
        def append(self, batch):
            is_started.set()
            may_continue.wait(PATIENCE)
            super().append(batch)

    class WritingCollector(IdleCollector):
        async def run(self):
            await SlotWriter(store, self.board, self.may_write).write_polled({EUR: Ticks.of([10_000], [1.0], 10_000)})

    store, other = SlowStore(), FileCoordination(tmp_path / "data", "other")
    service = start_service(WritingCollector)
    try:
        assert is_started.wait(PATIENCE)
        service.stop()
        assert "has not ended" in caplog.text
        assert not other.try_acquire(JOB)
        assert store.rows == []
        may_continue.set()
        wait_for(lambda: other.try_acquire(JOB), "the lease is released after the write")
        assert len(store.rows) == 1
    finally:
        may_continue.set()
        other.release(JOB)


def test_a_term_begins_by_taking_over_the_files_of_older_releases(start_service, tmp_path):
    holders, outages = [], tmp_path / "outages.csv"
    last_published_at = round(time.time() * 1000) - 3_600_000

    def take_over():
        holders.append(FileCoordination(tmp_path / "data").holder(JOB))
        return last_published_at

    class LiveCollector(IdleCollector):
        async def run(self):
            self.board.mark_live([EUR], round(time.time() * 1000))
            await asyncio.Event().wait()

    start_service(LiveCollector, "new", take_over=take_over)
    wait_for(lambda: outages.exists() and outages.read_text(), "the hour without a collector is logged")
    assert outages.read_text().startswith(f"{last_published_at / 1000},")
    assert holders[0].startswith("new (pid ")


def test_files_of_older_releases_are_taken_over_while_the_term_lasts(start_service, monkeypatch):
    monkeypatch.setattr("tracker.collector.service.PUBLISH_EVERY", 0.05)
    calls = []
    service = start_service(take_over=lambda: calls.append(None))
    wait_for(lambda: len(calls) > 3, "they are looked for again")
    assert service.is_leader


def test_the_next_collector_keeps_since_when_a_market_is_not_traded(start_service, tmp_path):
    stop = Stop(500, "BREAK")
    markets = {EUR: MarketStatus(10_000, stop=stop), Market("fake", "BTC", "ZZZ"): MarketStatus(10_000, stop=stop)}
    publish(Status("an earlier process", markets=markets), FileCoordination(tmp_path / "data"))
    service = start_service()
    wait_for(lambda: service.is_leader and service.status().markets[EUR].state == "live", "the service collects")
    assert {market: status.stop for market, status in service.status().markets.items()} == {EUR: stop}
