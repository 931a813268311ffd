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
    from tracker.dashboard.status_strip import StatusStrip
    from tracker.dashboard.view_state import still

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
    "App": "tracker.dashboard.app",
    "CurrencyPicker": "tracker.dashboard.picker",
    "Exports": "tracker.dashboard.exports",
    "FirstStart": "tracker.dashboard.notices",
    "Footer": "tracker.dashboard.notices",
    "ModePicker": "tracker.dashboard.picker",
    "PriceCharts": "tracker.dashboard.charts",
    "Problems": "tracker.dashboard.notices",
    "RankingTable": "tracker.dashboard.ranking",
    "ReplayBar": "tracker.dashboard.replay_bar",
    "SpanPicker": "tracker.dashboard.picker",
    "StatusStrip": "tracker.dashboard.status_strip",
    "page": "tracker.dashboard.layout",
    "still": "tracker.dashboard.view_state",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return found
