"""StoredPast: computes page by page what a window over all rows computes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.backfill_world import NOTHING_BESIDE, accept_all
from tracker.collector.backfill import stored_past
from tracker.collector.backfill.stored_past import StoredPast, missing_candles
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

END = 1000
ROWS = st.lists(st.tuples(st.integers(-100, END + 100), st.sampled_from([1, 5, 10, 60, 300])), max_size=30)


def ticks(rows, origin=Origin.BACKFILL):
    return Ticks.of(
        [time for time, _ in rows], [1.0] * len(rows), [interval for _, interval in rows], origin
    ).in_order()


@given(ROWS, st.lists(ROWS, max_size=6), st.sampled_from([7, 100, 5000]))
@settings(max_examples=300)
def test_the_missing_candles_of_each_page_are_those_of_a_window_over_all_rows(stored, pages, block):
    usual_block, stored_past.BLOCK = stored_past.BLOCK, block
    try:
        past = StoredPast(ticks(stored, Origin.LIVE), END, END, accept_all, NOTHING_BESIDE)
        window = Window.of(ticks(stored, Origin.LIVE), END, END)
        for page in pages:
            rows = past.missing(ticks(page))
            assert rows.time.tolist() == missing_candles(ticks(page), window).time.tolist()
            past.add(rows)
            window = Window.of(Ticks.concat([window.ticks, rows]), END, END)
            assert past.count == window.count
        past.refresh_gaps()
        assert past.gaps == window.gaps
    finally:
        stored_past.BLOCK = usual_block


@given(ROWS, ROWS)
def test_a_candle_is_missing_if_it_covers_part_of_a_gap_at_a_time_without_a_row(stored, offered):
    window = Window.of(ticks(stored), END, END)
    candles = ticks(offered)
    expected = [
        int(time)
        for time, interval in zip(candles.time, candles.interval, strict=True)
        if any(time > start and time - interval < end for start, end in window.gaps)
        and time not in window.ticks.time
        and window.start < time <= window.end
    ]
    assert missing_candles(candles, window).time.tolist() == expected


@given(ROWS, ROWS, st.sampled_from([7, 100, 5000]))
def test_candles_are_compared_with_the_three_rows_on_each_side_of_their_gap(stored, offered, block):
    compared = []

    def record(candles, before, after):
        compared.append((candles, before.time.tolist(), after.time.tolist()))
        return accept_all(candles, before, after)

    usual_block, stored_past.BLOCK = stored_past.BLOCK, block
    try:
        past = StoredPast(ticks(stored), END, END, record, NOTHING_BESIDE)
        past.missing(ticks(offered))
    finally:
        stored_past.BLOCK = usual_block
    window = Window.of(ticks(stored), END, END)
    for candles, before, after in compared:
        [(start, end)] = [
            (start, end)
            for start, end in window.gaps
            if ((candles.time > start) & (candles.time - candles.interval < end)).all()
            and before == [time for time in window.ticks.time.tolist() if time <= start][-3:]
            and after == [time for time in window.ticks.time.tolist() if time >= end][:3]
        ]
        assert start < end


MINUTES = st.lists(st.integers(1, 60), unique=True, max_size=60)


@given(MINUTES, MINUTES)
def test_no_candle_is_missing_at_the_time_of_a_row_or_within_covered_time(stored, offered):
    rows = Ticks.of([minute * 60_000 for minute in stored], [1.0] * len(stored), 60_000).in_order()
    window = Window.of(rows, 3_600_000, 3_600_000)
    offered_rows = Ticks.of([minute * 60_000 for minute in offered], [2.0] * len(offered), 60_000).in_order()
    missing = set((missing_candles(offered_rows, window).time // 60_000).tolist())
    assert missing <= set(offered) - set(stored)
    # A gap is more than 2.5 intervals, so a single missing minute is not filled; two in a row are.
    for minute in set(offered) - set(stored):
        if minute < 60 and {minute - 1, minute + 1}.isdisjoint(stored):
            assert minute in missing


def test_a_page_is_compared_with_the_rows_around_it_however_many_are_stored():
    size, minute = 500_000, 60_000
    now = size * 2 * minute
    times = now - np.arange(size, dtype=np.int64)[::-1] * minute
    past = StoredPast(Ticks.of(times, np.ones(size), minute), now, now, accept_all, NOTHING_BESIDE)
    contexts = []
    compute_context = past._context
    past._context = lambda *span: contexts.append(compute_context(*span)) or contexts[-1]
    for page in range(20):
        newest = int(times[0]) - page * 300 * minute
        candles = Ticks.of(newest - np.arange(1, 301, dtype=np.int64)[::-1] * minute, np.ones(300), minute, 1)
        rows = past.missing(candles)
        past.add(rows)
        assert len(rows) == 300
    assert max(window.count for window in contexts) <= 2


def test_the_candles_of_an_older_piece_are_compared_with_the_rows_beside_it_too():
    compared = []

    def record(candles, before, after):
        compared.append((before.time.tolist(), after.time.tolist()))
        return accept_all(candles, before, after)

    outside = Ticks.of([100, 200], [5.0, 5.0], 100), Ticks.of([2000, 2100, 2200], [5.0, 5.0, 5.0], 100)
    past = StoredPast(Ticks.of([300], [5.0], 100), 1000, 1200, record, outside)
    assert len(past.missing(Ticks.of([700, 800], [5.0, 5.0], 100))) == 2
    assert compared == [([100, 200, 300], [2000, 2100, 2200])]
