"""Ranks markets by a measure, the calmest first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tracker.core.bar_window import AnyWindow
from tracker.core.errors import ConfigError, nearest
from tracker.core.market import Market
from tracker.core.market_status import Stop
from tracker.core.measures import MEASURES, Measure
from tracker.core.standstill import unmoved_since

COVERAGE_FLOOR = 0.8  # a market with prices for less of the window is shown without a rank
DEFAULT_RANKING = "relative_standard_deviation"


@dataclass(frozen=True, slots=True)
class RankedMarket:
    """
    One market in a ranking.

    Attributes:
        values: measure name -> value, for all of MEASURES.
        coverage: share of the window's time that prices cover, 0 to 1.
        count: number of prices.
        rank: 1 is the calmest; None if it is not ranked.
        unmoved_since: epoch ms since when it is not traded, or its price stands still while others move; None if it
            moves, or nothing shows that it does not. Such a market is not ranked; its coverage is not affected.
        stop: what its exchange itself states about that; None: only the rows show it.
    """

    market: Market
    values: dict[str, float]
    coverage: float
    count: int
    rank: int | None
    unmoved_since: int | None = None
    stop: Stop | None = None


def find(name: str) -> Measure:
    """
    Return the measure called *name*.

    Raises:
        ConfigError: the measure does not exist; the message names the nearest.
    """
    if name in MEASURES:
        return MEASURES[name]
    raise ConfigError(f"measures: no {name!r}; {nearest(name, MEASURES)}")


def ranking(
    windows: Mapping[Market, AnyWindow],
    by: str = DEFAULT_RANKING,
    floor: float = COVERAGE_FLOOR,
    *,
    unmoved: Mapping[Market, int] | None = None,
    stops: Mapping[Market, Stop] | None = None,
) -> list[RankedMarket]:
    """
    Return all markets, the calmest first; last, without a rank and in the given order, those that cannot be ranked.

    Args:
        windows: one for each market.
        by: name of a measure with ``ranked``.
        floor: least coverage to be ranked, 0 to 1.
        unmoved: markets whose price stands still, and since when (epoch ms); by default, what the rows of *windows*
            show, see ``unmoved_since``.
        stops: what exchanges state about markets that are not traded.

    Returns:
        Rows; equal values share a rank (1, 1, 3) in the order of the markets.

    Raises:
        ConfigError: no such measure, or markets cannot be ranked by it.
    """
    if not find(by).ranked:
        rankable = ", ".join(name for name, measure in MEASURES.items() if measure.ranked)
        raise ConfigError(f"measures: {by!r} cannot rank markets of several currencies; expected one of {rankable}")
    values = {
        market: {name: measure.function(window) for name, measure in MEASURES.items()}
        for market, window in windows.items()
    }
    stops = stops or {}
    still = {
        **(unmoved_since(windows) if unmoved is None else unmoved),
        **{market: stops[market].since for market in stops},
    }
    ranked = [
        market
        for market in windows
        if windows[market].coverage >= floor and not math.isnan(values[market][by]) and market not in still
    ]
    ranked.sort(key=lambda market: (values[market][by], market))
    scores = [values[market][by] for market in ranked]
    ranks = {market: 1 + scores.index(values[market][by]) for market in ranked}
    return [
        RankedMarket(
            market,
            values[market],
            windows[market].coverage,
            windows[market].count,
            ranks.get(market),
            still.get(market),
            stops.get(market),
        )
        for market in [*ranked, *(market for market in windows if market not in ranks)]
    ]
