"""App: what viewers may request of the collector, and the simulated day."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.page_server import now
from tests.support.running_app import EUR, app_settings, run_app, until
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.factory import make_coordination
from tracker.collector.poll_request import REQUEST
from tracker.core.errors import LeaseError
from tracker.core.ticks import Origin
from tracker.dashboard.app import App
from tracker.dashboard.services import PageServices
from tracker.dashboard.simulated_day import START
from tracker.exchanges import kraken
from tracker.runtime.viewer_requests import OWN_PAGE, viewers_may_request

DAY = 86_400_000


def test_a_fetch_is_a_request_that_the_collector_fulfils_and_the_page_then_has_the_prices(
    tmp_path, monkeypatch, exchange_url
):
    monkeypatch.setattr(kraken, "LIMITS", ((20, 1.0),))  # its own allow one a second
    monkeypatch.setattr("tracker.collector.backfill.backfill.MIN_PAUSE", 0.5)

    async def check(app):
        await until(lambda: app.state.data.requests and app.state.page.newest(EUR), "the page collects")
        since = now() - 3 * DAY
        app.state.span = 3 * 86_400
        app.state.actions.fetch(since)
        await until(lambda: app.state.data.requests.done, "it is fulfilled")
        done = app.state.data.requests.done
        assert done[0] == since <= done[1] <= now()
        await until(lambda: app.state.page.window(EUR).first_time < since + 3_600_000, "prices of three days show")
        assert app.state.data.requests.since is None

    run_app(check, tmp_path, exchange_url)


def test_a_poll_is_a_request_to_whichever_process_collects(tmp_path, unused_url):
    async def check(app):
        coordination = make_coordination(app_settings(tmp_path, unused_url), "test")
        for stand_ins in (False, True):
            app.state.actions.poll(stand_ins)
            wanted = b'"stand_ins": true' if stand_ins else b'"stand_ins": false'
            await until(lambda wanted=wanted: wanted in (coordination.read(REQUEST) or b""), "it is requested")
        assert app.state.failed_action is None

    run_app(check, tmp_path, unused_url)


def test_a_request_that_cannot_be_made_is_reported_on_the_page(tmp_path, monkeypatch, unused_url):
    def fail(request, since):
        raise LeaseError(f"{tmp_path}/data is read-only")

    async def check(app):
        monkeypatch.setattr(BackfillRequest, "submit", fail)
        app.state.actions.fetch(0)
        await until(lambda: app.state.failed_action, "it is reported")
        assert app.state.failed_action == ("fetch", "data/ is read-only")

    run_app(check, tmp_path, unused_url)


def run_denied(check, folder, url, **changes):
    async def run():
        app = App.start(app_settings(folder, url).model_copy(update=changes))
        try:
            await check(app)
        finally:
            app.stop()

    asyncio.run(run())


@pytest.mark.parametrize("changes", [{"viewer_requests": False}, {"viewer_requests": None}])
def test_viewers_of_a_public_page_can_request_nothing(tmp_path, monkeypatch, exchange_url, changes):
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    monkeypatch.setattr("tracker.dashboard.app.join_server_log", lambda: None)  # that would stay for later tests
    monkeypatch.setenv(OWN_PAGE, "no")

    async def check(app):
        await until(lambda: app.state.page.newest(EUR), "the page collects")
        assert (app.state.data.requests, app.state.actions.fetch, app.state.actions.poll) == (None, None, None)

    run_denied(check, tmp_path, exchange_url, **changes)


def test_the_settings_decide_else_whether_the_page_is_its_viewers_own(tmp_path, monkeypatch, unused_url):
    settings = app_settings(tmp_path, unused_url)
    allowed, denied = (settings.model_copy(update={"viewer_requests": value}) for value in (True, False))
    monkeypatch.delenv("VOILA_PREHEAT", raising=False)
    assert viewers_may_request(settings), "JupyterLab"
    assert not viewers_may_request(denied)
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.delenv(OWN_PAGE, raising=False)
    assert not viewers_may_request(settings), "a Voila without the settings of voila.json"
    for own, may in (("yes", True), ("no", False)):
        monkeypatch.setenv(OWN_PAGE, own)
        assert viewers_may_request(settings) == may
        assert viewers_may_request(allowed)
        assert not viewers_may_request(denied)


def test_a_simulated_market_and_a_replay_offer_no_requests(tmp_path, unused_url):
    async def check(app):
        await until(lambda: app.state.data.requests, "the page is live")
        app.state.actions.replay_simulated_day()
        await until(lambda: app.state.replay is not None, "the day plays")
        await until(lambda: app.state.data.requests is None, "a replay requests nothing")
        assert (app.state.actions.fetch, app.state.actions.poll) == (None, None)
        await app.simulate()
        await until(lambda: app.state.data.status.mode == "simulated", "the market is simulated")
        assert app.state.data.store_label == "simulated/"
        assert (app.state.data.requests, app.state.actions.fetch, app.state.actions.poll) == (None, None, None)

    run_app(check, tmp_path, unused_url)


def test_a_simulated_day_is_replayed_beside_the_live_page_and_its_prices_are_removed(tmp_path, unused_url):
    async def check(app):
        app.state.actions.replay_simulated_day()
        await until(lambda: app.state.replay is not None, "the day plays")
        assert app.state.data.status.mode == "simulated"
        assert START + DAY <= app.state.data.now < START + 2 * DAY
        window = app.state.page.window(EUR)
        assert set(window.ticks.origin.tolist()) == {Origin.SIMULATED}
        assert window.gaps == [], "the day before is there too"
        assert app.state.data.store_label == "simulated/"
        folders.append(app._services._simulated_day._temporary.name)
        app.state.actions.end_replay()
        await until(lambda: app.state.actions.replay_simulated_day and app.state.replay is None, "it is live again")
        assert app.state.page.newest(EUR) is None
        assert app._services.collector.is_leader

    folders = []
    run_app(check, tmp_path, unused_url)
    assert not Path(folders[0]).exists()
    assert not list(tmp_path.glob("data/kraken/*/*.csv"))


def test_the_address_of_a_simulated_day_plays_it_again(tmp_path, unused_url):
    async def check(app):
        app.state.follow("replay=2025-01-02T09:00:00Z,600x,paused,simulated")
        await until(lambda: app.state.replay is not None, "the day plays")
        replay = app.state.page.choices.replay
        assert replay.now // 1000 == (START + DAY) // 1000 + 9 * 3_600
        assert replay[1:] == (600.0, False, True)
        assert app.state.address_problem == ""

    run_app(check, tmp_path, unused_url)


def test_a_page_that_has_stopped_makes_no_simulated_day(tmp_path, unused_url):
    services = PageServices(app_settings(tmp_path, unused_url))
    services.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        services.simulated_day()


def test_not_more_can_be_requested_than_is_kept(tmp_path, unused_url):
    settings = app_settings(tmp_path, unused_url)
    market = settings.markets[0].model_copy(update={"sources": ("kraken", "coinbase")})
    settings = settings.model_copy(update={"retention": 2 * DAY, "markets": (market,)})
    services = PageServices(settings)
    try:
        requests = services.viewer_requests()
        assert requests == replace(requests, span=DAY, retention=2 * DAY, stand_ins={EUR: ("coinbase",)}, since=None)
    finally:
        services.stop()
