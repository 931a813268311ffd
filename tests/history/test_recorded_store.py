"""A recording as a store: what is read equals the same rows in any other store, and nothing can be written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory_store import MemoryStore
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.recorded_store import RecordedStore, write_recorded

EUR, USD, GBP = (Market("kraken", "BTC", quote) for quote in ("EUR", "USD", "GBP"))
START = 1_522_800_000_000
END = START + 10 * DAY


def rows(seed, interval):
    choice = np.random.default_rng(seed)
    times = START + interval * np.sort(choice.choice(10 * DAY // interval, 300, replace=False))
    times[0] = START  # the end of a bar
    return Ticks.of(times, choice.uniform(1.0, 2.0, 300), interval, Origin.REPLAY)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The recorded store, and a store in memory with the same rows."""
    recorded, other = {EUR: rows(1, MINUTE), USD: rows(2, 30 * MINUTE)}, MemoryStore()
    folder = tmp_path_factory.mktemp("replay") / "recorded"
    write_recorded(folder, recorded)
    other.append(recorded)
    return RecordedStore(folder), other


moments = st.integers(START // HOUR - 30, END // HOUR + 30).map(lambda hour: hour * HOUR)


@given(st.sampled_from([EUR, USD, GBP]), moments, moments, st.integers(-1, 1))
def test_rows_and_their_extent_are_those_of_any_store(both, market, start, end, shift):
    store, other = both
    read, expected = (each.read(market, start + shift, end) for each in both)
    for column in ("time", "price", "interval", "origin"):
        assert getattr(read, column).tolist() == getattr(expected, column).tolist()
    assert store.extent(market, start + shift, end) == other.extent(market, start + shift, end)
    assert store.extent(market) == other.extent(market)


@given(st.sampled_from([EUR, USD, GBP]), moments, moments, st.sampled_from([5 * MINUTE, HOUR, DAY]), st.integers(-1, 1))
def test_bars_are_those_of_any_store(both, market, start, end, step, shift):
    bars, expected = (each.bars(market, start + shift, end, step) for each in both)
    assert bars.start.tolist() == expected.start.tolist()
    assert bars.high.tolist() == expected.high.tolist()
    assert bars.count.tolist() == expected.count.tolist()


def test_it_has_its_markets_and_no_news_and_refuses_to_be_written(both):
    store, _ = both
    assert store.markets() == [EUR, USD]
    assert store.poll(store.poll(None)[1]) == ({}, 0)
    assert (store.problems(), store.size(), store.kept_bars(), store.can_purge) == ((), None, None, False)
    for write in (
        lambda: store.append({EUR: rows(3, MINUTE)}),
        lambda: store.append_chosen(EUR, START, END, lambda ticks: ticks),
        lambda: store.add_candles(EUR, rows(3, MINUTE)),
        lambda: store.purge(EUR, END),
    ):
        with pytest.raises(StoreError, match="nothing can be written to a recording"):
            write()
    store.close()
    assert store.extent(EUR) is not None


def test_a_folder_without_a_recording_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        RecordedStore(tmp_path)
