"""Market: one pair on one exchange, parsed from text and formatted as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import ConfigError
from tracker.core.market import Market

CODES = st.from_regex(r"[A-Z0-9]{2,10}", fullmatch=True)
EXCHANGES = st.from_regex(r"[a-z][a-z0-9_]{1,30}", fullmatch=True)


@given(EXCHANGES, CODES, CODES)
def test_a_market_survives_its_text_and_its_slug(exchange, base, quote):
    market = Market(exchange, base, quote)
    assert Market.parse(str(market)) == market
    assert Market.from_slug(exchange, market.slug, [market]) == market


def test_the_case_and_spaces_around_a_market_do_not_matter():
    assert Market.parse(" Kraken:btc/Eur\n") == Market("kraken", "BTC", "EUR")


@pytest.mark.parametrize(
    ("old", "market"),
    [
        ("kraken:XBT/EUR", Market("kraken", "BTC", "EUR")),
        ("kraken:eth/xbt", Market("kraken", "ETH", "BTC")),
        ("kraken:xdg/XBT", Market("kraken", "DOGE", "BTC")),
        ("coinbase:XDG/USD", Market("coinbase", "DOGE", "USD")),
    ],
)
def test_xbt_and_xdg_are_the_old_codes_of_btc_and_doge(old, market):
    assert Market.parse(old) == market
    assert "X" not in str(Market.parse(old)).partition(":")[2]


@pytest.mark.parametrize(
    ("slug", "market"),
    [
        ("xbteur", Market("kraken", "BTC", "EUR")),
        ("xdgusd", Market("kraken", "DOGE", "USD")),
        ("xdgxbt", Market("kraken", "DOGE", "BTC")),
        ("dogexbt", Market("kraken", "DOGE", "BTC")),
    ],
)
def test_a_slug_with_an_old_code_is_that_of_the_market_with_the_new_one(slug, market):
    known = [Market("kraken", "DOGE", "USD"), Market("kraken", "DOGE", "BTC")]
    assert Market.from_slug("kraken", slug, known) == market


def test_a_known_market_whose_slug_looks_like_an_old_code_keeps_it():
    market = Market("kraken", "XB", "TEUR")
    assert Market.from_slug("kraken", "xbteur", [Market("kraken", "BTC", "EUR"), market]) == market


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BTCUSD",
        "kraken",
        "kraken:",
        "kraken:BTC",
        "kraken:BTC/",
        ":BTC/USD",
        "kraken:/USD",
        "kraken:BTC/USD/EUR",
        "kraken:BTC//USD",
        "../x:BTC/USD",
        "kraken:../USD",
        "kraken:BTC/US-D",
        "kraken:BTC/É€",
        "1kraken:BTC/USD",
        "kraken:B/USD",
        "kraken::BTC/USD",
    ],
)
def test_a_text_that_is_not_a_market_is_rejected_with_an_example(text):
    with pytest.raises(ConfigError, match=r"expected exchange:BASE/QUOTE, e\.g\. kraken:BTC/USD") as error:
        Market.parse(text)
    assert error.value.args[0].startswith("market ")


def test_a_slug_is_resolved_by_the_known_markets_of_its_exchange_else_as_bitcoin():
    known = [Market("bitstamp", "BTCE", "UR"), Market("kraken", "BTCE", "UR"), Market("kraken", "ETH", "BTC")]
    assert Market.from_slug("kraken", "btceur", known) == Market("kraken", "BTCE", "UR")
    assert Market.from_slug("kraken", "ethbtc", known) == Market("kraken", "ETH", "BTC")
    assert Market.from_slug("coinbase", "btceur", known) == Market("coinbase", "BTC", "EUR")
    with pytest.raises(ConfigError, match=r"kraken/xrpusd: .*tracker\.toml"):
        Market.from_slug("kraken", "xrpusd", known)


def test_markets_sort_by_exchange_then_base_then_quote():
    texts = ["kraken:BTC/USD", "kraken:BTC/EUR", "bitstamp:ETH/USD", "kraken:AVA/USD"]
    in_order = [str(market) for market in sorted(map(Market.parse, texts))]
    assert in_order == ["bitstamp:ETH/USD", "kraken:AVA/USD", "kraken:BTC/EUR", "kraken:BTC/USD"]
