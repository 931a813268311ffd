"""What is particular to Binance; see tests/support/exchange_contract.py for what all exchanges share."""

import pytest

from tracker.core.errors import RateLimited
from tracker.core.market import Market
from tracker.core.quotes import Candle
from tracker.exchanges import binance

EUR = Market("binance", "BTC", "EUR")


def listed(*symbols: str) -> set[str]:
    return {str(market) for market in binance.pairs([{"symbol": symbol, "price": "1.5"} for symbol in symbols])}


def test_a_market_that_was_never_traded_has_no_price_and_is_not_listed():
    body = [{"symbol": "BTCEUR", "price": "0.00000000"}]
    assert binance.last_prices(body, [EUR]) == {}
    assert binance.pairs(body) == {}


def test_bitcoin_is_listed_in_an_unknown_currency():
    assert listed("BTCXYZ") == {"binance:BTC/XYZ"}


def test_a_symbol_that_can_be_split_in_two_ways_is_listed_as_both():
    assert listed("BTCSTUSDT") == {"binance:BTCST/USDT", "binance:BTC/STUSDT"}
    assert listed("DOTUSD") == {"binance:DOT/USD", "binance:DO/TUSD"}


@pytest.mark.parametrize("symbol", ["币安人生USDT", "USDT", "ABCXYZ", "BTC"])
def test_a_symbol_that_is_not_a_market_is_left_out(symbol):
    assert listed(symbol) == set()


def info(**state: object) -> dict[str, object]:
    return {"timezone": "UTC", "symbols": [{"symbol": "BTCEUR", "baseAsset": "BTC", "quoteAsset": "EUR", **state}]}


@pytest.mark.parametrize(
    ("status", "word"),
    [("TRADING", ""), ("BREAK", "BREAK"), ("HALT", "HALT"), ("END_OF_DAY", "END_OF_DAY"), (None, ""), (7, "")],
)
def test_exchange_info_states_which_markets_are_not_traded(status, word):
    assert binance.pairs(info(status=status)) == {EUR: word}
    assert binance.pairs(info()) == {EUR: ""}


def test_exchange_info_is_requested_for_some_markets_only():
    path = "/api/v3/exchangeInfo?symbols=%5B%22BTCEUR%22%2C%22BTCUSDT%22%5D"
    assert binance.states_path([EUR, Market("binance", "BTC", "USDT")]) == path


def off_minute(opened: int, close: str, closed: int) -> list[int | str]:
    return [opened, "8000.0", "8001.0", "7999.0", close, "1.0", closed, "8000.0", 10, "0.5", "4000.0", "0"]


def test_candles_of_february_2018_which_open_off_the_minute_are_kept_at_their_own_close():
    rows = [
        off_minute(1518168494789, "8000.0", 1518168554788),
        off_minute(1518168554789, "8010.5", 1518168614788),
        off_minute(1518168614789, "8020.0", 1518168659999),  # shorter, and the next one is on the minute again
        off_minute(1518168660000, "8030.0", 1518168719999),
    ]
    page = binance.history(rows, EUR, 60, 1518168700000)
    assert page == [
        Candle(1518168554789, 8000.0, 8000.0, 7999.0, 8001.0),
        Candle(1518168614789, 8010.5),  # its high lies below its close
        Candle(1518168660000, 8020.0),
    ]
    assert page.left_out == 0


@pytest.mark.parametrize("closed", [1518168494788, 1518168554789, 0, "soon", 1518168554788000])
def test_a_candle_whose_ends_contradict_each_other_is_left_out_and_counted(closed):
    valid = off_minute(1518168554789, "8010.5", 1518168614788)
    page = binance.history([off_minute(1518168494789, "8000.0", closed), valid], EUR, 60, 1518168700000)
    assert (page, page.left_out) == ([Candle(1518168614789, 8010.5)], 1)


def test_the_pause_after_a_ban_is_longer_than_after_a_full_minute():
    waits = []
    for msg in ("Too much request weight used.", "Way too much request weight used; IP banned until 1763900300000."):
        with pytest.raises(RateLimited) as error:
            binance.last_prices({"code": -1003, "msg": msg}, [EUR])
        waits.append(error.value.retry_after)
    assert waits == [60, 120]


def test_the_path_of_a_full_batch_has_an_accepted_length():
    markets = [Market("binance", f"{number:06}BTC", "FDUSD") for number in range(binance.MAX_BATCH)]
    assert len(binance.ticker_path(markets)) < 4000
