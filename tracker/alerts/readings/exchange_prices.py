"""Prices of exchanges alone: simulated and replayed rows in the same store say nothing that a rule may fire on."""

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bars import Bars
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.bar_reader import PriceSource

_INVENTED = [int(Origin.SIMULATED), int(Origin.REPLAY)]


def real_rows(ticks: Ticks) -> Ticks:
    """Return those of *ticks* that come from an exchange, polled, backfilled or imported."""
    is_invented = np.isin(ticks.origin, _INVENTED)
    return ticks[np.flatnonzero(~is_invented)] if is_invented.any() else ticks


class RealPrices:
    """The prices of *source* without simulated and replayed rows: where these were, there is a gap."""

    def __init__(self, source: PriceSource) -> None:
        self._source = source

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """See ``Store.read``."""
        return real_rows(self._source.read(market, start, end))

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """See ``Store.bars``; those with other rows are made anew of what is left."""
        bars = self._source.bars(market, start, end, step)
        invented = np.flatnonzero(bars.origin_count[:, _INVENTED].any(axis=1))
        if not invented.size:
            return bars
        first, last = int(invented[0]), int(invented[-1])
        rows = self.read(market, int(bars.start[first]) + 1, int(bars.start[last]) + step + 1)
        return Bars.concat([bars[:first], make_bars(rows, step), bars[last + 1 :]])
