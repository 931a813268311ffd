"""
The page: widgets, their state, and the app that feeds them.

A notebook imports from here all that it needs to build it, or parts of it. Each is loaded when it is
asked for: a command that writes a number needs no charts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.dashboard.app import App
    from tracker.dashboard.charts import PriceCharts
    from tracker.dashboard.exports import Exports
    from tracker.dashboard.layout import page
    from tracker.dashboard.notices import FirstStart, Footer, Problems
    from tracker.dashboard.picker import CurrencyPicker, ModePicker, SpanPicker
    from tracker.dashboard.ranking import RankingTable
    from tracker.dashboard.replay_bar import ReplayBar
    from tracker.dashboard.standing import still
    from tracker.dashboard.status_strip import StatusStrip

__all__ = [
    "App",
    "CurrencyPicker",
    "Exports",
    "FirstStart",
    "Footer",
    "ModePicker",
    "PriceCharts",
    "Problems",
    "RankingTable",
    "ReplayBar",
    "SpanPicker",
    "StatusStrip",
    "page",
    "still",
]

_MODULES = {
    "App": "app",
    "CurrencyPicker": "picker",
    "Exports": "exports",
    "FirstStart": "notices",
    "Footer": "notices",
    "ModePicker": "picker",
    "PriceCharts": "charts",
    "Problems": "notices",
    "RankingTable": "ranking",
    "ReplayBar": "replay_bar",
    "SpanPicker": "picker",
    "StatusStrip": "status_strip",
    "page": "layout",
    "still": "standing",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
