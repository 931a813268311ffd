"""Lets a notebook run as a test: waits until the page shows a new price of every market."""

import asyncio
import os
from collections.abc import Callable

from tracker.dashboard.view_state import ViewState

SECONDS = "30"  # the default of TRACKER_CHECK_SECONDS, real seconds until a working page shows new prices
LOOK = 0.2  # real seconds between two checks


async def wait_for_new_price(state: ViewState, ended: Callable[[], bool]) -> None:
    """
    Wait until every market has a new price if ``TRACKER_CHECK=1``, else return at once.

    Args:
        state: the page's state.
        ended: returns whether the page's background task has ended.

    Raises:
        AssertionError: the task ended, or a price did not arrive in time; the message contains the status.
    """
    if os.environ.get("TRACKER_CHECK") != "1":
        return
    limit = float(os.environ.get("TRACKER_CHECK_SECONDS", SECONDS))
    seen = state.data.newest
    try:
        async with asyncio.timeout(limit):
            while any(state.page.newest(market) == seen.get(market) for market in state.data.markets):
                if ended():
                    raise AssertionError(f"the page's background work ended: {state.data.failure}")
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise AssertionError(f"no new price within {limit:g} s: {state.data.status} {state.data.problem}") from None
