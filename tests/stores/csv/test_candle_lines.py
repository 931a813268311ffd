"""The text of candle files, and how their lines join rows."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.csv_files import CASES, HOUR, MINUTE, NOW
from tracker.core.ticks import Ticks
from tracker.stores.csv import candle_files
from tracker.stores.csv.candle_files import HEADER, fit_several, format_candles, join, parse_candles, tail_action

END = NOW + HOUR
LINE = b"1795446000,60,99.5,98.25,101.0\n"
NAN = np.nan


def ticks_of(rows):
    """Rows of (time, price, interval, first, low, high)."""
    time, price, interval, first, low, high = zip(*rows, strict=True)
    return Ticks.of(time, price, interval, first=first, low=low, high=high)


def values(lines):
    return list(zip(lines.time.tolist(), lines.interval.tolist(), *lines.prices.tolist(), strict=True))


def parsed(*chunks):
    lines, malformed = parse_candles(chunks, NOW, END)
    return values(lines), malformed


def test_a_line_has_the_form_that_the_docs_show():
    assert HEADER == b"timestamp,interval,first,low,high\n"
    rows = [(NOW, 100.0, MINUTE, 99.5, 98.25, 101.0), (NOW + 500, 1.0, 10_000, NAN, NAN, NAN)]
    assert format_candles(ticks_of(rows)) == LINE
    assert format_candles(ticks_of([(NOW + 500, 5e-05, 250, NAN, 4.5e-05, NAN)])) == b"1795446000.5,0.25,,4.5e-05,\n"
    assert format_candles(Ticks.of([NOW], [1.0], 10)) == b""


PRICES = st.integers(1, 10**7).map(lambda cents: cents / 100) | st.floats(1e-9, 1e12)
KNOWN = st.sampled_from([*itertools.product([True, False], repeat=3)][:-1])
ROWS = st.lists(st.tuples(st.integers(0, HOUR - 1), st.integers(1, 10**9), PRICES, PRICES, PRICES, KNOWN), max_size=40)


@CASES
@given(ROWS)
@example([(number, MINUTE, 100 + number / 4, 100.0, 300.5, (True, True, True)) for number in range(700)])
@example([(number, 10**number, 10.0**number, 1 / 3, 1e20, (True, True, True)) for number in range(9)])
def test_every_line_reads_back_exactly_however_many_chunks_and_lengths_there_are(rows):
    expected, texts = [], []
    for time, interval, *prices, known in rows:
        low, first, high = sorted(prices)
        columns = [price if is_known else NAN for price, is_known in zip((first, low, high), known, strict=True)]
        expected.append((NOW + time, interval, *columns))
        texts.append(format_candles(ticks_of([(NOW + time, first, interval, *columns)])))
    half = len(texts) // 2
    for chunks in ([b"".join(texts)], [HEADER + b"".join(texts[:half]), HEADER, HEADER + b"".join(texts[half:])]):
        lines, malformed = parsed(*chunks)
        assert str(lines) == str(expected)  # as text, where nan equals nan
        assert malformed == [[] for _ in chunks]


MALFORMED = [
    *(b"1795446000,60,99.5,98.25\n", b"1795446000,60,99.5,98.25,101.0,7\n", b"x,60,99.5,98.25,101.0\n"),
    *(b"1795446000,60,99.5, 98.25,101.0\n", b"1795446000,60,nan,98.25,101.0\n", b"1795446000,60,99.5,98.25,1_01.0\n"),
    *(b"1795446000,60,99.5,-98.25,101.0\n", b"1795446000,60,99.5,0,101.0\n", b"1795446000,60,99.5,98.25,1e999\n"),
    *(b"1795446000,60,99.5,99.75,101.0\n", b"1795446000,60,99.5,98.25,99.0\n", b"1795446000,0,99.5,98.25,101.0\n"),
    *(b"1.795e9,60,99.5,98.25,101.0\n", b"1795445999,60,99.5,98.25,101.0\n", b"1795449600,60,99.5,98.25,101.0\n"),
    *(b"1795446000,0.0001,99.5,98.25,101.0\n", b"1795446000,60,99.5,98.25,101.0 \n", b"1795446000,live,9,8,10\n"),
]


@pytest.mark.parametrize("line", MALFORMED)
def test_a_malformed_line_is_skipped_and_its_offset_reported(line):
    sound = values(parse_candles([LINE], NOW, END)[0])
    assert parsed(HEADER + LINE + line + LINE, line + LINE, LINE) == (
        sound * 4,
        [[len(HEADER) + len(LINE)], [0], []],
    )


def test_headers_empty_lines_and_other_line_ends_are_no_malformed_lines():
    sound = values(parse_candles([LINE], NOW, END)[0])
    windows = LINE.replace(b"\n", b"\r\n")
    assert parsed(b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + windows + b"\r\n\n" + HEADER + LINE) == (
        sound * 2,
        [[]],
    )
    assert parsed() == ([], [])
    assert parsed(b"", HEADER) == ([], [[], []])


@pytest.mark.parametrize("text", [HEADER + LINE, HEADER + b"1795446000.5,0.25,,4.5e-05,\n"])
def test_every_beginning_of_a_line_is_cut_and_anything_else_is_kept(text):
    """A line without its newline, too: its last price may lack digits."""
    for size in range(1, len(text)):
        tail = text[:size].rpartition(b"\n")[2]
        assert tail_action(tail) == "cut", tail
    for tail in (b"1795446000,60,99.5,98.25,101.0,", b"1795446000,60,live", b"notes", b"1795446000,60\r", b" 17"):
        assert tail_action(tail) == "keep"


def test_a_line_joins_the_rows_of_its_time_and_interval_whose_price_fits():
    rows = Ticks.of(
        [NOW, NOW + 1, NOW, NOW + 3, NOW + 2, NOW], [100.0, 100.0, 100.0, 101.5, 100.0, 101.0], [60, 60, 60, 60, 60, 10]
    )
    texts = [b"1795446000%b,0.06,99,98,101\n" % part for part in (b".002", b"", b".003")]
    lines, _ = parse_candles([b"".join(texts)], NOW, END)
    joined = join(rows, lines)
    assert joined.low.tolist() == pytest.approx([98, NAN, 98, NAN, 98, NAN], nan_ok=True)
    assert joined.price is rows.price
    assert join(rows[1:2], lines).low is None
    assert join(Ticks.none(), lines).low is None
    assert join(rows, parse_candles([], NOW, END)[0]).low is None


def test_a_line_that_fits_rows_of_different_prices_joins_none_of_them():
    """As it does not say whose it is; a row of that time that it does not fit is in no one's way."""
    rows = Ticks.of([NOW, NOW + 1, NOW, NOW, NOW], [100.0, 100.0, 100.5, 100.0, 99.0], [60, 60, 60, 60, 10])
    texts = [
        b",0.06,99,98,101",
        b".001,0.06,99,98,101",
        b",0.01,,97,",
        b",0.06,,100.25,",
        b",0.06,100,,",
        b",0.05,,1,900",
    ]
    lines, _ = parse_candles([b"".join(b"1795446000%b\n" % text for text in texts)], NOW, END)
    assert fit_several(lines, rows).tolist() == [True, False, False, False, True, False]
    assert join(rows, lines).low.tolist() == pytest.approx([NAN, 98, 100.25, NAN, 97], nan_ok=True)
    assert not fit_several(lines, rows[np.array([0, 3, 1, 4])]).any()


def test_of_several_lines_for_a_row_the_first_that_fits_counts_and_later_ones_complete_it():
    rows = Ticks.of([NOW], [100.0], 60_000)
    texts = [b"102,101,103", b",99,", b"98,97,101", b"99.25,98,101", b"99.5,,", b",,90", b",,104"]
    lines = [b"1795446000,60,%b\n" % text for text in texts]
    expected = [[NAN] * 3, [NAN, 99, NAN], [NAN, 99, NAN], *[[99.25, 99, 101]] * 4]
    for size, columns in enumerate(expected, start=1):
        candles, _ = parse_candles([b"".join(lines[:size])], NOW, END)
        assert np.array_equal(np.ravel(join(rows, candles).candle_columns()), columns, equal_nan=True)


@CASES
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, 60]), st.integers(1, 4)), max_size=12),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, 60, 7]), st.integers(1, 3)), max_size=12),
)
def test_joining_equals_looking_up_each_row(rows, lines):
    ticks = Ticks.of([row[0] for row in rows], [float(row[2]) for row in rows], [row[1] for row in rows])
    prices = np.array([[low + 0.5, low, low + 1] for _, _, low in lines]).reshape(-1, 3).T
    columns = (np.array([line[number] for line in lines], dtype=np.int64) for number in (0, 1))
    joined = join(ticks, candle_files.CandleLines(*columns, prices))
    expected = [
        next(
            (
                low
                for at, length, low in lines
                if (at, length) == (time, interval)
                and {row[2] for row in rows if row[:2] == (at, length)}.intersection((low, low + 1)) == {price}
            ),
            None,
        )
        for time, interval, price in rows
    ]
    assert [None if low != low else low for low in joined.candle_columns()[1].tolist()] == expected
