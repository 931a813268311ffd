"""What a collector collects, and how; it may change while the collector runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.collector.client.client import ExchangeClient
from tracker.collector.schedule import Feed
from tracker.core.durations import HOUR
from tracker.core.standstill import UNMOVED_AFTER


@dataclass(frozen=True)
class Plan:
    """Everything that the settings decide about collecting."""

    feeds: Sequence[Feed]  # the markets to collect
    clients: Mapping[str, ExchangeClient]  # by exchange name
    span: int = 24 * HOUR  # ms of the past that backfill keeps without gaps; a request may ask for more
    retention: int | None = None  # ms; older rows are deleted. None: never
    plausible: float = 0.1  # share by which a price may jump and be accepted at once, see TickFilter
    unmoved_after: int = UNMOVED_AFTER  # ms since the last trade after which a market counts as not traded

    @property
    def exchanges(self) -> list[str]:
        """Names of the exchanges that have markets of their own, not only as stand-ins."""
        return sorted({feed.market.exchange for feed in self.feeds})
