"""Past: page by page the same as the window of everything."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.collector.backfill import stored_past
from tracker.collector.backfill.stored_past import StoredPast, missing_candles
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

END = 1000
ROWS = st.lists(st.tuples(st.integers(-100, END + 100), st.sampled_from([1, 5, 10, 60, 300])), max_size=30)


def ticks(rows, origin=Origin.BACKFILL):
    return Ticks.of([at for at, _ in rows], [1.0] * len(rows), [interval for _, interval in rows], origin).in_order()


@given(ROWS, st.lists(ROWS, max_size=6), st.sampled_from([7, 100, 5000]))
@settings(deadline=None, max_examples=300)
def test_what_lacks_of_each_page_is_what_the_whole_window_lacks(stored, pages, block):
    before, stored_past.BLOCK = stored_past.BLOCK, block
    try:
        past = StoredPast(ticks(stored, Origin.LIVE), END, END)
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
        stored_past.BLOCK = before


@given(ROWS, ROWS)
def test_a_candle_lacks_if_it_covers_some_of_a_gap(stored, offered):
    window = Window.of(ticks(stored), END, END)
    candles = ticks(offered)
    expected = [
        int(at)
        for at, interval in zip(candles.time, candles.interval, strict=True)
        if any(at > start and at - interval < end for start, end in window.gaps)
        and at not in window.ticks.time
        and window.start < at <= window.end
    ]
    assert missing_candles(candles, window).time.tolist() == expected


def test_a_page_looks_at_the_rows_around_it_however_many_are_stored():
    size, minute = 500_000, 60_000
    now = size * 2 * minute
    times = now - np.arange(size, dtype=np.int64)[::-1] * minute
    past = StoredPast(Ticks.of(times, np.ones(size), minute), now, now)
    contexts = []
    context = past._context
    past._context = lambda *span: contexts.append(context(*span)) or contexts[-1]
    for page in range(20):
        newest = int(times[0]) - page * 300 * minute
        candles = Ticks.of(newest - np.arange(1, 301, dtype=np.int64)[::-1] * minute, np.ones(300), minute, 1)
        rows = past.missing(candles)
        past.add(rows)
        assert len(rows) == 300
    assert max(window.count for window in contexts) <= 2
