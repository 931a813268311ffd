"""What a report is about: a day, the markets that have prices on it, and those prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tracker.collector import outage_log
from tracker.collector.outage_log import Outage
from tracker.core.contracts import Store
from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.history import exporter
from tracker.history.importer.lines import GENESIS
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder
from tracker.runtime.store_url import open_configured_store

DAY = 86_400_000  # ms


@dataclass(frozen=True, slots=True)
class Period:
    """
    The time a report is about; *start* and *end* are epoch ms, and a price at *start* belongs to the day before.

    Attributes:
        over: whether all of *day* has passed; if not, *end* is when the report was asked for.
        whole: whether it begins with the day, so that no other span was asked for.
    """

    day: date
    start: int
    end: int
    over: bool
    whole: bool


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """
    All that a report shows.

    Attributes:
        windows: of each market that has prices, in the configured order, then by name.
        missing: markets that were asked for, or else are configured, and have none.
        order: the configured markets, whose places are their colours, then the others.
        floor: least coverage to be ranked, 0 to 1.
        outages: what was written down of why there are gaps.
        skipped: how many lines of the store's files are malformed, in words; ``""`` if none are.
    """

    time: Period
    windows: Mapping[Market, Window]
    missing: tuple[Market, ...]
    order: tuple[Market, ...]
    floor: float
    outages: tuple[Outage, ...]
    skipped: str


def parse_period(day: str, span: str | None, now: int) -> Period:
    """
    The time from *day* (``2018-04-05``, ``today``, ``yesterday``; UTC) and *span* (``7d``, up to its end).

    Raises:
        ConfigError: neither such a day nor such a span, or it lies in the future.
    """
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        found = words.get(day.strip().lower()) or date.fromisoformat(day.strip())
    except ValueError:
        raise ConfigError(f"day {day!r}: expected a day such as 2018-04-05, today or yesterday") from None
    if found > today:
        raise ConfigError(f"day {day!r} is in the future; expected {today} (UTC) or a day before")
    start = (found - date(1970, 1, 1)).days * DAY
    end = max(start + 1, min(start + DAY, now))
    if span is None:
        return Period(found, start, end, now >= start + DAY, True)
    try:
        return Period(found, end - parse_duration(span), end, now >= start + DAY, False)
    except ValueError as error:
        raise ConfigError(f"span: {error}") from None


def read_report_data(settings: Settings, day: str, names: Iterable[str], span: str | None) -> ReportData:
    """
    What is stored of *day* and of the markets *names*; without any of those, of all that have prices then.

    Raises:
        ConfigError: as parse_time; a market that is not stored; or no price at all, with the days that have some.
        StoreError: the store cannot be read.
    """
    now = settings.make_clock().now()
    time = parse_period(day, span, now)
    typed = list(dict.fromkeys(map(Market.parse, names)))
    store = open_configured_store(settings)
    configured = settings.market_list()
    chosen = exporter.chosen(typed, store)
    order = (*configured, *(market for market in chosen if market not in configured))
    if not typed:
        chosen = [market for market in order if market in chosen]
    length = time.end - time.start
    read = {
        market: Window.of(store.read(market, max(0, time.start + 1), time.end + 1), length, time.end)
        for market in chosen
        if time.end > GENESIS
    }
    windows = {market: window for market, window in read.items() if window.count}
    if not windows:
        of = f" of {', '.join(map(str, typed))}" if typed else ""
        when = f"on {time.day} (UTC)" if time.whole else f"in the {span} up to the end of {time.day} (UTC)"
        raise ConfigError(f"no prices{of} {when}; there are {_stored_days(store, chosen, time, now)}")
    missing = tuple(market for market in typed or configured if market not in windows)
    written_down = outage_log.read(data_folder(settings) / outage_log.FILE)
    return ReportData(time, windows, missing, order, settings.coverage_floor, written_down, _skipped(store))


def _skipped(store: Store) -> str:
    count = sum(problem.count for problem in store.problems())
    return "" if not count else "1 malformed line" if count == 1 else f"{count:,} malformed lines"


def _stored_days(store: Store, markets: Sequence[Market], time: Period, now: int) -> str:
    """``from 2018-04-04 to 2018-04-09, nearest on 2018-04-06``: where *markets* have prices up to *now*."""

    def days(start: int | None, end: int | None) -> list[date]:
        """Of the first and the last price from *start* to *end*, of each market that has one."""
        found = [extent for market in markets if (extent := store.extent(market, start, end))]
        return [date(1970, 1, 1) + timedelta(days=(moment - 1) // DAY) for extent in found for moment in extent]

    stored = days(None, now + 1)
    if not stored:
        return "none up to now"
    first, last = min(stored), max(stored)
    before, after = days(None, time.start + 1), days(time.end + 1, now + 1)
    nearest = [*([max(before)] if before else []), *([min(after)] if after else [])]
    span = f"some on {first}" if first == last else f"some from {first} to {last}"
    return f"{span}, nearest on {' and '.join(map(str, nearest))}" if {*nearest} - {first, last} else span
