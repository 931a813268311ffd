"""Why prices of a market are not to be relied on, by what its collector states."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.core.market import Market
from tracker.core.market_status import Status


@dataclass(frozen=True, slots=True)
class UnreliablePrices:
    """
    What a status states of markets whose newest prices do not say what they cost.

    Attributes:
        held_back: markets whose newest prices wait for confirmation, and since when (epoch ms), None if unknown.
        stopped: markets that are not traded, by their exchange's own words, and since when.
    """

    held_back: Mapping[Market, int | None] = field(default_factory=dict)
    stopped: Mapping[Market, int] = field(default_factory=dict)

    @classmethod
    def of(cls, status: Status) -> "UnreliablePrices":
        """Return those of *status*."""
        return cls(
            {
                market: state.since if state.failure is not None and state.failure.kind == "held_back" else None
                for market, state in status.markets.items()
                if state.held_back_reason is not None
            },
            {market: state.stop.since for market, state in status.markets.items() if state.stop is not None},
        )
