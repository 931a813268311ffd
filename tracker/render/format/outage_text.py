"""Outages as sentences: why prices are missing."""

from collections.abc import Iterable

from tracker.core.cause_text import NOT_TRADED, cause_text
from tracker.core.market import Market
from tracker.core.market_status import Outage


def reasons_for(outages: Iterable[Outage], market: Market, start: int, end: int) -> str:
    """
    Return why *market* had no price from *start* to *end* (epoch ms); empty if unknown.

    Names each cause that covers more than a quarter of that time. That a market was not traded keeps no polled price
    away, so it is named only where nothing else is: then there was none to backfill.
    """
    covered: dict[str, int] = {}  # ms by cause
    for outage in outages:
        if outage.market in (None, market):
            cause = outage.cause if isinstance(outage.cause, str) else cause_text(outage.cause, market)
            shared = min(end, outage.end) - max(start, outage.start)
            covered[cause] = covered.get(cause, 0) + max(0, shared)
    causes = [cause for cause, shared in covered.items() if shared > 0.25 * (end - start)]
    return "; ".join([cause for cause in causes if not cause.startswith(NOT_TRADED)] or causes)
