"""Export: what is written is what is stored, whole or not at all, and says where it came from."""

import io
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


def test_the_csv_reads_like_this():
    out = io.BytesIO()
    assert exporter.to_csv(rows(), out.write) == 3
    assert out.getvalue().decode().splitlines() == [
        "time,timestamp,price,interval,origin,exchange,market",
        "2026-11-23T15:00:00.000Z,1795446000,78123.4,10,live,kraken,kraken:BTC/EUR",
        "2026-11-23T15:00:10.000Z,1795446010,0.1,0.25,live,coinbase,kraken:BTC/EUR",
        "2026-11-23T15:00:20.250Z,1795446020.25,5e-05,60,simulated,kraken,kraken:BTC/EUR",
    ]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(1e-9, 1e9), st.integers(0, 4)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_csv_and_parquet_hold_the_same_numbers_to_the_last_bit(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("export")
    ticks = Ticks.of([NOW + t for t, _, _ in values], [p for _, p, _ in values], 10_000, [o for _, _, o in values])
    counts = [exporter.write(rows(ticks), folder / name) for name in ("a.csv", "a.parquet")]
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
    found = list(exporter.parts(store, [EUR], NOW + 1, times[-1]))
    assert [int(time) for _, ticks in found for time in ticks.time] == times[1:-1]
    assert max(len(ticks) for _, ticks in found) == 7


def test_time_without_rows_is_passed_over_however_long_it_is(monkeypatch):
    store = MemoryStore()
    last = 99_999_999_999_000  # eight thousand years ahead, the last that a CSV file can hold
    times = [NOW - 10_000 * DAY, NOW, NOW + 8 * DAY, last]
    store.append({EUR: Ticks.of(times, [1.0] * 4, 10_000)})
    asked = []
    for name in ("read", "extent"):
        monkeypatch.setattr(store, name, spy(asked, getattr(store, name)))
    found = list(exporter.parts(store, [EUR], 0, last + 1))
    assert [int(time) for _, ticks in found for time in ticks.time] == times
    assert len(asked) == 11  # of each of three stretches its extent, its weeks, and the empty one after; and the end
    asked.clear()
    assert list(exporter.parts(store, [EUR], 0, times[0])) == []
    assert len(asked) == 1


def spy(asked, function):
    def spied(market, start, end):
        asked.append((start, end))
        return function(market, start, end)

    return spied


def test_rows_that_come_while_it_is_exported_leave_the_file_whole(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([NOW], [1.0], 10_000)})

    def growing():
        for step, part in enumerate(exporter.parts(store, [EUR], NOW, NOW + 3 * exporter.WEEK), 1):
            store.append({EUR: Ticks.of([NOW + step * exporter.WEEK], [1.0], 10_000)})
            yield part

    assert exporter.write(growing(), tmp_path / "a.csv") == len(frame(tmp_path / "a.csv")) == 3


def test_parquet_has_a_type_for_each_column_and_says_how_it_was_made(tmp_path):
    path = tmp_path / "a.parquet"
    exporter.write(rows(), path, about={"since": "2026-11-23T15:00:00+00:00"})
    schema = pyarrow.parquet.read_schema(path)
    word = pa.dictionary(pa.int32(), pa.utf8())
    assert dict(zip(schema.names, schema.types, strict=True)) == {
        "time": pa.timestamp("ms", tz="UTC"),
        **dict.fromkeys(("timestamp", "price", "interval"), pa.float64()),
        **dict.fromkeys(("origin", "exchange", "market"), word),
    }
    assert schema.metadata[b"source"] == b"btc-price-tracker"
    assert schema.metadata[b"since"] == b"2026-11-23T15:00:00+00:00"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_without_a_row_there_is_no_file(tmp_path, name):
    assert exporter.write(iter([]), tmp_path / name) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_written_over_only_when_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="--force"):
        exporter.write(rows(), path)
    assert path.read_text() == "mine"
    with path.open() as reader:
        exporter.write(rows(), path, force=True)
        assert reader.read() == "mine"  # who was reading the old file reads it to its end
    assert len(frame(path)) == 3


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    def broken():
        yield EUR, sample()
        raise StoreError("cannot read")

    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(StoreError):
        exporter.write(broken(), path, force=True)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_an_ending_that_is_none_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.csv or \.parquet"):
        exporter.write(rows(), tmp_path / "a.xlsx")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size")
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_full_disk_is_an_error_in_words_and_leaves_what_was_there(tmp_path, name):
    path = tmp_path / name
    path.write_text("mine")
    many = Ticks.of(range(NOW, NOW + 40_000), [1.0 + step / 7 for step in range(40_000)], 10_000)
    heal = limit_file_size(20_000)
    try:
        with pytest.raises(StoreError, match=rf"cannot write .*{name}: File too large"):
            exporter.write(rows(many), path, force=True)
    finally:
        heal()
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_in_words(tmp_path):
    with pytest.raises(StoreError, match="No such file or directory"):
        exporter.write(rows(), tmp_path / "none" / "a.csv")


@pytest.mark.parametrize(
    ("origins", "end"), [({0, 1}, ".csv"), ({0, 3}, "-simulated.csv"), ({2}, "-replay.csv")], ids=str
)
def test_the_name_says_what_is_in_it(origins, end):
    assert (
        exporter.name_of(EUR, NOW, NOW + DAY, origins, ".csv")
        == f"kraken-btceur-2026-11-23T15-00Z-2026-11-24T15-00Z{end}"
    )
