"""What every store must do with the first, low and high of candles, including the in-memory one of the tests."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import CASES
from tests.support.opened_stores import (
    ETHER,
    EUR,
    HOUR,
    NOW,
    OPEN,
    SAME_SLUG,
    USD,
    all_rows,
    append,
    rows_of,
)
from tracker.core.ticks import Origin, Ticks

MINUTE = 60_000
NAN = np.nan


def candle(time=NOW, close=100.0, first=99.5, low=98.25, high=101.0, interval=MINUTE, origin=Origin.BACKFILL):
    return Ticks.of([time], [close], interval, origin, first=[first], low=[low], high=[high])


def candles_of(ticks):
    return np.stack(ticks.candle_columns()).T.tolist()


def with_candles(store, market=USD):
    """All rows of *market* with their first, low and high; None where unknown."""
    ticks = store.read(market, 0, NOW * 2)
    known = [[None if value != value else value for value in row] for row in candles_of(ticks)]
    return [(*row[:3], *values) for row, values in zip(rows_of(ticks), known, strict=True)]


def test_appended_candles_read_back_exactly_and_other_rows_have_none(store, reopen):
    ticks = Ticks.of(
        [NOW - HOUR, NOW, NOW + 10_500, NOW + 3 * HOUR],
        [78123.40000000001, 0.1 + 0.2, 5e-05, 3.0],
        [MINUTE, 10_000, 250, HOUR],
        [Origin.BACKFILL, Origin.LIVE, Origin.SIMULATED, Origin.IMPORT],
        ["", "", "coinbase", ""],
        first=[78000, NAN, 4.000001e-05, NAN],
        low=[77999.999999, NAN, 1e-05, 2.5],
        high=[1e17, NAN, NAN, 3],
    )
    append(store, {USD: ticks, EUR: ticks[1:2]})
    for opened in (store, reopen()):
        read = opened.read(USD, 0, NOW * 2)
        assert rows_of(read) == rows_of(ticks)
        assert np.array_equal(candles_of(read), candles_of(ticks), equal_nan=True)
        assert not opened.read(EUR, 0, NOW * 2).has_candle().any()
        assert opened.read(USD, NOW, NOW + 1).has_candle().tolist() == [False]
        assert opened.read(USD, NOW - HOUR, NOW).has_candle().tolist() == [True]
        assert opened.problems() == ()


def test_candles_are_added_to_rows_of_the_same_time_interval_and_price_and_to_no_others(store, reopen):
    times = [NOW + number * MINUTE for number in range(5)]
    rows = Ticks.of(times, [100.0] * 5, [MINUTE, MINUTE, MINUTE, HOUR, 10_000], [Origin.BACKFILL] * 4 + [Origin.LIVE])
    append(store, {USD: rows, EUR: rows})
    before = all_rows(store, USD)
    new = [candle(times[0]), candle(times[1], 100.5), candle(times[2] + 1), candle(times[3]), candle(times[4])]
    assert store.add_candles(USD, Ticks.concat(new)) == 1
    for opened in (store, reopen()):
        assert all_rows(opened, USD) == before
        assert [row[3:] for row in with_candles(opened)] == [(99.5, 98.25, 101.0), *[(None, None, None)] * 4]
        assert not opened.read(EUR, 0, NOW * 2).has_candle().any()


def test_candles_are_added_once_and_a_value_that_a_row_has_stays(store, reopen):
    append(store, {USD: Ticks.concat([candle(NOW, low=NAN, high=NAN), candle(NOW + MINUTE)])})
    new = Ticks.concat([candle(NOW, first=99.0), candle(NOW + MINUTE, first=100.0, high=150.0)])
    assert [opened.add_candles(USD, new) for opened in (store, store, reopen())] == [1, 0, 0]
    for opened in (store, reopen()):
        assert with_candles(opened) == [
            (NOW, 100.0, MINUTE, 99.5, 98.25, 101.0),
            (NOW + MINUTE, 100.0, MINUTE, 99.5, 98.25, 101.0),
        ]


def polled(time=NOW, close=100.0):
    return Ticks.of([time], [close], MINUTE)


@pytest.mark.parametrize("candle_comes_first", [True, False])
def test_a_polled_row_gets_nothing_of_a_candle_of_its_time_and_interval_with_another_close(
    store, reopen, candle_comes_first
):
    rows = [candle(close=100.5), polled()]
    for row in rows if candle_comes_first else reversed(rows):
        append(store, {USD: row})
    for opened in (store, reopen()):
        assert opened.add_candles(USD, candle(close=100.5)) == 0
        assert with_candles(opened) == [(NOW, 100.0, MINUTE, None, None, None)]
        assert not opened.bars(USD, NOW - HOUR, NOW, MINUTE).low.min() < 100.0


def test_a_polled_row_that_arrives_beside_the_candle_of_another_close_reaches_a_reader_without_it(store, reopen):
    append(store, {USD: candle(close=100.5)})
    reader = reopen()
    seen = reader.read(USD, 0, NOW * 2)
    _, cursor = reader.poll(None)
    append(store, {USD: polled()})
    arrived, _ = reader.poll(cursor)
    followed = Ticks.concat([seen, arrived[USD]]).in_order()
    assert rows_of(followed) == rows_of(polled())
    assert not followed.has_candle().any()


def test_rows_without_a_candle_add_nothing_and_neither_does_a_market_without_rows(store, reopen):
    plain = Ticks.of([NOW], [100.0], MINUTE, Origin.BACKFILL)
    assert store.add_candles(USD, candle()) == 0
    assert list(store.markets()) == []
    append(store, {USD: plain})
    assert store.add_candles(USD, plain) == store.add_candles(USD, Ticks.none()) == 0
    assert store.add_candles(ETHER, candle()) == store.add_candles(SAME_SLUG, candle()) == 0
    assert list(reopen().markets()) == [USD]
    assert not reopen().read(USD, 0, NOW * 2).has_candle().any()


@pytest.mark.parametrize("hours", [0, -30])
def test_added_candles_reach_a_reader_with_their_rows(store, reopen, hours):
    """Whether the candle is of the newest hour or of an older one."""
    time = NOW + hours * HOUR
    append(store, {USD: Ticks.of([time, time + MINUTE, NOW + 5], [100.0] * 3, [MINUTE, MINUTE, 10])})
    reader = reopen()
    _, cursor = reader.poll(None)
    assert store.add_candles(USD, candle(time + MINUTE)) == 1
    arrived, cursor = reader.poll(cursor)
    changed = arrived[USD].in_order()
    assert rows_of(changed)[-1][:3] == (time + MINUTE, 100.0, MINUTE)
    assert candles_of(changed)[-1] == [99.5, 98.25, 101.0]
    assert not reader.poll(cursor)[0]


def test_appended_candles_reach_a_reader_with_their_rows(store, reopen):
    append(store, {USD: Ticks.of([NOW], [100.0], 10)})
    reader = reopen()
    _, cursor = reader.poll(None)
    store.append({USD: Ticks.concat([candle(NOW - 9 * HOUR), candle(NOW + MINUTE), candle(NOW + HOUR)])})
    arrived, cursor = reader.poll(cursor)
    assert sorted(row[0] for row in rows_of(arrived[USD])) == [NOW - 9 * HOUR, NOW + MINUTE, NOW + HOUR]
    assert candles_of(arrived[USD]) == [[99.5, 98.25, 101.0]] * 3
    assert not reader.poll(cursor)[0]


def test_rows_stored_anew_after_a_purge_have_no_candles_of_before(store):
    append(store, {USD: candle()})
    assert store.purge(USD, NOW + HOUR, dry_run=True) == store.purge(USD, NOW + HOUR) == 1
    assert store.size() in (0, None)
    append(store, {USD: Ticks.of([NOW], [100.0], MINUTE, Origin.BACKFILL)})
    assert not store.read(USD, 0, NOW * 2).has_candle().any()


def test_what_is_chosen_may_have_candles(store, reopen):
    append(store, {USD: candle()})
    seen = []
    chosen = candle(NOW + MINUTE)
    assert store.append_chosen(USD, NOW, NOW + HOUR, lambda rows: seen.append(candles_of(rows)) or chosen) is chosen
    assert seen == [[[99.5, 98.25, 101.0]]]
    assert candles_of(reopen().read(USD, NOW + 1, NOW + HOUR)) == [[99.5, 98.25, 101.0]]


# A time in minutes, a close, whether it is a candle, and of which length.
ROWS = st.lists(
    st.tuples(
        st.integers(-70, 70), st.sampled_from([100.0, 100.5, 140.0]), st.booleans(), st.sampled_from([MINUTE, HOUR])
    ),
    max_size=8,
    unique_by=lambda row: row[0],
)


def ticks_of(rows):
    made = [
        candle(NOW + minute * MINUTE, close, min(close, 100.0), 98.25, max(close, 101.0), interval)
        if is_candle
        else Ticks.of([NOW + minute * MINUTE], [close], interval, Origin.BACKFILL)
        for minute, close, is_candle, interval in rows
    ]
    return Ticks.concat(made)


@CASES
@given(appended=ROWS, added=st.lists(ROWS, max_size=3))
def test_every_store_reads_what_the_one_in_memory_reads(tmp_path_factory, appended, added):
    stores = {name: opened(tmp_path_factory.mktemp("store")) for name, opened in OPEN.items()}
    for store in stores.values():
        store.append({USD: ticks_of(appended)})
    for rows in added:
        assert len({store.add_candles(USD, ticks_of(rows)) for store in stores.values()}) == 1
    memory = stores.pop("memory")
    for store in stores.values():
        assert with_candles(store) == with_candles(memory)
        assert store.problems() == ()


@CASES
@given(st.lists(st.tuples(ROWS, st.sampled_from(["append", "append polled", "add"])), max_size=5))
def test_no_row_of_any_store_gets_what_is_known_of_another_close(tmp_path_factory, batches):
    """However rows of one time and interval came; and where these are equal, all stores read the same."""
    known, closes = set(), {}
    stores = [opened(tmp_path_factory.mktemp("store")) for opened in OPEN.values()]
    for rows, way in batches:
        ticks = ticks_of(rows)
        if way == "append polled":
            ticks = Ticks.of(ticks.time, ticks.price, ticks.interval)
        known |= {(*row[:3], *values) for row, values in zip(rows_of(ticks), candles_of(ticks), strict=True)}
        if way != "add":
            for time, price, interval, *_ in rows_of(ticks):
                closes.setdefault((time, interval), set()).add(price)
        for store in stores:
            _ = store.add_candles(USD, ticks) if way == "add" else store.append({USD: ticks})
    read = [with_candles(store) for store in stores]
    for row in read[1]:
        assert row[3] is None or row in known
    is_told = [len(closes[row[0], row[2]]) == 1 for row in read[0]]
    for rows in read[1:]:
        assert list(itertools.compress(rows, is_told)) == list(itertools.compress(read[0], is_told))
        assert [row[:3] for row in rows] == [row[:3] for row in read[0]]
