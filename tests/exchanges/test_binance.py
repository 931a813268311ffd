"""What is odd about Binance; what all exchanges share is in exchange_checks.py."""

import pytest

from tracker.core.errors import RateLimited
from tracker.core.market import Market
from tracker.exchanges import binance

EUR = Market("binance", "BTC", "EUR")


def offered(*symbols: str) -> set[str]:
    return {str(market) for market in binance.pairs([{"symbol": symbol, "price": "1.5"} for symbol in symbols])}


def test_a_market_that_was_never_traded_has_no_price_and_is_not_offered():
    nought = [{"symbol": "BTCEUR", "price": "0.00000000"}]
    assert binance.last_prices(nought, [EUR]) == {}
    assert binance.pairs(nought) == {}


def test_bitcoin_is_offered_against_a_currency_that_is_not_known():
    assert offered("BTCXYZ") == {"binance:BTC/XYZ"}


def test_a_symbol_that_can_be_split_in_two_ways_is_offered_as_both():
    assert offered("BTCSTUSDT") == {"binance:BTCST/USDT", "binance:BTC/STUSDT"}
    assert offered("DOTUSD") == {"binance:DOT/USD", "binance:DO/TUSD"}


@pytest.mark.parametrize("symbol", ["币安人生USDT", "USDT", "ABCXYZ", "BTC"])
def test_a_symbol_that_names_no_market_is_left_out(symbol):
    assert offered(symbol) == set()


def test_a_ban_is_waited_out_longer_than_a_minute_that_is_full():
    waits = []
    for msg in ("Too much request weight used.", "Way too much request weight used; IP banned until 1763900300000."):
        with pytest.raises(RateLimited) as refused:
            binance.last_prices({"code": -1003, "msg": msg}, [EUR])
        waits.append(refused.value.retry_after)
    assert waits == [60, 120]


def test_a_full_batch_makes_a_path_that_servers_take():
    markets = [Market("binance", f"{number:06}BTC", "FDUSD") for number in range(binance.MAX_BATCH)]
    assert len(binance.ticker_path(markets)) < 4000
