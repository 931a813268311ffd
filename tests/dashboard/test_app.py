"""App: the parts behind a page, in one process and without a browser."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.support.page_server import free_port, now
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.app import App
from tracker.runtime.settings import ExchangeSettings, MarketSettings, Settings, read_settings
from tracker.sandbox import Sandbox, Simulated
from tracker.stores.csv import CsvStore, open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
HOUR = 3_600_000


@pytest.fixture
def exchange():
    with Sandbox(Simulated(7), now) as sandbox:
        yield sandbox


def settings(folder, url) -> Settings:
    return read_settings(
        folder,
        store=f"csv:{folder / 'data'}",
        markets=(MarketSettings(name=EUR, every="2s"), MarketSettings(name=USD, every="2s")),
        exchanges={"kraken": ExchangeSettings(url=f"{url}/kraken")},
    )


async def until(condition, what, patience=30.0):
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - threads and processes do the work, and set no event here
            await asyncio.sleep(0.02)


def on_page(work, folder, url):
    """Run *work* with a started app, and stop it whatever happens."""

    async def story():
        app = App.start(settings(folder, url))
        try:
            await work(app)
        finally:
            app.stop()

    asyncio.run(story())


def test_stored_rows_are_there_before_anything_is_collected(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    end = now() // 10_000 * 10_000
    store.append({EUR: Ticks.of(range(end - HOUR, end, 10_000), [100.0] * 360, 10_000)})
    store.close()

    async def work(app):
        assert app.state.page.window(EUR).count == pytest.approx(360, abs=1)
        assert app.state.data.has_stored_prices
        assert app.state.chosen == app.state.data.markets == (EUR, USD)
        assert app.state.span == 86_400

    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")


def test_a_page_that_opens_reads_its_span_only(tmp_path, monkeypatch):
    read, lengths = CsvStore.read, []

    def recorded(store, market, start, end):
        lengths.append(end - start)
        return read(store, market, start, end)

    monkeypatch.setattr(CsvStore, "read", recorded)

    async def work(app):
        assert set(lengths) == {24 * HOUR}

    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")


def test_new_rows_reach_the_state_and_it_says_who_collects_and_that_they_are_invented(tmp_path, exchange):
    async def work(app):
        await until(lambda: app.state.data.revision > 3 and app.state.page.newest(USD), "rows come")
        assert app.state.data.status.mode == "simulated"
        assert app.state.data.status.collector.startswith("dashboard (pid ")
        before = app.state.data.now
        await until(lambda: app.state.data.now > before, "the clock moves")
        assert app.state.data.problem == ""

    on_page(work, tmp_path, exchange.url)


def test_the_check_passes_on_a_page_that_works_and_says_what_is_wrong_with_one_that_does_not(
    tmp_path, exchange, monkeypatch
):
    async def quiet(app):
        await app.check()

    nobody = f"http://127.0.0.1:{free_port()}"
    on_page(quiet, tmp_path, nobody)
    monkeypatch.setenv("TRACKER_CHECK", "1")
    on_page(quiet, tmp_path / "well", exchange.url)
    monkeypatch.setenv("TRACKER_CHECK_SECONDS", "0.5")
    with pytest.raises(AssertionError, match=r"no new price within 0\.5 s"):
        on_page(quiet, tmp_path / "ill", nobody)


def test_a_second_start_in_a_kernel_ends_the_first(tmp_path, exchange):
    async def work(app):
        await until(lambda: app._runner.is_leader, "the first collects")
        second = App.start(settings(tmp_path, exchange.url))
        try:
            assert not app._runner.is_leader
            await asyncio.sleep(0)
            assert app._task.cancelled() or app._task.cancelling()
            await until(lambda: second._runner.is_leader, "the second collects")
        finally:
            second.stop()

    on_page(work, tmp_path, exchange.url)


def test_one_click_goes_over_to_a_simulated_market_and_leaves_the_data_alone(tmp_path):
    async def work(app):
        await until(lambda: app.state.data.status.markets[EUR].state == "unreachable", "nobody answers")
        app.state.actions.simulate()
        assert app.state.actions.simulate is None
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")
        await until(lambda: app.state.page.window(EUR).count > 700, "a day is backfilled")
        assert set(app.state.page.window(EUR).ticks.origin.tolist()) == {Origin.SIMULATED}
        seen.append(app._demo.folder)

    seen = []
    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")
    assert not Path(seen[0]).exists()
    assert not list(tmp_path.glob("data/kraken/*/*.csv"))


def test_a_replay_begins_and_ends_with_the_viewer_s_choices(tmp_path, exchange):
    async def work(app):
        await until(lambda: app.state.data.has_stored_prices and app.state.page.newest(EUR), "rows come")
        app.state.span, app.state.chosen = 3_600, ()
        app.state.actions.start_replay()
        await until(lambda: app.state.replay is not None, "it plays")
        assert (app.state.span, app.state.chosen) == (3_600, ())
        app.state.actions.end_replay()
        await until(lambda: app.state.replay is None and app.state.actions.start_replay, "it is live again")
        assert (app.state.span, app.state.chosen) == (3_600, ())

    on_page(work, tmp_path, exchange.url)


def test_a_replay_begins_off_the_loop_and_a_page_that_stops_meanwhile_drops_it(tmp_path, monkeypatch):
    open_store("data", base=tmp_path, known=()).append({EUR: Ticks.of([now() - HOUR], [1.0], 10_000)})
    asked, answer, loop_thread, real = threading.Event(), threading.Event(), threading.get_ident(), CsvStore.extent
    calls = []

    def extent(store, *span, **ends):
        calls.append(threading.get_ident())
        asked.set()
        assert answer.wait(30)
        return real(store, *span, **ends)

    monkeypatch.setattr(CsvStore, "extent", extent)

    async def work(app):
        app.state.actions.start_replay(now() - 2 * HOUR, 10.0, False)
        await until(asked.is_set, "the store is asked")
        assert app.state.replay is app.state.actions.start_replay is None  # the loop goes on, and it begins once
        answer.set()
        await until(lambda: app.state.replay is not None, "it plays")
        assert (app.state.replay.speed, app.state.playing) == (10.0, False)
        assert app.state.page.window(EUR).count == 1  # its rows are there with it
        app.state.actions.end_replay()
        await until(lambda: app.state.actions.start_replay is not None, "it is live again")
        asked.clear()
        answer.clear()
        app.state.actions.start_replay()
        await until(asked.is_set, "the store is asked again")
        [change] = app._changes
        app.stop()
        await asyncio.wait([change])
        answer.set()
        assert change.cancelled()
        assert app.state.replay is None

    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")
    assert loop_thread not in calls


def test_a_replay_of_nothing_is_refused_on_the_page_and_offered_again(tmp_path):
    async def work(app):
        app.state.actions.start_replay()
        await until(lambda: app.state.address_problem, "it is refused")
        assert app.state.address_problem.startswith("replay: nothing to replay: no price of kraken:BTC/EUR")
        assert app.state.replay is None
        assert app.state.actions.start_replay is not None

    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")


def test_data_of_a_newer_format_are_a_problem_on_the_page_not_an_error_in_the_cell(tmp_path, exchange):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("999\n")

    async def work(app):
        assert "999" in app.state.data.problem
        await until(lambda: app.state.data.now > 0, "the page goes on")

    on_page(work, tmp_path, exchange.url)


def test_a_longer_span_brings_what_is_older(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([now() - 48 * HOUR, now() - HOUR], [1.0, 2.0], 10_000)})
    store.close()

    async def work(app):
        assert app.state.page.window(EUR).count == 1
        app.state.span = 7 * 86_400
        await until(lambda: app.state.page.window(EUR).count == 2, "the older row is read")

    on_page(work, tmp_path, f"http://127.0.0.1:{free_port()}")


def test_a_bug_in_the_background_is_shown(tmp_path, exchange, caplog):
    async def work(app):
        def broken():
            raise KeyError("oops")

        app._reader.refresh = broken
        await until(lambda: app.state.data.failure, "it is shown")
        assert app.state.data.failure == "KeyError: 'oops'"

    on_page(work, tmp_path, exchange.url)
    assert "background work ended" in caplog.text
