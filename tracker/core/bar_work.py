"""A piece of the work of keeping bars, done by whoever holds the lease ``bars``."""

from dataclasses import dataclass

from tracker.core.market import Market


@dataclass(frozen=True, slots=True)
class BarWork:
    """
    Bars of one market to be kept together, or that are kept and no longer have rows.

    Attributes:
        market: the market.
        name: of the file, for the store.
        start: epoch ms.
        end: epoch ms.
        size: how many hours of rows have to be read, at least 1.
    """

    market: Market
    name: str
    start: int
    end: int
    size: int
