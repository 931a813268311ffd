"""
The page: widgets, their state, and the app that feeds them.

A notebook imports from here all that it needs to build it, or parts of it. Each is loaded when it is
asked for: a command that writes a number needs no charts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.dashboard.app import App
    from tracker.dashboard.charts.charts import PriceCharts
    from tracker.dashboard.layout import page
    from tracker.dashboard.view_state import still
    from tracker.dashboard.widgets.downloads import Exports
    from tracker.dashboard.widgets.header import StatusStrip
    from tracker.dashboard.widgets.notices import FirstStart, Footer, Problems
    from tracker.dashboard.widgets.pickers import CurrencyPicker, ModePicker, SpanPicker
    from tracker.dashboard.widgets.ranking import RankingTable
    from tracker.dashboard.widgets.replay_bar import ReplayBar

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
    "CurrencyPicker": "tracker.dashboard.widgets.pickers",
    "Exports": "tracker.dashboard.widgets.downloads",
    "FirstStart": "tracker.dashboard.widgets.notices",
    "Footer": "tracker.dashboard.widgets.notices",
    "ModePicker": "tracker.dashboard.widgets.pickers",
    "PriceCharts": "tracker.dashboard.charts.charts",
    "Problems": "tracker.dashboard.widgets.notices",
    "RankingTable": "tracker.dashboard.widgets.ranking",
    "ReplayBar": "tracker.dashboard.widgets.replay_bar",
    "SpanPicker": "tracker.dashboard.widgets.pickers",
    "StatusStrip": "tracker.dashboard.widgets.header",
    "page": "tracker.dashboard.layout",
    "still": "tracker.dashboard.view_state",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return found
