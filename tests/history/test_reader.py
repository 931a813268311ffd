"""PriceReader: rows, status and outages for the live page, its snapshot and a published page."""

import pytest

from tests.support.csv_files import USD, rows_on_disk
from tests.support.other_store import add_store
from tracker.collector.outage_log import FILE
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus, Note, Outage, Status
from tracker.core.ticks import Origin, Ticks
from tracker.history.bar_reader import read_window
from tracker.history.playback import Playback
from tracker.history.reader import PriceReader
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

EUR = Market("kraken", "BTC", "EUR")
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 1_800_000_000_000 // HOUR * HOUR


class Clock:
    """A clock that stands still until it is set."""

    time = NOW

    def now(self):
        return self.time


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "tracker.toml").write_text('markets = ["kraken:BTC/USD", "kraken:BTC/EUR"]\nspan = "1h"\n')
    return read_settings(tmp_path)


@pytest.fixture
def store(settings):
    return open_configured_store(settings)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def collector():
    """The status of the collecting process; a test may replace it."""
    return {"status": Status("collect (pid 1)", markets={USD: MarketStatus(10_000, "live")})}


@pytest.fixture
def reader(settings, store, clock, collector):
    return PriceReader(settings, store, clock, lambda: collector["status"])


def rows(*times, origin=Origin.LIVE):
    return Ticks.of(list(times), [float(time % 1000 + 1) for time in times], 10_000, origin)


def test_follows_new_rows_of_the_store(reader, store, clock):
    store.append({USD: rows(NOW - MINUTE)})
    assert reader.load(HOUR)
    assert not reader.load(HOUR)
    store.append({EUR: rows(NOW - 10)})
    assert reader.refresh() == {EUR}
    assert [reader.window(market, HOUR).count for market in reader.markets] == [1, 1]
    assert reader.window(USD, HOUR, NOW - MINUTE - 1).count == 0


def test_a_day_is_read_at_least_so_that_a_short_span_hides_no_standing_price(reader, store):
    store.append({USD: rows(NOW - DAY + 1, NOW - HOUR), EUR: rows(NOW - DAY - MINUTE)})
    reader.load(10 * MINUTE)
    assert [reader.window(market, 2 * DAY).count for market in reader.markets] == [2, 0]


@pytest.mark.parametrize(
    ("origin", "mode"), [(Origin.LIVE, "live"), (Origin.SIMULATED, "simulated"), (Origin.REPLAY, "replay")]
)
def test_the_status_is_the_collector_s_in_the_mode_of_the_newest_rows(reader, store, collector, origin, mode):
    store.append({USD: rows(NOW - MINUTE, origin=origin)})
    reader.load(HOUR)
    status = reader.status()
    assert (status.collector, status.mode) == ("collect (pid 1)", mode)
    assert status.markets == collector["status"].markets


def test_rows_before_the_span_do_not_determine_the_mode(reader, store):
    store.append({USD: rows(NOW - 2 * HOUR, origin=Origin.SIMULATED)})
    reader.load(24 * HOUR)
    assert reader.status().mode == "live"


def test_a_past_period_excludes_its_start_and_includes_its_end(store):
    store.append({USD: rows(NOW - HOUR, NOW - HOUR + 1, NOW, NOW + 1)})
    window = read_window(store, USD, HOUR, NOW)
    assert window.ticks.time.tolist() == [NOW - HOUR + 1, NOW]
    assert read_window(store, USD, 2 * NOW, NOW).count == 3, "a period may begin before 1970"


def test_outages_are_the_recorded_ones_and_those_that_last_up_to_now(reader, clock, collector):
    reader.folder.mkdir(parents=True)
    (reader.folder / FILE).write_text(f"{NOW / 1000 - 60},{NOW / 1000 - 30},,nobody collected\n")
    clock.time = NOW + MINUTE + 1
    down = MarketStatus(10_000, "unreachable", since=NOW, failure=Failure("unreachable", "kraken", "no answer"))
    collector["status"] = Status(markets={USD: down})
    recorded, ongoing = reader.outages(reader.status())
    assert recorded == Outage(NOW - MINUTE, NOW - MINUTE // 2, None, "nobody collected")
    assert ongoing == Outage(NOW, NOW + MINUTE, USD, down.failure)


def test_outages_of_a_store_without_a_folder_are_read_from_the_state_folder(tmp_path, monkeypatch, clock, collector):
    add_store(monkeypatch, "far")
    settings = read_settings(tmp_path, store="far://db/prices", state="notes")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / FILE).write_text(f"{NOW / 1000 - 60},{NOW / 1000 - 30},,nobody collected\n")
    reader = PriceReader(settings, open_configured_store(settings), clock, lambda: collector["status"])
    reader.load(HOUR)
    assert [outage.cause for outage in reader.outages(reader.status())] == ["nobody collected"]


def test_a_store_that_cannot_be_read_fails_the_call_and_not_the_next(reader, store, monkeypatch):
    store.append({USD: rows(NOW - MINUTE)})
    with monkeypatch.context() as broken:
        broken.setattr(store, "read", lambda *_: (_ for _ in ()).throw(StoreError("disk gone")))
        with pytest.raises(StoreError, match="disk gone"):
            reader.load(HOUR)
    assert reader.load(HOUR)
    assert reader.window(USD, HOUR).count == 1


def test_a_replaying_reader_shows_the_past_and_leaves_the_live_one_unchanged(reader, store, clock, collector):
    store.append({USD: rows(NOW - 30 * HOUR, NOW - MINUTE)})
    reader.load(HOUR)
    collector["status"] = Status("collect (pid 1)", store_problem="disk full", notes=(Note("collector_failed", NOW),))
    replayed = reader.playing(at=NOW - 30 * HOUR)
    replayed.load(HOUR)
    assert isinstance(replayed.clock, Playback)
    assert replayed.clock.now() // HOUR == (NOW - 30 * HOUR) // HOUR
    status = replayed.status()
    assert (status.collector, status.mode, status.store_problem, status.notes) == ("", "replay", "", ())
    assert status.is_replay
    assert {market: market_status.state for market, market_status in status.markets.items()} == {
        USD: "live",
        EUR: "waiting",
    }
    assert reader.clock is clock
    assert reader.window(USD, HOUR).count == 1
    assert rows_on_disk(store.folder), "nothing stored is changed"


def test_simulated_rows_stay_simulated_in_a_replay(reader, store):
    store.append({USD: rows(NOW - MINUTE, origin=Origin.SIMULATED)})
    replayed = reader.playing(at=NOW - MINUTE)
    replayed.load(HOUR)
    assert replayed.status().mode == "simulated"


def test_an_empty_store_cannot_be_replayed(reader):
    with pytest.raises(ConfigError, match="nothing to replay"):
        reader.playing()
