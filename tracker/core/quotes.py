"""What adapters read from an exchange's answer: last prices and candles."""

from collections.abc import Iterable
from typing import NamedTuple


class Quote(NamedTuple):
    """A market's last price."""

    price: float  # quote currency per base, finite and above 0
    traded_at: int | None = None  # epoch ms; no trade is newer than this; None: the answer does not state it


class Candle(NamedTuple):
    """Prices of a period that has ended, in quote currency per base; None where the answer has no value."""

    close_time: int  # epoch ms at which it ended
    close: float  # the last price in it
    first: float | None = None
    low: float | None = None
    high: float | None = None


class CandlePage(list[Candle]):
    """
    The closed candles in one answer, oldest first.

    Attributes:
        left_out: how many candles of the answer could not be read, or contradicted each other.
    """

    def __init__(self, candles: Iterable[Candle] = (), left_out: int = 0) -> None:
        super().__init__(candles)
        self.left_out = left_out
