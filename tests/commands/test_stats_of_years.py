"""``tracker stats`` over long spans: computed from bars, kept or not, with the numbers of the rows."""

import contextlib
import json

import numpy as np
import pytest

from tests.support.command import tracker
from tests.support.kept_bars import keep_all
from tests.support.stored_prices import EUR, USD, now
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.history.reader import read_window
from tracker.stores.csv import open_store


def prices(days: int, until: int, seed: int) -> Ticks:
    """Return 5-min candles of *days*, a day of them missing, and polled prices in some hours, of which candles know."""
    random = np.random.default_rng(seed)
    closes = until // MINUTE * MINUTE - 5 * MINUTE * np.arange(1, days * 288)[::-1]
    closes = closes[(closes // DAY) % 9 != 4]
    candles = Ticks.of(closes, 100 + random.random(closes.size), 5 * MINUTE, Origin.BACKFILL)
    polled = np.concatenate([closes[at] - 7 * MINUTE + 10 * SECOND * np.arange(200) for at in (10, 2000, 4000)])
    return Ticks.concat([candles, Ticks.of(polled, 100 + random.random(polled.size), 10 * SECOND)])


@pytest.mark.parametrize("is_kept", [False, True], ids=["from rows", "kept"])
@pytest.mark.parametrize("span", ["40d", "420d"])
def test_numbers_of_a_long_span_are_those_of_all_rows(tmp_path, is_kept, span):
    with contextlib.closing(open_store("data", base=tmp_path, known=(USD, EUR))) as store:
        store.append({USD: prices(35, now(), 1), EUR: prices(35, now() - HOUR, 2)})
        if is_kept:
            assert keep_all(store, now())
    windows = {str(market): read_window(store, market, 420 * DAY, now()) for market in (USD, EUR)}
    status, out, err = tracker("stats", "--span", span, "--json", folder=tmp_path)
    assert (status, err) == (0, "")
    rows = {row["market"]: row for row in json.loads(out) if row["count"]}
    assert set(rows) == set(windows)
    for market, window in windows.items():
        assert rows[market]["count"] == window.count
        expected = {name: measure.function(window) for name, measure in MEASURES.items()}
        assert rows[market]["values"] == pytest.approx(expected, rel=1e-9)
        covered = rows[market]["coverage"] * int(span[:-1]) * DAY
        assert covered == pytest.approx(window.coverage * 420 * DAY, rel=1e-9)
