"""A still picture of prices, for parts of the page that stand alone in a cell."""

from collections.abc import Mapping

from tracker.dashboard import told
from tracker.dashboard.state import State
from tracker.market import Market, Ticks
from tracker.measures import COVERAGE_FLOOR
from tracker.status import Status
from tracker.window import Window


def still(rows: Mapping[Market, Ticks], now: int, span: int = 86_400_000, floor: float = COVERAGE_FLOOR) -> State:
    """
    A state over *rows* that no collector adds to; its viewer may still choose currencies and span.

    Args:
        now: epoch milliseconds, where the span ends.
        span: milliseconds.
        floor: least coverage to be ranked, 0 to 1.
    """

    def read(market: Market, span: int, end: int) -> Window:
        return Window.of(rows[market], span, end)

    state: State = State(
        markets=tuple(rows),
        chosen=tuple(rows),
        span=span // 1000,
        now=now,
        floor=floor,
        status=told.of_rows(Status(), {market: read(market, span, now) for market in rows}),
        window=lambda market: read(market, state.shown[1] - state.shown[0], state.shown[1]),
        read=read,
    )
    return state
