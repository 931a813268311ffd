"""
An exchange on loopback: a simulated market or a replayed recording, with faults on demand.

``Sandbox`` and ``Faults`` are loaded when they are asked for, so that the simulated market
itself needs neither threads nor sockets.
"""

from typing import TYPE_CHECKING

from tracker.core.simulated_prices import price, prices
from tracker.sandbox.price_source import Candle, Source
from tracker.sandbox.recording import Recording
from tracker.sandbox.simulated import Simulated

if TYPE_CHECKING:
    from tracker.sandbox.faults import Faults
    from tracker.sandbox.server import Sandbox

__all__ = ["Candle", "Faults", "Recording", "Sandbox", "Simulated", "Source", "price", "prices"]


def __getattr__(name: str) -> object:
    if name == "Sandbox":
        from tracker.sandbox.server import Sandbox

        return Sandbox
    if name == "Faults":
        from tracker.sandbox.faults import Faults

        return Faults
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
