"""RollingWindow: rows that arrive in any order, compared with a dict as model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.rolling_window import RollingWindow
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

Row = tuple[int, float, int, int, str]  # time, price, interval, origin, exchange

ROW = st.tuples(
    st.integers(60, 160),
    st.floats(1, 1000),
    st.sampled_from([1, 2, 5, 10, 30]),
    st.sampled_from([Origin.LIVE, Origin.BACKFILL, Origin.REPLAY]),
    st.sampled_from(["", "coinbase", "bitstamp", "binance"]),
)


def ticks(rows: list[Row]) -> Ticks:
    return Ticks.of(*map(list, zip(*rows, strict=True))) if rows else Ticks.none()


def as_rows(window: Window) -> list[Row]:
    columns = (window.ticks.time, window.ticks.price, window.ticks.interval, window.ticks.origin)
    return list(zip(*(column.tolist() for column in columns), window.ticks.exchanges(), strict=True))


def test_a_window_that_keeps_nothing_is_rejected():
    with pytest.raises(ValueError, match="rolling"):
        RollingWindow(0)


def test_rows_of_another_exchange_are_appended_without_copying_or_changing_earlier_windows():
    rolling = RollingWindow(1000)
    rolling.add(Ticks.of([1, 2, 3, 4, 5], [1] * 5, 1))  # reserves space for as many
    before = rolling.window(5, 5)
    rolling.add(Ticks.of([6, 7], [1, 1], 1, exchange=["coinbase", "bitstamp"]))
    rolling.add(Ticks.of([8, 9], [1, 1], 1, exchange=["bitstamp", ""]))
    after = rolling.window(9, 9)
    assert np.shares_memory(before.ticks.exchange, after.ticks.exchange)
    assert before.ticks.exchanges() == [""] * 5
    assert after.ticks.exchanges() == [*[""] * 5, "coinbase", "bitstamp", "bitstamp", ""]


@given(
    st.lists(st.one_of(st.lists(ROW, max_size=12), st.integers(50, 170)), max_size=8), st.sampled_from([5, 40, 1000])
)
def test_it_holds_the_rows_of_the_model_and_earlier_windows_never_change(steps, keep):
    """A step is a batch of rows in any order, or a time before which rows are dropped."""
    rolling = RollingWindow(keep)
    best: dict[int, tuple[bool, int, int, Row]] = {}
    earlier: list[tuple[Window, list[Row]]] = []
    arrival = 0
    for step in steps:
        if isinstance(step, int):
            rolling.drop_before(step)
            oldest = step
        else:
            rolling.add(ticks(step))
            for row in step:
                arrival += 1
                rank = (row[3] != Origin.LIVE, row[2], arrival, row)
                best[row[0]] = min(rank, best.get(row[0], rank))
            oldest = max(best) - keep + 1 if step else 0
        best = {time: rank for time, rank in best.items() if time >= oldest}
        window = rolling.window(200, 199)
        rows = [best[time][3] for time in sorted(best)]
        assert as_rows(window) == rows
        assert len(rolling) == len(rows)
        assert rolling.last == (rows[-1][:2] if rows else None)
        earlier.append((window, rows))
    assert all(as_rows(window) == rows for window, rows in earlier)


def test_a_window_is_cut_out_by_its_end_and_span():
    rolling = RollingWindow(1000)
    rolling.add(Ticks.of(range(10, 110, 10), range(1, 11), 10))
    window = rolling.window(75, 30)
    assert (window.start, window.end, window.ticks.time.tolist()) == (45, 75, [50, 60, 70])


def test_age_counts_from_the_clock_when_a_row_is_ahead_of_it():
    rolling = RollingWindow(100)
    rolling.add(Ticks.of([50, 5000], [1, 9], 10), 120)
    rolling.add(Ticks.of([10, 20, 30, 110], [2, 3, 4, 5], 10), 120)
    assert rolling.window(120, 120).ticks.time.tolist() == [30, 50, 110]


def test_appending_rarely_copies_earlier_rows():
    rolling = RollingWindow(1000)
    copies = 0
    window = rolling.window(1, 1)
    for time in range(1, 5000):
        rolling.add(Ticks.of([time], [1], 1))
        before, window = window, rolling.window(time, 1000)
        copies += not np.shares_memory(before.ticks.time, window.ticks.time)
    assert copies < 25
    assert len(rolling) == 1000


def test_a_day_of_rows_has_little_spare_room_once_another_row_is_appended():
    rolling = RollingWindow(20_000)
    rolling.add(Ticks.of(range(1, 10_001), [1] * 10_000, 1))
    rolling.add(Ticks.of([10_001], [1], 1))
    assert len(rolling._buffer) < 1.3 * len(rolling)
