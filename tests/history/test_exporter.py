"""Export: all stored rows or no file, with origin and exchange of each row."""

import io
import math
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import limit_file_size
from tests.support.memory_store import MemoryStore
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history import exporter
from tracker.stores.csv import open_store

EUR = Market("kraken", "BTC", "EUR")
NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
DAY = 86_400_000
NAN = math.nan


def sample():
    times = [NOW, NOW + 10_000, NOW + 20_250]
    exchanges = ["", "coinbase", ""]
    return Ticks.of(times, [78123.4, 0.1, 5e-05], [10_000, 250, 60_000], [0, 0, Origin.SIMULATED], exchanges)


def rows(ticks=None):
    return iter([(EUR, sample() if ticks is None else ticks)])


def frame(path):
    return (
        pd.read_csv(path, dtype={"price": str}).astype({"price": float})
        if path.suffix == ".csv"
        else pd.read_parquet(path)
    )


def test_the_csv_has_a_header_and_a_line_per_row():
    out = io.BytesIO()
    assert exporter.to_csv(rows(), out.write) == 3
    assert out.getvalue().decode().splitlines() == [
        "time,timestamp,price,interval,origin,exchange,market,first,low,high",
        "2026-11-23T15:00:00.000Z,1795446000,78123.4,10,live,kraken,kraken:BTC/EUR,,,",
        "2026-11-23T15:00:10.000Z,1795446010,0.1,0.25,live,coinbase,kraken:BTC/EUR,,,",
        "2026-11-23T15:00:20.250Z,1795446020.25,0.00005,60,simulated,kraken,kraken:BTC/EUR,,,",
    ]


def test_candles_have_their_first_price_low_and_high_and_unknown_ones_are_empty(tmp_path):
    ticks = Ticks.of(
        [NOW, NOW + 1, NOW + 2], [2.0] * 3, 1, first=[1.5, NAN, NAN], low=[5e-05, 1, NAN], high=[3, 2, NAN]
    )
    out = io.BytesIO()
    exporter.to_csv(rows(ticks), out.write)
    ends = [line.partition("BTC/EUR,")[2] for line in out.getvalue().decode().splitlines()[1:]]
    assert ends == ["1.5,0.00005,3.0", ",1.0,2.0", ",,"]
    exporter.write(rows(ticks), tmp_path / "a.parquet", exporter.ROWS)
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pydict()
    assert [table[name] for name in ("first", "low", "high")] == [[1.5, None, None], [5e-05, 1, None], [3, 2, None]]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(1e-9, 1e9), st.integers(0, 4)), min_size=1, max_size=20))
@settings(max_examples=30)
def test_csv_and_parquet_hold_the_same_numbers_to_the_last_bit(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("export")
    ticks = Ticks.of([NOW + t for t, _, _ in values], [p for _, p, _ in values], 10_000, [o for _, _, o in values])
    counts = [exporter.write(rows(ticks), folder / name, exporter.ROWS) for name in ("a.csv", "a.parquet")]
    assert counts == [len(values)] * 2
    csv, parquet = frame(folder / "a.csv"), frame(folder / "a.parquet")
    assert csv.price.tolist() == parquet.price.tolist() == ticks.price.tolist()
    for name in ("timestamp", "interval", "origin", "exchange", "market"):
        assert csv[name].tolist() == parquet[name].tolist()
    assert pd.to_datetime(csv.time).tolist() == parquet.time.tolist()


def test_a_long_span_is_read_a_week_at_a_time_each_row_once(tmp_path, monkeypatch):
    store = open_store("data", base=tmp_path, known=())
    times = [NOW + step * 6 * 3_600_000 for step in range(80)]
    store.append({EUR: Ticks.of(times, [1.0] * 80, 10_000)})
    monkeypatch.setattr(exporter, "SLICE", 7)
    exported = list(exporter.row_parts(store, [EUR], NOW + 1, times[-1]))
    assert [int(time) for _, ticks in exported for time in ticks.time] == times[1:-1]
    assert max(len(ticks) for _, ticks in exported) == 7


def test_a_time_without_rows_is_skipped_however_long_it_is(monkeypatch):
    store = MemoryStore()
    last = 99_999_999_999_000  # eight thousand years ahead, the last that a CSV file can hold
    times = [NOW - 10_000 * DAY, NOW, NOW + 8 * DAY, last]
    store.append({EUR: Ticks.of(times, [1.0] * 4, 10_000)})
    calls = []
    for name in ("read", "extent"):
        monkeypatch.setattr(store, name, spy(calls, getattr(store, name)))
    exported = list(exporter.row_parts(store, [EUR], 0, last + 1))
    assert [int(time) for _, ticks in exported for time in ticks.time] == times
    assert len(calls) == 11  # three stretches: the extent, the weeks and the empty week after each; and the end
    calls.clear()
    assert list(exporter.row_parts(store, [EUR], 0, times[0])) == []
    assert len(calls) == 1


def spy(calls, function):
    def record(market, start, end):
        calls.append((start, end))
        return function(market, start, end)

    return record


def test_rows_written_during_an_export_do_not_break_the_file(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([NOW], [1.0], 10_000)})

    def growing():
        for step, part in enumerate(exporter.row_parts(store, [EUR], NOW, NOW + 3 * exporter.WEEK), 1):
            store.append({EUR: Ticks.of([NOW + step * exporter.WEEK], [1.0], 10_000)})
            yield part

    assert exporter.write(growing(), tmp_path / "a.csv", exporter.ROWS) == len(frame(tmp_path / "a.csv")) == 3


def test_parquet_has_typed_columns_and_metadata_about_the_export(tmp_path):
    path = tmp_path / "a.parquet"
    exporter.write(rows(), path, exporter.ROWS, about={"since": "2026-11-23T15:00:00+00:00"})
    schema = pyarrow.parquet.read_schema(path)
    dictionary = pa.dictionary(pa.int32(), pa.utf8())
    assert dict(zip(schema.names, schema.types, strict=True)) == {
        "time": pa.timestamp("ms", tz="UTC"),
        **dict.fromkeys(("timestamp", "price", "interval", "first", "low", "high"), pa.float64()),
        **dict.fromkeys(("origin", "exchange", "market"), dictionary),
    }
    assert schema.metadata[b"source"] == b"btc-price-tracker"
    assert schema.metadata[b"since"] == b"2026-11-23T15:00:00+00:00"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_an_export_without_rows_writes_no_file(tmp_path, name):
    assert exporter.write(iter([]), tmp_path / name, exporter.ROWS) == 0
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_with_force(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="--force"):
        exporter.write(rows(), path, exporter.ROWS)
    assert path.read_text() == "mine"
    with path.open() as reader:
        exporter.write(rows(), path, exporter.ROWS, force=True)
        assert reader.read() == "mine"  # an open reader keeps the old file
    assert len(frame(path)) == 3


def test_a_failure_leaves_only_the_old_file(tmp_path):
    def broken():
        yield EUR, sample()
        raise StoreError("cannot read")

    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(StoreError):
        exporter.write(broken(), path, exporter.ROWS, force=True)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_file_type_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.csv or \.parquet"):
        exporter.write(rows(), tmp_path / "a.xlsx", exporter.ROWS)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_full_disk_raises_and_leaves_only_the_old_file(tmp_path, name):
    path = tmp_path / name
    path.write_text("mine")
    many = Ticks.of(range(NOW, NOW + 40_000), [1.0 + step / 7 for step in range(40_000)], 10_000)
    lift_limit = limit_file_size(20_000)
    try:
        with pytest.raises(StoreError, match=rf"cannot write .*{name}: File too large"):
            exporter.write(rows(many), path, exporter.ROWS, force=True)
    finally:
        lift_limit()
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_raises(tmp_path):
    with pytest.raises(StoreError, match="No such file or directory"):
        exporter.write(rows(), tmp_path / "none" / "a.csv", exporter.ROWS)


@pytest.mark.parametrize(
    ("origins", "end"), [({0, 1}, ".csv"), ({0, 3}, "-simulated.csv"), ({2}, "-replay.csv")], ids=str
)
def test_the_file_name_holds_market_span_and_origin(origins, end):
    assert (
        exporter.file_name(EUR, NOW, NOW + DAY, origins, ".csv")
        == f"kraken-btceur-2026-11-23T15-00Z-2026-11-24T15-00Z{end}"
    )
