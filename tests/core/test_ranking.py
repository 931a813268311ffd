"""Ranking: order, ties, coverage and the choice of the measure."""

import math

import numpy as np
import pytest

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import find, ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

EUR, GBP, JPY, USD = (Market("kraken", "BTC", quote) for quote in ("EUR", "GBP", "JPY", "USD"))


def of_prices(prices: list[float]) -> Window:
    return Window.of(Ticks.of(1000 * np.arange(1, len(prices) + 1), prices, 1000))


def after_the_first_backfill() -> dict[Market, Window]:
    """
    Return half an hour as it is soon after a start: candles of 5 min, of 1 min, then ticks of 10 s.

    EUR rises from 100 to 110 and 120, for ten minutes each. USD has only ticks, which alternate
    between 95 and 105. GBP is constant, but only its last 20 minutes are known.
    """
    minute = 60_000
    times = [5 * minute, 10 * minute, *range(11 * minute, 21 * minute, minute)]
    ticks = list(range(20 * minute + 10_000, 30 * minute + 1, 10_000))
    intervals = [5 * minute] * 2 + [minute] * 10 + [10_000] * 60
    origins = [Origin.BACKFILL] * 12 + [Origin.LIVE] * 60
    mixed = Ticks.of(times + ticks, [100] * 2 + [110] * 10 + [120] * 60, intervals, origins)
    alternating = Ticks.of(range(10_000, 30 * minute + 1, 10_000), [95, 105] * 90, 10_000)
    constant = Ticks.of(range(10 * minute + 10_000, 30 * minute + 1, 10_000), [80] * 120, 10_000)
    rows = {GBP: constant, EUR: mixed, USD: alternating}
    return {market: Window.of(ticks, 30 * minute, 30 * minute) for market, ticks in rows.items()}


def test_the_ranking_after_the_first_backfill_weights_prices_by_time():
    """By hand: W = 1800 s, sum w^2 = 2 * 300^2 + 10 * 60^2 + 60 * 10^2 = 222,000, sum w x^2 = 2 * 600 * 10^2."""
    usd, eur, gbp = ranking(after_the_first_backfill())
    assert [(row.market, row.rank) for row in (usd, eur, gbp)] == [(USD, 1), (EUR, 2), (GBP, None)]
    assert eur.values["mean"] == 110
    assert eur.values["relative_standard_deviation"] == eur.values["standard_deviation"] / 110
    assert eur.values["standard_deviation"] == pytest.approx(math.sqrt(120_000 / (1800 - 222_000 / 1800)))
    assert usd.values["standard_deviation"] == pytest.approx(math.sqrt(25 * 180 / 179))
    assert (eur.coverage, usd.coverage, gbp.coverage) == (1, 1, 2 / 3)
    assert (eur.count, usd.count, gbp.count) == (72, 180, 120)
    assert gbp.values["standard_deviation"] == 0


def test_counting_each_row_once_would_reverse_the_ranking():
    windows = after_the_first_backfill()
    naive = {market: window.ticks.price.std() / window.ticks.price.mean() for market, window in windows.items()}
    assert naive[EUR] < naive[USD]


def test_only_markets_with_enough_coverage_are_ranked():
    ranked = ranking(after_the_first_backfill(), floor=0.6)
    assert [(row.market, row.rank) for row in ranked] == [(GBP, 1), (USD, 2), (EUR, 3)]
    coverage = after_the_first_backfill()[GBP].coverage
    assert ranking(after_the_first_backfill(), floor=coverage)[0].market == GBP


def test_equal_values_share_a_rank_in_the_order_of_markets():
    constant, rising = of_prices([5, 5, 5]), of_prices([5, 6, 7])
    ranked = ranking({USD: constant, JPY: rising, EUR: constant})
    assert [(row.market, row.rank) for row in ranked] == [(EUR, 1), (USD, 1), (JPY, 3)]


def test_markets_that_cannot_be_measured_come_last_in_the_given_order():
    single_price = of_prices([5])
    ranked = ranking({USD: single_price, JPY: of_prices([5, 6, 7]), EUR: single_price})
    assert [(row.market, row.rank) for row in ranked] == [(JPY, 1), (USD, None), (EUR, None)]
    assert set(ranked[1].values) == set(MEASURES)


@pytest.mark.parametrize("by", [name for name, measure in MEASURES.items() if measure.ranked])
def test_one_daily_price_is_ranked_by_no_measure(by):
    """Its interval covers the whole window, so coverage alone would let it be the calmest."""
    day = 86_400_000
    daily = Window.of(Ticks.of([day], [43_512.33], day), day, day)
    assert daily.coverage == 1
    times = range(60_000, day + 1, 60_000)
    moving = Window.of(Ticks.of(times, [100 + number % 7 for number in range(1440)], 60_000), day, day)
    assert [(row.market, row.rank) for row in ranking({EUR: daily, USD: moving}, by=by)] == [(USD, 1), (EUR, None)]


def test_any_ranking_measure_can_be_chosen():
    falling, jumping = of_prices([100, 99, 98]), of_prices([100, 150, 200])
    assert ranking({EUR: falling, USD: jumping}, by="drawdown")[0].market == USD
    assert ranking({EUR: falling, USD: jumping})[0].market == EUR
    assert ranking({}) == []


def test_an_unknown_measure_is_rejected_with_the_nearest():
    with pytest.raises(ConfigError, match="no 'realized_volatility'; did you mean 'realised_volatility'"):
        ranking({}, by="realized_volatility")
    with pytest.raises(ConfigError, match=r"no 'zzz'; there are change, .*standard_deviation"):
        find("zzz")
    assert find("mean") is MEASURES["mean"]


def test_markets_are_not_ranked_by_an_amount_in_their_own_currency():
    with pytest.raises(ConfigError, match=r"'standard_deviation' cannot rank .* relative_standard_deviation"):
        ranking({}, by="standard_deviation")
