"""Split from measures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tracker.core.errors import ConfigError, nearest
from tracker.core.market import Market
from tracker.core.measures import MEASURES, Measure
from tracker.core.window import Window

COVERAGE_FLOOR = 0.8  # a market of which less of the window is known is shown, not ranked


DEFAULT_RANKING = "relative_standard_deviation"


@dataclass(frozen=True, slots=True)
class Row:
    """
    One market in a ranking.

    Attributes:
        values: measure name -> value, for all of MEASURES.
        coverage: share of the window's time that prices cover, 0 to 1.
        count: number of prices.
        rank: 1 is the calmest; None if it is not ranked.
    """

    market: Market
    values: dict[str, float]
    coverage: float
    count: int
    rank: int | None


def find(name: str) -> Measure:
    """
    The measure called *name*.

    Raises:
        ConfigError: there is none; the message names the nearest.
    """
    if name in MEASURES:
        return MEASURES[name]
    raise ConfigError(f"measures: no {name!r}; {nearest(name, MEASURES)}")


def ranking(windows: Mapping[Market, Window], by: str = DEFAULT_RANKING, floor: float = COVERAGE_FLOOR) -> list[Row]:
    """
    All markets, the calmest first; then, without a rank and in the given order, those that cannot be ranked.

    Args:
        by: name of a measure with ``ranked``.
        floor: least coverage to be ranked, 0 to 1.

    Returns:
        Rows; equal values share a rank (1, 1, 3) and stand in the markets' order.

    Raises:
        ConfigError: no such measure, or markets cannot be ranked by it.
    """
    if not find(by).ranked:
        able = ", ".join(name for name, measure in MEASURES.items() if measure.ranked)
        raise ConfigError(f"measures: {by!r} cannot rank markets of several currencies; expected one of {able}")
    values = {
        market: {name: measure.function(window) for name, measure in MEASURES.items()}
        for market, window in windows.items()
    }
    fit = [market for market in windows if windows[market].coverage >= floor and not math.isnan(values[market][by])]
    fit.sort(key=lambda market: (values[market][by], market))
    scores = [values[market][by] for market in fit]
    ranks = {market: 1 + scores.index(values[market][by]) for market in fit}
    return [
        Row(market, values[market], windows[market].coverage, windows[market].count, ranks.get(market))
        for market in [*fit, *(market for market in windows if market not in ranks)]
    ]
