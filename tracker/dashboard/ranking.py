"""The table: how calm each currency is, in numbers and in order."""

import logging
import math
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from tracker.dashboard import comparison, numerals, wording
from tracker.dashboard.choices import COLUMNS
from tracker.dashboard.comparison import Comparison
from tracker.dashboard.part import Part, html
from tracker.dashboard.state import State
from tracker.dashboard.table_html import Table, percent, short
from tracker.measures import MEASURES, Row, ranking

log = logging.getLogger(__name__)


class TableView(anywidget.AnyWidget):
    """HTML that is updated in place, and tells which column's heading was pressed."""

    _esm = Path(__file__).with_name("table_link.js").read_text(encoding="utf-8")

    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.add_class("bt-tw")
        self.on_msg(self._told)

    def _told(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        column = content.get("column")
        if content.get("kind") == "sort" and column in COLUMNS:
            self.state.sort = next_sort(self.state.sort, str(column), self.state.rank_by)
        else:
            log.warning("the browser said %.80r, which means nothing here", content)


def next_sort(now: str, column: str, rank_by: str) -> str:
    """What pressing *column*'s heading does: the smallest first, then the largest, then by rank again."""
    if column in ("rank", rank_by):  # in whose order the rows are already
        return f"-{column}" if not now else ""
    return {column: f"-{column}", f"-{column}": ""}.get(now, column)


class RankingTable(Part):
    """One row for each chosen market, the calmest first; those that cannot be ranked last, and why."""

    title = "How calm is each currency?"
    what = "This table"
    shows = ("markets", "chosen", "span", "view", "revision", "rank_by", "sort", "zone")
    beat = 10_000

    def __init__(self, state: State) -> None:
        options = [(short(name).lower(), name) for name, measure in MEASURES.items() if measure.ranked]
        self.by = widgets.Dropdown(options=options, value=state.rank_by, description="Rank by")
        self.by.add_class("bt-rank")
        traitlets.link((state, "rank_by"), (self.by, "value"))
        self.head = html("", "bt-grow")
        self.table = TableView(state)
        top = widgets.HBox([self.head, self.by])
        top.add_class("bt-ph")
        super().__init__(state, top, self.table, style="bt-ranking")
        self.add_class("bt-panel")

    def draw(self) -> None:
        self.head.value, self.table.value = table_html(self.state)


def table_html(state: State) -> tuple[str, str]:
    """The heading, which says the result, and the table."""
    start, end = state.shown
    span = wording.length(state.span) if state.view is None else wording.whole(end - start)
    windows = {market: state.window(market) for market in state.chosen}
    rows = ranking(windows, by=state.rank_by, floor=state.floor)
    head = f'<h2>{RankingTable.title}</h2><span class="bt-sub">{_result(rows, state, span)}</span>'
    found = comparison.compare(windows, [row.market for row in rows if row.rank is not None])
    table = Table(state, span, windows, found).html(ordered(rows, state.sort, found))
    return head, table if rows else '<p class="bt-note">Tick at least one currency.</p>'


def ordered(rows: list[Row], sort: str, found: Comparison) -> list[Row]:
    """*rows* by a column, or as they are ranked if *sort* is empty; the unranked stay last, as do those without."""
    column, down = sort.removeprefix("-"), sort.startswith("-")
    if column not in COLUMNS:
        return rows

    def number(row: Row) -> float:
        if column == "rank":
            return row.rank or math.nan
        if column == "coverage":
            return row.coverage
        if column in ("share", "rate"):
            return (found.shares if column == "share" else found.rates).get(row.market, math.nan)
        return row.values[column]

    def key(row: Row) -> tuple[object, ...]:
        if column == "currency":
            return (row.rank is None, False, 0.0)
        value = number(row)
        return (row.rank is None, not math.isfinite(value), -value if down else value if math.isfinite(value) else 0.0)

    if column == "currency":
        rows = sorted(rows, key=lambda row: row.market.quote, reverse=down)
    return sorted(rows, key=key)


def _result(rows: list[Row], state: State, span: str) -> str:
    by = state.rank_by
    ranked = [row for row in rows if row.rank is not None]
    if not rows:
        return ""
    if not ranked:
        time = "that time" if state.past else f"the last {span} yet"
        return f"No currency has prices for {numerals.percent(100 * state.floor, 0)} of {time}."
    calm, wild = ranked[0], ranked[-1]
    say = "price strayed {} from its mean" if by == "relative_standard_deviation" else f"{short(by).lower()} {{}}"
    among = f", of the {len(ranked)} of {len(rows)} with enough prices," if len(ranked) < len(rows) else ""
    text = f"Over {span}{among} the {_name(calm)} was calmest ({say.format(percent(calm.values[by], by))})"
    return text + (f", the {_name(wild)} least ({percent(wild.values[by], by)})." if wild is not calm else ".")


def _name(row: Row) -> str:
    return escape(wording.name(row.market.quote).partition(",")[0])
