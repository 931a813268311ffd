"""The tables of days and months in a report of a long period."""

from collections.abc import Mapping

from markupsafe import Markup

from tracker.core.bar_window import AnyWindow
from tracker.core.calendar_periods import Day, day_changes
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.render.format import currencies, numbers, time_text
from tracker.render.format.templating import join
from tracker.render.html.chart_label import change_html
from tracker.render.report.calendar_data import Calendar
from tracker.render.report.html import RowHeading, table

_LISTED = 3  # best days, and worst

_WITH_DIM = Markup('{} <span class="bt-dim">{}</span>')
_DIM = Markup('<span class="bt-dim">{}</span>')


def days_table(calendar: Calendar, names: Mapping[Market, str], floor: float) -> Markup:
    """Return the best and the worst days of each market as a table; empty if there are none."""
    changes = {market: day_changes(bars, floor) for market, bars in calendar.days.items()}
    if not any(changes.values()):
        return Markup("")
    heads = [
        ("Currency", ""),
        ("Best days", "change from first to last price"),
        ("Worst days", ""),
        ("Days", "counted"),
    ]
    rows: list[list[str | RowHeading]] = []
    for market, days in changes.items():
        half = len(days) // 2  # none of a few days is listed twice
        worst, best = days[: min(_LISTED, half)], days[::-1][: min(_LISTED, len(days) - half)]
        head = RowHeading(
            "col-name", _WITH_DIM.format(Markup("<b>{}</b>").format(names[market]), currencies.name(market.quote))
        )
        rows.append([head, _days(best), _days(worst), f"{len(days):,}"])
    return table(heads, rows, "is-days")


def months_table(calendar: Calendar, names: Mapping[Market, str], floor: float) -> Markup:
    """Return change and volatility of each market and month as a table; empty if there are none."""
    if not calendar.months:
        return Markup("")
    heads = [("Month", ""), *((names[market], "change; volatility") for market in calendar.windows)]
    rows: list[list[str | RowHeading]] = []
    for index, (start, end) in enumerate(calendar.months):
        cells = [_month(windows[index], floor) for windows in calendar.windows.values()]
        rows.append([RowHeading("col-name", _name(start, end)), *cells])
    return table(heads, rows, "is-months")


def _days(days: list[Day]) -> Markup:
    cells = [_WITH_DIM.format(change_html(100 * day.change), _date(day.start)) for day in days]
    return join([Markup("<div>{}</div>").format(cell) for cell in cells])


def _name(start: int, end: int) -> Markup:
    """Return ``Apr 2018``; of a month that the period has a part of, also which: ``Apr 2018 from 5``."""
    first, last = time_text.to_datetime(start), time_text.to_datetime(end)
    month = time_text.to_datetime(end - 1)
    name = Markup("<b>{}</b>").format(f"{month:%b %Y}")
    if (first.day, start % DAY) != (1, 0):
        return _WITH_DIM.format(name, f"from {first.day}")
    if (last.day, end % DAY) != (1, 0):
        return _WITH_DIM.format(name, f"to {month.day}")
    return name


def _date(ms: int) -> str:
    """Return ``5 Apr 2018``."""
    day = time_text.to_datetime(ms)
    return f"{day.day} {day:%b %Y}"


def _month(window: AnyWindow, floor: float) -> Markup:
    """Return change and volatility of a month, and its coverage where it is below *floor*."""
    if not window.count:
        return _DIM.format(numbers.NO_VALUE)
    change = MEASURES["change"].function(window)
    volatility = numbers.percent(100 * MEASURES["realised_volatility"].function(window), 0)
    beside = volatility if window.coverage >= floor else f"{volatility}; {numbers.share(window.coverage, 1)} covered"
    return _WITH_DIM.format(change_html(100 * change), beside)
