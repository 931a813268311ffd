"""Comparing: what of a currency's movement is bitcoin's, and the exchange rates that bitcoin implies."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.cross_market import (
    MIN_MARKETS,
    MIN_RETURNS,
    aligned_returns,
    cross_rates,
    return_step,
    shared_variance,
)
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CODES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "TRY")
END = 1_000_000 * MINUTE


def market(number):
    return Market("kraken", "BTC", CODES[number])


def window(prices, every=10_000, span=HOUR, end=END):
    times = end - every * np.arange(len(prices))[::-1]
    return Window.of(Ticks.of(times, prices, every), span, end)


def walks(count, seed=1, size=60, own=0.3):
    random = np.random.default_rng(seed)
    shared = random.standard_normal(size)
    apart = random.standard_normal((count, size)) * own
    return 1e-3 * (shared + apart)


def of_returns(returns, start=100.0):
    """A price every ten seconds, which moves once a minute."""
    levels = start * np.exp(np.concatenate(([0.0], np.cumsum(returns))))
    return window(np.repeat(levels, 6)[:-5], span=2 * HOUR)


@given(st.integers(3, 8), st.integers(0, 1000), st.floats(0.01, 3))
def test_the_share_is_the_covariance_with_the_mean_over_the_variance(count, seed, own):
    returns = walks(count, seed, own=own)
    found = shared_variance({market(number): of_returns(each) for number, each in enumerate(returns)})
    for number, each in enumerate(returns):
        covariance = np.cov(each, returns.mean(axis=0))
        assert found[market(number)] == pytest.approx(covariance[0, 1] / covariance[0, 0], rel=1e-6, abs=1e-9)


def test_common_returns_are_those_whose_both_ends_every_market_has():
    returns = walks(2, size=60)
    whole, other = (of_returns(each) for each in returns)
    # Ten minutes without a price: eleven returns begin or end in them.
    hole = Window.of(other.ticks[(other.ticks.time <= END - 30 * MINUTE) | (other.ticks.time > END - 20 * MINUTE)])
    times, found = aligned_returns({market(0): whole, market(1): Window(hole.ticks, whole.start, whole.end)})
    there = [number for number in range(60) if not 30 < number + 1 <= 41]
    assert times.tolist() == [END - (59 - number) * MINUTE for number in there]
    np.testing.assert_allclose(found, returns[:, there], atol=1e-12)


def test_where_a_market_has_no_price_there_are_no_common_returns():
    for windows in ({}, {market(0): window([1.0] * 90), market(1): window([])}):
        times, found = aligned_returns(windows)
        assert times.size == 0
        assert found.shape == (len(windows), 0)


@given(st.integers(0, 1000), st.lists(st.floats(1e-6, 1e6), min_size=4, max_size=4))
def test_it_does_not_depend_on_what_the_currency_is_worth(seed, worth):
    returns = walks(4, seed)
    plain = shared_variance({market(number): of_returns(each) for number, each in enumerate(returns)})
    scaled = shared_variance({market(number): of_returns(each, worth[number]) for number, each in enumerate(returns)})
    assert list(scaled.values()) == pytest.approx(list(plain.values()), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("every", "span", "minutes"),
    [
        (1_000, HOUR, 1),
        (10_000, HOUR, 1),
        (10_000, DAY, 5),
        (MINUTE, HOUR, 5),
        (5 * MINUTE, DAY, 30),
        (HOUR, 7 * DAY, 1440),
    ],
)
def test_a_return_spans_several_prices_of_the_rarest_market(every, span, minutes):
    fine = window([1.0] * (span // 10_000), 10_000, span)
    coarse = window([1.0] * (span // every), every, span)
    assert return_step({market(0): fine, market(1): coarse}) == minutes * MINUTE


def test_a_few_coarse_candles_do_not_decide_how_long_a_return_is():
    ticks = Ticks.concat([Ticks.of([END - DAY + 2 * HOUR], [1.0], HOUR), window([1.0] * 8000, 10_000, DAY).ticks])
    assert return_step({market(0): Window.of(ticks, DAY, END)}) == 5 * MINUTE


def test_a_price_that_is_told_late_is_not_taken_for_a_currency_of_its_own():
    """As CoinGecko's history: a point each five minutes, of some time within them."""
    random = np.random.default_rng(1)
    level = 100 * np.exp(np.cumsum(1e-4 * random.standard_normal(DAY // 10_000)))
    fine = {market(number): window(level, 10_000, DAY) for number in range(2)}
    times = END - 5 * MINUTE * np.arange(287)[::-1] - 150_000
    late = Ticks.of(times, level[(times - (END - DAY)) // 10_000 - 1], 5 * MINUTE)
    assert shared_variance({**fine, market(2): Window.of(late, DAY, END)})[market(2)] > 0.9


def test_currencies_that_move_alike_share_all_of_it():
    same = walks(1)[0]
    found = shared_variance({market(number): of_returns(same, 10.0**number) for number in range(MIN_MARKETS)})
    assert list(found.values()) == pytest.approx([1.0] * MIN_MARKETS)


def test_one_that_damped_bitcoin_has_more_than_all():
    shared = walks(1)[0]
    windows = {market(0): of_returns(0.5 * shared), market(1): of_returns(shared), market(2): of_returns(shared)}
    found = shared_variance(windows)
    assert found[market(0)] == pytest.approx(2.5 / 1.5)
    assert found[market(1)] == pytest.approx(2.5 / 3)


def test_two_currencies_tell_nothing_nor_do_a_few_returns_nor_one_that_stood_still():
    returns = walks(3)
    windows = {market(number): of_returns(each) for number, each in enumerate(returns)}
    assert all(math.isnan(each) for each in shared_variance(dict(list(windows.items())[:2])).values())
    few = {market(number): of_returns(each[: MIN_RETURNS - 1]) for number, each in enumerate(returns)}
    assert all(math.isnan(each) for each in shared_variance(few).values())
    enough = {market(number): of_returns(each[:MIN_RETURNS]) for number, each in enumerate(returns)}
    assert not any(math.isnan(each) for each in shared_variance(enough).values())
    still = shared_variance({**windows, market(3): of_returns(0 * returns[0])})
    assert [math.isnan(each) for each in still.values()] == [False, False, False, True]
    assert all(math.isnan(each) for each in shared_variance({**windows, market(3): window([])}).values())


def test_no_return_reaches_over_a_gap_of_any_market():
    windows = {market(number): of_returns(each) for number, each in enumerate(walks(3, size=100))}
    ticks = windows[market(1)].ticks
    before, after = ticks[ticks.time < END - 60 * MINUTE], ticks[ticks.time > END - 40 * MINUTE]
    found = []
    for factor in (1.0, 10.0):
        beyond = Ticks.of(after.time, factor * after.price, 10_000)
        holed = Window.of(Ticks.concat([before, beyond]), 2 * HOUR, END)
        found.append(shared_variance({**windows, market(1): holed}))
    assert list(found[1].values()) == pytest.approx(list(found[0].values()), rel=1e-9)
    assert all(0.5 < share < 1.5 for share in found[1].values())


def test_bitcoin_implies_an_exchange_rate():
    usd, eur, jpy = (window([price] * 5) for price in (60_000.0, 50_000.0, 9_000_000.0))
    found = cross_rates({market(0): usd, market(1): eur, market(3): jpy}, market(0))
    assert found == {market(1): pytest.approx(1.2), market(3): pytest.approx(1 / 150)}


def test_a_rate_needs_two_prices_of_one_moment_and_of_one_coin():
    ether = Market("kraken", "ETH", "EUR")
    late = window([50_000.0] * 5, end=END - 30_000)
    windows = {market(0): window([60_000.0] * 5), ether: window([2_000.0]), market(2): window([])}
    assert all(math.isnan(rate) for rate in cross_rates(windows, market(0)).values())
    # The newest moment at which both have a price is that of the older one.
    older = Window.of(late.ticks, HOUR, END)
    moved = window([1.0, 60_000.0, 70_000.0, 70_000.0, 70_000.0])
    assert cross_rates({market(0): moved, market(1): older}, market(0))[market(1)] == pytest.approx(1.2)
    apart = Window.of(window([50_000.0], end=END - 30 * MINUTE).ticks, HOUR, END)
    assert math.isnan(cross_rates({market(0): window([60_000.0] * 5), market(1): apart}, market(0))[market(1)])
    assert cross_rates({market(1): apart}, market(0)) == {}
