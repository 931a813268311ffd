"""The past of several markets in columns, and what takes more than one of them to say; see ``followed_markets``."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from tracker.alerts.readings.aggregate_columns import Bools
from tracker.alerts.readings.column_joins import Floats, Ints
from tracker.alerts.readings.followed_markets import market_in
from tracker.alerts.readings.past_rows import PastRows, Record, Run
from tracker.alerts.readings.reading_columns import ROUNDING, TOLD, Codes, code_of
from tracker.alerts.readings.verdict import Reason
from tracker.core.bars import Bars
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.ranking import DEFAULT_RANKING
from tracker.core.standstill import MOVES, UNMOVED_ROWS
from tracker.core.ticks import Ticks

NEVER = 0  # in a column of epoch ms


class DoubtColumns(NamedTuple):
    """Codes of why the newest price says nothing of a time, and since when (epoch ms)."""

    reason: Codes
    since: Ints


class RankColumns(NamedTuple):
    """Ranks at many times, nan where there is none, and whether columns do not show them."""

    rank: Floats
    is_unsure: Bools


class PastMarkets:
    """
    The rows of *markets* with *begin* < time <= *end* (epoch ms), and those before that readings at them need.

    Also a source of prices from memory, for what is read row by row. Any method may raise StoreError.

    Args:
        markets: all that are ranked and compared, in the settings' order.
        record: has the rows.
        begin: epoch ms, as *end*.
        end: see above.
        floor: least coverage to be ranked, 0 to 1.
        unmoved_after: ms for which a price may stand still while others move.
        runs: of the part before; see ``last_runs``.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        record: Record,
        begin: int,
        end: int,
        floor: float,
        unmoved_after: int,
        runs: Mapping[Market, Run] = MappingProxyType({}),
    ) -> None:
        self.markets, self.floor, self.unmoved_after = markets, floor, unmoved_after
        self._record, self._begin, self._end, self._runs = record, begin, end, runs
        self._rows: dict[Market, PastRows] = {}
        self._ranks: dict[tuple[int, bytes], dict[Market, RankColumns]] = {}

    def rows(self, market: Market) -> PastRows:
        """Return the rows of *market*."""
        if market not in self._rows:
            self._rows[market] = PastRows(market, self._record, self._begin, self._end, self._runs.get(market))
        return self._rows[market]

    def last_runs(self) -> dict[Market, Run]:
        """Return the last run of rows of one price of each market that was looked at, see ``FollowedRows``."""
        return {
            market: (int(rows.runs[0][-1]), int(rows.runs[1][-1]))
            for market, rows in self._rows.items()
            if len(rows.rows)
        }

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """Return the rows with *start* <= time < *end* (epoch ms), as a store does."""
        return self.rows(market).between(start - 1, end - 1)

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return bars as a store does."""
        return self.rows(market).bars(start, end, step)

    def doubts(self, market: Market, at: Ints) -> DoubtColumns:
        """Return why the newest price of *market* says nothing of each of *at* (epoch ms)."""
        rows, (still, since) = self.rows(market), self._still(market, at)
        if not len(rows.rows):
            return DoubtColumns(np.full(at.size, code_of(Reason.NO_PRICE), np.uint8), np.full(at.size, NEVER))
        newest = rows.newest(at)
        has_none = newest < 0
        is_old = rows.is_old(at, newest) & ~still & ~has_none
        reason = np.where(still, code_of(Reason.STANDING_STILL), np.where(is_old, code_of(Reason.OLD_PRICE), TOLD))
        reason = np.where(has_none, code_of(Reason.NO_PRICE), reason).astype(np.uint8)
        return DoubtColumns(reason, np.where(is_old, rows.rows.time[newest], since))

    def _still(self, market: Market, at: Ints) -> tuple[Bools, Ints]:
        """Return whether the price of *market* stands still while others move at each of *at*, and since when."""
        rows = self.rows(market)
        still, since = np.zeros(at.size, dtype=bool), np.full(at.size, NEVER)
        if not len(rows.rows):
            return still, since
        begins, count = rows.runs
        newest, time = rows.newest(at), rows.rows.time
        is_long = (count >= UNMOVED_ROWS) & (time - begins >= self.unmoved_after)
        places = np.flatnonzero((newest >= 0) & is_long[newest])
        if not places.size:
            return still, since
        row = newest[places]
        moved = np.zeros(places.size, dtype=bool)
        for other in self.markets:
            if other.base == market.base and other != market:
                moved |= self._has_moved(other, at[places], begins[row], time[row])
        still[places[moved]] = True
        since[places[moved]] = begins[row][moved]
        return still, since

    def _has_moved(self, market: Market, at: Ints, since: Ints, end: Ints) -> Bools:
        """Return whether the price of *market*, as known at each of *at*, has changed MOVES times after *since*."""
        rows, result = self.rows(market), np.zeros(at.size, dtype=bool)
        newest = rows.newest(at)
        known = np.searchsorted(rows.moves.time, end, side="right") - MOVES
        places = np.flatnonzero((newest >= 0) & (known >= 0))
        changed = known[places]
        oldest = np.maximum(rows.rows.time[newest[places]], end[places]) - DAY
        result[places] = (rows.moves.time[changed] > since[places]) & (rows.moves.before[changed] > oldest)
        return result

    def ranks(self, span: int, at: Ints) -> dict[Market, RankColumns]:
        """Return the ranks of all markets over the last *span* ms up to each of *at* (epoch ms)."""
        key = span, at.tobytes()
        if key not in self._ranks:
            self._ranks[key] = self._ranked(span, at)
        return self._ranks[key]

    def _ranked(self, span: int, at: Ints) -> dict[Market, RankColumns]:
        scores, is_cut = [], np.zeros(at.size, dtype=bool)
        for market in self.markets:
            spans = self.rows(market).spans(span, at)
            is_ranked = (spans.coverage >= self.floor) & ~self._still(market, at)[0]
            scores.append(np.where(is_ranked, spans.value(DEFAULT_RANKING), np.nan))
            is_cut |= spans.is_cut
        result = {}
        for place, market in enumerate(self.markets):
            own, rank, is_near = scores[place], np.ones(at.size), np.zeros(at.size, dtype=bool)
            for other, score in enumerate(scores):
                rank += score < own
                if other != place:
                    is_near |= (np.abs(score - own) <= ROUNDING * own) & (own != 0)
            result[market] = RankColumns(np.where(np.isnan(own), np.nan, rank), is_cut | is_near)
        return result

    def implied(self, market: Market, pair: tuple[str, str], at: Ints) -> tuple[Floats, Bools]:
        """Return the rate of *pair* at each of *at* (epoch ms), nan where there is none; and where that is unsure."""
        dividend, divisor = (market_in(market, currency, self.markets) for currency in reversed(pair))
        if dividend is None or divisor is None:
            return np.full(at.size, np.nan), np.zeros(at.size, dtype=bool)
        both = [self.rows(dividend), self.rows(divisor)]
        has_doubt = (self.doubts(dividend, at).reason != TOLD) | (self.doubts(divisor, at).reason != TOLD)
        rate, is_unsure, places = np.full(at.size, np.nan), np.zeros(at.size, dtype=bool), np.flatnonzero(~has_doubt)
        if not places.size:
            return rate, is_unsure
        newest = [rows.newest(at[places]) for rows in both]
        moment = np.minimum(*(rows.rows.time[row] for rows, row in zip(both, newest, strict=True)))
        prices = []
        for rows, row in zip(both, newest, strict=True):
            price, is_valid = rows.window.prices_at(moment)
            is_recent = rows.rows.time[rows.newest(moment)] > at[places] - DAY
            prices.append(np.where(is_valid & is_recent, price, np.nan))
            is_unsure[places] |= rows.shares_time(row)
        rate[places] = prices[0] / prices[1]
        return rate, is_unsure
