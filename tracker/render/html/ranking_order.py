"""The order of the ranking table's rows, and what a click on a heading does."""

import math

from tracker.core.ranking import RankedMarket
from tracker.render.format import currencies
from tracker.render.html.comparison_columns import Comparison
from tracker.render.page.url_query import COLUMNS


def next_sort(now: str, column: str, rank_by: str) -> str:
    """Return the order after a click on *column*'s heading: ascending, then descending, then by rank."""
    if column in ("rank", rank_by):  # the order without any sorting
        return f"-{column}" if not now else ""
    return {column: f"-{column}", f"-{column}": ""}.get(now, column)


def ordered(rows: list[RankedMarket], sort: str, comparison: Comparison) -> list[RankedMarket]:
    """Return *rows* sorted by a column, or by rank if *sort* is empty; unranked rows and rows without a value last."""
    column, down = sort.removeprefix("-"), sort.startswith("-")
    if column not in COLUMNS:
        return rows

    def number(row: RankedMarket) -> float:
        if column == "rank":
            return row.rank or math.nan
        if column == "coverage":
            return row.coverage
        if column in ("share", "rate"):
            return (comparison.shares if column == "share" else comparison.rates).get(row.market, math.nan)
        return row.values[column]

    def key(row: RankedMarket) -> tuple[object, ...]:
        if column == "currency":
            return (row.rank is None, False, 0.0)
        value = number(row)
        return (row.rank is None, not math.isfinite(value), -value if down else value if math.isfinite(value) else 0.0)

    if column == "currency":
        rows = sorted(rows, key=_name, reverse=down)
    return sorted(rows, key=key)


def _name(row: RankedMarket) -> tuple[str, str]:
    return currencies.label(row.market, ()), row.market.exchange
