"""Rows as text: exact both ways, and every way of parsing accepts the same lines."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, rows_of
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import rows as csv_rows
from tracker.stores.csv.rows import HEADER, count_lines, format_rows, parse_rows, whole_lines

ROWS = st.lists(
    st.tuples(
        st.integers(0, 10**14 - 1),
        st.floats(min_value=0, exclude_min=True, allow_infinity=False),
        st.integers(1, 10**9),
        st.sampled_from(list(Origin)),
        st.sampled_from(["", "coinbase", "binance", "an_exchange_2"]),
    ),
    max_size=20,
)
NUMBERS = ["1", "1.5", "0", "-1", "+1", ".5", "1.", "1e3", "1e400", "1e-400", "nan", "-inf", "infinity", ""]
BLANKS = [" 1", "1 ", "1\t", "\t1", "\x0b1", "1\u00a0", "1 0", "- 1"]
FIELDS = st.sampled_from(
    [
        *NUMBERS,
        *BLANKS,
        "1_0",
        "1e0003",
        "0x10",
        "0X1F",
        "0.0004",
        "0.0006",
        "1e11",
        '"1"',
        "\u0661",
        "1\x00",
        "live",
        "x",
    ]
)
ORIGINS = st.sampled_from(["live", "import", "live@coinbase", "replay@x_1", "live@", "@coinbase", "live@x", "live@a@b"])
LINES = (
    st.lists(FIELDS, min_size=1, max_size=5).map(",".join)
    | ORIGINS.map("1,2,3,{}".format)
    | st.sampled_from(
        [
            "1,2,3,live",
            "1,2,3,import",
            "1,2,3,LIVE",
            "1,2,3,live@Coinbase",
            "1,2,3,live@coin base",
            "1,2,3,live@coinbase\r",
            "1,2,3,live@\u0661\u0661",
            "1,2,3, live",
            '1,2,3,"live"',
            "1,2,3,live\r",
            "\r",
            "a\rb",
            "timestamp",
        ]
    )
)


def ticks_of(rows):
    return Ticks.of(*(list(column) for column in zip(*rows, strict=True))) if rows else Ticks.none()


@pytest.fixture(params=["by forms", "pyarrow", "line by line"])
def _each_parser(request, monkeypatch):
    for least in ("_SMALL", "_NOT_WORTH_ARROW"):
        monkeypatch.setattr(csv_rows, least, math.inf if request.param == "line by line" else 0)
    if request.param == "pyarrow":
        monkeypatch.setattr(csv_rows, "_parse_forms", lambda data: None)


def test_a_row_is_written_as_the_docs_show():
    ticks = Ticks.of(
        [1795446000000, 1795446010500, 1795446010120],
        [78123.4, 7e-9, 1e22],
        [10_000, 250, 60_000],
        [0, 1, 4],
        ["coinbase", "", ""],
    )
    assert format_rows(ticks).decode().splitlines() == [
        "1795446000,78123.4,10,live@coinbase",
        "1795446010.5,7e-09,0.25,backfill",
        "1795446010.12,1e+22,60,import",
    ]


@pytest.mark.usefixtures("_each_parser")
@CASES
@given(ROWS)
def test_rows_read_back_exactly(rows):
    ticks, malformed = parse_rows([HEADER + format_rows(ticks_of(rows))])
    assert rows_of(ticks) == rows
    assert malformed == [[]]


@CASES
@given(ROWS.filter(bool))
def test_pandas_reads_the_written_rows(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("bucket") / "bucket.csv"
    file.write_bytes(HEADER + format_rows(ticks_of(rows)))
    frame = pd.read_csv(file)
    assert list(frame.columns) == ["timestamp", "price", "interval", "origin"]
    assert frame["price"].tolist() == [row[1] for row in rows]
    assert np.rint(frame["timestamp"] * 1000).astype(int).tolist() == [row[0] for row in rows]


@settings(CASES, max_examples=200)
@given(st.lists(LINES, max_size=12))
def test_every_parser_accepts_the_same_lines(lines):
    """The fast parsers may give up, but must not differ from parsing line by line."""
    data = "".join(f"{line}\n" for line in lines).encode()
    expected, _ = csv_rows._parse_line_by_line(data)
    for parse in (csv_rows._parse_forms, csv_rows._parse_general):
        ticks = parse(data) if data.strip() else None
        assert ticks is None or rows_of(ticks) == rows_of(expected)


def test_rows_that_a_collector_writes_are_parsed_without_pyarrow(monkeypatch):
    """This is the common case and the fastest parser."""
    monkeypatch.setattr(csv_rows, "_parse_general", lambda data: pytest.fail("pyarrow was used"))
    times = 1_795_446_000_000 + np.arange(5000) * 1000
    prices = np.round(95_000 + np.random.default_rng(1).standard_normal(5000).cumsum(), 2)
    exchanges = ["" if row % 3 else "coinbase" for row in range(5000)]
    ticks = Ticks.of(times, prices, 1000, np.arange(5000) % 2, exchanges)
    assert rows_of(parse_rows([HEADER + format_rows(ticks)])[0]) == rows_of(ticks)


MALFORMED = [
    *("1,2,3", "1,2,3,live,5", "1,0,3,live", "1,-2,3,live", "1,nan,3,live", "1,inf,3,live", "x,2,3,live", "1,,3,live"),
    *("1,2,3,live@", "1,2,3,seen@coinbase", "1,2,3,live@Coinbase", "1,2,3,@coinbase", "1,2,3,live@coinbase@kraken"),
    *("1,2,3,live@x", "1,2,3,live @coinbase", "1,2,3,coinbase", "1,2,3,live@../etc"),
    *(
        "1, 78123 ,3,live",
        "1,7_8123,3,live",
        " 1,2,3,live",
        "1,2,3 ,live",
        "1,2,\t3,live",
        "1_0,2,3,live",
        "-1,2,3,live",
    ),
    *("1.63561E+09,53348,10,live", "1.63561e9,53348,10,live", "1e3,2,3,live", "15E02,2e-3,3,live"),
    *("1,2,0,live", "1,2,1e12,live", "1,2,3,seen", "1e12,2,3,live", "nan,2,3,live", "\xff\x00,", "1;2", "1,2"),
]


@pytest.mark.usefixtures("_each_parser")
def test_a_price_with_an_exponent_stays_readable_beside_any_origin():
    data = b"1795446000,8.1e-06,10,live@e2e\n1795446010,5E4,10,replay\n1795446020,1e+22,1e1,live\n"
    ticks, malformed = parse_rows([data])
    assert (ticks.price.tolist(), malformed) == ([8.1e-06, 50_000.0, 1e22], [[]])


@pytest.mark.usefixtures("_each_parser")
def test_malformed_lines_are_skipped_and_their_offsets_reported():
    good = b"1700000000,2.5,10,live\n"
    for line in MALFORMED:
        bad = line.encode("latin-1") + b"\n"
        ticks, malformed = parse_rows([good, HEADER + good + bad + good + bad])
        first = len(HEADER + good)
        assert malformed == [[], [first, first + len(bad + good)]], line
        assert ticks.price.tolist() == [2.5] * 3, line


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize("start", [b"", HEADER, b"\xef\xbb\xbf" + HEADER, b"\xef\xbb\xbf"])
def test_only_rows_and_malformed_lines_are_counted(start):
    for line in MALFORMED:
        data = start + b"1700000000,2.5,10,live\r\n\n" + line.encode("latin-1") + b"\n1700000001,2.5,10,live\n\n"
        ticks, [offsets] = parse_rows([data])
        assert count_lines(data) - len(offsets) == len(ticks) == 2, line


def test_headers_empty_lines_carriage_returns_and_a_byte_order_mark_are_not_malformed():
    data = b"\xef\xbb\xbf" + HEADER + b"1,2,3,live\r\n\r\n\n" + HEADER + b"2,2,3,live\n"
    ticks, malformed = parse_rows([data, HEADER, b""])
    assert ticks.time.tolist() == [1000, 2000]
    assert malformed == [[], [], []]


@pytest.mark.usefixtures("_each_parser")
@pytest.mark.parametrize(
    "data", [b"", b"\n" * 30_000, HEADER, HEADER * 2], ids=["nothing", "empty lines", "one", "two"]
)
def test_data_without_rows_has_no_ticks_and_no_malformed_lines(data):
    ticks, malformed = parse_rows([data, data])
    assert (len(ticks), malformed) == (0, [[], []])


def test_one_malformed_line_in_a_large_bucket_affects_no_other():
    many = Ticks.of(np.arange(3000) * 1000, np.arange(1.0, 3001.0), 1000)
    intact, damaged = HEADER + format_rows(many), HEADER + b"malformed\n" + format_rows(many)
    ticks, malformed = parse_rows([intact, damaged])
    assert ticks.price.tolist() == many.price.tolist() * 2
    assert malformed == [[], [len(HEADER)]]


def test_the_rows_of_an_hour_of_ten_seconds_are_not_read_one_by_one(monkeypatch):
    monkeypatch.setattr(csv_rows, "_parse_line_by_line", lambda *_: pytest.fail("a loop was used"))
    assert len(parse_rows([HEADER + b"1795446000,78123.4,10,live\n" * 360])[0]) == 360


def test_text_after_the_last_newline_is_not_a_line():
    assert whole_lines(b"a\nb") == b"a\n"
    assert whole_lines(b"ab") == b""


def test_a_few_rows_are_parsed_without_importing_pyarrow(monkeypatch):
    monkeypatch.setattr(csv_rows, "_parse_general", lambda data: pytest.fail("pyarrow was used"))
    assert parse_rows([HEADER + b"1,2,3,live\n"])[0].time.tolist() == [1000]
    ticks, malformed = parse_rows([b"1,2,3,live\n" * 500 + b"no row\n", b"2,2,3,live\n"])
    assert (len(ticks), malformed) == (501, [[5500], []])
