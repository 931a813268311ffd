"""The market of *Start simulation* and ``tracker demo`` has prices of what is configured, also of the rarest pairs."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.support.sandbox import NOW, TIMEOUT
from tracker.core.adapters import load_exchange, names
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED, price
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access
from tracker.runtime.settings import read_settings
from tracker.sandbox.demo import Demo

PAIRS = (("BTC", "IDR"), ("BTC", "VND"), ("BTC", "KZT"), ("ETH", "BTC"), ("SOL", "EUR"), ("SHIB", "BTC"))


def offered(exchange: str) -> list[Market]:
    """The markets of PAIRS that *exchange* may have: CoinGecko prices a few coins only."""
    return [Market(exchange, *pair) for pair in PAIRS if exchange != "coingecko" or pair[0] != "SHIB"]


@pytest.fixture(scope="module")
def urls(tmp_path_factory) -> Iterator[dict[str, str]]:
    demo = Demo(lambda: NOW, [Market("kraken", *pair) for pair in PAIRS])
    settings = demo.settings(read_settings(tmp_path_factory.mktemp("settings")), names("exchanges"))
    yield {name: exchange.url for name, exchange in settings.exchanges.items()}
    demo.stop()


@pytest.mark.parametrize("name", names("exchanges"))
def test_every_configured_market_has_its_last_price_and_its_history(urls, name):
    exchange, markets = load_exchange(name), offered(name)

    def get(path: str) -> object:
        return requests.get(urls[name] + path, timeout=TIMEOUT).json()

    for market in markets:
        expected = price(DEMO_SEED, market, NOW)
        [last] = exchange.last_prices(get(exchange.ticker_path([market])), [market]).values()
        assert last.price == pytest.approx(expected, rel=1e-5)
        path, seconds = exchange.history_requests(market, NOW - 3_600_000, NOW, NOW)[0]
        candles = list(exchange.history(get(path), market, seconds, NOW))
        assert len(candles) > 5
        assert candles[-1].close == pytest.approx(expected, rel=0.02)


def test_the_command_has_every_configured_market_too(tmp_path, monkeypatch):
    (tmp_path / "tracker.toml").write_text('[[markets]]\nname = "kraken:SHIB/BTC"\n')
    shib = Market("kraken", "SHIB", "BTC")

    def serve_page(settings, port, access, more):
        assert [rule["market"] for rule in json.loads(more["TRACKER_RULES"])] == [["kraken:SHIB/BTC"]] * 3
        kraken = load_exchange("kraken")
        url = more["TRACKER_EXCHANGES__KRAKEN__URL"]
        body = requests.get(url + kraken.ticker_path([shib]), timeout=TIMEOUT).json()
        assert shib in kraken.last_prices(body, [shib])
        return 7

    monkeypatch.setattr(launcher, "serve_page", serve_page)
    assert launcher.demo(read_settings(tmp_path), 0, Access(), 1) == 7


def test_rules_that_are_configured_are_those_of_the_demo_and_else_it_has_its_own(tmp_path, monkeypatch):
    demo = Demo(lambda: NOW, [])
    assert len(demo.settings(read_settings(tmp_path), ["kraken"]).rules) == 3
    (tmp_path / "tracker.toml").write_text(
        '[[rules]]\nname = "high"\nmarket = "kraken:BTC/USD"\nwhen = "price > 100000"\n'
    )
    configured = read_settings(tmp_path)
    assert demo.settings(configured, ["kraken"]).rules == configured.rules
    demo.stop()
    monkeypatch.setattr(launcher, "serve_page", lambda settings, port, access, more: "TRACKER_RULES" in more)
    assert not launcher.demo(configured, 0, Access(), 1)
