"""What the settings are made into: feeds, clients of exchanges, and whether the cadences fit the limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracker.assembly import check_cadences, configured_feeds, exchange_clients
from tracker.clock import WallClock
from tracker.config import read_settings
from tracker.errors import ConfigError
from tracker.options import MarketSettings


def write(folder: Path, text: str) -> None:
    (folder / "tracker.toml").write_text(text)


def test_reading_settings_loads_nothing_that_asks_an_exchange():
    modules = {"requests", "tracker.source", "tracker.slots"}
    code = f"import sys, tracker.config; print(*{modules}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_an_unknown_exchange_is_named_with_those_there_are(tmp_path):
    write(tmp_path, 'markets = ["krakn:BTC/USD"]')
    with pytest.raises(ConfigError, match=r"no 'krakn'; there are .*kraken"):
        exchange_clients(read_settings(tmp_path), fetch=None, clock=WallClock())


def test_the_url_of_an_exchange_replaces_the_adapters_own(tmp_path, monkeypatch):
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "https://api.kraken.com"
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9/kraken/")
    assert exchange_clients(read_settings(tmp_path), None, WallClock())["kraken"]._url == "http://127.0.0.1:9/kraken"


def test_sources_say_who_stands_in(tmp_path):
    write(tmp_path, '[[markets]]\nname = "kraken:BTC/USD"\nsources = ["kraken", "coinbase", "bitstamp"]\n')
    settings = read_settings(tmp_path)
    assert configured_feeds(settings)[0].sources == ("kraken", "coinbase", "bitstamp")
    assert list(exchange_clients(settings, None, WallClock())) == ["kraken", "coinbase", "bitstamp"]


def test_a_key_is_handed_to_the_exchange_and_shown_nowhere(tmp_path, monkeypatch):
    write(tmp_path, 'markets = ["coingecko:BTC/XAU"]')
    monkeypatch.setenv("TRACKER_EXCHANGES__COINGECKO__KEY", "SECRET")
    settings = read_settings(tmp_path)
    assert exchange_clients(settings, None, WallClock())["coingecko"]._headers["x-cg-demo-api-key"] == "SECRET"
    assert "SECRET" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_key_for_an_exchange_that_takes_none_is_refused_without_telling_it(tmp_path):
    write(tmp_path, '[exchanges.kraken]\nkey = "SECRET"')
    with pytest.raises(ConfigError, match=r"exchanges\.kraken\.key: kraken asks for no key") as error:
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
