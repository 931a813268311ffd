"""The simulated market as a price source: candles, pairs and last prices."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sandbox import NOW, market
from tracker.core import simulated_prices
from tracker.core.market import Market
from tracker.core.simulated_prices import price
from tracker.sandbox.simulated import Simulated

TIMES = st.integers(1_262_304_000_000, 2_082_758_400_000)  # 2010 to 2036
QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "TRY", "BRL", "XAU", "USDT", "ZZZ")


def test_a_candle_opens_and_closes_at_the_prices_of_its_start_and_end():
    source = Simulated(1)
    length = 60_000
    starts = NOW // length * length - length * np.arange(10, 0, -1)
    for candle in source.candles(market("EUR"), starts, length, NOW):
        assert candle.close == price(1, market("EUR"), candle.start + length)
        assert candle.open == price(1, market("EUR"), candle.start)
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.low <= candle.mean <= candle.high


def test_the_open_candle_ends_at_now():
    (candle,) = Simulated(1).candles(market("EUR"), np.array([NOW - 20_000]), 60_000, NOW)
    assert candle.close == price(1, market("EUR"), NOW)


def test_has_btc_in_currencies_and_in_gold():
    assert {("BTC", "USD"), ("BTC", "JPY"), ("BTC", "XAU"), ("PAXG", "USD")} <= Simulated().pairs
    assert ("BTC", "BTC") not in Simulated().pairs


def test_has_the_pairs_of_given_markets_too_of_whatever_currencies():
    pairs = Simulated.with_markets(1, [Market.parse("binance:SHIB/BTC"), Market.parse("binance:ZZZ/YYY")]).pairs
    assert pairs == Simulated().pairs | {("SHIB", "BTC"), ("ZZZ", "YYY")}


def test_has_exactly_the_given_pairs_and_a_level_for_any_code():
    pairs = frozenset(("BTC", f"C{number:03}") for number in range(500))
    source = Simulated(1, pairs=pairs)
    assert source.pairs == pairs
    levels = source.latest([market(quote) for _, quote in sorted(pairs)], NOW)
    assert len(set(levels)) == 500
    assert 1000 < min(levels) < max(levels) < 60_000_000


@settings(max_examples=30)
@given(chosen=st.lists(st.sampled_from([*map(market, QUOTES), market("BTC", "PAXG")]), max_size=6), time=TIMES)
def test_the_latest_prices_of_many_markets_are_those_of_each_alone(chosen, time):
    assert Simulated(3).latest(chosen, time) == [price(3, market, time) for market in chosen]


def test_a_hundred_markets_draw_their_noise_in_as_few_calls_as_one(monkeypatch):
    draw, calls = simulated_prices._normal, []
    monkeypatch.setattr(simulated_prices, "_normal", lambda *arguments: calls.append(1) or draw(*arguments))

    def calls_for(count: int) -> int:
        calls.clear()
        Simulated(1).latest([market(f"C{number:03}") for number in range(count)], NOW)
        return len(calls)

    assert calls_for(100) == calls_for(1) > 0
