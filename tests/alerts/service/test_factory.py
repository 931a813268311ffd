"""The service as pages and commands make it: real channels, and nothing is sent about prices that are not real."""

import pytest

from tests.support.alert_messages import EUR, alert_settings, rule
from tests.support.alert_services import shown
from tests.support.collector_services import wait_for
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tests.support.receivers.http import Reply, receiving
from tracker.alerts.service.factory import make_alert_service
from tracker.core.market_status import Status
from tracker.core.ticks import Origin
from tracker.dashboard.services import PageServices
from tracker.runtime.clock import WallClock
from tracker.runtime.setting_types import ExchangeSettings, MarketSettings
from tracker.runtime.settings import read_settings
from tracker.sandbox import Sandbox, Simulated
from tracker.sandbox.demo import Demo


@pytest.fixture
def receiver():
    with receiving(lambda request: Reply()) as service:
        yield service


def settings_of(folder, channel, **more):
    """Return settings with a rule that always holds, told by the webhook *channel*, and rows every second."""
    told = alert_settings(rule(when="price > 1"), channels={"ops": channel})
    markets, store = (MarketSettings(name=EUR, every="1s"),), f"csv:{folder / 'data'}"
    return read_settings(folder, rules=told.rules, channels=told.channels, markets=markets, store=store, **more)


@pytest.mark.parametrize("states_origin", [False, True])
def test_a_page_sends_by_its_channels_unless_the_exchange_is_a_sandbox(tmp_path, receiver, states_origin):
    clock = WallClock().now
    with Sandbox(Simulated(1), clock, states_origin=states_origin) as sandbox:
        exchanges = {"kraken": ExchangeSettings(url=f"{sandbox.url}/kraken")}
        channel = receiver.base.replace("http://", "json://")
        services = PageServices(settings_of(tmp_path, channel, exchanges=exchanges))
        services.start()
        try:
            wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
            if states_origin:
                wait_for(lambda: len(services.store.read(EUR, clock() - 10_000, clock())) >= 3, "rows come")
                assert set(services.store.read(EUR, clock() - 3_000, clock()).origin.tolist()) == {Origin.SIMULATED}
                assert shown(tmp_path).states[0].phase.value == "armed"
                assert receiver.received == []
            else:
                wait_for(lambda: receiver.received, "it is sent")
                message = receiver.received[0].json
                assert message["title"].startswith("high: one bitcoin costs ")
                assert message["attachments"][0]["mimetype"] == "image/png"
        finally:
            services.stop()


@pytest.mark.parametrize("more", [{"playback": True}, {"clock": "2018-04-05T09:00:00Z@1763929200x60"}])
def test_a_replay_watches_no_rules(tmp_path, more):
    settings = settings_of(tmp_path, "json://127.0.0.1", **more)
    assert make_alert_service(settings, MemoryStore(), WallClock(), MemoryCoordination(), Status) is None


def test_a_simulated_market_watches_no_rules(tmp_path):
    settings = settings_of(tmp_path, "json://127.0.0.1")
    demo = Demo(WallClock().now, [EUR])
    services = PageServices(demo.settings(settings, ["kraken"]), demo)
    assert services.alerts is None
    services.stop()
