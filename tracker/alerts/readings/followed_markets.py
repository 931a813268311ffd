"""Follows several markets: their spans, and what takes more than one of them to say."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from tracker.alerts.readings.followed_rows import FollowedRows
from tracker.alerts.readings.followed_span import FollowedSpan, value_of
from tracker.alerts.readings.unreliable_prices import UnreliablePrices
from tracker.alerts.readings.verdict import Reason
from tracker.core.cross_market import cross_rates
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.price_changes import change_time
from tracker.core.ranking import DEFAULT_RANKING
from tracker.core.standstill import MOVES, UNMOVED_ROWS
from tracker.core.ticks import Ticks
from tracker.core.window import GAP_FACTOR
from tracker.history.bar_reader import PriceSource

Doubt = tuple[Reason, int | None]  # why the newest price of a market is not relied on, and since when (epoch ms)


def market_in(market: Market, quote: str, among: Iterable[Market]) -> Market | None:
    """Return the one *among* markets that prices the base of *market* in *quote*, on its exchange if there is one."""
    markets = (other for other in among if (other.base, other.quote) == (market.base, quote))
    return min(markets, key=lambda other: other.exchange != market.exchange, default=None)


class FollowedMarkets:
    """
    The rows and spans of *markets*, up to the rows added.

    Not thread-safe. Any method may raise StoreError; the next call works again once the cause is gone.

    Args:
        markets: all that are ranked and compared, in the settings' order.
        source: the past; holds the rows that are added.
        floor: least coverage to be ranked, 0 to 1.
        unmoved_after: ms for which a price may stand still while others move.

    Attributes:
        rows: of each market.
        floor: see above.
        unreliable: what is known of the markets besides their rows; to be set as it changes.
    """

    def __init__(self, markets: Sequence[Market], source: PriceSource, floor: float, unmoved_after: int) -> None:
        self.rows = {market: FollowedRows(market, source) for market in markets}
        self.floor = floor
        self.unreliable = UnreliablePrices()
        self._unmoved_after = unmoved_after
        self._spans: dict[tuple[Market, int], FollowedSpan] = {}
        self._version = 0
        self._ranks: dict[int, tuple[tuple[int, int, UnreliablePrices], dict[Market, int]]] = {}
        self._still: dict[Market, tuple[int, int | None]] = {}

    def add(self, market: Market, ticks: Ticks) -> None:
        """Add rows of *market* that are stored, in any order; late ones correct what follows from those before."""
        for _ in self.arrive(market, ticks):
            pass

    def arrive(self, market: Market, ticks: Ticks) -> Iterator[int]:
        """
        Add the same at a time, but let each row count only when its time (epoch ms) is yielded, as a rehearsal needs.

        The rows of several markets are to be asked for in order of time.
        """
        for time in self.rows[market].arrive(ticks):
            self._version += 1
            yield time

    def span(self, market: Market, span: int) -> FollowedSpan:
        """Return the last *span* ms of *market*."""
        key = (market, span)
        if key not in self._spans:
            self._spans[key] = FollowedSpan(self.rows[market], span)
        return self._spans[key]

    def doubt(self, market: Market, now: int) -> Doubt | None:
        """Return why the newest price of *market* says nothing of *now* (epoch ms); None if it does."""
        rows = self.rows[market]
        if rows.newest is None:
            return Reason.NO_PRICE, None
        if market in self.unreliable.held_back:
            return Reason.HELD_BACK, self.unreliable.held_back[market]
        since = self.still_since(market)
        if since is not None:
            return Reason.STANDING_STILL, since
        return (Reason.OLD_PRICE, rows.newest) if now - rows.newest > GAP_FACTOR * rows.interval else None

    def still_since(self, market: Market) -> int | None:
        """Return since when (epoch ms) *market* is not traded, or stands still as in ``unmoved_since``; else None."""
        if market in self.unreliable.stopped:
            return self.unreliable.stopped[market]
        since, count = self.rows[market].run
        newest = self.rows[market].newest
        if newest is None or count < UNMOVED_ROWS or newest - since < self._unmoved_after:
            return None
        known = self._still.get(market)
        if known is None or known[0] != self._version:
            has_moved = any(self._has_moved(other, since, newest) for other in self._comparable(market))
            known = self._still[market] = self._version, since if has_moved else None
        return known[1]

    def ranks(self, span: int, now: int) -> dict[Market, int]:
        """Return the ranks over the last *span* ms up to *now* of the markets that have one, see ``ranking``."""
        key = (self._version, now, self.unreliable)
        known = self._ranks.get(span)
        if known is None or known[0] != key:
            scores = {
                market: value_of(DEFAULT_RANKING, followed.figures(now))
                for market, followed in ((market, self.span(market, span)) for market in self.rows)
                if followed.coverage(now) >= self.floor and self.still_since(market) is None
            }
            scores = {market: score for market, score in scores.items() if not math.isnan(score)}
            order = sorted(scores.values())
            ranks = {market: 1 + bisect_left(order, score) for market, score in scores.items()}
            known = self._ranks[span] = key, ranks
        return known[1]

    def implied(self, market: Market, pair: tuple[str, str], now: int) -> float:
        """
        Return what one unit of the first currency of *pair* costs in the second, see ``cross_rates``.

        By the markets of *market*'s base, on its exchange if they are there. nan if one has no price that counts.
        """
        dividend, divisor = (market_in(market, currency, self.rows) for currency in reversed(pair))
        if dividend is None or divisor is None or self.doubt(dividend, now) or self.doubt(divisor, now):
            return math.nan
        one, other = self.rows[dividend], self.rows[divisor]
        if one.newest == other.newest:
            return one.price / other.price
        both = (dividend, divisor)
        windows = {each: self.rows[each].window(now, HOUR) for each in both}
        moment = min(one.newest or 0, other.newest or 0)
        if not all(window.count and window.first_time <= moment for window in windows.values()):
            windows = {each: self.rows[each].window(now, DAY) for each in both}
        return cross_rates(windows, dividend)[divisor]

    def _comparable(self, market: Market) -> Iterator[Market]:
        return (other for other in self.rows if other.base == market.base and other != market)

    def _has_moved(self, market: Market, since: int, end: int) -> bool:
        """Return whether the price of *market* has changed MOVES times after *since* and up to *end*."""
        newest = self.rows[market].newest
        if newest is None or self.rows[market].run[0] <= since:  # it has not changed after that at all
            return False
        changed = change_time(self.rows[market].window(max(newest, end), DAY), MOVES, end)
        return changed is not None and changed > since
