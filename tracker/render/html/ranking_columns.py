"""The ranking table's columns of measures, and their cells."""

from typing import NamedTuple

from tracker.core.measures import MEASURES
from tracker.core.ranking import RankedMarket
from tracker.render.format import numbers
from tracker.render.html.chart_label import change_html


class Column(NamedTuple):
    """A measure's column: style class, heading (shown beside the number on a phone) and the line below it."""

    name: str
    style: str
    head: str
    below: str


_COLUMNS = (
    Column("last_price", "col-last-price", "Last price", "{of}"),
    Column("change", "col-change", "Change", "over {span}"),
    Column("standard_deviation", "col-deviation", "Std deviation", "in the currency"),
    Column("relative_standard_deviation", "col-relative", "Relative std", "of the mean price"),
    Column("realised_volatility", "col-volatility", "Volatility", "realised, % a year"),
)
ALIGNED = ("last_price", "standard_deviation")  # in quote currency, aligned at the decimal point
_LONG = 7.0  # em
_CARD_COLUMN = 7.5  # em; a third of a card on the narrowest phone
_LETTER = 0.75  # em
_SHORT = {"relative_standard_deviation": "Relative std", "realised_volatility": "Volatility"}


def columns(rank_by: str) -> list[Column]:
    """Return the columns of measures; the measure that ranks always has one."""
    extra = [Column(rank_by, "col-ranked-by", short(rank_by), "over {span}")] if is_extra(rank_by) else []
    return [*_COLUMNS, *extra]


def is_extra(rank_by: str) -> bool:
    """Return whether the measure that ranks has no column otherwise."""
    return rank_by not in {column.name for column in _COLUMNS}


def is_long(number: str) -> bool:
    """Return whether a *number* in quote currency needs more room than its column usually has."""
    return numbers.text_width(number) > _LONG


def short(name: str) -> str:
    """Return a measure's short name."""
    return _SHORT.get(name, MEASURES[name].label)


def percent(share: float, name: str) -> str:
    """Return *share* as percent, without decimals for volatility."""
    return numbers.percent(100 * share, 0) if MEASURES[name].unit == "% a year" else numbers.fine_percent(100 * share)


class Cell(NamedTuple):
    """A measure's cell; ``width`` is that of its column's fractions, 0 without any; ``bar`` a CSS width."""

    style: str
    label: str
    width: int
    number: str
    unit: str = ""
    bar: str = ""


def number_text(row: RankedMarket, name: str) -> str:
    """Return a cell's number as text."""
    value = row.values[name]
    if name == "last_price":
        return numbers.price(value)
    if name == "change":
        return numbers.signed_percent(100 * value)
    if name == "standard_deviation":
        return numbers.significant(value)
    return percent(value, name)


def cell(row: RankedMarket, column: Column, widths: dict[str, int], rank_by: str, largest: float, at: str = "") -> Cell:
    """
    Return the cell of *row* in *column*.

    Args:
        row: the market's row.
        column: the measure.
        widths: the most characters from the decimal point on, for each measure of ALIGNED.
        rank_by: the measure that has bars; empty for none.
        largest: its largest value, which has a full bar.
        at: of which time the last price is, as ``at 15:00``; empty: now.
    """
    name = column.name
    number, style = number_text(row, name), column.style
    unit = row.market.quote if name == "standard_deviation" else ""
    if unit and numbers.text_width(number) + _LETTER * len(f" {unit}") > _CARD_COLUMN:
        style += " is-long"  # on a phone it needs a line of its own
    if name == "change" and row.rank is not None:
        number = change_html(100 * row.values[name])
    elif name in ALIGNED:
        number = numbers.aligned_html(number)
    bar = ""
    if name == rank_by:
        bar = f"{100 * row.values[name] / largest if largest > 0 else 0:.0f}%"
    label = f"{column.head} {at}" if at and name == "last_price" else column.head
    return Cell(style, label, widths.get(name, 0), number, unit, bar)
