"""
The page: widgets, their state, and the app that feeds them.

A notebook imports from here all that it needs to build it, or parts of it.
"""

from tracker.dashboard.app import App
from tracker.dashboard.charts import PriceCharts
from tracker.dashboard.exports import Exports
from tracker.dashboard.notices import FirstStart, Footer, Problems
from tracker.dashboard.page import page
from tracker.dashboard.picker import CurrencyPicker, ModePicker, SpanPicker
from tracker.dashboard.ranking import RankingTable
from tracker.dashboard.replay_bar import ReplayBar
from tracker.dashboard.status_strip import StatusStrip
from tracker.dashboard.still import still

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
