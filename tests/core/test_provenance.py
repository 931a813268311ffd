"""Origins and exchanges of windows, over rows and over bars."""

import numpy as np
from hypothesis import given

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.memory_store import MemoryStore
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.provenance import exchange_counts, origin_counts, stand_in_periods
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.history.bar_reader import read_bar_window

EUR = Market("kraken", "BTC", "EUR")


def test_each_row_counts_once():
    rows = Ticks.of(
        [10, 20, 40], [1.0, 2.0, 3.0], [10, 10, 20], [Origin.LIVE, Origin.LIVE, Origin.IMPORT], ["", "coinbase", ""]
    )
    window = Window.of(rows, 40, 40)
    assert origin_counts(window) == {Origin.LIVE: 2, Origin.IMPORT: 1}
    assert exchange_counts(window) == {"": 2, "coinbase": 1}
    assert origin_counts(Window.of(Ticks.none(), 40, 40)) == exchange_counts(Window.of(Ticks.none(), 40, 40)) == {}


@given(ROWS)
def test_bars_have_the_origins_and_exchanges_of_their_rows(rows):
    store = MemoryStore()
    store.append({EUR: rows})
    end = FIRST_DAY + 3 * DAY
    bars = read_bar_window(store, EUR, 5 * DAY, end)
    window = Window.of(rows, 5 * DAY, end)
    assert origin_counts(bars) == origin_counts(window)
    assert exchange_counts(bars) == exchange_counts(window)


@given(ROWS)
def test_rows_of_a_stand_in_lie_in_its_periods_and_others_do_not(rows):
    window = Window.of(rows, 5 * DAY, FIRST_DAY + 3 * DAY)
    for exchange, is_of in rows.stand_ins().items():
        periods = stand_in_periods(window, exchange)
        inside = np.zeros(len(rows), dtype=bool)
        for begin, end in periods:
            inside |= (rows.time > begin) & (rows.time <= end)
        assert (inside | ~is_of).all()
        assert [end for _, end in periods] == sorted({end for _, end in periods})
        assert set(rows.time[np.flatnonzero(np.diff(is_of.astype(int), append=0) == -1)].tolist()) == {
            end for _, end in periods
        }


def test_a_bar_with_prices_of_a_stand_in_counts_as_a_whole():
    times = FIRST_DAY + MINUTE * np.arange(1, 3 * 1440 + 1)
    names = np.full(times.size, "", dtype=object)
    names[1442:1449] = "coinbase"  # 00:03 to 00:09 of the second day
    store = MemoryStore()
    store.append({EUR: Ticks.of(times, np.ones(times.size), MINUTE, exchange=names.tolist())})
    window = read_bar_window(store, EUR, 3 * DAY, FIRST_DAY + 3 * DAY)
    assert stand_in_periods(window, "coinbase") == [(FIRST_DAY + DAY, FIRST_DAY + DAY + 10 * MINUTE)]
    assert stand_in_periods(window, "bitstamp") == []
