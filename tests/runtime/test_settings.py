"""Settings: defaults, file, environment and arguments, each above the one before."""

import pytest

from tests.support.config import write_config
from tests.support.page_server import mark_as_checkout
from tracker.core.durations import parse_duration
from tracker.core.market import Market
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store


def test_everything_has_a_default(tmp_path):
    settings = read_settings(tmp_path)
    assert [str(market) for market in settings.market_list()] == [
        f"kraken:BTC/{quote}" for quote in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
    ]
    assert {market.every for market in settings.markets} == {10_000}
    assert (settings.store, settings.span, settings.coverage_floor) == ("csv:data", 86_400_000, 0.8)
    assert settings.unmoved_after == 1_800_000
    assert settings.make_clock() == WallClock()


def test_the_file_overrides_defaults_the_environment_the_file_and_arguments_all(tmp_path, monkeypatch):
    write_config(tmp_path, 'store = "csv:file"\nspan = "6h"\ncoverage_floor = 0.5\n')
    monkeypatch.setenv("TRACKER_SPAN", "1h")
    monkeypatch.setenv("TRACKER_STORE", "csv:environment")
    settings = read_settings(tmp_path, store="csv:argument", clock=None)
    assert (settings.store, settings.span, settings.coverage_floor) == ("csv:argument", 3_600_000, 0.5)


def test_markets_and_exchanges_are_read(tmp_path, monkeypatch):
    write_config(
        tmp_path,
        'markets = ["kraken:btc/eur", {name = "kraken:BTC/USD", every = "1min"}]\n'
        '[exchanges.kraken]\nurl = "http://127.0.0.1:8081/kraken"\n',
    )
    settings = read_settings(tmp_path)
    assert [(market.name, market.every) for market in settings.markets] == [
        (Market("kraken", "BTC", "EUR"), 10_000),
        (Market("kraken", "BTC", "USD"), 60_000),
    ]
    assert settings.exchanges["kraken"].url == "http://127.0.0.1:8081/kraken"
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9/kraken")
    assert read_settings(tmp_path).exchanges["kraken"].url == "http://127.0.0.1:9/kraken"


def test_tables_of_markets_are_read_as_documented(tmp_path):
    write_config(tmp_path, '[[markets]]\nname = "kraken:BTC/USD"\nevery = "5s"\n')
    assert [(str(market.name), market.every) for market in read_settings(tmp_path).markets] == [
        ("kraken:BTC/USD", 5000)
    ]


def test_the_store_is_the_same_absolute_folder_from_any_folder_of_the_project(tmp_path):
    mark_as_checkout(tmp_path)
    (tmp_path / "notebooks").mkdir()
    stores = [open_configured_store(read_settings(place)) for place in (tmp_path, tmp_path / "notebooks")]
    assert {store.folder for store in stores} == {tmp_path / "data"}


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("10s", 10_000), ("500ms", 500), ("1.5 h", 5_400_000), ("90d", 7_776_000_000), ("5m", 300_000)],
)
def test_durations_are_a_number_and_a_unit(text, milliseconds):
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("", None), ('retention = "forever"', None), ('retention = "2d"', 172_800_000)]
)
def test_retention_is_a_duration_or_unlimited(tmp_path, text, milliseconds):
    write_config(tmp_path, text)
    assert read_settings(tmp_path).retention == milliseconds


def test_spaces_around_a_key_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_EXCHANGES__COINGECKO__KEY", " SECRET\n")
    key = read_settings(tmp_path).exchanges["coingecko"].key
    assert key is not None
    assert key.get_secret_value() == "SECRET"
