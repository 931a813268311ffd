"""Panels and tables of a report, and how its counts and times are written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from tracker.render.format import time_text
from tracker.render.format.templating import render
from tracker.render.report.data import Period
from tracker.render.report.document import style

SECTION_TYPE = "application/vnd.btc-price-tracker.section+html"  # a section without style, for the file


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; the first one brings the style of all to a notebook."""

    html: Markup
    has_style: bool = False

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        styled = Markup("<style>{}</style>{}").format(style(), self.html) if self.has_style else self.html
        return {"text/html": str(styled), SECTION_TYPE: str(self.html), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.html):,} characters"


class RowHeading(NamedTuple):
    """A table's cell that names its row and therefore needs no label on a phone."""

    style: str
    content: str


def panel(title: str, text: str, body: str, kind: str = "") -> Section:
    """Return a section with a title; *kind* is a style class."""
    return Section(render("report/panel.html", title=title, text=text, body=body, kind=kind))


def table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | RowHeading]], kind: str) -> Markup:
    """
    Return HTML of a table.

    Args:
        heads: of each column, the heading and the line below it.
        rows: of each column, a cell. On a phone each cell is on a line of its own, after its heading.
        kind: a style class.
    """
    return render("report/table.html", heads=heads, rows=[[_cell(cell) for cell in row] for row in rows], kind=kind)


def _cell(content: str | RowHeading) -> dict[str, object]:
    if isinstance(content, RowHeading):
        return {"style": content.style, "html": content.content}
    # A column that the page's table has too is a whole <td>, which only Markup can be.
    is_whole = isinstance(content, Markup) and content.startswith("<td")
    return {"style": "", "html": content, "is_whole": is_whole}


def counted(number: int, what: str) -> str:
    """Return ``1 gap`` or ``1,234 gaps``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def moment(ms: int, time: Period, *, ends: bool = False) -> str:
    """
    Return ``10:07:00``, after its day if the report is of several; a midnight that *ends* a period is 24:00:00.

    The day has a year if the report is of about a year or more.
    """
    last = ends and time_text.is_midnight(ms)
    text = "24:00:00" if last else time_text.hour_minute_second(ms)
    write_day = time_text.day if time.end - time.start < time_text.YEAR_FROM else time_text.date
    return text if time.whole else f"{write_day(ms - last)} {text}"


def date_in_words(ms: float) -> str:
    """Return ``5 April 2018``."""
    day = time_text.to_datetime(ms)
    return f"{day.day} {day:%B %Y}"
