"""What a store offers that keeps bars beside its rows, and the work of keeping them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars
from tracker.core.market import Market

UNKNOWN = np.uint64(2**64 - 1)  # a stamp that equals none, not even itself


@dataclass(frozen=True, slots=True)
class BarWork:
    """
    Bars of one market to be kept together, or that are kept and no longer have rows.

    Attributes:
        market: the market.
        name: of these bars, for the store.
        start: epoch ms.
        end: epoch ms.
        size: for how many hours there is something to do, at least 1.
    """

    market: Market
    name: str
    start: int
    end: int
    size: int


class KeptBars(Protocol):
    """
    Bars that a store keeps. ``Store.bars`` uses those that are still right, so keeping them only saves time.

    Blocking, and safe from several threads. Every method may raise StoreError.
    """

    def work(self, now: int) -> list[BarWork]:
        """Return what is to be kept, kept anew or removed at *now* (epoch ms), the newest first. Takes seconds."""

    def keep(self, work: BarWork, may_go_on: Callable[[], bool] = lambda: True) -> bool:
        """
        Do a piece of *work*; return False, with nothing changed, if *may_go_on* did.

        Only the process that holds the lease ``bars`` may call this, lest two do the same.

        Args:
            work: from work().
            may_go_on: called before the rows of each day are read.
        """

    def stamped_bars(self, market: Market, start: int, end: int, step: int) -> tuple[Bars, NDArray[np.uint64]]:
        """
        Return what ``Store.bars`` does, and ``stamps(market, start, end + 1)`` from before the rows were read.

        Both *start* and *end* are multiples of *step*.
        """

    def stamps(self, market: Market, start: int, end: int) -> NDArray[np.uint64]:
        """
        Return a number for each hour of *start* to *end* (epoch ms) that changes with what is stored of that hour.

        It finds what ``poll`` does not return: edits by hand, and deleted files. UNKNOWN where a further change might
        leave it as it is. The bars of an hour hold the row at its end, which belongs to the next hour. Costs
        milliseconds for a month of one market.
        """
