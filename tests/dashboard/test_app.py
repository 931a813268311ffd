"""App: starting and stopping a page, and switching to a replay or a simulated market."""

import asyncio
import threading
from pathlib import Path

from tests.support.config import write_config
from tests.support.page_server import now
from tests.support.running_app import EUR, USD, app_settings, run_app, until
from tracker.core.errors import StoreError
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.app import App
from tracker.dashboard.services import PageServices
from tracker.runtime.settings import ExchangeSettings, read_settings
from tracker.runtime.viewer_edits import EDIT
from tracker.sandbox.demo import Demo
from tracker.stores.csv import CsvStore, open_store

HOUR = 3_600_000


def test_a_second_start_in_a_kernel_stops_the_first_app(tmp_path, exchange_url):
    async def check(app):
        await until(lambda: app._services.collector.is_leader, "the first collects")
        second = App.start(app_settings(tmp_path, exchange_url))
        try:
            assert not app._services.collector.is_leader
            await asyncio.sleep(0)
            assert app._refreshing.cancelled() or app._refreshing.cancelling()
            await until(lambda: second._services.collector.is_leader, "the second collects")
        finally:
            second.stop()

    run_app(check, tmp_path, exchange_url)


def test_a_page_takes_over_a_changed_file_until_it_stops(tmp_path, exchange_url):
    def write(*quotes, more=""):
        write_config(tmp_path, f"markets = {[f'kraken:BTC/{quote}' for quote in quotes]}\n{more}")

    async def run():
        app = App.start(read_settings(tmp_path, exchanges={"kraken": ExchangeSettings(url=f"{exchange_url}/kraken")}))
        state, collector = app.state, app._services.collector
        try:
            await until(lambda: list(collector.status().markets) == [EUR], "it collects")
            write("EUR", "USD", more="coverage_floor = 0.5\n")
            await until(lambda: list(collector.status().markets) == [EUR, USD], "it collects the new market")
            await until(lambda: state.data.markets == (EUR, USD), "it shows the new market")
            assert state.chosen == (EUR, USD)
            assert state.data.floor == 0.5
            await until(lambda: state.page.window(USD).count, "it has prices of the new market")
            state.chosen = (USD,)
            write("USD", "CHF", "EUR")
            await until(lambda: len(state.data.markets) == 3, "it shows a third one")
            assert state.chosen == (USD,)
            write("EUR", "CHF", more="coverage_floor = 0.4\n")
            await until(lambda: len(state.data.markets) == 2, "it shows no dollars any more")
            assert state.chosen == state.data.markets
            write("EUR", "CHF", more="coverage_floor = 0.3\n")
            await until(lambda: state.data.floor == 0.3, "it shows another floor")
        finally:
            app.stop()

    before = {thread.name for thread in threading.enumerate()}
    write("EUR")
    asyncio.run(run())
    assert not {"tracker-settings", "tracker-file-watch"} & ({thread.name for thread in threading.enumerate()} - before)


def test_only_a_page_that_voila_serves_has_its_kernels_log_in_the_servers(tmp_path, unused_url, monkeypatch):
    """In JupyterLab the log is the analyst's own."""
    installed = []
    monkeypatch.setattr("tracker.dashboard.app.join_server_log", lambda: installed.append(True))

    async def check(app):
        pass

    run_app(check, tmp_path, unused_url)
    assert not installed
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    run_app(check, tmp_path, unused_url)
    assert installed


def test_one_click_switches_to_a_simulated_market_and_leaves_stored_prices_alone(tmp_path, unused_url, monkeypatch):
    monkeypatch.setenv(EDIT, "yes")

    async def check(app):
        await until(lambda: app.state.data.status.markets[EUR].state == "unreachable", "nobody answers")
        assert app.state.actions.alerts is not None
        app.state.actions.simulate()
        assert app.state.actions.simulate is None
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")
        await until(lambda: app.state.page.window(EUR).count > 700, "a day is backfilled")
        assert app.state.actions.alerts is None, "rules of the real market are not edited from it"
        assert set(app.state.page.window(EUR).ticks.origin.tolist()) == {Origin.SIMULATED}
        folders.append(app._services._demo.folder)

    folders = []
    run_app(check, tmp_path, unused_url)
    assert not Path(folders[0]).exists()
    assert not list(tmp_path.glob("data/kraken/*/*.csv"))


def test_a_replay_starts_and_ends_with_the_choices_of_the_viewer(tmp_path, exchange_url):
    async def check(app):
        await until(lambda: app.state.data.has_stored_prices and app.state.page.newest(EUR), "rows come")
        app.state.span, app.state.chosen = 3_600, ()
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        assert (app.state.span, app.state.chosen) == (3_600, ())
        app.state.actions.end_replay()
        await until(lambda: app.state.replay is None and app.state.actions.start_replay, "it is live again")
        assert (app.state.span, app.state.chosen) == (3_600, ())

    run_app(check, tmp_path, exchange_url)


def test_a_simulation_that_starts_during_a_replay_ends_the_replay(tmp_path, unused_url):
    open_store("data", base=tmp_path, known=()).append({EUR: Ticks.of([now() - HOUR], [1.0], 10_000)})

    async def check(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        await app.simulate()
        assert (app.state.replay, app.state.playing) == (None, False)
        assert app.state.actions.end_replay is None
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")

    run_app(check, tmp_path, unused_url)


def test_a_replay_is_opened_off_the_event_loop_and_dropped_if_the_page_stops(tmp_path, monkeypatch, unused_url):
    open_store("data", base=tmp_path, known=()).append({EUR: Ticks.of([now() - HOUR], [1.0], 10_000)})
    is_asked, may_answer, real = threading.Event(), threading.Event(), CsvStore.extent
    loop_thread, calling_threads = threading.get_ident(), []

    def extent(store, *span, **ends):
        calling_threads.append(threading.get_ident())
        is_asked.set()
        assert may_answer.wait(30)
        return real(store, *span, **ends)

    async def check(app):
        monkeypatch.setattr(CsvStore, "extent", extent)
        app.state.actions.start_replay(now() - 2 * HOUR, 10.0, False)
        await until(is_asked.is_set, "the store is asked")
        assert (
            app.state.replay is app.state.actions.start_replay is None
        )  # the loop runs on, and the replay cannot be started twice
        app.state.follow("replay=2022-11-09T12:00:00Z")  # as a browser does that was not answered yet
        assert app.state.address_problem == ""
        may_answer.set()
        await until(lambda: app.state.replay is not None, "it plays")
        assert (app.state.replay.speed, app.state.playing) == (10.0, False)
        assert app.state.page.window(EUR).count == 1
        app.state.actions.end_replay()
        await until(lambda: app.state.actions.start_replay is not None, "it is live again")
        is_asked.clear()
        may_answer.clear()
        app.state.actions.start_replay()
        await until(is_asked.is_set, "the store is asked again")
        [change] = app._background._tasks - {app._refreshing}
        app.stop()
        await asyncio.wait([change])
        may_answer.set()
        assert change.cancelled()
        assert app.state.replay is None

    run_app(check, tmp_path, unused_url)
    assert loop_thread not in calling_threads


def test_a_replay_without_stored_prices_is_refused_on_the_page_and_offered_again(tmp_path, unused_url):
    async def check(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.failed_action, "it is refused")
        action, cause = app.state.failed_action
        assert action == "start_replay"
        assert cause.startswith("nothing to replay: no price of kraken:BTC/EUR")
        assert app.state.address_problem == app.state.data.failure == ""
        assert app.state.replay is None
        assert app.state.actions.start_replay is not None

    run_app(check, tmp_path, unused_url)


def test_a_replay_of_the_address_that_cannot_start_is_a_problem_of_the_address(tmp_path, unused_url):
    async def check(app):
        app.state.follow("mode=round&replay=2018-04-05T12:00:00Z&view=2018-04-05T10:00:00Z/2018-04-05T11:00:00Z")
        await until(lambda: "replay: " in app.state.address_problem, "it is refused")
        assert "mode=round: expected one of" in app.state.address_problem
        assert "; replay: nothing to replay" in app.state.address_problem
        assert (app.state.failed_action, app.state.view) == (None, None)

    run_app(check, tmp_path, unused_url)


def test_a_return_to_live_prices_that_fails_leaves_the_replay_and_can_be_repeated(tmp_path, monkeypatch, unused_url):
    open_store("data", base=tmp_path, known=()).append({EUR: Ticks.of([now() - HOUR], [1.0], 10_000)})

    def fail():
        raise StoreError(f"{tmp_path}/data cannot be read")

    async def check(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        with monkeypatch.context() as patch:
            patch.setattr(PageServices, "live_reader", lambda services: fail)
            app.state.actions.end_replay()
            await until(lambda: app.state.failed_action, "the failure is reported")
        assert app.state.failed_action == ("end_replay", "data/ cannot be read")
        assert app.state.replay is not None
        assert app.state.actions.start_replay is None
        app.state.actions.end_replay()
        await until(lambda: app.state.actions.start_replay is not None, "it is live")
        assert (app.state.replay, app.state.failed_action) == (None, None)

    run_app(check, tmp_path, unused_url)


def test_a_simulation_that_cannot_start_is_reported_and_offered_again(tmp_path, monkeypatch, caplog, unused_url):
    def fail(demo, now, markets):
        raise OSError("no port is free")

    async def check(app):
        stops = []
        with monkeypatch.context() as patch:
            patch.setattr(Demo, "__init__", fail)
            patch.setattr(app._services.collector, "stop", lambda: stops.append(1))
            app.state.actions.simulate()
            await until(lambda: app.state.failed_action, "it is reported")
        assert app.state.failed_action == ("simulate", "OSError: no port is free")
        assert app.state.data.failure == "", "the page works on"
        assert stops == [], "the collector works on"
        app.state.actions.simulate()
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")
        assert app.state.failed_action is None

    run_app(check, tmp_path, unused_url)
    assert "Traceback" in caplog.text
