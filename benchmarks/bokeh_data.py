"""The data that bokeh_app.py shows, read once for all its sessions because the server imports this once."""

from tracker.core.downsampling import downsample
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market
from tracker.core.ranking import ranking
from tracker.history.follower import Follower
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

BUCKETS = 400  # as on the tracker's page

_settings = read_settings()
MARKETS = _settings.market_list()
_follower = Follower(open_configured_store(_settings), MARKETS, WallClock())
_follower.load(_settings.span)


def refresh() -> frozenset[Market]:
    """Read new rows; return their markets."""
    return _follower.refresh()


def line(market: Market) -> ChartPoints:
    """Return the points of a chart."""
    return downsample(_follower.window(market, _settings.span), BUCKETS)


def table() -> dict[str, list[object]]:
    """Return the columns of the ranking."""
    rows = ranking({market: _follower.window(market, _settings.span) for market in MARKETS})
    return {
        "rank": [row.rank for row in rows],
        "currency": [row.market.quote for row in rows],
        "price": [row.values["last_price"] for row in rows],
        "std": [row.values["standard_deviation"] for row in rows],
        "relative": [100 * row.values["relative_standard_deviation"] for row in rows],
        "coverage": [100 * row.coverage for row in rows],
    }
