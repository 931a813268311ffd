"""The simulated market: a pure function, realistic, and alike at every scale."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.market import Market
from tracker.core.simulated_prices import decimals, has_level, price, prices, prices_of_markets
from tracker.exchanges import binance, coingecko
from tracker.render.format import currencies

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


@settings(max_examples=40)
@given(
    seed=st.integers(-(2**70), 2**70), market=st.sampled_from(MARKETS), times=st.lists(TIMES, min_size=1, max_size=4)
)
def test_prices_are_above_zero_and_independent_of_other_calls(seed, market, times):
    computed = prices(seed, market, np.array(times))
    assert np.isfinite(computed).all()
    assert (computed > 0).all()
    assert [price(seed, market, time) for time in reversed(times)] == computed[::-1].tolist()


def test_many_prices_computed_at_once_are_those_of_each_alone():
    times = NOW + 256 * np.arange(10_000)
    assert (prices_of_markets(1, MARKETS, times)[:, ::997] == prices_of_markets(1, MARKETS, times[::997])).all()


@settings(max_examples=100)
@given(market=st.sampled_from(MARKETS), time=TIMES)
def test_levels_stay_within_a_factor_of_six_of_the_usual_one(market, time):
    usual = {"USD": 95_000, "EUR": 87_400, "JPY": 14_250_000, "XAU": 32.76}
    level = usual.get(market.quote)
    assert level is None or level / 6 < price(3, market, time) < level * 6


def test_every_currency_and_coin_that_is_known_by_its_code_has_a_level():
    known = {*currencies.NAMES, *binance._QUOTES, *coingecko._COINS, "SHIB"}
    assert [code for code in sorted(known) if not has_level(code)] == []
    assert not has_level("ZZZ")


@pytest.mark.parametrize(
    ("pair", "level"),
    [("BTC/IDR", 1.55e9), ("BTC/VND", 2.4e9), ("SHIB/BTC", 1.6e-10), ("ETH/BTC", 0.035), ("BTC/EURI", 87_400)],
)
def test_very_large_and_very_small_prices_are_near_the_real_ones_and_have_six_digits(pair, level):
    values = prices(3, Market.parse(f"binance:{pair}"), NOW + 60_000 * np.arange(1000))
    assert (level / 6 < values).all()
    assert (values < level * 6).all()
    assert len(set(values.tolist())) > 50


def in_another_process(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_the_price_of_a_seed_never_changes():
    """Screenshots and other tests rely on these values, in every process."""
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


def test_another_seed_gives_other_prices():
    assert price(1, market("USD"), NOW) != price(2, market("USD"), NOW)


def test_the_price_does_not_depend_on_the_exchange():
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
    excess = returns(quote, 600_000, 4_320) - returns("USD", 600_000, 4_320)
    assert volatility(excess, 600_000) == pytest.approx(expected, rel=0.1)


def test_all_prices_of_btc_are_correlated_but_not_equal():
    matrix = np.corrcoef([returns(quote, 600_000, 4_320) for quote in ("USD", "EUR", "JPY", "TRY", "XAU")])
    correlations = matrix[~np.eye(5, dtype=bool)]
    assert correlations.min() > 0.85
    assert correlations.max() < 0.999


def test_returns_are_nearly_uncorrelated_with_earlier_ones():
    minute_returns = returns("USD", 60_000, 20_000)
    assert abs(np.corrcoef(minute_returns[1:], minute_returns[:-1])[0, 1]) < 0.03


def test_a_fine_path_passes_through_the_points_of_a_coarse_one():
    coarse = NOW + 3_600_000 * np.arange(24)
    fine = NOW + 60_000 * np.arange(24 * 60)
    assert prices(1, market("EUR"), fine)[::60].tolist() == prices(1, market("EUR"), coarse).tolist()


def test_prices_do_not_jump_at_the_border_of_a_block():
    border = 52 * 2**35
    logarithms = np.log(prices(1, market("USD"), border + 1000 * np.arange(-50, 50)))
    assert np.abs(np.diff(logarithms)).max() < 5 * 0.50 * np.sqrt(1000 / YEAR)


def test_the_gold_token_costs_what_gold_costs():
    assert 1 / price(1, market("PAXG"), NOW) == pytest.approx(price(1, Market("kraken", "PAXG", "BTC"), NOW), rel=1e-4)


@pytest.mark.parametrize(("quote", "expected"), [("USD", 1), ("EUR", 1), ("JPY", 0), ("TRY", 0), ("XAU", 4)])
def test_prices_are_multiples_of_the_tick_an_exchange_would_show(quote, expected):
    assert decimals(market(quote)) == expected
    values = prices(1, market(quote), NOW + 1000 * np.arange(1000))
    assert values.tolist() == [round(value, expected) for value in values.tolist()]
    assert len(set(values.tolist())) > 50
