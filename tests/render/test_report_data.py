"""The data of a report: which period it covers, and which prices, gaps and notices it contains."""

import contextlib
import time

import numpy as np
import pytest

from tests.support.reports import DAY, EUR, HOUR, THAT_DAY, USD, project, words
from tracker.collector import outage_log
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.render.report import Report
from tracker.render.report.data import parse_period, read_report_data
from tracker.runtime.settings import read_settings
from tracker.stores.csv import CsvStore, open_store

pytestmark = pytest.mark.checkout


def set_clock(monkeypatch, moment: str) -> None:
    """Set the clock of the settings to *moment*; it runs a thousand times slower than real time."""
    monkeypatch.setenv("TRACKER_CLOCK", f"{moment}@{time.time():.3f}x0.001")


def test_a_report_of_an_unfinished_day_ends_now_and_has_a_notice(tmp_path, monkeypatch):
    project(tmp_path)
    set_clock(monkeypatch, "2018-04-05T15:00:00Z")
    report = Report.of("today")
    head = words(report.head().html)
    assert "The day is not over This report ends at 15:00:00 UTC, when it was made" in head
    assert "5 Apr, 00:00–15:00 UTC" in head
    window = report.data.windows[USD]
    assert (window.start, window.end // 1000) == (THAT_DAY, (THAT_DAY + 15 * HOUR) // 1000)
    assert window.coverage == pytest.approx(14 / 15, abs=0.001)
    assert "over 15 h" in words(report.ranking().html)


def test_times_of_a_report_of_a_year_have_their_year(tmp_path):
    project(tmp_path)
    report = Report.of("2018-04-05", span="365d")
    assert "6 Apr 2017, 00:00 – 5 Apr 2018, 24:00 UTC" in words(report.head().html)
    assert "6 Apr 2017 00:00:00 4 Apr 2018 24:00:00" in words(report.gaps().html)


def test_a_report_of_hours_of_one_day_is_of_that_day(tmp_path):
    project(tmp_path)
    head = words(Report.of("2018-04-05", span="6h").head().html)
    assert "One bitcoin on Thursday, 5 April 2018 5 Apr, 18:00–24:00 UTC" in head


def test_yesterday_has_no_notice(tmp_path, monkeypatch):
    project(tmp_path)
    set_clock(monkeypatch, "2018-04-06T00:00:01Z")
    report = Report.of("yesterday", markets="kraken:BTC/EUR")
    assert list(report.data.windows) == [EUR]
    assert "not over" not in report.head().html


def test_a_day_with_one_daily_price_is_not_ranked_for_having_too_few_prices(tmp_path):
    """Its coverage is 100 %, so the reason is not missing time."""
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([THAT_DAY + DAY], [43_512.33], DAY)})
    text = words(Report.of("2018-04-05").ranking().html)
    assert "No currency is ranked: too few prices for the relative standard deviation." in text
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({USD: Ticks.of(THAT_DAY + HOUR * np.arange(1, 25), 100 + np.arange(24.0), HOUR)})
    text = words(Report.of("2018-04-05").ranking().html)
    assert "Not ranked, with too few prices: EUR." in text


def test_the_title_calls_no_price_of_another_currency_that_of_a_bitcoin(tmp_path):
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({Market("binance", "SHIB", "BTC"): Ticks.of([THAT_DAY + DAY], [1.1754e-10], DAY)})
    assert "Prices on Thursday, 5 April 2018" in Report.of("2018-04-05").head().html


@pytest.mark.parametrize(
    ("day", "span", "start", "end", "over", "days"),
    [
        ("2018-04-04", None, -DAY, 0, True, "2018-04-04"),
        (" Yesterday ", None, -DAY, 0, True, "2018-04-04"),
        ("today", None, 0, 5 * HOUR, False, "2018-04-05"),
        ("today", "24h", -19 * HOUR, 5 * HOUR, False, "2018-04-04 to 2018-04-05"),
        ("today", "5h", 0, 5 * HOUR, False, "2018-04-05"),
        ("2018-04-04", "7d", -7 * DAY, 0, True, "2018-03-29 to 2018-04-04"),
    ],
)
def test_a_period_is_a_utc_day_or_a_span_up_to_its_end(day, span, start, end, over, days):
    period = parse_period(day, span, THAT_DAY + 5 * HOUR)
    assert (period.start - THAT_DAY, period.end - THAT_DAY, period.over, period.days) == (start, end, over, days)


def test_a_price_at_midnight_belongs_to_the_day_that_it_ends(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    store.append({USD: Ticks.of([THAT_DAY, THAT_DAY + DAY], [1.0, 2.0], 10_000)})
    [window] = read_report_data(read_settings(), store, "2018-04-05", [], None).windows.values()
    assert window.ticks.price.tolist() == [2.0]
    with pytest.raises(ConfigError, match=r"some from 2018-04-04 to 2018-04-05$"):
        read_report_data(read_settings(), store, "2018-04-06", [], None)


@pytest.mark.parametrize(
    ("days", "days_text"),
    [
        ([0, 2, 3, 10, 50], "some from 2018-04-05 to 2018-05-25, nearest on 2018-04-05 and 2018-04-07"),
        ([-9, -1, 10, 50], "some from 2018-03-27 to 2018-05-25, nearest on 2018-04-04 and 2018-04-15"),
        ([0, 50], "some from 2018-04-05 to 2018-05-25"),
        ([2, 3], "some from 2018-04-07 to 2018-04-08"),
        ([-3, -1], "some from 2018-04-02 to 2018-04-04"),
        ([2], "some on 2018-04-07"),
        ([100_000], "none up to now"),
    ],
)
def test_the_error_names_the_first_last_and_nearest_days_with_prices(tmp_path, days, days_text):
    store = open_store("data", base=tmp_path, known=())
    times = [THAT_DAY + day * DAY + HOUR for day in days]
    store.append(
        {
            market: Ticks.of(times[part::2], [1.0] * len(times[part::2]), 10_000)
            for part, market in enumerate((USD, EUR))
        }
    )
    with pytest.raises(ConfigError) as raised:
        read_report_data(read_settings(), store, "2018-04-06", [], None)
    assert str(raised.value) == f"no prices on 2018-04-06 (UTC); there are {days_text}"


def test_a_report_opens_the_store_once(tmp_path, monkeypatch):
    project(tmp_path)
    opened, init = [], CsvStore.__init__
    monkeypatch.setattr(CsvStore, "__init__", lambda store, *given: opened.append(store) or init(store, *given))
    assert "No prices" in Report.of("2018-04-05").sources().html
    assert len(opened) == 1
    with pytest.raises(ConfigError, match="there are some from 2018-04-05 to 2018-04-08"):
        Report.of("today")
    assert len(opened) == 2


def test_a_week_names_the_day_of_each_gap_and_stand_in(tmp_path):
    project(tmp_path)
    report = Report.of("2018-04-08", ["kraken:BTC/USD", "kraken:BTC/EUR"], "7d")
    assert "One bitcoin from 2 April 2018 to 8 April 2018" in report.head().html
    gaps = words(report.gaps().html)
    assert "5 Apr 10:00:00 5 Apr 11:00:00 1 h all" in gaps
    assert "6 Apr 00:00:00 8 Apr 24:00:00 3 d EUR" in gaps, "a midnight begins a day, or ends one"
    assert "coinbase stood in 5 Apr 06:00:00–5 Apr 07:00:00" in words(report.sources().html)
    assert "over 7 d" in words(report.ranking().html)
    assert "tracker report --day 2018-04-08 --market kraken:BTC/USD --market kraken:BTC/EUR --span 7d" in words(
        report.method().html
    )


def test_a_gap_shows_its_recorded_reason(tmp_path):
    project(tmp_path)
    begin, end = (THAT_DAY + 10 * HOUR) // 1000, (THAT_DAY + 11 * HOUR) // 1000
    (tmp_path / "data" / outage_log.FILE).write_text(f"{begin},{end},,<b>nobody</b> collected\n")
    gaps = Report.of("2018-04-05").gaps().html
    assert words(gaps).endswith("08:00:00 8 h CHF 10:00:00 11:00:00 1 h all &lt;b&gt;nobody&lt;/b&gt; collected")


def test_malformed_lines_are_counted(tmp_path):
    project(tmp_path)
    bucket = next((tmp_path / "data" / "kraken" / "btcusd").glob("2018-04-05-03.csv"))
    bucket.write_text(bucket.read_text() + "what,is,this,line\n")
    assert "1 malformed line skipped in the stored files." in words(Report.of("2018-04-05").sources().html)


def test_every_section_of_an_empty_store_can_be_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")
    report = Report.of("today")
    assert "No prices yet" in report.head().html
    assert {part().html for part in (report.charts, report.ranking, report.gaps, report.sources, report.method)} == {""}
    with pytest.raises(ConfigError, match="no prices are stored yet"):
        Report.of("2018-04-05")
