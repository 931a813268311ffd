"""BTC price tracker: polls exchanges, keeps every price in plain CSV files, shows them live."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

__all__ = ["prices"]


def prices(market: str, last: str = "24h") -> "pandas.DataFrame":
    """
    The stored prices of *market* over the *last* span, for analysts; needs no collector and no event loop.

    Args:
        market: e.g. ``kraken:BTC/EUR``.
        last: a duration, e.g. ``90min``, ``24h``, ``7d``.

    Returns:
        Columns ``price`` (quote per base), ``interval`` (Timedelta up to the index that the price stands
        for), ``origin`` (``live``, ``backfill``, …) and ``exchange`` (whose price it is: another's where that
        one stood in), by time (UTC), each time once.

    Raises:
        ConfigError: not a market or a duration, or tracker.toml cannot be read.
        StoreError: the store cannot be read.
    """
    # Late, so that "import tracker" costs nothing and pulls in neither pandas nor settings.
    from tracker.core.durations import parse_duration
    from tracker.core.errors import ConfigError
    from tracker.core.market import Market
    from tracker.history.dataframes import to_dataframe
    from tracker.runtime.settings import read_settings

    wanted = Market.parse(market)
    try:
        span = parse_duration(last)
    except ValueError as error:
        raise ConfigError(f"last: {error}") from None
    settings = read_settings()
    now = settings.make_clock().now()
    return to_dataframe(wanted, settings.open_store().read(wanted, now - span + 1, now + 1))
