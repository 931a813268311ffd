"""The report of a long period: the best and worst days, and a table of months."""

import contextlib

import numpy as np
import pytest

from tests.support.reports import DAY, EUR, HOUR, words
from tracker.core.ticks import Origin, Ticks
from tracker.render.report import Report
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
