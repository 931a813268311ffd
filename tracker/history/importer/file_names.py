"""
What the name of a price file says: its pair, the length of its candles, and whether a sync program made the copy.

Kraken's archives have files ``XBTEUR.csv`` (trades) and ``XBTEUR_1.csv`` (candles of so many minutes), Binance's
``BTCEUR-1m-2024-01.csv`` and ``BTCEUR-aggTrades-2024-01-15.csv``:
https://support.kraken.com/articles/360047124832-downloadable-historical-ohlcvt-open-high-low-close-volume-trades-data
https://github.com/binance/binance-public-data
"""

import re
from typing import NamedTuple

from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.runtime.sync_copies import original_stem

_KRAKEN = re.compile(r"([a-z0-9]+)_(\d{1,5})")
_BINANCE = re.compile(r"([a-z0-9]+)-(?:(\d{1,2})(s|m|h|d|w|mo)|(?:agg)?trades)-\d{4}-\d\d(?:-\d\d)?", re.ASCII)
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "mo": 30 * DAY}


class FileName(NamedTuple):
    """What a name says."""

    slug: str  # in lower case, such as btceur or xbteur; anything if the name has no pair
    length: int | None = None  # of its candles, ms; None: not told
    is_copy: bool = False  # a sync program made it, because two devices changed the file


def read_name(stem: str) -> FileName:
    """Read the name of a file without its ending."""
    original = original_stem(stem)
    is_copy = original != stem
    name = original.lower()
    if match := _KRAKEN.fullmatch(name):
        return FileName(match[1], int(match[2]) * MINUTE or None, is_copy)
    if match := _BINANCE.fullmatch(name):
        return FileName(match[1], int(match[2]) * _UNITS[match[3]] if match[2] else None, is_copy)
    return FileName(name, None, is_copy)
