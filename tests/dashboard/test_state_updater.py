"""The state of a running page: stored prices at once, new prices as they come, and problems of the store."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest

from tests.support.other_store import add_store
from tests.support.page_server import now
from tests.support.running_app import EUR, USD, app_settings, run_app, until
from tracker.core.errors import StoreError
from tracker.core.market_status import Note, Status
from tracker.core.ticks import Ticks
from tracker.dashboard import ReplayBar
from tracker.dashboard.services import PageServices
from tracker.dashboard.state_updater import StateUpdater, load
from tracker.dashboard.view_state import Actions, ViewState
from tracker.render.format import time_text
from tracker.runtime.settings import read_settings
from tracker.stores.csv import CsvStore, open_store

HOUR = 3_600_000


def test_stored_prices_are_in_the_state_before_anything_is_collected(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    end = now() // 10_000 * 10_000
    store.append({EUR: Ticks.of(range(end - HOUR, end, 10_000), [100.0] * 360, 10_000)})
    store.close()

    async def check(app):
        assert app.state.page.window(EUR).count == pytest.approx(360, abs=1)
        assert app.state.data.has_stored_prices
        assert app.state.chosen == app.state.data.markets == (EUR, USD)
        assert app.state.span == 86_400

    run_app(check, tmp_path, unused_url)


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("csv:here/data", "data/"),
        ("sq:here/data/prices.db", "data/prices.db"),
        ("far://db:5432/prices", "//db:5432/prices"),
    ],
)
def test_viewers_learn_the_place_of_the_store_but_no_absolute_path(tmp_path, monkeypatch, url, label):
    add_store(monkeypatch, "sq", lambda path: path.parent)
    add_store(monkeypatch, "far")
    services = PageServices(read_settings(tmp_path, store=url))
    state = ViewState()
    StateUpdater(state, services).connect(Actions())
    assert (state.data.store_label, state.data.store_kind) == (label, url.partition(":")[0])


def test_what_is_wrong_in_the_settings_is_noted_once_whoever_collects(tmp_path, monkeypatch, unused_url):
    services = PageServices(app_settings(tmp_path, unused_url))
    assert services.status().notes == ()
    services.settings_watch._state = replace(services.settings_watch.state, problem="rules.0.when: at 'x'")
    [note] = services.status().notes
    assert (note.kind, note.words) == ("settings_wrong", "rules.0.when: at 'x'")
    noted = Status(notes=(Note("settings_wrong", now(), words="of the collecting process"),))
    monkeypatch.setattr(services.collector, "status", lambda: noted)
    assert services.status().notes == noted.notes


def test_a_page_that_opens_reads_only_its_span(tmp_path, monkeypatch, unused_url):
    read, spans = CsvStore.read, []

    def recording_read(store, market, start, end):
        spans.append(end - start)
        return read(store, market, start, end)

    monkeypatch.setattr(CsvStore, "read", recording_read)
    # Without an App, whose collector reads as well.
    settings = app_settings(tmp_path, unused_url)
    empty = {"has_stored_prices": False, "problem": "", "first_stored": None, "extents": {}}
    assert load(PageServices(settings), settings.span) == empty
    assert set(spans) == {24 * HOUR + 60_000}


def test_new_prices_reach_the_state_with_the_collector_and_a_note_that_they_are_simulated(tmp_path, exchange_url):
    async def check(app):
        await until(lambda: app.state.data.revision > 3 and app.state.page.newest(USD), "rows come")
        assert app.state.data.status.mode == "simulated"
        assert app.state.data.status.collector.startswith("dashboard (pid ")
        before = app.state.data.now
        await until(lambda: app.state.data.now > before, "the clock moves")
        assert app.state.data.problem == ""

    run_app(check, tmp_path, exchange_url)


def test_a_longer_span_reads_older_prices(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([now() - 48 * HOUR, now() - HOUR], [1.0, 2.0], 10_000)})
    store.close()

    async def check(app):
        assert app.state.page.window(EUR).count == 1
        app.state.span = 7 * 86_400
        await until(lambda: app.state.page.window(EUR).count == 2, "the older row is read")

    run_app(check, tmp_path, unused_url)


def test_the_page_knows_since_when_there_are_prices(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    first = now() - 400 * 24 * HOUR
    store.append({USD: Ticks.of([first, now() - HOUR], [1.0, 2.0], 10_000)})
    store.close()

    async def check(app):
        await until(lambda: app.state.data.first_stored == first, "it is read")

    run_app(check, tmp_path, unused_url)


def test_a_longer_span_of_an_empty_store_finds_no_stored_prices(tmp_path, unused_url):
    async def check(app):
        revision = app.state.data.revision
        app.state.span = 7 * 86_400
        await until(lambda: app.state.data.revision > revision, "older rows are looked for")
        assert not app.state.data.has_stored_prices

    run_app(check, tmp_path, unused_url)


@pytest.mark.parametrize("kind", [StoreError, PermissionError])
def test_a_refresh_that_fails_is_shown_and_the_next_ones_show_what_it_read(tmp_path, unused_url, kind):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([now() - 48 * HOUR, now() - HOUR], [1.0, 2.0], 10_000)})
    store.close()

    async def check(app):
        failures, reader, revision = [], app._services.reader, app.state.data.revision
        outages = reader.outages

        def fail(status):
            failures.append(kind(f"Permission denied: {tmp_path}/data/.lease-collect"))
            raise failures[-1]

        reader.outages = fail
        app.state.span = 7 * 86_400
        await until(lambda: len(failures) > 2, "it is tried again")
        assert app.state.data.problem == "Permission denied: data/.lease-collect"
        before = app.state.data.now
        await until(lambda: app.state.data.now > before, "the clock of the page runs on")
        reader.outages = outages
        await until(lambda: not app.state.data.problem, "the problem has passed")
        assert app.state.data.revision > revision, "the charts are drawn with the older row"
        assert app.state.data.failure == ""

    run_app(check, tmp_path, unused_url)


def test_data_of_a_newer_format_are_a_problem_on_the_page_and_no_error_in_the_cell(tmp_path, exchange_url):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("999\n")

    async def check(app):
        assert "999" in app.state.data.problem
        await until(lambda: app.state.data.now > 0, "the page still refreshes")

    run_app(check, tmp_path, exchange_url)


def test_a_replay_that_is_moved_is_read_and_shown_at_once(tmp_path, monkeypatch, unused_url):
    store = open_store("data", base=tmp_path, known=())
    end = now() // 10_000 * 10_000
    store.append({USD: Ticks.of([end - 400 * 24 * HOUR, end - 200 * 24 * HOUR, end], [1.0, 2.0, 3.0], 10_000)})
    store.close()
    monkeypatch.setattr("tracker.dashboard.state_updater.UNWATCHED", 600.0)

    async def check(app):
        app.replay(moving=False)
        await until(lambda: app.state.replay is not None, "it is open")
        bar, start = ReplayBar(app.state), end - 200 * 24 * HOUR
        bar._seek(start)
        await until(lambda: app.state.data.now == start, "the page is at that time")
        assert app.state.data.newest[USD] == start

    run_app(check, tmp_path, unused_url)


def test_a_replay_that_is_moved_while_prices_are_read_shows_no_time_without_its_prices(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    end = now() // 10_000 * 10_000
    start = end - 200 * 24 * HOUR
    store.append({USD: Ticks.of([end - 400 * 24 * HOUR, start, end], [1.0, 2.0, 3.0], 10_000)})
    store.close()

    async def check(app):
        app.replay(moving=False)
        await until(lambda: app.state.replay is not None, "it is open")
        bar, reader, loop = ReplayBar(app.state), app._services.reader, asyncio.get_running_loop()
        outages, shown = reader.outages, []

        def moving_outages(status):
            reader.outages = outages
            loop.call_soon_threadsafe(bar._seek, start)
            return outages(status)

        app.state.observe(lambda change: shown.append((change["new"].now, change["new"].newest.get(USD))), "data")
        reader.outages = moving_outages
        await until(lambda: app.state.data.now == start, "the page is at that time")
        assert [newest for time, newest in shown if time == start] == [start]

    run_app(check, tmp_path, unused_url)


def test_a_paused_replay_that_is_moved_while_the_page_is_busy_is_drawn_when_it_no_longer_is(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    end = now() // 10_000 * 10_000
    store.append({USD: Ticks.of(range(end - HOUR, end, 10_000), [100.0] * 360, 10_000)})
    store.close()

    async def check(app):
        app.state.watched = True
        app.replay(moving=False)
        await until(lambda: app.state.replay is not None and app.state.data.now == app.state.replay.now(), "it is open")
        app.state.monotonic = count().__next__  # each redraw takes a second, and four more have none
        bar = ReplayBar(app.state)
        app.state.replay.seek(app.state.replay.start)
        app.state.update(now=app.state.replay.now())
        shown = time_text.hour_minute_second(app.state.replay.start, app.state.zone)
        assert shown not in bar.time.value
        await until(lambda: shown in bar.time.value, "the time is drawn")

    run_app(check, tmp_path, unused_url)
