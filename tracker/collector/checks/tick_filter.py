"""
Holds back implausible prices until another exchange or repetition confirms them.

A held-back row keeps its slot and is stored once it is confirmed. Does no I/O.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.ticks import Ticks

CONFIRMATIONS = 3  # consecutive agreeing polls that confirm a price if no other exchange can be queried
CONFIRMATIONS_AGAINST = 12  # the same if another exchange contradicts it
REFERENCE_AGE = HOUR  # ms; an older price does not show that another one is plausible, only that it is not
MAX_HELD_BACK = 1_000  # rows of one market; about three hours at a cadence of 10 s


@dataclass(slots=True)
class _MarketMemory:
    time: int = 0
    price: float = 0.0  # last accepted price; 0: none
    own_time: int = 0
    own_price: float = 0.0  # last price accepted from the market's own exchange; 0: none
    held_back: dict[int, Ticks] = field(default_factory=dict)  # by slot, one row each


class TickFilter:
    """
    Keeps the last accepted price and the held-back rows of each market.

    Attributes:
        max_change: share by which a price may differ from the previous one, or from another exchange's, and still be
            accepted at once; 0.1 is 10 %. It may be changed.
    """

    def __init__(self, max_change: float) -> None:
        self.max_change = max_change
        self._known: dict[Market, _MarketMemory] = {}

    def check(self, market: Market, row: Ticks) -> bool | None:
        """
        Return whether the price in *row* is plausible by itself; None if no accepted price decides that.

        A reference older than REFERENCE_AGE only refutes: a price that differs by more than a market may move in
        that time, at most a day's move, is implausible.
        """
        known = self._known.get(market)
        if known is None or not known.price:
            return None
        price = float(row.price[0])
        if self.has_recent_reference(market, row):
            return self.agree(price, known.price)
        return None if self.agree(price, known.price, min(int(row.time[0]) - known.time, DAY)) else False

    def has_recent_reference(self, market: Market, row: Ticks, age: int = REFERENCE_AGE) -> bool:
        """Return whether the last accepted price of *market* is at most *age* ms, or three slots, older than *row*."""
        known = self._known.get(market)
        limit = max(age, 3 * int(row.interval[0]))
        return known is not None and bool(known.price) and int(row.time[0]) - known.time <= limit

    def set_reference(self, market: Market, row: Ticks) -> None:
        """
        Set the newest price in *row* as the reference, and drop the held-back rows, which it refutes.

        A stand-in's price keeps the own exchange's held-back rows: repetition may still confirm them.
        """
        time, price = int(row.time[-1]), float(row.price[-1])
        if not row.exchange[-1]:
            self._known[market] = _MarketMemory(time, price, time, price)
            return
        before = self._known.get(market, _MarketMemory())
        held_back = {slot: row for slot, row in before.held_back.items() if not row.exchange[0]}
        self._known[market] = _MarketMemory(time, price, before.own_time, before.own_price, held_back)

    def confirm(
        self, market: Market, row: Ticks, other_price: float | None, candle_close: float | None = None
    ) -> Ticks:
        """
        Return the implausible *row* with the held-back rows that agree with it, if it is confirmed now.

        Otherwise hold *row* back and return no rows.

        Args:
            market: of the row.
            row: one row.
            other_price: another exchange's current price; None if no other exchange could be queried.
            candle_close: the close of the newest candle of the exchange that reported *row*; None if unknown. It
                counts without *other_price* only: repetition does not confirm a price that it contradicts.
        """
        known = self._known.setdefault(market, _MarketMemory())
        price, slot = float(row.price[0]), int(row.time[0])
        agreeing = {
            time: held_row for time, held_row in known.held_back.items() if self.agree(float(held_row.price[0]), price)
        }
        is_own, has_recent = not row.exchange[0], self.has_recent_reference(market, row)
        repeated = len(agreeing.keys() - {slot}) + 1  # a slot does not confirm itself
        if other_price is not None and self.agree(price, other_price):
            confirmed = True
        elif other_price is None:
            # Held-back prices that contradict each other confirm nothing.
            is_repeated = len(agreeing) == len(known.held_back) and repeated >= CONFIRMATIONS
            is_refuted = candle_close is not None and not self.agree(price, candle_close)
            confirmed = self.check(market, row) is None or (is_repeated and not is_refuted)
        else:
            # Two exchanges contradict each other. The own exchange has precedence unless it departs from its own last
            # price; otherwise a faulty stand-in could hold its prices back indefinitely.
            continues_own = not has_recent or self._continues_own(known, slot, price)
            confirmed = is_own and continues_own and repeated >= CONFIRMATIONS_AGAINST
        if confirmed:
            rows = Ticks.concat([held_row for time, held_row in agreeing.items() if time != slot] + [row])
            self.set_reference(market, rows)
            return rows
        held_back = known.held_back if other_price is not None else agreeing
        # A row of the own exchange is never replaced by a stand-in's.
        if slot not in held_back or not row.exchange[0]:
            held_back = {**held_back, slot: row}
        known.held_back = dict(list(held_back.items())[-MAX_HELD_BACK:])
        return Ticks.none()

    def _continues_own(self, known: _MarketMemory, time: int, price: float) -> bool:
        """Return whether *price* is plausible after the last one of the market's own exchange."""
        gap = min(abs(time - known.own_time), REFERENCE_AGE)
        return bool(known.own_price) and self.agree(price, known.own_price, gap)

    def agree(self, price: float, other_price: float, gap: float = 0.0) -> bool:
        """Return whether two prices, *gap* ms apart, differ by no more than is plausible."""
        # Deviations grow with the square root of time; up to a minute the share itself applies.
        limit = self.max_change * math.sqrt(max(1.0, gap / MINUTE))
        return abs(price - other_price) <= limit * min(price, other_price)

    def plausible_candles(self, candles: Ticks, before: Ticks, after: Ticks) -> NDArray[np.bool_]:
        """
        Return which *candles* are reached in plausible steps from the row before or after them.

        Candles that jump to another level and back are implausible; a level reached in plausible steps from either
        side is accepted, however far away. Rows more than REFERENCE_AGE away are not used; without any, all candles
        are accepted. Of three rows on a side the middle price counts, so that a single wrong one decides nothing.

        Args:
            candles: in time order.
            before: up to three rows before them, or none.
            after: up to three rows after them, or none.

        Returns:
            A mask of the shape of *candles*.
        """
        fits = np.zeros(len(candles), dtype=bool)
        if not len(candles):
            return fits
        known = False
        time, price = candles.time.tolist(), candles.price.tolist()
        age = max(REFERENCE_AGE, 3 * int(candles.interval.max()))
        for rows, nearest, order in ((before, -1, range(len(time))), (after, 0, range(len(time) - 1, -1, -1))):
            if not len(rows) or abs(time[order[0]] - int(rows.time[nearest])) > age:
                continue
            middle = np.median(rows.price) if len(rows) == 3 else rows.price[nearest]
            known, at, last = True, int(rows.time[nearest]), float(middle)
            for number in order:
                if self.agree(price[number], last, abs(time[number] - at)):
                    fits[number], at, last = True, time[number], price[number]
        return fits if known else np.ones(len(candles), dtype=bool)
