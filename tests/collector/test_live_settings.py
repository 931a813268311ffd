"""LiveSettings: what of changed settings takes effect, and what is reported of those that do not."""

import asyncio
import logging
import threading

import pytest

from tests.support.collector_services import IdleCollector, make_service, wait_for
from tracker.collector.factory import ExchangeClients, make_plan
from tracker.collector.live_settings import LiveSettings
from tracker.collector.status import StatusBoard, published
from tracker.coordination.file import FileCoordination
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")


class FollowingCollector(IdleCollector):
    """A collector that reports the plans it is given."""

    def __init__(self, plan, board, may_write=lambda: True):
        super().__init__(board, may_write)
        self.plans = [plan]

    def change(self, plan):
        self.plans.append(plan)

    async def run(self):
        await asyncio.Event().wait()


class World:
    """The settings of a file in *folder*, and what has become of them."""

    def __init__(self, folder):
        self.folder = folder
        self.board, self.planned = StatusBoard({}), []
        self.clients = ExchangeClients(None, WallClock())
        self.live = LiveSettings(self.write('markets = ["kraken:BTC/USD"]'), self.plan, self.board, WallClock())
        self.collectors = []

    def plan(self, settings):
        self.planned.append(settings)
        return make_plan(self.clients, settings)

    def write(self, text):
        (self.folder / "tracker.toml").write_text(text)
        return read_settings(self.folder)

    def change(self, text):
        self.live.change(self.write(text))

    def collector(self, board, may_write):
        self.collectors.append(self.live.begin_term(lambda plan: FollowingCollector(plan, board, may_write)))
        return self.collectors[-1]

    def notes(self):
        return [(note.kind, note.words) for note in self.board.status().notes]

    def markets(self):
        return list(self.board.status().markets)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def service(world):
    made = make_service(world.folder / "data", world.collector, live_settings=world.live)
    made._board = world.board
    yield made
    made.stop()


def test_a_change_before_this_process_collects_takes_effect_with_its_term(world, service):
    world.change('markets = ["kraken:BTC/EUR"]')
    assert world.markets() == [EUR]
    service.start()
    wait_for(lambda: world.collectors, "the term begins")
    assert [feed.market for feed in world.collectors[0].plans[0].feeds] == [EUR]


def test_the_collector_of_the_term_is_told_of_each_change_in_order(world, service):
    service.start()
    wait_for(lambda: world.collectors, "the term begins")
    for cadence in range(2, 12):
        service.change(world.write(f'markets = [{{name = "kraken:BTC/USD", every = "{cadence}s"}}]'))
    wait_for(lambda: len(world.collectors[0].plans) == 11, "all are told")
    assert [plan.feeds[0].interval for plan in world.collectors[0].plans] == [
        10_000,
        *(cadence * 1000 for cadence in range(2, 12)),
    ]


def test_a_change_that_does_not_concern_collecting_is_not_handed_on(world, service):
    service.start()
    wait_for(lambda: world.collectors, "the term begins")
    service.change(world.write('coverage_floor = 0.5\nmarkets = ["kraken:BTC/USD"]\n'))
    service.change(world.write('span = "48h"\nmarkets = ["kraken:BTC/USD"]\n'))
    wait_for(lambda: len(world.collectors[0].plans) == 2, "the second is told")
    assert [plan.span // 3_600_000 for plan in world.collectors[0].plans] == [24, 48]


def test_settings_that_cannot_be_used_change_nothing_and_are_noted_until_they_can(world, caplog):
    caplog.set_level(logging.INFO)
    too_fast = 'markets = ["kraken:BTC/USD", {name = "coinbase:BTC/USD", every = "100ms"}]'
    for _ in range(2):
        world.change(too_fast)
    [(kind, words)] = world.notes()
    assert kind == "settings_wrong"
    assert "coinbase allows 8.00" in words
    assert world.markets() == [USD]
    assert caplog.text.count("the settings cannot be used") == 1
    world.change('markets = ["kraken:BTC/EUR"]')
    assert (world.notes(), world.markets()) == ([], [EUR])
    assert "the settings can be used again" in caplog.text


def test_a_file_that_cannot_be_read_is_noted_in_the_words_of_the_newest_error(world):
    world.live.refuse("tracker.toml: line 3: expected a value")
    world.live.refuse("tracker.toml: line 4: expected a value")
    assert world.notes() == [("settings_wrong", "tracker.toml: line 4: expected a value")]
    world.change('markets = ["kraken:BTC/USD"]')
    assert world.notes() == []


def test_no_key_is_in_the_note_of_wrong_settings(world):
    world.change('markets = ["kraken:BTC/USD"]\n[exchanges.kraken]\nkey = "SECRET"')
    assert "kraken takes no key" in world.notes()[0][1]
    assert "SECRET" not in world.notes()[0][1]


def test_settings_that_hold_until_the_end_are_noted_and_the_others_take_effect(world, caplog):
    world.change('store = "csv:elsewhere"\ngranularity = "minute"\nmarkets = ["kraken:BTC/EUR"]')
    assert world.notes() == [("start_needed", "store, granularity")]
    assert (world.planned[-1].store, world.planned[-1].granularity) == ("csv:data", "hour")
    assert world.markets() == [EUR]
    assert "take effect with the next start only: store, granularity" in caplog.text
    world.change('markets = ["kraken:BTC/EUR"]')
    assert world.notes() == []


def test_an_exchange_keeps_its_client_and_an_address_its_limits(world):
    clients = world.clients
    first = clients.of(world.write('markets = ["kraken:BTC/USD"]'))["kraken"]
    first.rate_limiter.back_off(30)
    more = clients.of(world.write('markets = ["kraken:BTC/USD", "coinbase:BTC/USD"]'))
    assert more["kraken"] is first
    clients.of(world.write('markets = ["coinbase:BTC/USD"]'))
    assert clients.of(world.write('markets = ["kraken:BTC/EUR"]'))["kraken"] is first
    paths = [f'markets = ["kraken:BTC/USD"]\n[exchanges.kraken]\nurl = "http://mirror/{path}"' for path in "ab"]
    here, there = [clients.of(world.write(text))["kraken"] for text in paths]
    assert here is not there
    assert here.rate_limiter is there.rate_limiter is not first.rate_limiter


def test_a_change_after_the_end_and_during_it_is_harmless(world, service):
    service.start()
    wait_for(lambda: world.collectors, "the term begins")
    texts = ['markets = ["kraken:BTC/USD"]', 'markets = ["kraken:BTC/EUR"]']
    changes = [world.write(text) for text in texts]
    is_over, errors = threading.Event(), []

    def keep_changing():
        try:
            while not is_over.is_set():
                for settings in changes:
                    service.change(settings)
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    changing = threading.Thread(target=keep_changing)
    changing.start()
    service.stop()
    is_over.set()
    changing.join()
    service.change(changes[0])
    assert errors == []
    assert not service.is_leader


def test_a_page_that_follows_shows_the_markets_of_the_process_that_collects(tmp_path, world, service):
    service.start()
    wait_for(lambda: published(FileCoordination(tmp_path / "data")), "the leader publishes")
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    other.change('markets = ["kraken:BTC/EUR"]')
    follower = make_service(tmp_path / "data", other.collector, "page", live_settings=other.live)
    follower._board = other.board
    follower.start()
    try:
        follower.change(other.write('markets = ["kraken:BTC/EUR", "kraken:BTC/GBP"]'))
        follower.refuse("a wrong file of the follower")
        wait_for(lambda: list(follower.status().markets) == [USD], "the leader's status is read")
        assert follower.status().notes == ()
        service.stop()
        wait_for(lambda: other.collectors, "the follower takes over")
        assert [str(feed.market) for feed in other.collectors[0].plans[0].feeds] == ["kraken:BTC/EUR", "kraken:BTC/GBP"]
        assert [note.kind for note in follower.status().notes] == ["settings_wrong"]
    finally:
        follower.stop()


def test_settings_that_are_wrong_at_the_start_are_refused(tmp_path):
    (tmp_path / "tracker.toml").write_text('markets = [{name = "coinbase:BTC/USD", every = "100ms"}]')
    plan = lambda settings: make_plan(ExchangeClients(None, WallClock()), settings)  # noqa: E731
    with pytest.raises(ConfigError, match="coinbase allows"):
        LiveSettings(read_settings(tmp_path), plan, StatusBoard({}), WallClock())
