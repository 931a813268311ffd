"""The days and months of a report of a long period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.core.bar_window import AnyWindow
from tracker.core.bars import COARSE, Bars
from tracker.core.calendar_periods import months
from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.history.bar_reader import read_bar_window

FEWEST_DAYS = 8  # whole days of a period whose best and worst are shown
SHORTEST = 31 * DAY  # ms; a longer period has a table of months


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """
    The days and months of a period, UTC.

    Attributes:
        days: whole days of each market; empty for a short period.
        months: their beginnings and ends (from, to], epoch ms, cut at those of the period; empty for a short period.
        windows: of each market, the prices of each of *months*.
    """

    days: Mapping[Market, Bars]
    months: list[tuple[int, int]]
    windows: Mapping[Market, list[AnyWindow]]


def read_calendar(store: Store, markets: Iterable[Market], start: int, end: int) -> Calendar:
    """Return days and months of *markets* in (*start*, *end*], epoch ms. Raises StoreError."""
    chosen = list(markets)
    first, stop = -(-start // DAY) * DAY, end // DAY * DAY
    has_days = stop - first >= FEWEST_DAYS * DAY
    parts = months(start, end) if end - start > SHORTEST else []
    return Calendar(
        {market: store.bars(market, first, stop, COARSE) for market in chosen} if has_days else {},
        parts,
        {
            market: [read_bar_window(store, market, until - since, until, COARSE) for since, until in parts]
            for market in chosen
        },
    )
