"""What the tables of a report are made of: cells that name themselves where a phone has no header, shares, times."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from tracker.render.format import numbers, time_text
from tracker.render.report.data import Period


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: what a notebook shows for it, and what the file has of it."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.html):,} characters"


def panel(title: str, text: str, body: str, kind: str = "") -> Section:
    """A titled part; *title* is plain, *text* and *body* are HTML, *kind* is a style class."""
    # In a sentence a line must not break before the %.
    unbroken = text.replace(numbers.PERCENT, "\N{NARROW NO-BREAK SPACE}%")
    about = f'<p class="report-subtitle">{unbroken}</p>' if text else ""
    return Section(
        f'<div class="bt-report"><section class="report-panel {kind}"><header><h2>{escape(title)}</h2>{about}</header>'
        f"{body}</section></div>"
    )


def table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], kind: str) -> str:
    """
    HTML of a table.

    *heads* are (heading, the line below it), plain text; each row has a cell of HTML for each of them, or one
    that begins with ``<td``. On a phone a cell stands on a line of its own, after its heading.
    """
    top = "".join(
        f'<th scope="col">{escape(head)}{f"<small>{escape(below)}</small>" if below else ""}</th>'
        for head, below in heads
    )
    body = ""
    for row in rows:
        cells = (
            cell if cell.startswith("<td") else f'<td data-label="{escape(head, quote=True)}"><span>{cell}</span></td>'
            for (head, _), cell in zip(heads, row, strict=True)
        )
        body += f"<tr>{''.join(cells)}</tr>"
    return f'<table class="report-table {kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def share(part: float, whole: float) -> str:
    """``93 %`` of *whole*; neither nothing nor all unless it is."""
    percent = 100 * part / whole if whole else math.nan
    if 0 < percent < 1:
        return f"&lt;1{numbers.PERCENT}"
    # 99.9 % must not read 100 %.
    return numbers.percent(100.0 if percent >= 100 else min(99.0, round(percent)), 0)


def counted(number: int, what: str) -> str:
    """``1 gap``, ``1,234 gaps``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def moment(ms: int, time: Period, *, ends: bool = False) -> str:
    """``10:07:00``, with its day where the report is of more than one; a midnight that *ends* something is 24:00:00."""
    last = ends and time_text.is_midnight(ms)
    text = "24:00:00" if last else time_text.hour_minute_second(ms)
    return text if time.whole else f"{time_text.day(ms - last)} {text}"


def date_in_words(ms: float) -> str:
    """``5 April 2018``."""
    day = time_text.to_datetime(ms)
    return f"{day.day} {day:%B %Y}"
