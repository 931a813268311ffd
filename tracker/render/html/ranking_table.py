"""The ranking table's HTML: its head, whose every column sorts, and a row for each market."""

import math
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from tracker.core.downsampling import downsample
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import Row, ranking
from tracker.core.window import Window
from tracker.render.axes.chart_text import late_start
from tracker.render.format import currencies, numbers, time_text
from tracker.render.html import comparison_columns
from tracker.render.html.chart_label import change_html
from tracker.render.html.comparison_columns import Comparison
from tracker.render.page import url_query
from tracker.render.page.state import PageState
from tracker.render.page.url_query import COLUMNS
from tracker.render.svg.shapes import sparkline


class Column(NamedTuple):
    """A measure's column: its style class, its heading (the phone shows it beside the number), the line below."""

    name: str
    style: str
    head: str
    below: str


_COLUMNS = (
    Column("last_price", "col-last-price", "Last price", "per bitcoin"),
    Column("change", "col-change", "Change", "over {span}"),
    Column("standard_deviation", "col-deviation", "Std deviation", "in the currency"),
    Column("relative_standard_deviation", "col-relative", "Relative std", "of the mean price"),
    Column("realised_volatility", "col-volatility", "Volatility", "realised, % a year"),
)
TITLE = "How calm is each currency?"
_SHORT = {"relative_standard_deviation": "Relative std", "realised_volatility": "Volatility"}
_SPARK = (92, 22)  # width and height


def columns(rank_by: str) -> list[Column]:
    """The columns of measures; what is ranked by is always one."""
    named = rank_by in {column.name for column in _COLUMNS}
    return [*_COLUMNS, *([] if named else [Column(rank_by, "col-ranked-by", short(rank_by), "over {span}")])]


def short(name: str) -> str:
    """A measure's name where there is little room."""
    return _SHORT.get(name, MEASURES[name].label)


def percent(share: float, name: str) -> str:
    """A share as the reader sees it; volatility has no decimals worth showing."""
    return numbers.percent(100 * share, 0 if MEASURES[name].unit == "% a year" else 2)


class Table(NamedTuple):
    """What all rows have in common; ``html`` makes the table of them."""

    page: PageState
    span: str  # in words
    windows: Mapping[Market, Window]
    found: Comparison

    def html(self, rows: list[Row]) -> str:
        """The table of *rows*, in their order."""
        widest = {
            column.name: max((numbers.fraction_width(_plain(row, column.name)) for row in rows), default=0)
            for column in columns(self.page.choices.rank_by)
        }
        most = max((row.values[self.page.choices.rank_by] for row in rows if row.rank is not None), default=math.nan)
        body = "".join(self._row(row, widest, most) for row in rows)
        about = f"Rank 1 is the calmest. {escape(MEASURES[self.page.choices.rank_by].help)} "
        about += comparison_columns.help_text(self.found)
        return (
            f'<table class="bt-table"><thead><tr>{self._heads()}</tr></thead><tbody>{body}</tbody></table>'
            f'<p class="bt-table-note">{about}</p>'
        )

    def _heads(self) -> str:
        heads = [self._head("rank", "col-rank", "#", ""), self._head("currency", "is-text", "Currency", "")]
        heads += [
            self._head(name, style, head, below.format(span=self.span))
            for name, style, head, below in columns(self.page.choices.rank_by)
        ]
        heads += [self._head(*each) for each in comparison_columns.headings(self.found)]
        heads.append(self._head("coverage", "col-coverage", "Coverage", "of the time; prices"))
        heads.append(f'<th scope="col" class="col-sparkline"><b>{self.span}</b><small>own scale</small></th>')
        return "".join(heads)

    def _head(self, name: str, style: str, head: str, below: str) -> str:
        sort, by = self.page.choices.sort, self.page.choices.rank_by
        order = ""
        if sort.lstrip("-") == name or (not sort and name == by):
            order = f' aria-sort="{"descending" if sort.startswith("-") else "ascending"}"'
        small = f"<small>{below}</small>" if below else ""
        button = f'<button type="button" data-sort="{name}">{head}</button>'
        return f'<th scope="col" class="{style}"{order}>{button}{small}</th>'

    def _row(self, row: Row, widest: dict[str, int], most: float) -> str:
        page, market = self.page, row.market
        name = f' data-market="{escape(url_query.market_key(page.data, market), quote=True)}"'
        shown = columns(page.choices.rank_by)
        rate = comparison_columns.rate_cell(market, self.found)
        end = (
            _coverage(row)
            + f'<td class="col-sparkline {page.colour_class(market)}">{_spark(self.windows[market])}</td>'
        )
        if row.rank is not None:
            cells = "".join(_cell(row, column, widest, page.choices.rank_by, most) for column in shown)
            share = comparison_columns.share_cell(market, self.found, page.colour_class(market))
            return f"<tr{name}>{self._start(row)}{cells}{share}{rate}{end}</tr>"
        kept = "".join(_cell(row, column, widest, "", math.nan) for column in shown[:2])
        why = f'<td class="bt-unranked-reason" colspan="{len(shown) - 1}">{self._why(row)}</td>'
        return f'<tr class="is-unranked"{name}>{self._start(row)}{kept}{why}{rate}{end}</tr>'

    def _start(self, row: Row) -> str:
        twice = sum(row.market.quote == other.quote for other in self.page.choices.chosen) > 1
        where = f" · {row.market.exchange}" if twice else ""
        return (
            f'<td class="col-rank">{row.rank or numbers.NO_VALUE}</td>'
            f'<td class="is-text col-currency"><span class="bt-currency-name {self.page.colour_class(row.market)}">'
            f"<i></i><b>{escape(row.market.quote)}</b> "
            f'<span class="bt-dim">{escape(currencies.name(row.market.quote) + where)}</span></span></td>'
        )

    def _why(self, row: Row) -> str:
        floor = self.page.data.floor
        if not row.count:
            return "No prices in this span."
        if row.coverage >= floor:
            return f"Not ranked: too few prices for the {short(self.page.choices.rank_by).lower()}."
        share, least = numbers.percent(100 * row.coverage, 0), numbers.percent(100 * floor, 0)
        late = late_start(self.windows[row.market], self.page.choices.zone)
        recorded = f" Recorded {late}." if late else ""
        return f"Not ranked: prices for {share} of this span, the floor is {least}.{recorded}"


def _plain(row: Row, name: str) -> str:
    """A cell's number as text."""
    value = row.values[name]
    if name == "last_price":
        return numbers.price(value)
    if name == "change":
        return numbers.signed_percent(100 * value)
    if name == "standard_deviation":
        return numbers.significant(value)
    return percent(value, name)


def _cell(row: Row, column: Column, widest: dict[str, int], by: str, most: float) -> str:
    name = column.name
    text = _plain(row, name)
    if name == "change" and row.rank is not None:
        text = change_html(100 * row.values[name])
    elif name in ("last_price", "standard_deviation"):
        text = numbers.aligned_html(text)
    if name == "standard_deviation":
        text += f' <span class="bt-dim">{escape(row.market.quote)}</span>'
    key = ""
    if name == by:
        key = " is-ranked-by"
        part = 100 * row.values[name] / most if most > 0 else 0
        text += f'<span class="bt-measure-bar" aria-hidden="true"><i style="width:{part:.0f}%"></i></span>'
    return f'<td class="{column.style}{key}" data-label="{column.head}" style="--n:{widest[name]}">{text}</td>'


def _coverage(row: Row) -> str:
    share = 100 * row.coverage
    # 99.9 % must not read 100 %.
    text = numbers.percent(100.0 if share >= 100 else min(99.0, round(share)), 0)
    count = f"<small>{row.count:,}</small>"
    return f'<td class="col-coverage" data-label="Coverage"><span class="bt-coverage">{text}{count}</span></td>'


def _spark(window: Window) -> str:
    """The price over the span as a small line on its own scale."""
    width, height = _SPARK
    line = sparkline(downsample(window, width // 4), window.start, window.span, width, height)
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true"><path d="{line}"/></svg>' if line else ""


def next_sort(now: str, column: str, rank_by: str) -> str:
    """What pressing *column*'s heading does: the smallest first, then the largest, then by rank again."""
    if column in ("rank", rank_by):  # in whose order the rows are already
        return f"-{column}" if not now else ""
    return {column: f"-{column}", f"-{column}": ""}.get(now, column)


def table_html(page: PageState) -> tuple[str, str]:
    """The heading, which says the result, and the table."""
    start, end = page.visible_range
    span = time_text.exact_duration(page.choices.span) if page.choices.view is None else time_text.duration(end - start)
    windows = {market: page.window(market) for market in page.choices.chosen}
    rows = ranking(windows, by=page.choices.rank_by, floor=page.data.floor)
    head = f'<h2>{TITLE}</h2><span class="bt-subtitle">{_result(rows, page, span)}</span>'
    found = comparison_columns.compare(windows, [row.market for row in rows if row.rank is not None])
    table = Table(page, span, windows, found).html(ordered(rows, page.choices.sort, found))
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


def _result(rows: list[Row], page: PageState, span: str) -> str:
    by = page.choices.rank_by
    ranked = [row for row in rows if row.rank is not None]
    if not rows:
        return ""
    if not ranked:
        time = "that time" if page.is_past else f"the last {span} yet"
        return f"No currency has prices for {numbers.percent(100 * page.data.floor, 0)} of {time}."
    calm, wild = ranked[0], ranked[-1]
    say = "price strayed {} from its mean" if by == "relative_standard_deviation" else f"{short(by).lower()} {{}}"
    among = f", of the {len(ranked)} of {len(rows)} with enough prices," if len(ranked) < len(rows) else ""
    text = f"Over {span}{among} the {_name(calm)} was calmest ({say.format(percent(calm.values[by], by))})"
    return text + (f", the {_name(wild)} least ({percent(wild.values[by], by)})." if wild is not calm else ".")


def _name(row: Row) -> str:
    return escape(currencies.name(row.market.quote).partition(",")[0])
