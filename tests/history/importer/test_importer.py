"""Import: every good price once, in the slot it was seen in; nothing that is stored is touched."""

import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import bucket_files
from tests.support.memory_store import MemoryStore
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.exporter import parts, write
from tracker.history.importer.discovery import find_price_files
from tracker.history.importer.importer import import_prices
from tracker.stores.csv import open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
OLD = 1_635_630_270  # 2021-10-30 21:44:30 UTC, epoch s


def put(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def brought(folder, store=None, every=10_000, now=NOW, **more):
    store = store or MemoryStore()
    found, _ = find_price_files(folder, "kraken", [])
    return store, {market: import_prices(market, paths, store, every, now, **more) for market, paths in found.items()}


def rows(store, market=EUR):
    ticks = store.read(market, 0, 2 * NOW)
    return list(zip((ticks.time // 1000).tolist(), ticks.price.tolist(), strict=True))


def test_the_old_app_s_files_give_one_row_for_each_slot_the_first_price_in_it(tmp_path):
    lines = [(0, 53348), (16, 53353.6), (10, 53347.1), (10, 53347.2), (3, 53349), (21, 53353.6), (21, 53360.9)]
    put(tmp_path, "data/btceur/2021-10-30-14.csv", "".join(f"{OLD + at},{price}\r\n" for at, price in lines))
    store, found = brought(tmp_path)
    assert rows(store) == [(OLD, 53348.0), (OLD + 10, 53347.1), (OLD + 20, 53353.6)]
    [(_, ticks)] = store.rows
    assert set(ticks.origin.tolist()) == {Origin.IMPORT}
    assert set(ticks.interval.tolist()) == {10_000}
    assert (found[EUR].lines.read, found[EUR].duplicates, found[EUR].written) == (7, 4, 3)


def test_names_in_local_time_mislead_nobody_in_the_hour_that_came_twice(tmp_path):
    """Both hours of that autumn night went into one file of the old app."""
    berlin = ZoneInfo("Europe/Berlin")
    first = int(datetime(2021, 10, 31, 2, 30, tzinfo=berlin).timestamp())
    second = int(datetime(2021, 10, 31, 2, 30, fold=1, tzinfo=berlin).timestamp())
    put(tmp_path, "btceur/2021-10-31-02.csv", f"{first},1\r\n{second},2\r\n")
    store, _ = brought(tmp_path)
    assert rows(store) == [(first, 1.0), (first + 3600, 2.0)]
    assert second == first + 3600


def test_rows_of_this_tracker_stay_what_they_were(tmp_path):
    there = open_store("there", base=tmp_path, known=())
    ticks = Ticks.of([OLD * 1000, OLD * 1000 + 60_000], [5.0, 6.0], [10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])
    there.append({EUR: ticks})
    store, _ = brought(tmp_path / "there")
    read = store.read(EUR, 0, NOW)
    assert (read.interval.tolist(), read.origin.tolist()) == ([10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])


def test_a_slot_that_has_any_row_stays_as_it_is(tmp_path):
    """Wherever in the slot it stands, and be it a candle: else each import would add one more beside it."""
    store = MemoryStore()
    stored = Ticks.of([OLD * 1000, OLD * 1000 + 67_000], [1.0, 2.0], [10_000, 60_000], [0, Origin.BACKFILL])
    store.append({EUR: stored})
    put(tmp_path, "btceur.csv", f"{OLD},5\n{OLD + 60},6\n{OLD + 70},7\n")
    _, found = brought(tmp_path, store)
    assert (found[EUR].already_stored, found[EUR].written) == (2, 1)
    assert [int(time) for _, ticks in store.rows[1:] for time in ticks.time] == [(OLD + 70) * 1000]


def test_importing_over_candles_of_the_same_length_adds_nothing_however_often(tmp_path):
    store = MemoryStore()
    minute = OLD // 60 * 60
    store.append({EUR: Ticks.of([minute * 1000], [1.0], 60_000, Origin.BACKFILL)})
    put(tmp_path, "btceur.csv", f"{minute},5\n")
    written = [brought(tmp_path, store, every=60_000)[1][EUR].written for _ in range(2)]
    assert (written, len(store.rows)) == ([0, 0], 1)


def test_the_newest_slots_are_left_to_the_collector_and_counted(tmp_path):
    second = NOW // 1000
    put(tmp_path, "btceur.csv", f"{second - 20},5\n{second - 19},6\n{second},7\n")
    store, found = brought(tmp_path)
    assert rows(store) == [(second - 20, 5.0)]
    assert (found[EUR].lines.too_new, found[EUR].lines.skipped) == (2, 0)


def test_a_slot_of_a_minute_is_left_to_its_collector_for_two_minutes(tmp_path):
    second = NOW // 1000
    lines = "".join(f"{second - ago},5,60,live\n" for ago in (180, 120, 60))
    put(tmp_path, "kraken/btceur/2026-11-23-14.csv", "timestamp,price,interval,origin\n" + lines)
    store, found = brought(tmp_path)
    assert rows(store) == [(second - 180, 5.0), (second - 120, 5.0)]
    assert found[EUR].lines.too_new == 1


def test_a_row_of_this_tracker_goes_above_a_price_that_came_alone_in_its_slot(tmp_path):
    put(tmp_path, "btceur/2021-10-30-14.csv", f"{OLD},5\n{OLD + 10},6\n")
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", f"timestamp,price,interval,origin\n{OLD + 2},7,10,backfill\n")
    dry = brought(tmp_path, dry_run=True)[1][EUR]
    store, found = brought(tmp_path)
    assert rows(store) == [(OLD + 2, 7.0), (OLD + 10, 6.0)]
    assert found[EUR].duplicates == 1
    assert dry == found[EUR]


def test_a_fetched_candle_is_kept_beside_prices_that_are_not_at_its_close(tmp_path):
    store = MemoryStore()
    minute = OLD // 60 * 60
    store.append({EUR: Ticks.of([minute * 1000 + 10_000, minute * 1000 + 60_000], [1.0, 2.0], 10_000)})
    candles = "".join(f"{minute + at},{3 + at},60,backfill\n" for at in (0, 60))
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", f"timestamp,price,interval,origin\n{candles}")
    _, found = brought(tmp_path, store)
    assert rows(store) == [(minute, 3.0), (minute + 10, 1.0), (minute + 60, 2.0)]
    assert (found[EUR].already_stored, found[EUR].written) == (1, 1)


def test_rows_on_both_sides_of_midnight_do_not_take_each_others_slot(tmp_path):
    """What an import itself has put into the running slot takes it from no other row of that import."""
    midnight = OLD // 86_400 * 86_400 + 86_400
    slot = midnight // 7 * 7
    assert slot < midnight - 1
    lines = f"{midnight - 1},5,7,live\n{midnight + 1},6,7,live\n"
    put(tmp_path, "kraken/btceur/2021-10-31-00.csv", f"timestamp,price,interval,origin\n{lines}")
    store, _ = brought(tmp_path)
    assert rows(store) == [(midnight - 1, 5.0), (midnight + 1, 6.0)]


def test_what_was_written_before_a_failure_stays_and_the_next_import_goes_on(tmp_path):
    class Full(MemoryStore):
        full = True

        def append(self, batch):
            if self.rows and self.full:
                raise StoreError("disk full")
            super().append(batch)

    put(tmp_path, "btceur.csv", f"{OLD},5\n{OLD + 86_400},6\n")
    store = Full()
    with pytest.raises(StoreError, match="disk full"):
        brought(tmp_path, store)
    assert rows(store) == [(OLD, 5.0)]
    store.full = False
    assert brought(tmp_path, store)[1][EUR].written == 1
    assert rows(store) == [(OLD, 5.0), (OLD + 86_400, 6.0)]


def test_no_more_than_a_few_days_of_the_store_are_read_at_once(tmp_path):
    class Watched(MemoryStore):
        longest = 0

        def read(self, market, start, end):
            self.longest = max(self.longest, end - start)
            return super().read(market, start, end)

    own = f"timestamp,price,interval,origin\n{OLD},5,90000000000,live\n{OLD + 10**8},5,10,live\n"
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", own)
    put(tmp_path, "btceur.csv", f"{OLD - 10**8},5\n")
    store = Watched()
    assert brought(tmp_path, store)[1][EUR].written == 3
    assert store.longest <= 3 * 86_400_000


# Imports a folder into another, when a line comes that says so.
IMPORTER = """
import sys
from pathlib import Path
from tracker.history.importer.importer import import_prices
from tracker.history.importer.discovery import find_price_files
from tracker.stores.csv import CsvStore
found, _ = find_price_files(Path(sys.argv[1]), "kraken", [])
print("ready", flush=True)
sys.stdin.readline()
store = CsvStore(Path(sys.argv[2]), granularity="minute")  # writing a day takes long enough to be met in it
print(sum(import_prices(*each, store, 1_000, 1_795_446_000_000).written for each in found.items()))
"""


def test_two_imports_at_once_write_each_row_once(tmp_path):
    put(tmp_path, "old/btceur.csv", "".join(f"{OLD + 30 * at},{1 + at % 7}\n" for at in range(4_000)))
    importers = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORTER, str(tmp_path / "old"), str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]
    assert [importer.stdout.readline() for importer in importers] == ["ready\n"] * 2
    for importer in importers:
        importer.stdin.write("go\n")
        importer.stdin.flush()
    written = sum(int(importer.communicate()[0]) for importer in importers)
    lines = Counter(line for file in bucket_files(tmp_path / "data") for line in file.read_text().splitlines()[1:])
    assert (written, len(lines), set(lines.values())) == (4_000, 4_000, {1})


def test_a_dry_run_counts_and_writes_nothing(tmp_path):
    put(tmp_path, "btceur.csv", f"{OLD},5\n")
    store, found = brought(tmp_path, dry_run=True)
    assert (found[EUR].written, store.rows) == (1, [])


LINES = st.lists(st.tuples(st.integers(0, 400), st.sampled_from([1.0, 2.5, 3.0])), min_size=1, max_size=60)


@given(LINES, st.sampled_from([1_000, 10_000, 60_000]), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_importing_twice_or_in_pieces_is_importing_once(tmp_path_factory, lines, every, pieces):
    folder = tmp_path_factory.mktemp("import")
    for piece in range(pieces):
        part = lines[piece::pieces]
        put(folder, f"btceur/2021-10-30-{piece:02d}.csv", "".join(f"{OLD + at},{price}\n" for at, price in part))
    store, _ = brought(folder, every=every)
    once = rows(store)
    brought(folder, store, every=every)
    assert rows(store) == once
    times = [int(time) for _, ticks in store.rows for time in ticks.time]
    assert len(times) == len(set(times))
    assert {at * 1000 // every for at, _ in once} == {(OLD + at) * 1000 // every for at, _ in lines}


ROWS = st.lists(
    st.tuples(
        st.integers(OLD * 1000 - 2 * 86_400_000, OLD * 1000 + 2 * 86_400_000),
        st.floats(1e-9, 1e9),
        st.sampled_from([250, 10_000, 7_000, 60_000, 3_600_000]),
        st.sampled_from(list(Origin)),
        st.sampled_from(["", "coinbase", "bitstamp"]),
    ),
    min_size=1,
    max_size=40,
)


def everything(store, market):
    ticks = store.read(market, 0, 2 * NOW)
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


@given(ROWS, st.sampled_from(["hour", "minute"]))
@settings(deadline=None, max_examples=20)
def test_another_data_folder_or_an_export_of_it_gives_the_same_rows(tmp_path_factory, values, granularity):
    folder = tmp_path_factory.mktemp("import")
    there = open_store("there", base=folder, known=(), granularity=granularity)
    ticks = Ticks.of(*(list(column) for column in zip(*values, strict=True)))
    there.append({EUR: ticks, USD: ticks[:1]})
    (folder / "out").mkdir()
    write(parts(there, [EUR, USD], 0, NOW), folder / "out" / "all.csv")
    for source in ("there", "out"):
        store, _ = brought(folder / source)
        brought(folder / source, store)
        assert {market: everything(store, market) for market in (EUR, USD)} == {
            market: everything(there, market) for market in (EUR, USD)
        }
        assert sum(len(rows) for _, rows in store.rows) == len(everything(there, EUR)) + 1


def test_many_rows_are_written_in_parts_and_read_back(tmp_path):
    count = 120_000
    times = OLD + 10 * np.arange(count)
    put(tmp_path, "old/btceur.csv", "".join(f"{time},{1 + time % 7}\n" for time in times.tolist()))
    store, found = brought(tmp_path / "old", open_store("data", base=tmp_path, known=()))
    assert found[EUR].written == count
    assert len(store.read(EUR, 0, NOW)) == count
