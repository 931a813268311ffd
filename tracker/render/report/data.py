"""The data of a report: a day, the markets with prices on it, and those prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tracker.collector import outage_log
from tracker.core.bar_window import AnyWindow
from tracker.core.contracts import Store
from tracker.core.durations import DAY, parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.market_status import Outage
from tracker.core.parsing import GENESIS
from tracker.history import exporter
from tracker.history.bar_reader import read_bar_window
from tracker.history.reader import read_unmoved
from tracker.render.format.colours import colour_tokens
from tracker.render.report.calendar_data import Calendar, read_calendar
from tracker.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Period:
    """
    The time of a report; a price at *start* belongs to the day before.

    Attributes:
        start: epoch ms, as *end*.
        over: whether *day* has passed; if not, *end* is when the report was made.
        whole: whether the period is the day, not another span.
    """

    day: date
    start: int
    end: int
    over: bool
    whole: bool

    @property
    def days(self) -> str:
        """The first and the last day, ``2018-03-30 to 2018-04-05``, or the one day."""
        first = datetime.fromtimestamp(self.start / 1000, UTC).date()
        return f"{self.day}" if self.whole or first == self.day else f"{first} to {self.day}"


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """
    The prices of a report, and what is known about them.

    Attributes:
        windows: of each market with prices, in the configured order, then by name.
        missing: requested (by default: configured) markets without prices.
        order: the configured markets, by which colours are given, then the others.
        floor: least coverage to be ranked, 0 to 1.
        unmoved: markets whose price stands still at the end while others move, and since when (epoch ms).
        unmoved_after: ms for which it stands still until it is not ranked.
        outages: recorded reasons for gaps.
        malformed_lines: how many lines of the store were skipped.
        calendar: days and months of the markets with prices; empty for a short period.
    """

    period: Period
    windows: Mapping[Market, AnyWindow]
    missing: tuple[Market, ...]
    order: tuple[Market, ...]
    floor: float
    unmoved: Mapping[Market, int]
    unmoved_after: int
    outages: tuple[Outage, ...]
    malformed_lines: int
    calendar: Calendar

    @property
    def colours(self) -> Mapping[Market, str]:
        """The colour token of each market, as on the page."""
        return colour_tokens(self.order, tuple(self.windows))


def parse_period(day: str, span: str | None, now: int) -> Period:
    """
    Return the period of *day* (``2018-04-05``, ``today``, ``yesterday``; UTC), or *span* (``7d``) up to its end.

    Raises:
        ConfigError: *day* or *span* cannot be read, or lies in the future.
    """
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        parsed = words.get(day.strip().lower()) or date.fromisoformat(day.strip())
    except ValueError:
        raise ConfigError(f"day {day!r}: expected a day such as 2018-04-05, today or yesterday") from None
    if parsed > today:
        raise ConfigError(f"day {day!r} is in the future; expected {today} (UTC) or a day before")
    start = (parsed - date(1970, 1, 1)).days * DAY
    end = max(start + 1, min(start + DAY, now))
    if span is None:
        return Period(parsed, start, end, now >= start + DAY, True)
    try:
        return Period(parsed, end - parse_duration(span), end, now >= start + DAY, False)
    except ValueError as error:
        raise ConfigError(f"span: {error}") from None


def read_report_data(settings: Settings, store: Store, day: str, names: Iterable[str], span: str | None) -> ReportData:
    """
    Read the prices of *day* and of the markets *names* from *store*; by default, of all markets with prices.

    Raises:
        ConfigError: as parse_period; a market is not stored; or there is no price, with the days that have some.
        StoreError: the store cannot be read.
    """
    now = settings.make_clock().now()
    period = parse_period(day, span, now)
    typed = list(dict.fromkeys(map(Market.parse, names)))
    configured = settings.market_list()
    chosen = exporter.typed_or_stored(typed, store)
    order = (*configured, *(market for market in chosen if market not in configured))
    if not typed:
        chosen = [market for market in order if market in chosen]
    length = period.end - period.start
    read = {market: read_bar_window(store, market, length, period.end) for market in chosen if period.end > GENESIS}
    windows = {market: window for market, window in read.items() if window.count}
    if not windows:
        of = f" of {', '.join(map(str, typed))}" if typed else ""
        when = f"on {period.day} (UTC)" if period.whole else f"in the {span} up to the end of {period.day} (UTC)"
        raise ConfigError(f"no prices{of} {when}; there are {_stored_days(store, chosen, period, now)}")
    missing = tuple(market for market in typed or configured if market not in windows)
    outages = outage_log.read(outage_log.log_path(settings))
    malformed_lines = sum(problem.count for problem in store.problems())
    floor, after = settings.coverage_floor, settings.unmoved_after
    # A price stands still beside those of all configured markets, also beside those not in the report.
    others = (market for market in configured if market not in windows)
    compared = {market: read_bar_window(store, market, length, period.end) for market in others}
    unmoved = read_unmoved(store, {**windows, **compared}, after)
    calendar = read_calendar(store, windows, period.start, period.end)
    return ReportData(period, windows, missing, order, floor, unmoved, after, outages, malformed_lines, calendar)


def _stored_days(store: Store, markets: Sequence[Market], period: Period, now: int) -> str:
    """Return ``some from 2018-04-04 to 2018-04-09, nearest on 2018-04-06``, the days with prices up to *now*."""

    def days(start: int | None, end: int | None) -> list[date]:
        """Return the days of each market's first and last price from *start* to *end* (epoch ms)."""
        extents = [extent for market in markets if (extent := store.extent(market, start, end))]
        return [date(1970, 1, 1) + timedelta(days=(moment - 1) // DAY) for extent in extents for moment in extent]

    stored = days(None, now + 1)
    if not stored:
        return "none up to now"
    first, last = min(stored), max(stored)
    before, after = days(None, period.start + 1), days(period.end + 1, now + 1)
    nearest = [*([max(before)] if before else []), *([min(after)] if after else [])]
    span = f"some on {first}" if first == last else f"some from {first} to {last}"
    return f"{span}, nearest on {' and '.join(map(str, nearest))}" if {*nearest} - {first, last} else span
