"""Whether a market of a page stands still now, since when, and the text for it."""

from tracker.core.market import Market
from tracker.render.format.standstill_text import standstill_text
from tracker.render.page.state import PageState


def since(page: PageState, market: Market) -> int | None:
    """Return since when (epoch ms) *market* stands still now; None if it moves."""
    stop = page.data.stops.get(market)
    return stop.since if stop else page.data.unmoved.get(market)


def text(page: PageState, market: Market) -> str:
    """Return ``not traded since 20 Nov 08:15``, or ``has not moved since 15:04``; empty if *market* moves."""
    start = since(page, market)
    if start is None:
        return ""
    return standstill_text(start, page.data.stops.get(market), page.data.now, page.choices.zone)
