"""What the Bokeh app of bokeh_app.py shows, read once for all its sessions: its server imports this once."""

from tracker.core.downsampling import ChartPoints, downsample
from tracker.core.market import Market
from tracker.core.ranking import ranking
from tracker.history.follower import Follower
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

BUCKETS = 400  # as many as the tracker's own page has

_settings = read_settings()
MARKETS = _settings.market_list()
_follower = Follower(open_configured_store(_settings), MARKETS, WallClock())
_follower.load(_settings.span)


def refresh() -> frozenset[Market]:
    """Take in what has come; which markets it was for."""
    return _follower.refresh()


def line(market: Market) -> ChartPoints:
    """The points of a chart."""
    return downsample(_follower.window(market, _settings.span), BUCKETS)


def table() -> dict[str, list[object]]:
    """The ranking's columns."""
    rows = ranking({market: _follower.window(market, _settings.span) for market in MARKETS})
    return {
        "rank": [row.rank for row in rows],
        "currency": [row.market.quote for row in rows],
        "price": [row.values["last_price"] for row in rows],
        "std": [row.values["standard_deviation"] for row in rows],
        "relative": [100 * row.values["relative_standard_deviation"] for row in rows],
        "coverage": [100 * row.coverage for row in rows],
    }
