"""A report does not rank a market that stood still, and says since when and by whose word."""

import contextlib

import numpy as np
import pytest

from tests.support.reports import DAY, EUR, HOUR, THAT_DAY, USD, project, words
from tracker.collector.outage_log import FILE
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.render.report import Report
from tracker.stores.csv import open_store

pytestmark = pytest.mark.checkout
GBP = Market("kraken", "BTC", "GBP")


@pytest.fixture
def folder(tmp_path):
    """A day of three markets that move and of GBP, which has had one price since 15:04."""
    project(tmp_path)
    times = THAT_DAY + np.arange(10_000, DAY + 1, 10_000)
    moving = 5000 + np.arange(times.size) % 7
    frozen = np.where(times >= THAT_DAY + 15 * HOUR + 240_000, 43_512.33, moving)
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({GBP: Ticks.of(times, frozen, 10_000)})
    return tmp_path


def test_a_price_that_stood_still_is_named_with_its_time(folder):
    report = Report.of("2018-04-05")
    text = words(report.ranking().html)
    assert {row.market: row.rank for row in report.rows}[GBP] is None
    assert "Not ranked: GBP has not moved since 15:04." in text
    assert "Not ranked, with too few prices" not in text
    assert "its price had stood still for 30 min and 10 prices" in words(report.method().html)


def test_what_the_exchange_stated_on_that_day_is_in_the_outage_log(folder):
    line = f"{(THAT_DAY - 2 * DAY) / 1000},{(THAT_DAY + 2 * DAY) / 1000},{EUR},not traded: cancel_only\n"
    (folder / "data" / FILE).write_text(line)
    text = words(Report.of("2018-04-05").ranking().html)
    assert "Not ranked: EUR not traded since 3 Apr 00:00 (cancel_only); GBP has not moved since 15:04." in text


def test_a_report_of_one_market_is_judged_beside_the_configured_ones(folder):
    text = words(Report.of("2018-04-05", markets=[str(GBP)]).ranking().html)
    assert "No currency is ranked. Not ranked: GBP has not moved since 15:04." in text


def test_a_day_on_which_no_market_is_traded_ranks_none(folder):
    lines = [f"{THAT_DAY / 1000},{(THAT_DAY + 2 * DAY) / 1000},{market},not traded\n" for market in (GBP, USD)]
    (folder / "data" / FILE).write_text("".join(lines))
    text = words(Report.of("2018-04-05", markets=[str(GBP)]).ranking().html)
    assert "No currency is ranked. Not ranked: GBP not traded since 00:00." in text


def test_a_report_names_a_market_whose_prices_are_much_further_apart(folder):
    times = THAT_DAY + np.arange(4 * HOUR, DAY + 1, 4 * HOUR)
    with contextlib.closing(open_store("data", base=folder, known=())) as store:
        store.append({Market("kraken", "BTC", "JPY"): Ticks.of(times, 5.0 + np.arange(times.size), 4 * HOUR)})
    text = words(Report.of("2018-04-05").ranking().html).replace("\u202f", " ")
    assert "JPY (4 h for 100 % of its time) has prices much further apart than others (10 s)" in text
