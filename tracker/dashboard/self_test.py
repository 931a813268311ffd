"""The page's own proof that it works, for whoever runs the notebook as a test."""

import asyncio
import os
from collections.abc import Callable

from tracker.dashboard.view_state import ViewState

SECONDS = "30"  # real ones within which a working page shows a new price; TRACKER_CHECK_SECONDS
LOOK = 0.2  # real seconds between two looks


async def wait_for_new_price(state: ViewState, ended: Callable[[], bool]) -> None:
    """
    With ``TRACKER_CHECK=1``: wait until every market has a new price; else return at once.

    *ended* tells whether the page's own work has.

    Raises:
        AssertionError: it does not work; the message says what was seen.
    """
    if os.environ.get("TRACKER_CHECK") != "1":
        return
    limit = float(os.environ.get("TRACKER_CHECK_SECONDS", SECONDS))
    seen = state.data.newest
    try:
        async with asyncio.timeout(limit):
            while any(state.page.newest(market) == seen.get(market) for market in state.data.markets):
                if ended():
                    raise AssertionError(f"the page's own work has ended: {state.data.failure}")
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise AssertionError(f"no new price within {limit:g} s: {state.data.status} {state.data.problem}") from None
