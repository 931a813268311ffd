"""App: what may block runs in threads, and a switch under way ends with the page."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.support.page_server import now
from tests.support.running_app import EUR, app_settings, run_app, until
from tracker.collector.service import CollectorService
from tracker.coordination.file import FileCoordination
from tracker.core.ticks import Ticks
from tracker.dashboard import app as app_module
from tracker.dashboard import services
from tracker.dashboard.services import PageServices
from tracker.dashboard.snapshot_writer import SnapshotWriter
from tracker.sandbox.demo import Demo
from tracker.stores.csv import CsvStore, open_store
from tracker.stores.csv.kept_bars import KeptBars

HOUR = 3_600_000
BLOCKING = [
    *((FileCoordination, name) for name in ("holder", "read", "release")),
    *((CsvStore, name) for name in ("read", "extent", "poll", "markets")),
    *((CollectorService, name) for name in ("start", "stop")),
    *((SnapshotWriter, "stop"), (Demo, "__init__")),
]


@pytest.fixture
def calls(monkeypatch):
    """The calls of BLOCKING so far: (name, id of the calling thread)."""
    calls = []

    def record(kind, name):
        function = getattr(kind, name)

        def recorded(*args, **options):
            calls.append((f"{kind.__name__}.{name}", threading.get_ident()))
            return function(*args, **options)

        monkeypatch.setattr(kind, name, recorded)

    for kind, name in BLOCKING:
        record(kind, name)
    return calls


def on_this_thread(calls):
    return [name for name, thread in calls if thread == threading.get_ident()]


class Gate:
    """A function that waits until it may return, and then calls *function*."""

    def __init__(self, function):
        self.function = function
        self.is_reached, self.may_pass = threading.Event(), threading.Event()

    def __call__(self, *args, **options):
        self.is_reached.set()
        assert self.may_pass.wait(30)
        return self.function(*args, **options)


def store_two_prices(folder):
    open_store("data", base=folder, known=()).append(
        {EUR: Ticks.of([now() - 20 * HOUR, now() - HOUR], [1.0, 2.0], 10_000)}
    )


@pytest.fixture
def another_collects(monkeypatch):
    """Each lease is held by another process, so that the status is what that process published."""
    monkeypatch.setattr(FileCoordination, "try_acquire", lambda coordination, name: False)


def test_a_replay_begins_and_ends_without_a_blocking_call_on_the_event_loop(
    tmp_path, unused_url, calls, another_collects
):
    store_two_prices(tmp_path)

    async def check(app):
        calls.clear()
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        app.state.actions.end_replay()
        await until(lambda: app.state.actions.start_replay is not None, "it is live again")
        assert "FileCoordination.holder" in dict(calls)
        assert on_this_thread(calls) == []

    run_app(check, tmp_path, unused_url)


def test_a_simulation_starts_without_a_blocking_call_on_the_event_loop(tmp_path, unused_url, calls):
    async def check(app):
        calls.clear()
        app.state.actions.simulate()
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")
        assert {"CollectorService.start", "Demo.__init__", "CsvStore.markets"} <= set(dict(calls))
        assert on_this_thread(calls) == []

    run_app(check, tmp_path, unused_url)


def test_a_page_refreshes_while_the_coordination_hangs_on_the_way_back_to_live_prices(
    tmp_path, monkeypatch, unused_url, another_collects
):
    store_two_prices(tmp_path)

    async def check(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        holder = Gate(FileCoordination.holder)
        monkeypatch.setattr(FileCoordination, "holder", lambda *args: holder(*args))
        app.state.actions.end_replay()
        await until(holder.is_reached.is_set, "the coordination is asked")
        before = app.state.data.now
        await until(lambda: app.state.data.now > before, "the replay moves on")
        assert app.state.replay is not None
        holder.may_pass.set()
        await until(lambda: app.state.replay is None and app.state.actions.start_replay, "it is live again")

    run_app(check, tmp_path, unused_url)


def test_a_return_to_live_prices_is_dropped_if_the_page_stops_meanwhile(
    tmp_path, monkeypatch, unused_url, another_collects
):
    store_two_prices(tmp_path)

    async def check(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        holder = Gate(FileCoordination.holder)
        monkeypatch.setattr(FileCoordination, "holder", lambda *args: holder(*args))
        app.state.actions.end_replay()
        await until(holder.is_reached.is_set, "the coordination is asked")
        [switch] = app._background._tasks - {app._refreshing}
        app._background.cancel()
        await asyncio.wait([switch])
        holder.may_pass.set()
        assert switch.cancelled()
        assert app.state.replay is not None

    run_app(check, tmp_path, unused_url)


def test_a_simulated_market_that_opens_while_the_page_stops_is_deleted(tmp_path, monkeypatch, unused_url):
    demos = []

    def make_demo(clock, markets):
        demos.append(Demo(clock, markets))
        return demos[0]

    opening = Gate(make_demo)
    monkeypatch.setattr(services, "Demo", opening)

    async def check(app):
        before = app._services
        app.state.actions.simulate()
        await until(opening.is_reached.is_set, "the market opens")
        [switch] = app._background._tasks - {app._refreshing}
        app._background.cancel()
        await asyncio.wait([switch])
        assert switch.cancelled()
        opening.may_pass.set()
        app.stop()
        assert app._services is before

    run_app(check, tmp_path, unused_url)
    assert not Path(demos[0].folder).exists()


def test_a_simulation_that_goes_on_after_the_page_stopped_collects_nothing(tmp_path, monkeypatch, unused_url, calls):
    loading = Gate(app_module.load)

    async def check(app):
        monkeypatch.setattr(app_module, "load", loading)
        switch = asyncio.create_task(app.simulate())
        await until(loading.is_reached.is_set, "the market is open")
        app.stop()
        calls.clear()
        loading.may_pass.set()
        await switch
        assert "CollectorService.start" not in dict(calls)

    run_app(check, tmp_path, unused_url)


def test_stopped_services_start_neither_a_collector_nor_a_simulated_market(tmp_path, unused_url, calls):
    stopped = PageServices(app_settings(tmp_path, unused_url))
    stopped.stop()
    calls.clear()
    stopped.start()
    with pytest.raises(RuntimeError, match="the page has stopped"):
        stopped.simulated()
    assert calls == []


def test_the_page_goes_on_while_a_year_is_read_and_while_what_it_shows_is_read_again(
    tmp_path, unused_url, another_collects, monkeypatch
):
    store_two_prices(tmp_path)
    gate, again = Gate(KeptBars.stamped_bars), Gate(KeptBars.stamps)
    monkeypatch.setattr(KeptBars, "stamped_bars", lambda *args: gate(*args))

    async def check(app):
        async def assert_goes_on(gate):
            await until(gate.is_reached.is_set, "bars are read")
            before = app.state.data.now
            await until(lambda: app.state.data.now > before + 2000, "the clock of the page runs on")

        shown, app.state.watched = app.state.span, True
        app.state.look(span=365 * 86_400)
        await assert_goes_on(gate)
        assert (app.state.span, app.state.is_reading) == (shown, True), "nothing else is shown before it is read"
        gate.may_pass.set()
        await until(lambda: app.state.span == 365 * 86_400, "the year is shown")
        assert not app.state.is_reading
        monkeypatch.setattr(KeptBars, "stamps", lambda *args: again(*args))
        monkeypatch.setattr("tracker.history.cached_range.RENEW_AFTER", 0.0)
        await assert_goes_on(again)
        again.may_pass.set()

    run_app(check, tmp_path, unused_url)
