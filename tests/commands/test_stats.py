"""``tracker stats``: the ranking of what is stored, as a table and as JSON."""

import json
import re

import numpy as np
import pytest

from tests.support.command import tracker
from tests.support.stored_prices import EUR, USD, store_day


def test_stats_prints_the_ranking_of_the_stored_prices(tmp_path):
    store_day(tmp_path)
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "")
    rows = re.findall(r"^ *(\d|–) +kraken:BTC/(\w+)", out, re.MULTILINE)
    assert rows[:2] == [("1", USD.quote), ("2", EUR.quote)]
    assert {rank for rank, _ in rows[2:]} == {"–"}
    assert "1 is the calmest" in out
    assert "prices for less than 80% of the span" in out


def test_stats_of_an_empty_store_names_the_command_that_collects(tmp_path):
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "Nothing is stored of this period yet; type: tracker collect\n")
    assert "kraken:BTC/EUR" in out


def test_stats_as_json_has_the_numbers_in_full(tmp_path):
    times, share = store_day(tmp_path)
    status, out, err = tracker("stats", "--json", "--span", "24h", "--rank-by", "realised_volatility", folder=tmp_path)
    rows = {row["market"]: row for row in json.loads(out)}
    assert (status, err, len(rows)) == (0, "", 7)
    assert rows["kraken:BTC/EUR"]["values"]["standard_deviation"] == pytest.approx(np.std(10 * share, ddof=1), rel=1e-3)
    assert rows["kraken:BTC/EUR"]["coverage"] == pytest.approx(1, abs=0.01)
    assert rows["kraken:BTC/EUR"]["count"] == pytest.approx(times.size, abs=6)
    assert rows["kraken:BTC/GBP"]["values"]["last_price"] is None
    assert rows["kraken:BTC/GBP"]["rank"] is None
