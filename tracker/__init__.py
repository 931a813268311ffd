"""
BTC price tracker: polls exchanges, keeps every price in plain CSV files, shows them live.

What a notebook needs is imported from here, and the widgets of the page from ``tracker.dashboard``. Each name is
loaded on first use, so ``import tracker`` is quick and loads neither pandas nor the settings.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas

    from tracker.history.dataframes import from_dataframe as ticks_of
    from tracker.history.dataframes import simulated
    from tracker.render.report.sections import Report
    from tracker.runtime.settings import read_settings

__all__ = ["Report", "prices", "read_settings", "simulated", "ticks_of"]

_LOCATIONS = {
    "Report": ("tracker.render.report.sections", "Report"),
    "read_settings": ("tracker.runtime.settings", "read_settings"),
    "simulated": ("tracker.history.dataframes", "simulated"),
    "ticks_of": ("tracker.history.dataframes", "from_dataframe"),
}


def __getattr__(name: str) -> Any:
    if name not in _LOCATIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LOCATIONS[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def prices(market: str, last: str = "24h") -> "pandas.DataFrame":
    """
    Return the stored prices of *market* over the *last* span; needs no collector and no event loop.

    Args:
        market: e.g. ``kraken:BTC/EUR``.
        last: a duration, e.g. ``90min``, ``24h``, ``7d``.

    Returns:
        Columns ``price`` (quote per base), ``interval`` (Timedelta before the row's time that the price covers),
        ``origin`` (``live``, ``backfill``, …) and ``exchange`` (where the price comes from: a stand-in while the
        market's own exchange failed). The index is the time (UTC), ascending and unique.

    Raises:
        ConfigError: *market* or *last* is malformed, or tracker.toml cannot be read.
        StoreError: the store cannot be read.
    """
    from tracker.core.durations import parse_duration
    from tracker.core.errors import ConfigError
    from tracker.core.market import Market
    from tracker.history.dataframes import to_dataframe
    from tracker.runtime.settings import read_settings
    from tracker.runtime.store_url import open_configured_store

    selected = Market.parse(market)
    try:
        span = parse_duration(last)
    except ValueError as error:
        raise ConfigError(f"last: {error}") from None
    settings = read_settings()
    now = settings.make_clock().now()
    return to_dataframe(selected, open_configured_store(settings).read(selected, now - span + 1, now + 1))
