"""States that stand still: for parts of the page that stand alone in a cell, and for pictures of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from dateutil.tz import tzlocal

from tracker.core.market_status import Status
from tracker.market import Market, Ticks
from tracker.measures import COVERAGE_FLOOR
from tracker.render.page import status_view
from tracker.render.page.state import State
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

    status = status_view.of_rows(Status(), {market: read(market, span, now) for market in rows})
    return standing(tuple(rows), read, now, span, floor=floor, status=status)


def standing(
    markets: tuple[Market, ...], read: Callable[[Market, int, int], Window], now: int, span: int, **more: Any
) -> State:
    """All of *markets* at the moment *now*, epoch ms, over *span* ms; *more* are traits of the state."""
    state: State = State(
        markets=markets,
        chosen=markets,
        span=span // 1000,
        now=now,
        window=lambda market: read(market, state.shown[1] - state.shown[0], state.shown[1]),
        read=read,
        **more,
    )
    return state


def as_opened(state: State, read: Callable[[Market, int, int], Window], now: int, span: int) -> State:
    """
    What *state* would be without its viewer's choices.

    Its times are in this machine's zone, which is the viewer's where he sits at it.
    """
    kept = ("floor", "status", "outages", "store_label", "problem", "skipped")
    here = {"zone": (zone := _here()), "viewer_zone": zone}
    return standing(state.markets, read, now, span, **here, **{name: getattr(state, name) for name in kept})


def _here() -> tzinfo:
    here = tzlocal()
    return UTC if datetime.now(here).tzname() == "UTC" else here
