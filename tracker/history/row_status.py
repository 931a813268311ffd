"""Derives a status from stored rows: whether they are live, simulated or replayed."""

from collections.abc import Mapping
from dataclasses import replace

from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Mode, Status
from tracker.core.ticks import Origin
from tracker.core.window import Window

_MODES: dict[int, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}
_PRECEDENCE: tuple[Mode, ...] = ("simulated", "replay", "live")


def status_of_rows(status: Status, windows: Mapping[Market, Window]) -> Status:
    """
    Return *status* with the mode of the newest rows; without rows, unchanged.

    One market whose newest row is simulated makes the mode simulated, else one that is replayed makes it replay:
    the page has one mode for all markets, and must never present an invented price as a real one.
    """
    modes = {_MODES.get(int(window.ticks.origin[-1]), "live") for window in windows.values() if window.count}
    return replace(status, mode=min(modes, key=_PRECEDENCE.index)) if modes else status


def status_of_replay(windows: Mapping[Market, Window], intervals: Mapping[Market, int]) -> Status:
    """
    Return the status of a replay, in which a market with prices is live.

    Args:
        windows: the rows shown of each market.
        intervals: the cadence of each market, ms, for those without rows.
    """
    markets = {}
    for market, window in windows.items():
        interval = int(window.ticks.interval[-1]) if window.count else intervals[market]
        markets[market] = MarketStatus(interval, "live" if window.count else "waiting")
    # A replay of simulated prices is still a simulation.
    mode: Mode = "simulated" if status_of_rows(Status(), windows).mode == "simulated" else "replay"
    return Status(mode=mode, markets=markets, is_replay=True)
