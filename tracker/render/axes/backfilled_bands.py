"""The bands of the time axis over what was backfilled from candles, so that its paler lines need no guessing."""

from typing import NamedTuple

import numpy as np

from tracker.core.backfilled import backfilled_periods
from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.market import Market
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.axes.series import live_interval
from tracker.render.format import plain_text
from tracker.render.page.state import PageState

_TEXT = "backfilled from candles"
_JOINED = 0.005  # of the time range; periods closer together look like one
_MOST = 0.5  # of a band, from a market's first price on; one with less of it backfilled is not named
_MAX_NAMES = 3  # of markets; more are counted

_Period = tuple[int, int]  # epoch ms: from, to


class Band(NamedTuple):
    """A period in which prices are backfilled, in epoch ms, and what the axis says of it."""

    start: int
    end: int
    text: str


def backfilled_bands(page: PageState, windows: dict[Market, AnyWindow], time_range: TimeRange) -> list[Band] | None:
    """
    Return the bands of *windows*, oldest first; one that does not hold for all of them names its markets.

    None if nothing is backfilled in the chosen span either: then the axis needs no room for bands. Where a viewer
    zooms to live prices, the room stays, so that nothing on the page moves.
    """
    periods = _periods(page, windows)
    distance = round(_JOINED * (time_range.end - time_range.start))
    joined = _join(sorted(period for each in periods.values() for period in each), distance)
    if not joined and not (page.choices.view and any(_periods(page, _recent(page, windows)).values())):
        return None
    return [Band(start, end, _text(page, windows, periods, (start, end))) for start, end in joined]


def _periods(page: PageState, windows: dict[Market, AnyWindow]) -> dict[Market, list[_Period]]:
    return {market: backfilled_periods(window, live_interval(page, market)) for market, window in windows.items()}


def _recent(page: PageState, windows: dict[Market, AnyWindow]) -> dict[Market, AnyWindow]:
    return {market: page.recent_window(market) for market in windows}


def _join(periods: list[_Period], distance: int) -> list[_Period]:
    """Return *periods*, in order of their starts, with those that are at most *distance* ms apart made one."""
    joined: list[_Period] = []
    for start, end in periods:
        if joined and start - joined[-1][1] <= distance:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _text(
    page: PageState, windows: dict[Market, AnyWindow], periods: dict[Market, list[_Period]], band: _Period
) -> str:
    start, end = band
    with_prices = [market for market, window in windows.items() if _has_price(window, band)]
    backfilled = [
        market
        for market in with_prices
        if sum(max(0, min(end, last) - max(start, first)) for first, last in periods[market])
        > _MOST * (end - max(start, windows[market].first_time))
    ]
    if backfilled == with_prices:
        return _TEXT
    if not backfilled:
        return f"partly {_TEXT}"
    if len(backfilled) > _MAX_NAMES:
        return f"{len(backfilled)} of {len(with_prices)} {_TEXT}"
    return f"{plain_text.join_words([page.label(market) for market in backfilled])} {_TEXT}"


def _has_price(window: AnyWindow, band: _Period) -> bool:
    start, end = band
    for part in parts_of(window):
        first, last = (part.first_time, part.last_time) if isinstance(part, Bars) else (part.time, part.time)
        if np.searchsorted(last, start, side="right") < np.searchsorted(first, end, side="right"):
            return True
    return False
