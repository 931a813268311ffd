"""The ranking table: the measures of each chosen market, calmest first."""

from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from tracker.core.measures import MEASURES
from tracker.dashboard.browser import bundle
from tracker.dashboard.browser.refused_messages import log_refused
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.render.html.ranking_columns import short
from tracker.render.html.ranking_order import next_sort
from tracker.render.html.ranking_table import TITLE, table_html
from tracker.render.page.url_query import COLUMNS


class TableView(anywidget.AnyWidget):
    """HTML that is updated in place; sorts by a column when its heading is clicked."""

    _esm = bundle("table")

    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, state: ViewState) -> None:
        super().__init__()
        self.state = state
        self.add_class("bt-table-scroll")
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        column = content.get("column")
        if content.get("kind") == "sort" and column in COLUMNS:
            self.state.sort = next_sort(self.state.sort, str(column), self.state.rank_by)
        else:
            log_refused(content, "the table")


class RankingTable(Panel):
    """One row for each chosen market, calmest first; markets that cannot be ranked come last, with the reason."""

    title = TITLE
    name = "This table"
    depends_on = ("markets", "chosen", "span", "view", "revision", "stops", "rank_by", "sort", "zone")
    refresh_every = 10_000

    def __init__(self, state: ViewState) -> None:
        options = [(short(name).lower(), name) for name, measure in MEASURES.items() if measure.ranked]
        self.by = widgets.Dropdown(options=options, value=state.rank_by, description="Rank by")
        self.by.add_class("bt-rank-by")
        traitlets.link((state, "rank_by"), (self.by, "value"))
        self.head = html("", "bt-grow")
        self.table = TableView(state)
        top = widgets.HBox([self.head, self.by])
        top.add_class("bt-panel-head")
        super().__init__(state, top, self.table, style="bt-ranking bt-panel")

    def render(self) -> None:
        self.head.value, self.table.value = table_html(self.state.page)
