"""The names of currencies and markets: short, and never the same for two of them."""

import itertools

import pytest

from tracker.core.market import Market
from tracker.render.format import currencies

EUR = Market("kraken", "BTC", "EUR")
COINBASE_EUR = Market("coinbase", "BTC", "EUR")
SHIB = Market("binance", "SHIB", "BTC")
ETHER_EUR = Market("kraken", "ETH", "EUR")


def test_an_unknown_currency_has_no_name():
    assert (currencies.name("EUR"), currencies.name("XYZ")) == ("euro", "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("EUR", "the euro"),
        ("USD", "the US dollar"),
        ("IDR", "the Indonesian rupiah"),
        ("XAU", "gold"),
        ("BTC", "bitcoin"),
        ("USDT", "Tether"),
        ("XYZ", "XYZ"),
    ],
)
def test_a_sentence_has_an_article_only_where_the_name_takes_one(code, words):
    assert currencies.name_in_sentence(code) == words


def test_a_market_is_named_by_its_currency_where_that_suffices():
    markets = (EUR, SHIB, ETHER_EUR)
    assert [currencies.label(market, markets) for market in markets] == ["EUR", "SHIB/BTC", "ETH/EUR"]


def test_two_markets_of_one_pair_are_named_with_their_exchanges():
    markets = (EUR, COINBASE_EUR, ETHER_EUR)
    assert [currencies.label(market, markets) for market in markets] == ["EUR kraken", "EUR coinbase", "ETH/EUR"]


def test_no_two_markets_have_one_name():
    markets = [Market(*parts) for parts in itertools.product(("kraken", "binance"), ("BTC", "ETH"), ("EUR", "XAU"))]
    assert len({currencies.label(market, markets) for market in markets}) == len(markets)
