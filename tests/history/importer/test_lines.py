"""Reading price files: valid lines once, all others counted and reported; no line ends the import."""

import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.parsing import LARGEST, SMALLEST
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer import line_report, price_file
from tracker.history.importer.columns import COLUMNS, OLD_COLUMNS, check_header
from tracker.history.importer.line_report import LineReport
from tracker.history.importer.lines import read
from tracker.sandbox.recording import Recording
from tracker.stores.csv.rows import parse_rows

EUR = Market("kraken", "BTC", "EUR")
NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
OLD = 1_635_630_270  # 2021-10-30 21:44:30 UTC, epoch s
OWN = "timestamp,price,interval,origin\n"
EXPORT = ",".join(COLUMNS) + "\n"
OLD_EXPORT = ",".join(OLD_COLUMNS) + "\n"


def read_file(path, data=None):
    """Return (s, price) of lines ``timestamp,price``, the rows of this tracker, and the report."""
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    lines = LineReport()
    price_parts, row_parts = zip(*[*read(path, EUR, lines, NOW), (Ticks.none(), Ticks.none())], strict=True)
    prices = Ticks.concat(price_parts)
    return list(zip((prices.time / 1000).tolist(), prices.price.tolist(), strict=True)), Ticks.concat(row_parts), lines


TIMES = [
    "soon",
    f" {OLD}",
    f"{OLD} ",
    f"{OLD}_0",
    "0",
    "-5",
    "1e300",
    "1e308",
    "1231006505",
    f"{OLD}000",
    f"{NOW // 1000 + 1}",
    "nan",
    "",
]
PRICES = [
    "0",
    "-1",
    "nan",
    "inf",
    "1e300",
    "1e999",
    "1e-300",
    "1_000",
    "",
    "5 EUR",
    "true",
    " 5",
    "5 ",
    "\t5",
    "7_8123",
]
SHAPES = [f"{OLD}", f"{OLD},5,6", f"{OLD};5", ";", "\x00\xff", '"', f"{OLD},{'0' * 2000}5", f"{OLD},5,10,live,more"]
FOUR = [
    f"{OLD},5,10,invented",
    f"{OLD},5,0,live",
    f"{OLD},x,10,live",
    f"{OLD},5,10,live@",
    f"{OLD},5,10,live@NO",
    f"x\r{OLD},5,10,live",
]


@pytest.mark.parametrize(
    "line",
    [f"{time},5" for time in TIMES]
    + [f"{OLD},{price}" for price in PRICES]
    + [f"{time},5,10,live" for time in TIMES]
    + [f"{OLD},{price},10,live" for price in PRICES]
    + SHAPES
    + FOUR,
    ids=lambda line: line[:30],
)
def test_an_invalid_line_is_skipped_and_reported_with_its_number(tmp_path, line):
    path = tmp_path / "btceur.csv"
    prices, rows, lines = read_file(path, f"{OLD},5\n{line}\n{OLD + 20},6\n{OLD + 30},7,10,live\n")
    assert prices == [(OLD, 5.0), (OLD + 20, 6.0)]
    assert rows.price.tolist() == [7.0]
    assert lines.skipped == 1
    assert lines.examples[0].startswith(f"{path}, line 2: ")


@given(st.from_regex(r"[-+]?[0-9_. eE+\t]{1,12}", fullmatch=True))
@settings(max_examples=200)
@example(" 78123 ")
@example("7_8123")
@example("7.8123e4")
@example("1e-13")
@example("1e-12")
@example("1e15")
@example("2e15")
def test_a_recording_and_the_import_accept_those_prices_of_the_store_that_are_possible(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("agree")
    path = folder / "btceur.csv"
    stored = parse_rows([f"{OLD},{text},10,live\n".encode()])[0].price.tolist()
    imported = [price for _, price in read_file(path, f"{OLD},{text}\n")[0]]
    path.write_text(f"{OLD},{text}\n", encoding="utf-8")
    try:
        recorded = Recording(folder).latest([EUR], OLD * 1000)
    except ConfigError:
        recorded = []
    assert imported == recorded == [price for price in stored if SMALLEST <= price <= LARGEST]


def test_a_few_invalid_lines_are_reported_and_all_are_counted(tmp_path):
    _, _, lines = read_file(tmp_path / "btceur.csv", "x\n" * 1000)
    assert (lines.skipped, len(lines.examples)) == (1000, line_report.MOST_EXAMPLES)


@pytest.mark.parametrize("head", ["", "timestamp,price\r\n", "\ufeffTimestamp, Price\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_headers_blank_lines_and_a_byte_order_mark_are_not_invalid_lines(tmp_path, head, end):
    prices, _, lines = read_file(tmp_path / "btceur.csv", f"{head}{end}{OLD},5{end}{OLD}.25,6{end} {end}")
    assert prices == [(OLD, 5.0), (OLD + 0.25, 6.0)]
    assert lines.skipped == 0


@pytest.mark.parametrize(
    "head",
    ["price,timestamp", "time,price", "Date,Open,High", '"timestamp","price"', "price,timestamp,interval,origin"],
)
def test_a_header_of_other_columns_is_reported_and_no_row_below_it_is_read(tmp_path, head):
    path = tmp_path / "btceur.csv"
    prices, rows, lines = read_file(path, f"\n{head}\n1600000000,{OLD}\n{OLD},5,10,live\n")
    assert (prices, len(rows), lines.skipped) == ([], 0, 2)
    with pytest.raises(ConfigError) as raised:
        check_header(*next(price_file.heads(path)))
    assert str(raised.value) == (
        f"{path}: its columns are {head!r}, expected timestamp,price,interval,origin or timestamp,price, "
        "or no first line of names"
    )


@pytest.mark.parametrize(
    "first", ["", f"{OLD},5", "x", "soon,1", "a;b", OWN.strip(), EXPORT.strip(), "TIMESTAMP,price"]
)
def test_a_known_header_or_none_is_accepted(tmp_path, first):
    (tmp_path / "btceur.csv").write_text(f"\ufeff\n\n{first}\n{OLD},5\n")
    check_header(*next(price_file.heads(tmp_path / "btceur.csv")))


def test_a_bucket_whose_first_line_is_blank_is_read_as_a_bucket(tmp_path):
    """So a torn last line is not read as a price."""
    assert len(read_file(tmp_path / "btceur.csv", f"\n{OWN}{OLD},5,10,live@coin")[1]) == 0


def test_binary_data_and_other_encodings_are_invalid_lines_not_errors(tmp_path):
    for data in (f"{OLD},5\n".encode("utf-16-le"), bytes(range(256)) * 50, b"\xff" * 10):
        prices, rows, lines = read_file(tmp_path / "btceur.csv", data)
        assert (prices, len(rows)) == ([], 0)
        assert lines.skipped > 0


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (OWN, f"{OLD},78120.05,10,live@coinbase"),
        (EXPORT, f"2021-10-30T21:44:30.000Z,{OLD},78120.05,10,live,coinbase,kraken:BTC/EUR,78120,78001.5,78130.25"),
        (OLD_EXPORT, f"2021-10-30T21:44:30.000Z,{OLD},78120.05,10,live,coinbase,kraken:BTC/EUR"),
    ],
    ids=["bucket", "export", "older export"],
)
def test_a_row_torn_at_any_byte_is_not_read(tmp_path, head, row):
    """A bucket that is being written may end within a line: 78120.05 must not be read as 7812."""
    for size in range(len(row) + 1):
        prices, rows, _ = read_file(tmp_path / "btceur.csv", head + row[:size])
        assert (prices, len(rows)) == ([], 0)
    _, rows, _ = read_file(tmp_path / "btceur.csv", head + row + "\n")
    assert rows.price.tolist() == [78120.05]
    assert (rows.exchanges(), rows.origin.tolist()) == (["coinbase"], [Origin.LIVE])


def test_a_last_line_without_a_line_break_is_read_in_files_of_other_programs(tmp_path):
    assert read_file(tmp_path / "btceur.csv", f"{OLD},5\n{OLD + 10},6")[0] == [(OLD, 5.0), (OLD + 10, 6.0)]


@pytest.mark.parametrize(("head", "end"), [(EXPORT, ",,,"), (OLD_EXPORT, "")])
def test_other_markets_of_an_export_are_ignored_and_its_invalid_lines_reported(tmp_path, head, end):
    row = f"2021-10-30T21:44:30.000Z,{OLD},5,10,live,kraken,"
    text = "".join(f"{row}{market}{end}\n" for market in ("kraken:BTC/USD", "kraken:BTC/EUR", "none"))
    _, rows, lines = read_file(tmp_path / "a.csv", head + text)
    assert (len(rows), lines.skipped) == (1, 1)


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 40))
@settings(max_examples=60)
def test_the_lines_of_a_file_are_the_same_for_any_block_size(tmp_path_factory, gaps, chunk):
    path = tmp_path_factory.mktemp("lines") / "btceur.csv"
    valid = [f"{OLD + gap},{gap + 1}.5\n" for gap in gaps]
    whole = read_file(path, "".join(valid) + "bad\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(price_file, "CHUNK", chunk)
        parted = read_file(path)
    assert parted[0] == whole[0] == [(OLD + gap, gap + 1.5) for gap in gaps]
    assert parted[2] == whole[2]


def test_a_huge_file_without_any_line_break_takes_little_memory(tmp_path):
    path = tmp_path / "btceur.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # sparse, takes no disk
    tracemalloc.start()
    try:
        prices, _, lines = read_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (prices, lines.skipped) == ([], 1)
    assert peak < 8 * price_file.CHUNK


def test_blank_lines_longer_than_a_block_before_the_header_are_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(price_file, "CHUNK", 4)
    assert read_file(tmp_path / "btceur.csv", f"\n\n\r\n\n\n\n\ntimestamp,price\n{OLD},5\n")[0] == [(OLD, 5.0)]


def test_progress_is_reported_to_the_byte(tmp_path):
    path = tmp_path / "btceur.csv"
    path.write_text(f"{OLD},5\r\n\n{OLD},6")
    sizes = []
    for _ in read(path, EUR, LineReport(), NOW, on_progress=sizes.append):
        pass
    assert sum(sizes) == path.stat().st_size


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*btceur.csv: No such file"):
        read_file(tmp_path / "btceur.csv")
