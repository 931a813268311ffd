"""read_forms: parses many rows of the same form at once, exactly as float() does, or returns None."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import CASES
from tracker.stores.csv.fast_rows import read_forms

# Typical rows of a bucket: a few cadences, prices of similar size with one or two decimals.
PLAIN = st.tuples(
    st.integers(0, 10**11 - 1).map(str),
    st.integers(0, 10**7).map(lambda cents: repr(cents / 100)) | st.integers(0, 10**5).map(str),
    st.sampled_from(["1", "10", "0.25", "60"]),
    st.sampled_from(["live", "backfill", "live@a_2", "live@b_2"]),
)


def text_of(rows):
    return "".join(",".join(row) + "\n" for row in rows).encode()


def by_float(rows):
    return [
        (round(float(time) * 1000), float(price), round(float(span) * 1000), word) for time, price, span, word in rows
    ]


def rows_of(columns):
    words = [columns.words[number] for number in columns.word.tolist()]
    return list(zip(columns.time.tolist(), columns.price.tolist(), columns.interval.tolist(), words, strict=True))


@CASES
@given(st.lists(PLAIN, max_size=12))
def test_rows_of_mixed_forms_keep_their_order_and_their_numbers(rows):
    columns = read_forms(text_of(rows))
    assert columns is None or rows_of(columns) == by_float(rows)


@CASES
@given(st.lists(st.integers(10_000, 99_999), min_size=1, max_size=50), st.booleans())
def test_rows_that_a_collector_writes_are_always_parsed_here(tenths, with_others):
    rows = [(str(1795446000 + n), repr(price / 10), "10", "live") for n, price in enumerate(tenths)]
    if with_others:
        rows += [("1795446000.5", "99.95", "60", "backfill"), ("1795446001", "9999.5", "10", "live@coinbase")]
    assert rows_of(read_forms(text_of(rows))) == by_float(rows)


@CASES
@given(st.integers(0, 10**15 - 1), st.integers(1, 14))
def test_a_price_of_up_to_fifteen_digits_equals_float_of_its_text(digits, decimals):
    text = f"{digits:0{decimals + 1}d}"
    price = f"{text[:-decimals]}.{text[-decimals:]}"
    columns = read_forms(text_of([("1", price, "1", "live")]))
    assert columns is None if len(text) > 15 else columns.price.tolist() == [float(price)]


@pytest.mark.parametrize(
    "line",
    [
        *("1,2.5,3,live\r", "1,2,3", "1,2,3,live,5", "-1,2,3,live", "1,1e5,3,live", "1,2.,3,live", ",2,3,live", ""),
        *("#,2,3,live", "1,2,3,", "1,2,0.0006,live", "1.2345,2,3,live", "1,1234567890.123456,3,live", "x" * 200),
    ],
)
def test_one_line_of_an_unknown_form_leaves_everything_to_the_general_parser(line):
    good = [("1", "2.5", "3", "live")] * 3
    assert read_forms(text_of(good) + line.encode() + b"\n") is None
    assert read_forms(line.encode() + b"\n" + text_of(good)) is None


def test_no_other_byte_counts_as_a_digit():
    good = text_of([("1", "2.5", "3", "live")])
    for place in range(len(good) - 1):
        for byte in range(256):
            data = good * 2 + good[:place] + bytes([byte]) + good[place + 1 :]
            columns = read_forms(data)
            if columns is not None:
                last = data.split(b"\n")[2].decode("latin-1").split(",")
                assert rows_of(columns)[2] == by_float([last])[0]


def test_too_many_forms_are_left_to_the_general_parser():
    assert read_forms(text_of([("1", "2.5", "3", "w" * n) for n in range(1, 40)])) is None


def test_empty_data_has_no_rows():
    assert rows_of(read_forms(b"")) == []
    assert read_forms(b"").price.dtype == np.float64
