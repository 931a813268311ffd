"""A still picture of prices, for parts of the page that stand alone in a cell."""

from collections.abc import Mapping

from tracker.dashboard.state import State
from tracker.market import Market, Origin, Ticks
from tracker.measures import COVERAGE_FLOOR
from tracker.status import Mode, Status
from tracker.window import Window

_MODES: dict[int, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}


def still(rows: Mapping[Market, Ticks], now: int, span: int = 86_400_000, floor: float = COVERAGE_FLOOR) -> State:
    """
    A state over *rows* that no collector adds to; its viewer may still choose currencies and span.

    Args:
        now: epoch milliseconds, where the span ends.
        span: milliseconds.
        floor: least coverage to be ranked, 0 to 1.
    """
    newest = [int(ticks.origin[-1]) for ticks in rows.values() if len(ticks)]
    state: State = State(
        markets=tuple(rows),
        chosen=tuple(rows),
        span=span // 1000,
        now=now,
        floor=floor,
        status=Status(mode=next((_MODES[origin] for origin in newest if origin in _MODES), "live")),
        window=lambda market: Window.of(rows[market], state.span * 1000, now),
    )
    return state
