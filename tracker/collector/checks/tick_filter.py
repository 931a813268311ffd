"""
Holds back implausible prices until another exchange or repetition confirms them.

Nothing is lost: a row held back keeps its slot and is stored once it is confirmed. Does no I/O.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.core.ticks import Ticks

CONFIRMATIONS = 3  # agreeing polls in a row that confirm a price where no other exchange can be queried
CONFIRMATIONS_AGAINST = 12  # the same where another exchange contradicts
REFERENCE_AGE = 3_600_000  # ms; an older price is no reference
MINUTE = 60_000  # ms
MAX_HELD_BACK = 1_000  # rows of one market; about three hours at a cadence of 10 s


@dataclass(slots=True)
class _MarketMemory:
    time: int = 0
    price: float = 0.0  # the last one accepted; 0: none
    own_time: int = 0
    own_price: float = 0.0  # the last one accepted from the market's own exchange
    held_back: dict[int, Ticks] = field(default_factory=dict)  # by slot, one row each


class TickFilter:
    """
    Holds the last accepted price of each market, and the rows held back.

    Args:
        most: share by which a price may differ from the one before it, or from another exchange's,
            and be believed at once; 0.1 is 10 %.
    """

    def __init__(self, max_change: float) -> None:
        self._max_change = max_change
        self._known: dict[Market, _MarketMemory] = {}

    def check(self, market: Market, row: Ticks) -> bool | None:
        """Return whether the price in *row* is plausible by itself; None without a reference."""
        known = self._reference(market, row)
        return None if known is None else self.agree(float(row.price[0]), known)

    def _reference(self, market: Market, row: Ticks) -> float | None:
        """Return the last accepted price, if it is not much older than *row*."""
        known = self._known.get(market)
        age = max(REFERENCE_AGE, 3 * int(row.interval[0]))
        if known is None or not known.price or int(row.time[0]) - known.time > age:
            return None
        return known.price

    def set_reference(self, market: Market, row: Ticks) -> None:
        """
        Take the newest price in *row* as the one to compare with. Whatever was held back is refuted by it; only
        that of a stand-in leaves what the market's own exchange says, which may repeat itself and be right.
        """
        time, price = int(row.time[-1]), float(row.price[-1])
        if not row.exchange[-1]:
            self._known[market] = _MarketMemory(time, price, time, price)
            return
        before = self._known.get(market, _MarketMemory())
        held = {slot: each for slot, each in before.held_back.items() if not each.exchange[0]}
        self._known[market] = _MarketMemory(time, price, before.own_time, before.own_price, held)

    def confirm(self, market: Market, row: Ticks, other: float | None) -> Ticks:
        """
        What may be kept now that *row* is doubted: *row*, with what was held back before and agrees
        with it, or nothing: then it is held back.

        Args:
            other: the price that another exchange has just said; None if none could be asked.
        """
        known = self._known.setdefault(market, _MarketMemory())
        price, slot = float(row.price[0]), int(row.time[0])
        agreeing = {at: held for at, held in known.held_back.items() if self.agree(float(held.price[0]), price)}
        is_own, is_first = not row.exchange[0], self._reference(market, row) is None
        repeated = len(agreeing.keys() - {slot}) + 1  # one slot does not confirm itself
        if other is not None and self.agree(price, other):
            confirmed = True
        elif other is None:
            # Prices that contradict each other confirm nothing.
            confirmed = is_first or (len(agreeing) == len(known.held_back) and repeated >= CONFIRMATIONS)
        else:
            # One word against another, and no price of before to side with either, or one to side with the market's
            # own exchange: it goes first, or a broken one that stands in could hold it back for ever.
            continues_own = is_first or self._continues_own(known, slot, price)
            confirmed = is_own and continues_own and repeated >= CONFIRMATIONS_AGAINST
        if confirmed:
            rows = Ticks.concat([held for at, held in agreeing.items() if at != slot] + [row])
            self.set_reference(market, rows)
            return rows
        held = known.held_back if other is not None else agreeing
        # The market's own exchange goes before one that stands in.
        if slot not in held or not row.exchange[0]:
            held = {**held, slot: row}
        known.held_back = dict(list(held.items())[-MAX_HELD_BACK:])
        return Ticks.none()

    def _continues_own(self, known: _MarketMemory, time: int, price: float) -> bool:
        """Return whether *price* is plausible after the last one of the market's own exchange."""
        gap = min(abs(time - known.own_time), REFERENCE_AGE)
        return bool(known.own_price) and self.agree(price, known.own_price, gap)

    def agree(self, one: float, other: float, gap: float = 0.0) -> bool:
        """Whether two prices, *apart* ms from each other, differ by no more than the share that is plausible."""
        # Prices stray with the square root of time; within a minute the share itself holds.
        limit = self._max_change * math.sqrt(max(1.0, gap / MINUTE))
        return abs(one - other) <= limit * min(one, other)

    def plausible_candles(self, candles: Ticks, before: Ticks, after: Ticks) -> NDArray[np.bool_]:
        """
        Which of *candles* (in time order) lead on from the row before them, or back to the row after.

        A level that is left and come back to within them is held for a broken one; one that is reached by
        plausible steps from either side is not, however far away. Rows more than REFERENCE_AGE away tell
        nothing; without any all candles fit.
        """
        fits = np.zeros(len(candles), dtype=bool)
        if not len(candles):
            return fits
        known = False
        time, price = candles.time.tolist(), candles.price.tolist()
        for row, order in ((before, range(len(time))), (after, range(len(time) - 1, -1, -1))):
            if not len(row) or abs(time[order[0]] - int(row.time[0])) > max(
                REFERENCE_AGE, 3 * int(candles.interval.max())
            ):
                continue
            known, at, last = True, int(row.time[0]), float(row.price[0])
            for number in order:
                if self.agree(price[number], last, abs(time[number] - at)):
                    fits[number], at, last = True, time[number], price[number]
        return fits if known else np.ones(len(candles), dtype=bool)
