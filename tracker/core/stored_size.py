"""How much a store holds, and how fast it grows."""

from dataclasses import dataclass

from tracker.core.contracts import Store
from tracker.core.durations import DAY, HOUR, MINUTE

_UNITS = ("kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class StoredSize:
    """
    How much a store holds.

    Attributes:
        total: bytes.
        a_day: bytes that a day adds; None until the first price is older than a whole hour of the clock.
        since: epoch ms of the first price; None without any.
    """

    total: int
    a_day: int | None = None
    since: int | None = None


def measure(store: Store, now: int) -> StoredSize | None:
    """
    Return the size of *store* at *now* (epoch ms); None if the store does not know it. Blocking.

    A day adds as much as the last whole hour would in a day, or as the last day, if that is more: candles that fill
    the past are fewer than live prices.

    Raises:
        StoreError: the store cannot be read.
    """
    total = store.size()
    if total is None:
        return None
    extents = [extent for market in store.markets() if (extent := store.extent(market)) is not None]
    hour = now // HOUR * HOUR
    since = min((first for first, _ in extents), default=None)
    if since is None or since > hour - HOUR + MINUTE:  # a few seconds of an hour say nothing of a day
        return StoredSize(total, None, since)
    last_hour, last_day = store.size(hour - HOUR, hour) or 0, store.size(hour - DAY, hour) or 0
    return StoredSize(total, max(last_hour * 24, last_day) or None, since)


def byte_text(size: float) -> str:
    """Return *size* in bytes with two or three digits: ``950 B``, ``4.1 MB``, ``120 GB``."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in _UNITS:  # noqa: B007 - the last one is used after the loop
        size /= 1000
        if size < 999.5:
            break
    return f"{size:,.0f} {unit}" if size >= 9.95 else f"{size:.1f} {unit}"
