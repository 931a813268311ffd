"""Parsing of responses: numbers, lines, refusals, pages; see the exchanges' contract and fuzz test too."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.core.parsing import (
    closed_candles,
    page_ranges,
    plain_decimal,
    price,
    price_line,
    printable,
    refusal_text,
    seconds_text,
    to_list,
    to_number,
)
from tracker.core.quotes import Candle

MINUTE = 60_000
NOW = 1_763_900_020_000


@pytest.mark.parametrize("text", ["95012.3", "+95012.3", "9.50123e4", "950123E-1", "095012.3"])
def test_a_number_is_read_in_any_notation(text):
    assert to_number(text) == 95012.3


@pytest.mark.parametrize("value", [None, True, "", " 5 ", "1_000", "0x5f", "٣", "NaN", "inf", [5], {"a": 5}, math.nan])
def test_a_value_that_is_not_a_number_is_rejected(value):
    with pytest.raises((TypeError, ValueError)):
        to_number(value)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("1522800060,6049.68", (1_522_800_060_000, 6049.68)),
        ("1522800060.25,7e-9", (1_522_800_060_250, 7e-9)),
        ("0,1", (0, 1.0)),
        ("+1500.0,.5", (1_500_000, 0.5)),
        ("99999999999.999,1e300", (99_999_999_999_999, 1e300)),
    ],
)
def test_a_price_line_is_epoch_seconds_and_a_price(line, row):
    assert price_line(line) == row


@pytest.mark.parametrize("blank", [" ", "\t", "\r", "\n", "\x00", "\u00a0"])
@pytest.mark.parametrize("place", [0, 10, 11, 18])
def test_a_price_line_with_a_space_anywhere_is_rejected(blank, place):
    line = "1522800060,6049.68"
    with pytest.raises(ValueError, match="expected epoch seconds and a price > 0"):
        price_line(line[:place] + blank + line[place:])


@pytest.mark.parametrize(
    "line",
    [
        *("", ",", "1", "1,2,3", "1;2", "-1,5", "1e11,5", "nan,5", "inf,5", "1,0", "1,-5", "1,nan", "1,inf", "1,1e400"),
        "1,1e-400",
        *("1.63561E+09,53348", "1.63561e9,53348", "1e3,5", "15e02,5"),  # a spreadsheet removed the seconds
        "1_0,5",
        "1,7_8123",
        "1,0x5",
        "\u0661,5",
        "1,",
        ",5",
        "1,5 EUR",
        "timestamp,price",
        "1," + "5" * 400,
    ],
)
def test_a_line_that_is_not_a_price_line_is_rejected(line):
    with pytest.raises(ValueError, match="expected epoch seconds and a price > 0"):
        price_line(line)


def test_a_response_nested_too_deeply_to_be_shown_raises_an_ordinary_error():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TypeError, match="list where a number belongs"):
        to_number(deep)
    assert refusal_text(deep) == "no reason given"


@pytest.mark.parametrize("value", [0, -1, "0.00000000", 1e300, 1e-300, 10**400])
def test_a_number_that_cannot_be_a_price_is_rejected(value):
    with pytest.raises((ValueError, OverflowError)):
        price(value)


@pytest.mark.parametrize("value", ["5 minutes", {"0": 5}, None, 5, [], [5]])
def test_fields_are_read_only_from_a_list_that_is_long_enough(value):
    with pytest.raises((TypeError, ValueError)):
        to_list(value, 2)
    assert to_list([5, 6, 7], 2)[0] == 5


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("Invalid symbol.", "Invalid symbol."),
        ([-1121, "Invalid symbol."], "-1121, Invalid symbol."),
        ({"limit": ["Too many."], "__all__": ["Step is required"]}, "Too many., Step is required"),
        ("two\nlines\t and more", "two lines and more"),
        ({"error": None, "status": ""}, "no reason given"),
        (["word"] * 1000, ", ".join(["word"] * 10)),
    ],
)
def test_a_refusal_of_any_form_becomes_one_short_line(value, line):
    assert refusal_text(value) == line


def test_a_long_refusal_is_truncated():
    assert refusal_text("x" * 5000) == "x" * 200


@given(
    back=st.integers(0, 90 * 1440 * MINUTE),
    length=st.integers(0, 90 * 1440 * MINUTE),
    seconds=st.sampled_from([60, 300, 3600, 86_400]),
    most=st.integers(1, 6000),
)
def test_pages_are_adjacent_newest_first_and_cover_exactly_the_requested_span(back, length, seconds, most):
    start = NOW - back
    pages = page_ranges(start, start + length, NOW, seconds, most)
    if not length or not back:
        assert pages == []
        return
    size = seconds * 1000
    assert all(0 < last - first <= most * size and first % size == last % size == 0 for first, last in pages)
    assert all(older[1] == newer[0] for newer, older in pairwise(pages))
    assert start - size < pages[-1][0] <= start
    assert min(start + length, NOW) <= pages[0][1] < min(start + length, NOW) + size


def test_no_page_begins_before_the_epoch():
    assert page_ranges(-5 * MINUTE, 3 * MINUTE, NOW, 60, 2) == [(MINUTE, 3 * MINUTE), (0, MINUTE)]


def test_a_candle_with_two_different_prices_is_left_out():
    rows = [(1_763_899_980, 1.0), (1_763_900_040, 2.0), (1_763_899_980, 1.5)]
    page = closed_candles(rows, lambda row: row, NOW + MINUTE)
    assert (page, page.left_out) == ([Candle(1_763_900_040_000, 2.0)], 1)


# Milliseconds and microseconds are no seconds: read as a time to come, they would pass for an open candle.
@pytest.mark.parametrize("time", [0, -60, 60, NOW, NOW * 1000, 1e300, math.nan])
def test_a_candle_with_a_broken_time_affects_no_other_and_is_counted(time):
    valid = (1_763_899_980, 1.0)
    page = closed_candles([(time, 2.0), valid], lambda row: row, NOW + MINUTE)
    assert (page, page.left_out) == ([Candle(1_763_899_980_000, 1.0)], 1)


def test_a_candle_of_a_time_off_the_minute_is_kept_and_an_open_one_is_not_counted():
    rows = [(1_763_899_981.789, 1.0), (1_763_899_980, 2.0), (NOW / 1000 + 120, 3.0)]
    page = closed_candles(rows, lambda row: row, NOW + MINUTE)
    assert page == [Candle(1_763_899_980_000, 2.0), Candle(1_763_899_981_789, 1.0)]
    assert page.left_out == 0


def test_a_candle_is_read_with_its_first_price_low_and_high():
    row = (1_763_899_980, 2.0, "1.5", 1, "3e0")
    assert closed_candles([row], lambda row: row, NOW) == [Candle(1_763_899_980_000, 2.0, 1.5, 1.0, 3.0)]
    partly = (1_763_899_980, 2.0, None, 1, None)
    assert closed_candles([partly], lambda row: row, NOW) == [Candle(1_763_899_980_000, 2.0, None, 1.0, None)]


@pytest.mark.parametrize(
    "values",
    [
        ("", 1, 3),
        (1.5, 1.6, 3),
        (1.5, 2.1, 3),
        (2.5, 1, 2.4),
        (1.5, 1, 1.9),
        (1.5, 0, 3),
        (1.5, 1, math.inf),
        ([], 1, 3),
    ],
)
def test_impossible_values_of_a_candle_are_left_out_and_its_close_is_kept(values):
    page = closed_candles([(1_763_899_980, 2.0, *values)], lambda row: row, NOW)
    assert (page, page.left_out) == ([Candle(1_763_899_980_000, 2.0)], 0)


def test_two_candles_with_one_close_and_different_lows_are_one_without():
    rows = [(1_763_899_980, 2.0, 1.5, low, 3) for low in (1.0, 1.1, 1.0)]
    assert closed_candles(rows, lambda row: row, NOW) == [Candle(1_763_899_980_000, 2.0)]


def test_foreign_text_becomes_one_short_line_that_any_console_can_show():
    assert printable("a\x1b[31m\nb\ud800\u202e\x00 c") == "a�[31m b��� c"
    assert len(printable("x" * 1000)) == 200
    assert refusal_text({"error": ["\x1b]0;title\x07", "\ud800"]}) == "�]0;title�, �"


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0"), (1, "0.001"), (10_000, "10"), (1522800060500, "1522800060.5")]
)
def test_seconds_are_written_without_trailing_zeros_and_read_back_to_the_millisecond(milliseconds, text):
    assert seconds_text(milliseconds) == text
    assert price_line(f"{text},1")[0] == milliseconds


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
@example(8.1e-06)
@example(1e22)
def test_a_plain_decimal_has_no_exponent_and_reads_back_to_the_same_float(number):
    text = plain_decimal(number)
    assert re.fullmatch(r"\d+(\.\d+)?", text)
    assert float(text) == number


def test_a_plain_decimal_is_as_short_as_it_can_be():
    assert [plain_decimal(number) for number in (0.0000081, 78123.4, 52000.0, 1e16)] == [
        *("0.0000081", "78123.4", "52000.0", "10000000000000000")
    ]
