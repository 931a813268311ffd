"""What an exchange's answer says of a market: its last price, and candles of its past."""

from typing import NamedTuple


class Quote(NamedTuple):
    """A market's last price."""

    price: float  # quote currency per base, finite and above 0
    traded_at: int | None = None  # epoch ms of that trade; None: the answer does not say


class Candle(NamedTuple):
    """Prices of a stretch of time that has ended, in quote currency per base; None where the answer does not say."""

    close_time: int  # epoch ms at which it ended
    close: float  # the last price in it
    first: float | None = None
    low: float | None = None
    high: float | None = None
