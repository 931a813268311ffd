"""
BTC price tracker: polls exchanges, keeps every price in plain CSV files, shows them live.

What a notebook needs is imported from here, and the widgets of the page from ``tracker.dashboard``. Each name is
loaded on first use, so ``import tracker`` is quick and loads neither pandas nor the settings.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.history.dataframes import from_dataframe as ticks_of
    from tracker.history.dataframes import simulated
    from tracker.history.stored_frames import bars, markets, prices
    from tracker.render.report.sections import Report
    from tracker.runtime.settings import read_settings

    __version__: str

__all__ = ["Report", "__version__", "bars", "markets", "prices", "read_settings", "simulated", "ticks_of"]

_LOCATIONS = {
    "Report": ("tracker.render.report.sections", "Report"),
    "bars": ("tracker.history.stored_frames", "bars"),
    "markets": ("tracker.history.stored_frames", "markets"),
    "prices": ("tracker.history.stored_frames", "prices"),
    "read_settings": ("tracker.runtime.settings", "read_settings"),
    "simulated": ("tracker.history.dataframes", "simulated"),
    "ticks_of": ("tracker.history.dataframes", "from_dataframe"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _LOCATIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LOCATIONS[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def _version() -> str:
    """Return the installed version; ``unknown`` in a folder of files that was never installed."""
    from importlib import metadata  # loads more than all else here, which the start of a command would wait for

    try:
        return metadata.version("btc-price-tracker")
    except metadata.PackageNotFoundError:
        return "unknown"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
