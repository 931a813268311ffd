"""The ranking table: a heading to sort each column by, and a row for each market."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.downsampling import downsample
from tracker.core.long_intervals import long_intervals
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import RankedMarket, ranking
from tracker.render.axes.chart_frame import IN_DAYS_FROM
from tracker.render.axes.chart_text import late_start
from tracker.render.format import currencies, numbers, time_text
from tracker.render.format.long_interval_text import long_intervals_text
from tracker.render.format.standstill_text import standstill_text
from tracker.render.format.templating import render
from tracker.render.html import comparison_columns
from tracker.render.html.comparison_columns import Comparison, Heading, compare
from tracker.render.html.ranking_columns import (
    ALIGNED,
    Cell,
    cell,
    columns,
    is_extra,
    is_long,
    number_text,
    short,
)
from tracker.render.html.ranking_order import ordered
from tracker.render.html.ranking_result import result
from tracker.render.page import url_query
from tracker.render.page.state import PageState
from tracker.render.svg.shapes import sparkline

TITLE = "How calm is each currency?"
_NONE_CHOSEN = Markup('<p class="bt-note">No currency is ticked.</p>')  # the charts ask for one
_SPARKLINE_SIZE = (92, 22)  # width and height


class _TableRow(NamedTuple):
    """A market's row; one without a rank has the reason in place of all cells but the first two."""

    rank: int | None
    key: str
    colour: str
    currency: str  # its code, or a pair
    exchange: str  # if another market of this pair is shown
    name: str  # of the currency, if it is known
    cells: list[Cell]
    share_cell: Markup
    reason: str
    reason_columns: int
    rate_cell: Markup
    coverage: str
    prices: str
    sparkline: str


class Table(NamedTuple):
    """What all rows share; ``html`` makes the table of them."""

    page: PageState
    span: str  # in words
    windows: Mapping[Market, AnyWindow]
    comparison: Comparison

    def html(self, rows: list[RankedMarket]) -> Markup:
        """Return the table of *rows*, in their order."""
        rank_by = self.page.choices.rank_by
        widths = {
            name: max((numbers.fraction_width(number_text(row, name)) for row in rows), default=0) for name in ALIGNED
        }
        widths = {name: width if width <= numbers.MAX_FRACTION else 0 for name, width in widths.items()}
        per = "per bitcoin" if all(row.market.base == currencies.BASE for row in rows) else "in the currency"
        largest = max((row.values[rank_by] for row in rows if row.rank is not None), default=math.nan)
        return render(
            "html/ranking_table.html",
            heads=_heads(self.span, self.page.choices.sort, rank_by, self.comparison.reference, self._at or per),
            rows=[self._row(row, widths, largest) for row in rows],
            style=_style(rows, rank_by),
            no_value=numbers.NO_VALUE,
            sparkline_size=_SPARKLINE_SIZE,
            note=self._note(rows) if len(rows) > 1 else "",  # one currency alone is compared with none
        )

    def _note(self, rows: list[RankedMarket]) -> Markup:
        """Return what the ranking is by, whose prices are rare, and what the columns that compare currencies are."""
        measure = MEASURES[self.page.choices.rank_by]
        ranked = {row.market: self.windows[row.market] for row in rows if row.rank is not None}
        rare = long_intervals_text({self.page.label(market): of for market, of in long_intervals(ranked).items()})
        return Markup("Rank 1 is the calmest, by {}: {} {}{}").format(
            measure.label.lower(),
            measure.help[0].lower() + measure.help[1:],
            Markup("<b>{}</b> ").format(rare) if rare else "",
            comparison_columns.help_html(self.comparison),
        )

    @property
    def _at(self) -> str:
        """Until when prices are shown, as ``at 15:00``; empty if up to now."""
        (start, end), zone = self.page.visible_range, self.page.choices.zone
        if not self.page.is_past:
            return ""
        if end - start < time_text.SECONDS_BELOW:
            return f"at {time_text.hour_minute_second(end, zone)}"
        if end - start > IN_DAYS_FROM:
            return f"at {time_text.date(end - 1)}"  # UTC, as the days of the charts
        return f"at {time_text.moment(end, self.page.data.now, zone)}"

    def _row(self, row: RankedMarket, widths: dict[str, int], largest: float) -> _TableRow:
        page, market = self.page, row.market
        colour, shown = page.colour_class(market), columns(page.choices.rank_by)
        currency, _, exchange = page.label(market).partition(" ")
        is_ranked = row.rank is not None
        return _TableRow(
            rank=row.rank,
            key=url_query.market_key(page.data, market),
            colour=colour,
            currency=currency,
            exchange=exchange,
            name=currencies.name(market.quote),
            cells=[
                cell(row, column, widths, page.choices.rank_by, largest, self._at)
                for column in (shown if is_ranked else shown[:2])
            ],
            share_cell=comparison_columns.share_cell(market, self.comparison, colour) if is_ranked else Markup(),
            reason="" if is_ranked else self._reason(row),
            reason_columns=len(shown) - 1,
            rate_cell=comparison_columns.rate_cell(market, self.comparison),
            coverage=numbers.share(row.coverage, 1),
            prices=f"{row.count:,}",
            sparkline=_sparkline(self.windows[market]),
        )

    def _reason(self, row: RankedMarket) -> str:
        """Return why *row* is not ranked."""
        floor = self.page.data.floor
        if not row.count:
            return "No prices in this span."
        if row.unmoved_since is not None:
            end, zone = self.page.visible_range[1], self.page.choices.zone
            return f"Not ranked: {standstill_text(row.unmoved_since, row.stop, end, zone)}."
        if row.coverage >= floor:
            return f"Not ranked: too few prices for the {short(self.page.choices.rank_by).lower()}."
        share, least = numbers.share(row.coverage, 1), numbers.percent(100 * floor, 0)
        late = late_start(self.windows[row.market], self.page.choices.zone)
        recorded = f" Recorded {late}." if late else ""
        return f"Not ranked: only {share} of this span has prices ({least} needed).{recorded}"


def _style(rows: list[RankedMarket], rank_by: str) -> str:
    """Return the style classes of a table that needs more room than usual; empty if it does not."""
    extra = " is-extra" if is_extra(rank_by) else ""
    long = any(is_long(number_text(row, name)) for row in rows for name in ALIGNED)
    return f" is-crowded{extra}" if extra or long else ""


@lru_cache(maxsize=64)  # the same for every refresh until the viewer chooses something else
def _heads(span: str, sort: str, rank_by: str, reference: Market | None, of: str) -> Markup:
    """Return the table's headings; *of*: what is below *Last price*."""
    measures = [
        Heading(name, style, text, below.format(span=span, of=of)) for name, style, text, below in columns(rank_by)
    ]
    headings = [
        Heading("rank", "col-rank", "#", ""),
        Heading("currency", "is-text", "Currency", ""),
        *measures,
        *comparison_columns.headings(reference),
        Heading("coverage", "col-coverage", "Coverage", "of the time; prices"),
    ]
    heads = [heading._asdict() | {"order": _order(heading.name, sort, rank_by)} for heading in headings]
    return render("html/ranking_heads.html", heads=heads, span=span)


def _order(name: str, sort: str, rank_by: str) -> str:
    """Return in which order the column *name* sorts the rows; empty if another does."""
    if sort.lstrip("-") == name or (not sort and name == rank_by):
        return "descending" if sort.startswith("-") else "ascending"
    return ""


def _sparkline(window: AnyWindow) -> str:
    """Return the path of the price over the window, on its own scale."""
    width, height = _SPARKLINE_SIZE
    return sparkline(downsample(window, width // 2), window.start, window.span, width, height)


def table_html(page: PageState) -> tuple[Markup, Markup]:
    """Return the heading, which states the result, and the table."""
    start, end = page.visible_range
    span = page.span_text if page.choices.view is None else time_text.duration(end - start)
    windows = {market: page.window(market) for market in page.choices.chosen}
    rows = _ranked(page, windows)
    head = Markup('<h2>{}</h2><span class="bt-subtitle">{}</span>').format(TITLE, result(rows, page, span))
    if not rows:
        return head, _NONE_CHOSEN
    comparison = compare(windows, rows)
    return head, Table(page, span, windows, comparison).html(ordered(rows, page.choices.sort, comparison))


def _ranked(page: PageState, windows: Mapping[Market, AnyWindow]) -> list[RankedMarket]:
    """Return the ranking; whether a price stands still is decided among all markets, also those not shown."""
    data, (_, end) = page.data, page.visible_range
    is_now = end == data.now
    return ranking(
        windows,
        by=page.choices.rank_by,
        floor=data.floor,
        unmoved=data.unmoved if is_now else data.unmoved_at(end),
        stops=data.stops if is_now else data.stops_at(end),
    )
