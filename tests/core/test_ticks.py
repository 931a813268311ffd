"""Ticks: columns of equal length, concatenated and sorted, with the exchange of each row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.exchange_codes import unify_exchanges
from tracker.core.ticks import ORIGIN_WORDS, Origin, Ticks

EXCHANGES = ["", "coinbase", "bitstamp", "binance", "an_exchange_2"]
ROWS = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.integers(1, 9),
        st.sampled_from([10, 60, 300]),
        st.sampled_from(Origin),
        st.sampled_from(EXCHANGES),
    ),
    max_size=12,
)


def ticks_of(rows):
    return Ticks.of(*(list(column) for column in zip(*rows, strict=True))) if rows else Ticks.none()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


@pytest.mark.parametrize(
    ("price", "interval"),
    [([1.0, np.nan], 10), ([1.0, np.inf], 10), ([1.0, 0.0], 10), ([1.0, -1.0], 10), ([1.0, 1.0], 0), ([1.0], [1, 1])],
)
def test_impossible_values_are_rejected(price, interval):
    with pytest.raises(ValueError, match=r"ticks|broadcast"):
        Ticks.of([1, 2], price, interval)


def test_columns_of_different_lengths_are_rejected():
    single, double = Ticks.of([1], [1], 1), Ticks.of([1, 2], [1, 1], 1)
    with pytest.raises(ValueError, match="differ in length"):
        Ticks(double.time, double.price, double.interval, single.origin, double.exchange)
    with pytest.raises(ValueError, match="differ in length"):
        Ticks(double.time, double.price, double.interval, double.origin, single.exchange)


@pytest.mark.parametrize(
    "names",
    [(), ("coinbase",), ("", "coinbase", "coinbase"), ("", ""), ("", "../etc"), ("", "Coinbase"), ("", "x")],
)
def test_exchange_names_must_begin_with_an_empty_one_and_be_valid_and_unique(names):
    ticks = Ticks.of([1], [1], 1)
    with pytest.raises(ValueError, match="exchange"):
        Ticks(ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.exchange, names)


def test_an_exchange_code_without_a_name_is_rejected():
    ticks = Ticks.of([1], [1], 1)
    with pytest.raises(ValueError, match="code has no name"):
        Ticks(ticks.time, ticks.price, ticks.interval, ticks.origin, np.array([2], np.uint32), ("", "coinbase"))


def test_columns_have_the_types_that_the_contract_names():
    ticks = Ticks.of([1, 2], [3, 4], 10)
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.exchange)
    assert [column.dtype for column in columns] == [np.int64, np.float64, np.int64, np.uint8, np.uint32]
    assert (len(ticks), ticks.interval.tolist(), ticks.origin.tolist()) == (2, [10, 10], [Origin.LIVE] * 2)
    assert (ticks.exchange.tolist(), ticks.exchange_names) == ([0, 0], ("",))


def test_one_exchange_can_apply_to_all_rows():
    ticks = Ticks.of([1, 2], [3, 4], 10, exchange="coinbase")
    assert (ticks.exchanges(), ticks.exchange_names) == (["coinbase", "coinbase"], ("", "coinbase"))


def test_each_row_names_its_exchange_and_the_market_s_own_can_be_filled_in():
    ticks = Ticks.of([1, 2, 3], [4, 5, 6], 10, exchange=["bitstamp", "", "coinbase"])
    assert [ticks.exchange_at(row) for row in (0, 1, -1)] == ["bitstamp", "", "coinbase"]
    assert ticks.exchanges("kraken") == ["bitstamp", "kraken", "coinbase"]


@given(ROWS, st.data())
def test_rows_are_selected_by_slice_mask_and_index(rows, data):
    ticks = ticks_of(rows)
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(rows)), st.integers(0, len(rows)))))
    chosen = np.arange(len(rows))[start:stop]
    mask = np.isin(np.arange(len(rows)), chosen)
    assert rows_of(ticks[start:stop]) == rows_of(ticks[mask]) == rows_of(ticks[chosen]) == rows[start:stop]


@given(st.lists(ROWS, max_size=5))
def test_parts_are_concatenated_in_order_whatever_their_exchange_codes(parts):
    joined = Ticks.concat([ticks_of(rows) for rows in parts])
    assert rows_of(joined) == [row for rows in parts for row in rows]
    assert len(set(joined.exchange_names)) == len(joined.exchange_names)


@given(st.lists(ROWS, max_size=5), st.data())
def test_concatenation_is_associative(parts, data):
    cut = data.draw(st.integers(0, len(parts)))
    left, right = (Ticks.concat(list(map(ticks_of, half))) for half in (parts[:cut], parts[cut:]))
    assert rows_of(Ticks.concat([left, right])) == rows_of(Ticks.concat(list(map(ticks_of, parts))))


def test_unified_names_begin_with_those_of_the_first_part_and_its_codes_are_not_copied():
    first = Ticks.of([1, 2], [1, 1], 10, exchange=["coinbase", "bitstamp"])
    second = Ticks.of([3, 4], [1, 1], 10, exchange=["binance", "coinbase"])
    names, codes = unify_exchanges([(part.exchange_names, part.exchange) for part in (first, second)])
    assert names == ("", "coinbase", "bitstamp", "binance")
    assert codes[0] is first.exchange
    assert codes[1].tolist() == [3, 1]


def test_more_exchanges_than_two_bytes_can_count_stay_distinct():
    names = [f"exchange_{number}" for number in range(66_000)]
    half = len(names) // 2
    parts = [Ticks.of(range(half), [1] * half, 1, exchange=part) for part in (names[:half], names[half:])]
    assert Ticks.concat(parts).exchanges() == names


def test_the_text_of_ticks_has_their_number_and_times():
    assert repr(Ticks.of([5, 3], [1, 1], 1)) == "Ticks(2, 3..5)"
    assert repr(Ticks.none()) == "Ticks(0)"
    assert len(Ticks.concat([])) == 0


@given(ROWS)
def test_in_order_keeps_per_time_a_live_row_else_the_shortest_interval_else_the_first(rows):
    ordered = ticks_of(rows).in_order()
    best = {time: min((r[3] != Origin.LIVE, r[2], n) for n, r in enumerate(rows) if r[0] == time) for time, *_ in rows}
    assert rows_of(ordered) == [rows[best[time][2]] for time in sorted(best)]


def test_rows_already_in_order_are_not_copied():
    ticks = Ticks.of([1, 2, 3], [1, 1, 1], 1)
    assert ticks.in_order() is ticks


def test_the_words_of_origins_are_those_that_files_already_hold():
    assert ORIGIN_WORDS == ("live", "backfill", "replay", "simulated", "import")
    assert [ORIGIN_WORDS[origin] for origin in Origin] == list(ORIGIN_WORDS)
