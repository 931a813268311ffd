"""What the settings are made into: feeds, clients of exchanges, and whether the cadences fit the limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracker.collector.factory import (
    check_cadences,
    configured_feeds,
    coordination_url,
    exchange_clients,
    make_coordination,
)
from tracker.core.errors import ConfigError
from tracker.runtime.clock import WallClock
from tracker.runtime.setting_types import MarketSettings
from tracker.runtime.settings import read_settings
from tracker.runtime.state_folder import data_folder, state_folder


def write(folder: Path, text: str) -> None:
    (folder / "tracker.toml").write_text(text)


def test_reading_settings_loads_nothing_that_asks_an_exchange():
    modules = {"requests", "tracker.collector.client.client", "tracker.collector.schedule"}
    code = f"import sys, tracker.runtime.settings; print(*{modules}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_an_unknown_exchange_is_named_with_those_there_are(tmp_path):
    write(tmp_path, 'markets = ["krakn:BTC/USD"]')
    with pytest.raises(ConfigError, match=r"no 'krakn'; there are .*kraken"):
        exchange_clients(read_settings(tmp_path), http_get=None, clock=WallClock())


def test_the_url_of_an_exchange_replaces_the_adapters_own(tmp_path, monkeypatch):
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "https://api.kraken.com"
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9/kraken/")
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "http://127.0.0.1:9/kraken"


def test_sources_say_who_stands_in(tmp_path):
    write(tmp_path, '[[markets]]\nname = "kraken:BTC/USD"\nsources = ["kraken", "coinbase", "bitstamp"]\n')
    settings = read_settings(tmp_path)
    assert configured_feeds(settings)[0].exchanges == ("kraken", "coinbase", "bitstamp")
    assert list(exchange_clients(settings, None, WallClock())) == ["kraken", "coinbase", "bitstamp"]


def test_a_key_is_handed_to_the_exchange_and_shown_nowhere(tmp_path, monkeypatch):
    write(tmp_path, 'markets = ["coingecko:BTC/XAU"]')
    monkeypatch.setenv("TRACKER_EXCHANGES__COINGECKO__KEY", "SECRET")
    settings = read_settings(tmp_path)
    assert exchange_clients(settings, None, WallClock())["coingecko"]._headers["x-cg-demo-api-key"] == "SECRET"
    assert "SECRET" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_key_for_an_exchange_that_takes_none_is_refused_without_telling_it(tmp_path):
    write(tmp_path, '[exchanges.kraken]\nkey = "SECRET"')
    with pytest.raises(ConfigError, match=r"exchanges\.kraken\.key: kraken takes no key") as error:
        exchange_clients(read_settings(tmp_path), None, WallClock())
    assert "SECRET" not in str(error.value)


def test_a_cadence_is_weighed_against_what_the_exchange_allows(tmp_path):
    one = {"name": "kraken:BTC/USD", "every": "1s"}
    check_cadences(read_settings(tmp_path, markets=tuple(MarketSettings(**each) for each in [one])))
    quick = [one, {"name": "coinbase:BTC/USD", "every": "100ms"}]
    with pytest.raises(ConfigError) as error:
        check_cadences(read_settings(tmp_path, markets=tuple(MarketSettings(**each) for each in quick)))
    assert str(error.value) == (
        "coinbase: 1 market, 1 in a request, take 10.00 requests a second; coinbase allows 8.00. "
        "The fastest is coinbase:BTC/USD, every 0.1 s. "
        'Ask less often, e.g. every = "1s" for all'
    )


def test_the_cadence_that_is_proposed_is_the_shortest_that_fits_for_all(tmp_path):
    markets = {"USD": "10s", "EUR": "100ms", "GBP": "1h"}
    write(tmp_path, "".join(f'[[markets]]\nname = "kraken:BTC/{at}"\nevery = "{is_}"\n' for at, is_ in markets.items()))
    with pytest.raises(
        ConfigError, match=r'kraken:BTC/EUR, every 0\.1 s\. Ask less often, e\.g\. every = "1s" for all'
    ):
        check_cadences(read_settings(tmp_path))


def test_leases_and_this_machines_notes_lie_beside_the_prices_unless_the_settings_say_otherwise(tmp_path):
    settings = read_settings(tmp_path, store="csv:prices")
    assert data_folder(settings) == state_folder(settings) == tmp_path / "prices"
    assert coordination_url(settings) == f"file:{tmp_path / 'prices'}"
    write(tmp_path, 'state = "notes"')
    assert state_folder(read_settings(tmp_path)) == tmp_path / "notes"
    assert coordination_url(read_settings(tmp_path)) == f"file:{tmp_path / 'data'}"


def test_a_process_coordinates_with_others_by_a_lock_in_the_folder_of_the_prices(tmp_path):
    settings = read_settings(tmp_path)
    assert make_coordination(settings, "test").try_acquire("collect")
    assert (tmp_path / "data" / ".lease-collect").exists()


@pytest.mark.parametrize("url", ["file:data", "file:./data", "file:here/data"])
def test_the_folder_of_the_prices_may_be_named_for_coordination(tmp_path, url):
    (tmp_path / "here").symlink_to(tmp_path)
    write(tmp_path, f'coordination = "{url}"')
    assert make_coordination(read_settings(tmp_path), "test").try_acquire("collect")
    assert (tmp_path / "data" / ".lease-collect").exists()


@pytest.mark.parametrize("url", ["file:elsewhere", "file:/var/lib", "zookeeper://host:2181/tracker"])
def test_prices_in_a_folder_are_not_collected_under_locks_elsewhere(tmp_path, url):
    """An older release locks the folder of the prices, so both would collect into it."""
    write(tmp_path, f'coordination = "{url}"')
    with pytest.raises(ConfigError, match=rf'or type coordination = "file:{tmp_path}/data"'):
        make_coordination(read_settings(tmp_path), "test")


@pytest.mark.parametrize("url", ["", "data", "file", "file:", "File:data", "file:da\0ta"])
def test_a_coordination_that_names_no_place_is_refused(tmp_path, url):
    with pytest.raises(ConfigError, match=r"^coordination "):
        make_coordination(read_settings(tmp_path, coordination=url), "test")


@pytest.mark.parametrize("state", ["", "no\0tes", "~nobody-of-that-name/notes"])
def test_a_state_folder_that_cannot_be_one_is_refused(tmp_path, state):
    with pytest.raises(ConfigError, match=r"^state .*, expected|^state .*: expected"):
        state_folder(read_settings(tmp_path, state=state))


def test_another_store_takes_its_leases_and_notes_along(tmp_path):
    settings = read_settings(tmp_path, coordination="file:data", state="notes", span=1000).at_store("csv:simulated")
    assert state_folder(settings) == tmp_path / "simulated"
    assert coordination_url(settings) == f"file:{tmp_path / 'simulated'}"
    assert settings.span == 1000
