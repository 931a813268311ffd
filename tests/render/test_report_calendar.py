"""The report of a long period: the best and worst days, and a table of months."""

import contextlib
import re

import numpy as np
import pytest

from tests.support.reports import DAY, EUR, HOUR, USD, words
from tracker.core.ticks import Origin, Ticks
from tracker.render.report import Report, calendar_tables
from tracker.render.report.calendar_data import read_calendar
from tracker.stores.csv import open_store

pytestmark = pytest.mark.checkout

JANUARY, MARCH, APRIL = 1_514_764_800_000, 1_519_862_400_000, 1_522_540_800_000  # 2018, 00:00 UTC


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Hourly candles from 1 Jan to 31 Mar 2018, each day 100 all along but those in which a test makes it rise."""
    monkeypatch.chdir(tmp_path)

    def fill(rises, until=APRIL):
        closes = np.arange(JANUARY + HOUR, until + 1, HOUR)
        hour = (closes - JANUARY - 1) % DAY // HOUR
        day = (closes - JANUARY - 1) // DAY
        price = 100 + sum(rise * (day == at) * hour / 23 for at, rise in rises.items())
        with contextlib.closing(open_store("data", base=tmp_path, known=(EUR,))) as store:
            store.append({EUR: Ticks.of(closes, price + np.zeros(closes.size), HOUR, Origin.BACKFILL)})

    return fill


def calendar_words(span, day="2018-03-31"):
    return words(Report.of(day, span=span).calendar().html)


def test_the_best_and_worst_days_are_those_with_the_largest_changes(store):
    store({3: 5, 40: 3, 60: 2, 10: -4, 50: -7, 89: -1})
    text = calendar_words("90d")
    best = text.index("+5.00"), text.index("+3.00"), text.index("+2.00")
    worst = text.index("7.00"), text.index("4.00"), text.index("1.00")
    assert list(best + worst) == sorted(best + worst)
    for date in ("4 Jan 2018", "10 Feb 2018", "2 Mar 2018", "11 Jan 2018", "20 Feb 2018", "31 Mar 2018"):
        assert date in text


def test_each_month_has_its_change_and_parts_of_a_month_say_so(store):
    store({3: 5, 40: 3})
    text = calendar_words("84d").partition("Month by month")[2]
    heads = [text.index(name) for name in ("Jan 2018 from 7", "Feb 2018", "Mar 2018")]
    assert heads == sorted(heads)
    assert "covered" not in text


def test_a_day_or_month_with_few_prices_does_not_count_as_whole(store):
    store({3: 5}, until=MARCH + 6 * HOUR)
    text = calendar_words("90d")
    assert "1 Mar 2018" not in text
    assert "% covered" in text


def test_a_week_has_no_calendar_and_31_days_have_no_months(store):
    store({})
    assert calendar_words("7d") == ""
    assert ["Month by month" in calendar_words(span) for span in ("31d", "32d")] == [False, True]


@pytest.fixture(scope="module")
def spring(tmp_path_factory):
    """Two markets whose days rise by -5.0 to 5.0, each by another; USD has prices in most of March and in April."""
    closes = np.arange(JANUARY + HOUR, APRIL + 10 * DAY + 1, HOUR)
    hour = (closes - JANUARY - 1) % DAY // HOUR
    rows = Ticks.of(closes, 100 + rise((closes - JANUARY - 1) // DAY) * hour / 23, HOUR, Origin.BACKFILL)
    has_usd = (closes > MARCH) & ((closes <= MARCH + 20 * DAY) | (closes > APRIL))
    with contextlib.closing(open_store("data", base=tmp_path_factory.mktemp("spring"), known=(EUR, USD))) as store:
        store.append({EUR: rows, USD: rows[has_usd]})
        yield store


def rise(day):
    return (day * 37 % 101 - 50) / 10


def spring_words(store, start, end, floor=0.8):
    """Return the texts of both tables for *start* to *end*, ms from 2018."""
    calendar = read_calendar(store, [EUR, USD], JANUARY + start, JANUARY + end)
    names = {EUR: "E", USD: "U"}
    tables = [table(calendar, names, floor) for table in (calendar_tables.days_table, calendar_tables.months_table)]
    return [words(html).replace("\N{NARROW NO-BREAK SPACE}", " ") for html in tables]


def days_words(first, last):
    """Return the best three, the worst three and the number of the days *first* to *last*, counted from 2018."""
    days = sorted(range(first, last + 1), key=rise)
    dates = {day: np.datetime64("2018-01-01") + day for day in days}
    texts = [
        f"{'▲ +' if rise(day) > 0 else '▼ −'}{abs(rise(day)):.2f} % "
        f"{dates[day].astype(object).day} {dates[day].astype(object):%b %Y}"
        for day in (*days[::-1][: min(3, (len(days) + 1) // 2)], *days[: min(3, len(days) // 2)])
    ]
    return " ".join([*texts, str(len(days))])


def test_days_are_those_that_lie_in_the_period_as_a_whole_of_each_market(spring):
    assert spring_words(spring, 12 * DAY + 5 * HOUR, 79 * DAY + 7 * HOUR)[0] == (
        "Currency Best days change from first to last price Worst days Days counted "
        f"E euro {days_words(13, 78)} U US dollar {days_words(59, 78)}"
    )


@pytest.mark.parametrize(("first", "count"), [(74, 5), (75, 4), (78, 1)])
def test_of_few_days_none_is_among_the_best_and_the_worst(spring, first, count):
    text = spring_words(spring, first * DAY, 88 * DAY)[0]
    assert text.endswith(f"U US dollar {days_words(first, 78)}")
    assert days_words(first, 78).count("2018") == count


@pytest.mark.parametrize(("length", "count"), [(8 * DAY, 8), (8 * DAY - 1, 0), (9 * DAY - 1, 8)])
def test_eight_whole_days_have_best_and_worst_ones(spring, length, count):
    text = spring_words(spring, 20 * DAY, 20 * DAY + length)[0]
    assert (days_words(20, 27) in text) == (count == 8)


def test_a_month_has_its_change_its_volatility_and_what_part_of_it_is_in_the_period(spring):
    start, end = 12 * DAY + 5 * HOUR, 95 * DAY + 7 * HOUR
    text = spring_words(spring, start, end)[1]
    prices = spring.read(EUR, JANUARY, JANUARY + end + 1)
    borders = [start, 31 * DAY, 59 * DAY, 90 * DAY, end]
    expected = ["Month E change; volatility U change; volatility"]
    names = ["Jan 2018 from 13", "Feb 2018", "Mar 2018", "Apr 2018 to 6"]
    for name, since, until in zip(names, borders[:-1], borders[1:], strict=True):
        month = prices.price[(prices.time > JANUARY + since) & (prices.time <= JANUARY + until)]
        change = 100 * (month[-1] / month[0] - 1)
        expected.append(f"{name} {'▲ +' if change > 0 else '▼ −'}{abs(change):.2f} %")
    parts = [text.index(part) for part in expected]
    assert parts == sorted(parts), expected
    assert text.count("–") == 2, "USD has no prices in January and February"
    assert text.count("65 % covered") == 1
    assert min(map(int, re.findall(r"\.\d\d % (\d+) %", text))) > 30


@pytest.mark.parametrize(
    ("start", "end", "names"),
    [
        (5 * HOUR, 59 * DAY, ["Jan 2018 from 1", "Feb 2018"]),
        (0, 59 * DAY + 5 * HOUR, ["Jan 2018", "Feb 2018", "Mar 2018 to 1"]),
        (0, 31 * DAY + 1, ["Jan 2018", "Feb 2018 to 1"]),
        (0, 61 * DAY, ["Jan 2018", "Feb 2018", "Mar 2018 to 2"]),
        (0, 31 * DAY, []),
    ],
)
def test_months_are_named_with_the_part_that_a_period_of_more_than_31_days_has_of_them(spring, start, end, names):
    text = spring_words(spring, start, end)[1]
    assert re.findall(r"[A-Z][a-z]{2} 2018(?: (?:from|to) \d+)?", text) == names
