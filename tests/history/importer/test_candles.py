"""First price, low and high of candles in files: imported with the close, and added to stored rows."""

import gzip
import math
import shutil

import numpy as np
import pytest

from tests.support.imports import EUR, NOW, OLD, import_folder, put
from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history import exporter
from tracker.history.importer import fast_lines
from tracker.history.importer.discovery import find_price_files
from tracker.history.importer.importer import import_prices
from tracker.stores.csv import open_store

MINUTE = OLD // 60 * 60
KRAKEN = [  # opening time, open, high, low, close, volume, trades
    f"{MINUTE},10,12,9,11,1.5,42",
    f"{MINUTE + 60},11,11,10.5,10.5,1.5,7",
    f"{MINUTE + 120},10.5,10.5,11,10.6,1.5,7",  # its low lies above its high
    f"{MINUTE + 180},soon,11,10,10.7,1.5,7",
    f"{MINUTE + 240},,11,10,10.8,1.5,7",
]
BINANCE = f"{MINUTE}000,10,12,9,11,539.23,{MINUTE + 59}999,2240.4,13,401.8,1669.9,0\n"
VALUES = [(10, 9, 12), (11, 10.5, 11), (None,) * 3, (None,) * 3, (None, 10, 11)]


def values_in(ticks):
    rows = zip(*(column.tolist() for column in ticks.candle_columns()), strict=True)
    return [tuple(None if math.isnan(value) else value for value in row) for row in rows]


def everything(store):
    return store.read(EUR, 0, 2 * NOW)


@pytest.mark.parametrize("is_fast", [True, False])
def test_candles_of_kraken_keep_what_is_possible_of_their_values(tmp_path, monkeypatch, is_fast):
    monkeypatch.setattr(fast_lines, "_SMALL", 0 if is_fast else 10**9)
    lines = KRAKEN if not is_fast else KRAKEN[:3]
    put(tmp_path, "XBTEUR_1.csv", "".join(f"{line}\n" for line in lines))
    store, _ = import_folder(tmp_path, every=None)
    assert everything(store).price.tolist() == [11, 10.5, 10.6, 10.7, 10.8][: len(lines)]
    assert values_in(everything(store)) == VALUES[: len(lines)]


@pytest.mark.parametrize("count", [1, 100])
def test_candles_of_binance_keep_their_values(tmp_path, count):
    put(tmp_path, "BTCEUR-1m-2021-10.csv", BINANCE * count)
    store, _ = import_folder(tmp_path, every=None)
    assert values_in(store.read(Market("binance", "BTC", "EUR"), 0, NOW)) == [(10, 9, 12)]


def test_values_of_candles_that_are_shorter_than_the_typed_cadence_are_not_those_of_a_slot(tmp_path):
    put(tmp_path, "XBTEUR_1.csv", "".join(f"{line}\n" for line in KRAKEN))
    store, _ = import_folder(tmp_path, every=300_000)
    assert everything(store).low is None


def test_an_import_again_over_old_times_adds_the_values_to_equal_rows_and_changes_nothing_else(tmp_path):
    store = MemoryStore()
    times = [(MINUTE + 60 * number) * 1000 for number in range(1, 4)]
    before = Ticks.of(times, [11, 10.4, 10.6], 60_000, [Origin.IMPORT, Origin.IMPORT, Origin.BACKFILL])
    store.append({EUR: before})
    put(tmp_path, "XBTEUR_1.csv", "".join(f"{line}\n" for line in KRAKEN))
    dry = import_folder(tmp_path, store, every=None, dry_run=True)[1][EUR]
    assert (dry.completed, everything(store).low) == (1, None)
    summaries = [import_folder(tmp_path, store, every=None)[1][EUR] for _ in range(2)]
    assert [(summary.written, summary.completed) for summary in summaries] == [(2, 1), (0, 0)]
    rows = everything(store)
    assert values_in(rows) == [(10, 9, 12), (None,) * 3, *VALUES[2:]]
    assert (rows.time[:3].tolist(), rows.price[:3].tolist()) == (times, before.price.tolist())
    assert rows.origin[:3].tolist() == before.origin.tolist()


def test_an_export_is_imported_with_its_values(tmp_path):
    rows = Ticks.of(
        np.array([OLD, OLD + 60, OLD + 120]) * 1000,
        [11.0, 10.5, 10.6],
        60_000,
        Origin.BACKFILL,
        ["", "coinbase", ""],
        *([10, math.nan, math.nan], [9, math.nan, 10.6], [12, math.nan, math.nan]),
    )
    exporter.write(iter([(EUR, rows)]), tmp_path / "a.csv", exporter.ROWS)
    store, _ = import_folder(tmp_path)
    assert values_in(everything(store)) == [(10, 9, 12), (None,) * 3, (None, 10.6, None)]
    assert everything(store).exchanges() == ["", "coinbase", ""]


@pytest.mark.parametrize("granularity", ["hour", "minute"])
@pytest.mark.parametrize("pack", [None, "gzip", "zip"])
def test_a_data_folder_is_imported_with_its_candle_files(tmp_path, granularity, pack):
    source = open_store("source/data", base=tmp_path, known=(), granularity=granularity)
    times = np.arange(3) * 60_000 + MINUTE * 1000
    rows = Ticks.of(
        times, [11.0, 10.5, 10.6], 60_000, Origin.BACKFILL, low=[9, math.nan, 10.6], first=[10, math.nan, 11]
    )
    source.append({EUR: rows})
    for path in sorted((tmp_path / "source").rglob("*.csv")) if pack == "gzip" else ():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    if pack == "zip":
        shutil.make_archive(str(tmp_path / "packed" / "all"), "zip", tmp_path / "source")
    found = find_price_files(tmp_path / ("packed" if pack == "zip" else "source"), None, [])
    assert found.skipped == []
    store = MemoryStore()
    summary = import_prices(EUR, found.files[EUR], store, NOW)
    assert (values_in(everything(store)), summary.lines.skipped) == ([(10, 9, None), (None,) * 3, (11, 10.6, None)], 0)


def test_a_malformed_or_torn_line_of_a_candle_file_costs_no_row(tmp_path):
    head = "timestamp,price,interval,origin\n"
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", f"{head}{MINUTE},11,60,backfill\n")
    lines = f"timestamp,interval,first,low,high\nsoon,60,1,1,1\n{MINUTE},60,10,9,12\n{MINUTE},60,1"
    put(tmp_path, "kraken/btceur/2021-10-30-21.candles.csv", lines)
    store, summaries = import_folder(tmp_path)
    assert values_in(everything(store)) == [(10, 9, 12)]
    [example] = summaries[EUR].lines.examples
    assert example.endswith("2021-10-30-21.candles.csv, line 2: 'soon,60,1,1,1'")


def test_a_copy_of_a_bucket_is_imported_with_the_copy_of_its_candle_file(tmp_path):
    """As a sync program makes them, where two devices have changed both files."""
    head, candles = "timestamp,price,interval,origin\n", "timestamp,interval,first,low,high\n"
    for copy, low in (("", 9), (" (1)", 8), (" (2)", 7)):
        minute = MINUTE + 60 * low
        put(tmp_path, f"kraken/btceur/2021-10-30-21{copy}.csv", f"{head}{minute},11,60,backfill\n")
        put(tmp_path, f"kraken/btceur/2021-10-30-21.candles{copy}.csv", f"{candles}{minute},60,10,{low},12\n")
    store, _ = import_folder(tmp_path)
    assert values_in(everything(store)) == [(10, 7, 12), (10, 8, 12), (10, 9, 12)]
    assert find_price_files(tmp_path, None, []).skipped == []


@pytest.mark.parametrize("values", ["11,9,10", "x,9,12", "10,9,-1", "10,1e-13,12", "10,9", "10,9,12,1"])
def test_impossible_values_of_an_export_cost_no_row_unless_a_field_is_missing(tmp_path, values):
    head = "time,timestamp,price,interval,origin,exchange,market,first,low,high\n"
    put(tmp_path, "a.csv", f"{head}2021-10-30T21:44:30.000Z,{OLD},11,60,backfill,kraken,{EUR},{values}\n")
    store, summaries = import_folder(tmp_path)
    has_all = values.count(",") == 2
    assert (len(everything(store)), summaries[EUR].lines.skipped) == ((1, 0) if has_all else (0, 1))
    assert everything(store).low is None
