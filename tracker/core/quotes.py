"""What adapters read from an exchange's answer: last prices and candles."""

from typing import NamedTuple


class Quote(NamedTuple):
    """A market's last price."""

    price: float  # quote currency per base, finite and above 0


class Candle(NamedTuple):
    """Prices of a period that has ended, in quote currency per base; None where the answer has no value."""

    close_time: int  # epoch ms at which it ended
    close: float  # the last price in it
    first: float | None = None
    low: float | None = None
    high: float | None = None
