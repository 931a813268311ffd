"""The simulated market: pure, realistic, the same at every scale."""

import subprocess
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.market import Market
from tracker.core.simulated_prices import decimals, price, prices, prices_of_markets
from tracker.sandbox.simulated import Simulated

ROOT = Path(__file__).parents[2]
YEAR = 365 * 86_400_000
NOW = 1_763_900_000_000
QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "TRY", "BRL", "XAU", "USDT", "ZZZ")
MARKETS = [Market("kraken", "BTC", quote) for quote in QUOTES]
TIMES = st.integers(1_262_304_000_000, 2_082_758_400_000)  # 2010 to 2036


def market(quote: str) -> Market:
    return Market("kraken", "BTC", quote)


def returns(quote: str, interval: int, count: int, seed: int = 1) -> np.ndarray:
    return np.diff(np.log(prices(seed, market(quote), NOW + interval * np.arange(count + 1))))


def volatility(log_returns: np.ndarray, interval: int) -> float:
    return float(np.sqrt((log_returns**2).mean() * YEAR / interval))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(-(2**70), 2**70), market=st.sampled_from(MARKETS), times=st.lists(TIMES, min_size=1, max_size=4)
)
def test_prices_are_above_zero_and_do_not_depend_on_what_else_is_asked(seed, market, times):
    together = prices(seed, market, np.array(times))
    assert np.isfinite(together).all()
    assert (together > 0).all()
    assert [price(seed, market, time) for time in reversed(times)] == together[::-1].tolist()


def test_a_long_row_of_prices_is_that_of_its_pieces():
    times = NOW + 256 * np.arange(10_000)
    assert (prices_of_markets(1, MARKETS, times)[:, ::997] == prices_of_markets(1, MARKETS, times[::997])).all()


@settings(max_examples=100, deadline=None)
@given(market=st.sampled_from(MARKETS), time=TIMES)
def test_levels_stay_within_a_factor_of_six_of_today_s(market, time):
    usual = {"USD": 95_000, "EUR": 87_400, "JPY": 14_250_000, "XAU": 32.76}
    level = usual.get(market.quote)
    assert level is None or level / 6 < price(3, market, time) < level * 6


def in_another_process(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_the_price_of_a_seed_never_changes():
    """Screenshots and pinned tests of other days rely on these; another process must get them too."""
    code = f"""
from tracker.core.market import Market
from tracker.sandbox import price
print([price(seed, Market("kraken", "BTC", quote), {NOW}) for seed, quote in ((1, "USD"), (7, "JPY"), (7, "ZZZ"))])
"""
    expected = [97954.2, 18421688.0, 72248.1]
    assert [price(1, market("USD"), NOW), price(7, market("JPY"), NOW), price(7, market("ZZZ"), NOW)] == expected
    assert in_another_process(code) == str(expected)


def test_the_simulated_market_needs_no_threads_sockets_or_servers():
    code = """
import sys
import tracker.core.simulated_prices
print({"http.server", "tracker.sandbox.server"} & set(sys.modules))
"""
    assert in_another_process(code) == "set()"


def test_another_seed_is_another_market():
    assert price(1, market("USD"), NOW) != price(2, market("USD"), NOW)


def test_the_exchange_does_not_matter_to_the_price():
    assert price(1, Market("binance", "BTC", "EUR"), NOW) == price(1, market("EUR"), NOW)


@pytest.mark.parametrize(
    ("interval", "count"),
    [(1000, 20_000), (10_000, 20_000), (600_000, 4_320), (3_600_000, 4_000), (86_400_000, 3_000)],
    ids=["1s", "10s", "10min", "1h", "1d"],
)
def test_btc_moves_by_50_percent_a_year_at_every_horizon(interval, count):
    assert volatility(returns("USD", interval, count), interval) == pytest.approx(0.50, rel=0.06)


@pytest.mark.parametrize(("quote", "expected"), [("EUR", 0.08), ("TRY", 0.20), ("XAU", 0.15), ("ZZZ", 0.20)])
def test_each_currency_adds_its_own_volatility(quote, expected):
    own = returns(quote, 600_000, 4_320) - returns("USD", 600_000, 4_320)
    assert volatility(own, 600_000) == pytest.approx(expected, rel=0.1)


def test_all_prices_of_btc_move_together_but_not_alike():
    matrix = np.corrcoef([returns(quote, 600_000, 4_320) for quote in ("USD", "EUR", "JPY", "TRY", "XAU")])
    apart = matrix[~np.eye(5, dtype=bool)]
    assert apart.min() > 0.85
    assert apart.max() < 0.999


def test_returns_are_as_good_as_independent_of_the_ones_before():
    each = returns("USD", 60_000, 20_000)
    assert abs(np.corrcoef(each[1:], each[:-1])[0, 1]) < 0.03


def test_a_fine_path_passes_through_the_points_of_a_coarse_one():
    coarse = NOW + 3_600_000 * np.arange(24)
    fine = NOW + 60_000 * np.arange(24 * 60)
    assert prices(1, market("EUR"), fine)[::60].tolist() == prices(1, market("EUR"), coarse).tolist()


def test_there_is_no_jump_where_a_block_of_398_days_ends():
    border = 52 * 2**35
    around = np.log(prices(1, market("USD"), border + 1000 * np.arange(-50, 50)))
    assert np.abs(np.diff(around)).max() < 5 * 0.50 * np.sqrt(1000 / YEAR)


def test_gold_is_worth_what_its_token_is():
    assert 1 / price(1, market("PAXG"), NOW) == pytest.approx(price(1, Market("kraken", "PAXG", "BTC"), NOW), rel=1e-4)


@pytest.mark.parametrize(("quote", "expected"), [("USD", 1), ("EUR", 1), ("JPY", 0), ("TRY", 0), ("XAU", 4)])
def test_prices_are_multiples_of_the_tick_an_exchange_would_show(quote, expected):
    assert decimals(market(quote)) == expected
    seen = prices(1, market(quote), NOW + 1000 * np.arange(1000))
    assert seen.tolist() == [round(value, expected) for value in seen.tolist()]
    assert len(set(seen.tolist())) > 50


def test_a_candle_closes_at_the_price_of_its_end_and_opens_at_that_of_its_start():
    source = Simulated(1)
    length = 60_000
    starts = NOW // length * length - length * np.arange(10, 0, -1)
    for candle in source.candles(market("EUR"), starts, length, NOW):
        assert candle.close == price(1, market("EUR"), candle.start + length)
        assert candle.open == price(1, market("EUR"), candle.start)
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.low <= candle.mean <= candle.high


def test_the_open_candle_knows_nothing_after_now():
    (candle,) = Simulated(1).candles(market("EUR"), np.array([NOW - 20_000]), 60_000, NOW)
    assert candle.close == price(1, market("EUR"), NOW)


def test_offers_btc_against_money_and_gold():
    assert {("BTC", "USD"), ("BTC", "JPY"), ("BTC", "XAU"), ("PAXG", "USD")} <= Simulated().pairs
    assert ("BTC", "BTC") not in Simulated().pairs


def test_sells_what_it_is_told_to_and_knows_a_level_for_any_code():
    many = frozenset(("BTC", f"C{number:03}") for number in range(500))
    source = Simulated(1, pairs=many)
    assert source.pairs == many
    levels = source.latest([market(quote) for _, quote in sorted(many)], NOW)
    assert len(set(levels)) == 500
    assert 1000 < min(levels) < max(levels) < 60_000_000


@settings(max_examples=30, deadline=None)
@given(chosen=st.lists(st.sampled_from([*MARKETS, Market("kraken", "PAXG", "BTC")]), max_size=6), time=TIMES)
def test_the_latest_prices_of_many_markets_are_those_of_each_alone(chosen, time):
    assert Simulated(3).latest(chosen, time) == [price(3, market, time) for market in chosen]


def test_a_hundred_markets_cost_less_than_ten_alone():
    hundred = [market(f"C{number:03}") for number in range(100)]

    def fastest(work: Callable[[], object]) -> float:
        return min(timeit.repeat(work, number=1, repeat=7))

    assert fastest(lambda: Simulated(1).latest(hundred, NOW)) < fastest(
        lambda: [price(1, market, NOW) for market in hundred[:10]]
    )
