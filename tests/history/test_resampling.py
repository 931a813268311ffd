"""Bars of any length are those of the rows, whatever the store keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS, assert_same_bars
from tests.support.memory_store import MemoryStore
from tracker.core.bar_making import make_bars
from tracker.core.bars import Bars
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND, parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.history.resampling import check_length, resampled

EUR = Market("kraken", "BTC", "EUR")
LENGTHS = st.sampled_from([30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY])


def store_of(rows):
    store = MemoryStore()
    store.append({EUR: rows})
    return store


@given(ROWS, LENGTHS, st.integers(-DAY, DAY), st.integers(1, 2 * DAY))
def test_bars_are_those_of_the_rows_from_the_first_bar_to_the_end(rows, every, begin, length):
    start = FIRST_DAY + begin
    end = start + length
    pieces = list(resampled(store_of(rows), EUR, start, end, every))
    first = start // every * every
    expected = make_bars(rows[(rows.time > first) & (rows.time < end + (end % every == 0))], every)
    assert all(map(len, pieces))
    result = Bars.concat(pieces or [Bars.none(every)])
    assert result.start.tolist() == expected.start.tolist()
    if result.exchange_names == expected.exchange_names and result.intervals == expected.intervals:
        assert_same_bars(result, expected)


def test_years_are_read_a_month_at_a_time_and_years_without_rows_skipped():
    times = [DAY, 40 * DAY, 400 * DAY, 9_000 * DAY]
    store, reads = store_of(Ticks.of(times, [1.0, 2.0, 3.0, 4.0], MINUTE)), []
    original = store.bars
    store.bars = lambda market, start, end, step: reads.append((start, end)) or original(market, start, end, step)
    pieces = list(resampled(store, EUR, 0, 9_001 * DAY, HOUR))
    assert [int(piece.last_time[0]) for piece in pieces] == times
    assert len(reads) == 4
    assert all(end - start <= 31 * DAY for start, end in reads)


@pytest.mark.parametrize("text", ["7min", "5h", "36h", "25h"])
def test_lengths_that_would_begin_at_another_time_each_day_are_refused(text):
    with pytest.raises(ConfigError, match=f"--every {text}: expected a length that divides a day, or whole days"):
        check_length(parse_duration(text), "--every")


@pytest.mark.parametrize(("text", "length"), [("1s", SECOND), ("15 min", 15 * MINUTE), ("7d", 7 * DAY)])
def test_lengths_divide_a_day_or_are_whole_days(text, length):
    assert check_length(parse_duration(text), "every") == length
