"""Across markets: the variance they share, and the exchange rates that bitcoin implies."""

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
    sufficient_span,
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


def random_returns(count, seed=1, size=60, specific=0.3):
    random = np.random.default_rng(seed)
    shared = random.standard_normal(size)
    return 1e-3 * (shared + specific * random.standard_normal((count, size)))


def windows_of(returns):
    return {market(number): of_returns(row) for number, row in enumerate(returns)}


def all_nan(shares):
    return all(map(math.isnan, shares.values()))


def of_returns(returns, start=100.0):
    """Return a price every ten seconds that changes once a minute."""
    levels = start * np.exp(np.concatenate(([0.0], np.cumsum(returns))))
    return window(np.repeat(levels, 6)[:-5], span=2 * HOUR)


@given(st.integers(3, 8), st.integers(0, 1000), st.floats(0.01, 3))
def test_the_share_is_the_covariance_with_the_mean_over_the_variance(count, seed, specific):
    returns = random_returns(count, seed, specific=specific)
    shares = shared_variance(windows_of(returns))
    for number, own_returns in enumerate(returns):
        covariance = np.cov(own_returns, returns.mean(axis=0))
        assert shares[market(number)] == pytest.approx(covariance[0, 1] / covariance[0, 0], rel=1e-6, abs=1e-9)


def test_aligned_returns_start_and_end_where_every_market_has_a_price():
    returns = random_returns(2, size=60)
    complete, partial = map(of_returns, returns)
    # Ten minutes without a price: eleven returns start or end in them.
    ticks = partial.ticks[(partial.ticks.time <= END - 30 * MINUTE) | (partial.ticks.time > END - 20 * MINUTE)]
    with_gap = Window(ticks, complete.start, complete.end)
    times, aligned = aligned_returns({market(0): complete, market(1): with_gap})
    present = [number for number in range(60) if not 30 < number + 1 <= 41]
    assert times.tolist() == [END - (59 - number) * MINUTE for number in present]
    np.testing.assert_allclose(aligned, returns[:, present], atol=1e-12)


def test_no_return_ends_after_the_last_price_of_any_market():
    """20 s without a price are no gap yet, but the price at the end of that minute is not known."""
    returns = random_returns(2, size=60)
    complete, late = map(of_returns, returns)
    late = Window(late.ticks[late.ticks.time <= END - 20_000], complete.start, complete.end)
    assert late.gaps == complete.gaps
    times, aligned = aligned_returns({market(0): complete, market(1): late})
    assert times[-1] == END - MINUTE
    np.testing.assert_allclose(aligned, returns[:, :-1], atol=1e-12)


def test_a_market_without_prices_leaves_no_aligned_returns():
    for windows in ({}, {market(0): window([1.0] * 90), market(1): window([])}):
        times, aligned = aligned_returns(windows)
        assert times.size == 0
        assert aligned.shape == (len(windows), 0)


@given(st.integers(0, 1000), st.lists(st.floats(1e-6, 1e6), min_size=4, max_size=4))
def test_the_share_does_not_depend_on_the_price_level(seed, levels):
    returns = random_returns(4, seed)
    plain = shared_variance(windows_of(returns))
    scaled = shared_variance({market(number): of_returns(returns[number], levels[number]) for number in range(4)})
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
def test_a_return_spans_several_prices_of_the_coarsest_market(every, span, minutes):
    fine = window([1.0] * (span // 10_000), 10_000, span)
    coarse = window([1.0] * (span // every), every, span)
    assert return_step({market(0): fine, market(1): coarse}) == minutes * MINUTE


@pytest.mark.parametrize(("days", "step"), [(30, 5 * MINUTE), (31, HOUR), (400, HOUR), (401, DAY)])
def test_a_return_of_a_long_span_joins_prices_that_its_bars_end_with(days, step):
    assert return_step({market(0): window([1.0] * 60, MINUTE, days * DAY)}) == step


def test_a_few_coarse_candles_do_not_determine_the_length_of_returns():
    ticks = Ticks.concat([Ticks.of([END - DAY + 2 * HOUR], [1.0], HOUR), window([1.0] * 8000, 10_000, DAY).ticks])
    assert return_step({market(0): Window.of(ticks, DAY, END)}) == 5 * MINUTE


def test_delayed_prices_do_not_look_like_movements_of_the_currency():
    """As in CoinGecko's history: a point every five minutes, of a time within them."""
    random = np.random.default_rng(1)
    level = 100 * np.exp(np.cumsum(1e-4 * random.standard_normal(DAY // 10_000)))
    fine = {market(number): window(level, 10_000, DAY) for number in range(2)}
    times = END - 5 * MINUTE * np.arange(287)[::-1] - 150_000
    delayed = Ticks.of(times, level[(times - (END - DAY)) // 10_000 - 1], 5 * MINUTE)
    assert shared_variance({**fine, market(2): Window.of(delayed, DAY, END)})[market(2)] > 0.9


def test_identical_returns_are_shared_completely():
    [returns] = random_returns(1)
    shares = shared_variance({market(number): of_returns(returns, 10.0**number) for number in range(MIN_MARKETS)})
    assert list(shares.values()) == pytest.approx([1.0] * MIN_MARKETS)


def test_a_currency_that_damps_bitcoin_has_a_share_above_one():
    shared = random_returns(1)[0]
    windows = {market(0): of_returns(0.5 * shared), market(1): of_returns(shared), market(2): of_returns(shared)}
    shares = shared_variance(windows)
    assert shares[market(0)] == pytest.approx(2.5 / 1.5)
    assert shares[market(1)] == pytest.approx(2.5 / 3)


def test_two_markets_few_returns_or_a_constant_price_have_no_share():
    returns = random_returns(3)
    windows = windows_of(returns)
    assert all_nan(shared_variance(windows_of(returns[:2])))
    assert all_nan(shared_variance(windows_of(returns[:, : MIN_RETURNS - 1])))
    assert not any(map(math.isnan, shared_variance(windows_of(returns[:, :MIN_RETURNS])).values()))
    with_constant = shared_variance({**windows, market(3): of_returns(0 * returns[0])})
    assert list(map(math.isnan, with_constant.values())) == [False, False, False, True]
    assert all_nan(shared_variance({**windows, market(3): window([])}))


def test_no_return_spans_a_gap_of_any_market():
    windows = windows_of(random_returns(3, size=100))
    ticks = windows[market(1)].ticks
    before, after = ticks[ticks.time < END - 60 * MINUTE], ticks[ticks.time > END - 40 * MINUTE]
    shares = []
    for factor in (1.0, 10.0):
        scaled = Ticks.of(after.time, factor * after.price, 10_000)
        with_gap = Window.of(Ticks.concat([before, scaled]), 2 * HOUR, END)
        shares.append(shared_variance({**windows, market(1): with_gap}))
    assert list(shares[1].values()) == pytest.approx(list(shares[0].values()), rel=1e-9)
    assert all(0.5 < share < 1.5 for share in shares[1].values())


def test_two_prices_of_bitcoin_imply_an_exchange_rate():
    usd, eur, jpy = (window([price] * 5) for price in (60_000.0, 50_000.0, 9_000_000.0))
    rates = cross_rates({market(0): usd, market(1): eur, market(3): jpy}, market(0))
    assert rates == {market(1): pytest.approx(1.2), market(3): pytest.approx(1 / 150)}


def test_a_rate_needs_two_prices_of_the_same_time_and_coin():
    ether = Market("kraken", "ETH", "EUR")
    earlier = window([50_000.0] * 5, end=END - 30_000)
    windows = {market(0): window([60_000.0] * 5), ether: window([2_000.0]), market(2): window([])}
    assert all(math.isnan(rate) for rate in cross_rates(windows, market(0)).values())
    # The newest time at which both have a price is that of the older one.
    older = Window.of(earlier.ticks, HOUR, END)
    changing = window([1.0, 60_000.0, 70_000.0, 70_000.0, 70_000.0])
    assert cross_rates({market(0): changing, market(1): older}, market(0))[market(1)] == pytest.approx(1.2)
    outdated = Window.of(window([50_000.0], end=END - 30 * MINUTE).ticks, HOUR, END)
    assert math.isnan(cross_rates({market(0): window([60_000.0] * 5), market(1): outdated}, market(0))[market(1)])
    assert cross_rates({market(1): outdated}, market(0)) == {}


def test_a_rate_needs_a_price_that_no_gap_has_ended():
    """An hourly close at 10:00, then ticks from 10:30 on: at 10:20 neither a gap-free price nor a rate exists."""
    start = END - HOUR
    sparse = Window.of(Ticks.of([start, start + 30 * MINUTE], [60_000.0] * 2, [HOUR, 10_000]), 2 * HOUR, END)
    assert sparse.gaps[-2] == (start, start + 30 * MINUTE - 10_000)
    other = window([50_000.0] * 5, end=start + 20 * MINUTE)
    assert math.isnan(cross_rates({market(0): sparse, market(1): other}, market(0))[market(1)])


@pytest.mark.parametrize(
    ("span", "every", "sufficient"),
    [
        (10 * MINUTE, 10_000, HOUR),
        (HOUR, 10_000, None),  # it has 59 returns of 1 min
        (HOUR, MINUTE, 6 * HOUR),  # prices once a minute have 11 returns of 5 min in an hour
        (31 * MINUTE, 10_000, None),  # just 30 returns
        (30 * MINUTE, 10_000, HOUR),
        (6 * HOUR, HOUR, None),  # prices once an hour have no 30 returns of 5 h in any of the spans
    ],
)
def test_a_longer_span_is_named_only_where_the_present_one_can_never_have_enough_returns(span, every, sufficient):
    windows = {market(number): window(np.full(span // every, 100.0), every, span) for number in range(3)}
    assert sufficient_span(windows, [10 * MINUTE, HOUR, 6 * HOUR, DAY]) == sufficient


def test_a_span_that_would_do_has_the_returns_once_it_is_full():
    spans = [10 * MINUTE, HOUR, 6 * HOUR, DAY]
    for every in (10_000, MINUTE, 5 * MINUTE):
        short = {market(0): window(np.full(10, 100.0), every, 10 * MINUTE)}
        span = sufficient_span(short, spans)
        prices = np.exp(np.random.default_rng(1).standard_normal((3, span // every)) / 1000)
        _, returns = aligned_returns({market(i): window(row, every, span) for i, row in enumerate(prices)})
        assert returns.shape[1] >= MIN_RETURNS
