"""
The live page: its panels, their state, and the app that updates them.

A notebook imports from here what it needs to build the page or a part of it. Each name is imported on first use,
so that a command that prints a number loads no charts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.dashboard.alerts.panel import AlertsPanel
    from tracker.dashboard.app import App
    from tracker.dashboard.charts.charts import PriceCharts
    from tracker.dashboard.fixed_state import still
    from tracker.dashboard.layout import page
    from tracker.dashboard.widgets.downloads import Downloads
    from tracker.dashboard.widgets.downloads import Downloads as Exports
    from tracker.dashboard.widgets.header import Header
    from tracker.dashboard.widgets.header import Header as StatusStrip
    from tracker.dashboard.widgets.notices import FirstStart, Footer, Problems
    from tracker.dashboard.widgets.pickers import CurrencyPicker, ModePicker, SpanPicker
    from tracker.dashboard.widgets.ranking import RankingTable
    from tracker.dashboard.widgets.replay_bar import ReplayBar

__all__ = [
    "AlertsPanel",
    "App",
    "CurrencyPicker",
    "Downloads",
    "Exports",
    "FirstStart",
    "Footer",
    "Header",
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
    "AlertsPanel": "tracker.dashboard.alerts.panel",
    "App": "tracker.dashboard.app",
    "CurrencyPicker": "tracker.dashboard.widgets.pickers",
    "Downloads": "tracker.dashboard.widgets.downloads",
    "Exports": "tracker.dashboard.widgets.downloads",
    "FirstStart": "tracker.dashboard.widgets.notices",
    "Footer": "tracker.dashboard.widgets.notices",
    "ModePicker": "tracker.dashboard.widgets.pickers",
    "PriceCharts": "tracker.dashboard.charts.charts",
    "Problems": "tracker.dashboard.widgets.notices",
    "RankingTable": "tracker.dashboard.widgets.ranking",
    "ReplayBar": "tracker.dashboard.widgets.replay_bar",
    "SpanPicker": "tracker.dashboard.widgets.pickers",
    "Header": "tracker.dashboard.widgets.header",
    "StatusStrip": "tracker.dashboard.widgets.header",
    "page": "tracker.dashboard.layout",
    "still": "tracker.dashboard.fixed_state",
}


# Notebooks may import these.
_FORMER_NAMES = {"Exports": "Downloads", "StatusStrip": "Header"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), _FORMER_NAMES.get(name, name))
    return value
