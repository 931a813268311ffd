"""From the settings: feeds, clients of exchanges, the coordination, and whether cadences fit the limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collector_services import wait_for
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.factory import (
    check_cadences,
    configured_feeds,
    coordination_url,
    exchange_clients,
    make_collector_service,
    make_coordination,
)
from tracker.core.errors import ConfigError
from tracker.runtime.clock import WallClock
from tracker.runtime.setting_types import MarketSettings
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import data_folder, state_folder
from tracker.runtime.store_url import open_configured_store


def write(folder: Path, text: str) -> None:
    (folder / "tracker.toml").write_text(text)


def test_reading_settings_imports_no_client_of_an_exchange():
    modules = {"requests", "tracker.collector.client.client", "tracker.collector.schedule"}
    code = f"import sys, tracker.runtime.settings; print(*{modules}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_error_for_an_unknown_exchange_names_the_known_ones(tmp_path):
    write(tmp_path, 'markets = ["krakn:BTC/USD"]')
    with pytest.raises(ConfigError, match=r"no 'krakn'; there are .*kraken"):
        exchange_clients(read_settings(tmp_path), http_get=None, clock=WallClock())


def test_a_configured_url_replaces_that_of_the_adapter(tmp_path, monkeypatch):
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "https://api.kraken.com"
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9/kraken/")
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "http://127.0.0.1:9/kraken"


def test_sources_name_the_stand_ins(tmp_path):
    write(tmp_path, '[[markets]]\nname = "kraken:BTC/USD"\nsources = ["kraken", "coinbase", "bitstamp"]\n')
    settings = read_settings(tmp_path)
    assert configured_feeds(settings)[0].exchanges == ("kraken", "coinbase", "bitstamp")
    assert list(exchange_clients(settings, None, WallClock())) == ["kraken", "coinbase", "bitstamp"]


def test_a_key_is_sent_to_the_exchange_and_shown_nowhere(tmp_path, monkeypatch):
    write(tmp_path, 'markets = ["coingecko:BTC/XAU"]')
    monkeypatch.setenv("TRACKER_EXCHANGES__COINGECKO__KEY", "SECRET")
    settings = read_settings(tmp_path)
    assert exchange_clients(settings, None, WallClock())["coingecko"]._headers["x-cg-demo-api-key"] == "SECRET"
    assert "SECRET" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_key_for_an_exchange_that_takes_none_is_refused_without_showing_it(tmp_path):
    write(tmp_path, '[exchanges.kraken]\nkey = "SECRET"')
    with pytest.raises(ConfigError, match=r"exchanges\.kraken\.key: kraken takes no key") as error:
        exchange_clients(read_settings(tmp_path), None, WallClock())
    assert "SECRET" not in str(error.value)
    write(tmp_path, '[exchanges.coinbase]\nkey = "SECRET"')
    assert list(exchange_clients(read_settings(tmp_path), None, WallClock())) == ["kraken"], "which alone is asked"


def test_a_cadence_that_exceeds_the_limits_of_its_exchange_is_refused(tmp_path):
    slow = {"name": "kraken:BTC/USD", "every": "1s"}
    check_cadences(read_settings(tmp_path, markets=tuple(MarketSettings(**market) for market in [slow])))
    too_fast = [slow, {"name": "coinbase:BTC/USD", "every": "100ms"}]
    with pytest.raises(ConfigError) as error:
        check_cadences(read_settings(tmp_path, markets=tuple(MarketSettings(**market) for market in too_fast)))
    assert str(error.value) == (
        "coinbase: 1 market, 1 in a request, take 10.00 requests a second; coinbase allows 8.00. "
        "The fastest is coinbase:BTC/USD, every 0.1 s. "
        'Ask less often, e.g. every = "1s" for all'
    )


def test_the_proposed_cadence_is_the_shortest_that_fits_all_markets(tmp_path):
    cadences = {"USD": "10s", "EUR": "100ms", "GBP": "1h"}
    tables = [f'[[markets]]\nname = "kraken:BTC/{quote}"\nevery = "{cadence}"\n' for quote, cadence in cadences.items()]
    write(tmp_path, "".join(tables))
    with pytest.raises(
        ConfigError, match=r'kraken:BTC/EUR, every 0\.1 s\. Ask less often, e\.g\. every = "1s" for all'
    ):
        check_cadences(read_settings(tmp_path))


def test_leases_and_state_are_kept_beside_the_prices_unless_configured_otherwise(tmp_path):
    settings = read_settings(tmp_path, store="csv:prices")
    assert data_folder(settings) == state_folder(settings) == tmp_path / "prices"
    assert coordination_url(settings) == f"file:{tmp_path / 'prices'}"
    write(tmp_path, 'state = "notes"')
    assert state_folder(read_settings(tmp_path)) == tmp_path / "notes"
    assert coordination_url(read_settings(tmp_path)) == f"file:{tmp_path / 'data'}"


def test_the_lock_of_the_lease_is_in_the_folder_of_the_prices(tmp_path):
    settings = read_settings(tmp_path)
    assert make_coordination(settings, "test").try_acquire("collect")
    assert (tmp_path / "data" / ".lease-collect").exists()


@pytest.mark.parametrize("url", ["file:data", "file:./data", "file:here/data"])
def test_the_folder_of_the_prices_may_be_configured_for_coordination(tmp_path, url):
    (tmp_path / "here").symlink_to(tmp_path)
    write(tmp_path, f'coordination = "{url}"')
    assert make_coordination(read_settings(tmp_path), "test").try_acquire("collect")
    assert (tmp_path / "data" / ".lease-collect").exists()


@pytest.mark.parametrize("url", ["file:elsewhere", "file:/var/lib", "zookeeper://host:2181/tracker"])
def test_coordination_elsewhere_is_refused_for_prices_in_a_folder(tmp_path, url):
    """An older release locks the folder of the prices, so both releases would collect into it."""
    write(tmp_path, f'coordination = "{url}"')
    with pytest.raises(ConfigError, match=rf'or type coordination = "file:{tmp_path}/data"'):
        make_coordination(read_settings(tmp_path), "test")


@pytest.mark.parametrize("url", ["", "data", "file", "file:", "File:data", "file:da\0ta"])
def test_a_coordination_without_a_place_is_refused(tmp_path, url):
    with pytest.raises(ConfigError, match=r"^coordination "):
        make_coordination(read_settings(tmp_path, coordination=url), "test")


@pytest.mark.parametrize("state", ["", "no\0tes", "~nobody-of-that-name/notes"])
def test_an_invalid_state_folder_is_refused(tmp_path, state):
    with pytest.raises(ConfigError, match=r"^state .*, expected|^state .*: expected"):
        state_folder(read_settings(tmp_path, state=state))


def test_another_store_has_its_own_leases_and_state(tmp_path):
    settings = read_settings(tmp_path, coordination="file:data", state="notes", span=1000).at_store("csv:simulated")
    assert state_folder(settings) == tmp_path / "simulated"
    assert coordination_url(settings) == f"file:{tmp_path / 'simulated'}"
    assert settings.span == 1000


def test_a_service_collects_a_market_that_is_added_to_its_settings_and_ends_one_that_is_taken_out(tmp_path, sandbox):
    def settings(*markets):
        tables = [f'[[markets]]\nname = "{market}"\nevery = "1s"\n' for market in markets]
        write(tmp_path, "".join(tables) + f'[exchanges.kraken]\nurl = "{sandbox.url}/kraken"\n')
        return read_settings(tmp_path)

    def states():
        return {str(market): status.state for market, status in service.status().markets.items()}

    first = settings("kraken:BTC/EUR")
    service = make_collector_service(first, open_configured_store(first), first.make_clock(), MemoryCoordination())
    service.start()
    try:
        wait_for(lambda: states() == {"kraken:BTC/EUR": "live"}, "the first market is live")
        service.change(settings("kraken:BTC/USD"))
        wait_for(lambda: states() == {"kraken:BTC/USD": "live"}, "the other one is live in its place")
        store, both = open_configured_store(first), {"kraken:BTC/EUR", "kraken:BTC/USD"}
        wait_for(lambda: {str(market) for market in store.markets()} == both, "its price is stored beside the first's")
    finally:
        service.stop()
