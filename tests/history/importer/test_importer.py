"""Importing price lines: each slot once; stored rows stay unchanged."""

import gzip
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

from tests.support import imports
from tests.support.csv_files import bucket_files
from tests.support.imports import EUR, NOW, OLD, USD, import_folder, minutes, prices_in, put
from tests.support.memory_store import MemoryStore
from tracker.core.errors import StoreError
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.importer import import_prices
from tracker.stores.csv import open_store


def test_files_of_the_old_app_become_one_row_per_slot_with_its_first_price(tmp_path):
    lines = [(0, 53348), (16, 53353.6), (10, 53347.1), (10, 53347.2), (3, 53349), (21, 53353.6), (21, 53360.9)]
    put(tmp_path, "data/btceur/2021-10-30-14.csv", "".join(f"{OLD + at},{price}\r\n" for at, price in lines))
    store, summaries = import_folder(tmp_path)
    assert prices_in(store) == [(OLD, 53348.0), (OLD + 10, 53347.1), (OLD + 20, 53353.6)]
    [(_, ticks)] = store.rows
    assert set(ticks.origin.tolist()) == {Origin.IMPORT}
    assert set(ticks.interval.tolist()) == {10_000}
    assert (summaries[EUR].lines.read, summaries[EUR].duplicates, summaries[EUR].written) == (7, 4, 3)


def test_the_repeated_hour_of_autumn_is_imported_by_timestamps_not_by_file_names(tmp_path):
    """The former app wrote both hours into one file, named in local time."""
    berlin = ZoneInfo("Europe/Berlin")
    first = int(datetime(2021, 10, 31, 2, 30, tzinfo=berlin).timestamp())
    second = int(datetime(2021, 10, 31, 2, 30, fold=1, tzinfo=berlin).timestamp())
    put(tmp_path, "btceur/2021-10-31-02.csv", f"{first},1\r\n{second},2\r\n")
    store, _ = import_folder(tmp_path)
    assert prices_in(store) == [(first, 1.0), (first + 3600, 2.0)]
    assert second == first + 3600


def test_a_slot_with_any_row_stays_unchanged(tmp_path):
    """At any time of the slot, and even a candle: else each import would add another row."""
    store = MemoryStore()
    stored = Ticks.of([OLD * 1000, OLD * 1000 + 67_000], [1.0, 2.0], [10_000, 60_000], [0, Origin.BACKFILL])
    store.append({EUR: stored})
    put(tmp_path, "btceur.csv", f"{OLD},5\n{OLD + 60},6\n{OLD + 70},7\n")
    _, summaries = import_folder(tmp_path, store)
    assert (summaries[EUR].already_stored, summaries[EUR].written) == (2, 1)
    assert [int(time) for _, ticks in store.rows[1:] for time in ticks.time] == [(OLD + 70) * 1000]


def test_repeated_imports_over_candles_of_the_same_length_add_nothing(tmp_path):
    store = MemoryStore()
    minute = OLD // 60 * 60
    store.append({EUR: Ticks.of([minute * 1000], [1.0], 60_000, Origin.BACKFILL)})
    put(tmp_path, "btceur.csv", f"{minute},5\n")
    written = [import_folder(tmp_path, store, every=60_000)[1][EUR].written for _ in range(2)]
    assert (written, len(store.rows)) == ([0, 0], 1)


def test_the_newest_slots_are_left_to_the_collector_and_counted(tmp_path):
    second = NOW // 1000
    put(tmp_path, "btceur.csv", f"{second - 20},5\n{second - 19},6\n{second},7\n")
    store, summaries = import_folder(tmp_path)
    assert prices_in(store) == [(second - 20, 5.0)]
    assert (summaries[EUR].lines.too_new, summaries[EUR].lines.skipped) == (2, 0)


def test_rows_written_before_a_failure_stay_and_the_next_import_continues(tmp_path):
    class FullStore(MemoryStore):
        is_full = True

        def append(self, batch):
            if self.rows and self.is_full:
                raise StoreError("disk full")
            super().append(batch)

    put(tmp_path, "btceur.csv", f"{OLD},5\n{OLD + 86_400},6\n")
    store = FullStore()
    with pytest.raises(StoreError, match="disk full"):
        import_folder(tmp_path, store)
    assert prices_in(store) == [(OLD, 5.0)]
    store.is_full = False
    assert import_folder(tmp_path, store)[1][EUR].written == 1
    assert prices_in(store) == [(OLD, 5.0), (OLD + 86_400, 6.0)]


def test_at_most_a_few_days_of_the_store_are_read_at_once(tmp_path):
    class RecordingStore(MemoryStore):
        longest = 0

        def read(self, market, start, end):
            self.longest = max(self.longest, end - start)
            return super().read(market, start, end)

    tracker_rows = f"timestamp,price,interval,origin\n{OLD},5,90000000000,live\n{OLD + 10**8},5,10,live\n"
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", tracker_rows)
    put(tmp_path, "btceur.csv", f"{OLD - 10**8},5\n")
    store = RecordingStore()
    assert import_folder(tmp_path, store)[1][EUR].written == 3
    assert store.longest <= 3 * 86_400_000


# Imports a folder into another after a line on stdin.
IMPORTER = """
import sys
from pathlib import Path
from tracker.history.importer.columns import Reading
from tracker.history.importer.importer import import_prices
from tracker.history.importer.discovery import find_price_files
from tracker.stores.csv import CsvStore
files = find_price_files(Path(sys.argv[1]), "kraken", []).files
print("ready", flush=True)
sys.stdin.readline()
store = CsvStore(Path(sys.argv[2]), granularity="minute")  # slow enough for both imports to overlap
reading = Reading(every=1_000)
print(sum(import_prices(*item, store, 1_795_446_000_000, reading).written for item in files.items()))
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
    store, summaries = import_folder(tmp_path, dry_run=True)
    assert (summaries[EUR].written, store.rows) == (1, [])


# Not in the last second of a minute: a file of such times alone has closes.
TIMES = st.integers(0, 400).filter(lambda at: (OLD + at) % 60 != 59)
LINES = st.lists(st.tuples(TIMES, st.sampled_from([1.0, 2.5, 3.0])), min_size=1, max_size=60)


@given(LINES, st.sampled_from([1_000, 10_000, 60_000]), st.integers(1, 4))
@settings(max_examples=60)
def test_importing_twice_or_in_pieces_equals_importing_once(tmp_path_factory, lines, every, pieces):
    folder = tmp_path_factory.mktemp("import")
    for piece in range(pieces):
        part = lines[piece::pieces]
        put(folder, f"btceur/2021-10-30-{piece:02d}.csv", "".join(f"{OLD + at},{price}\n" for at, price in part))
    store, _ = import_folder(folder, every=every)
    first_import = prices_in(store)
    import_folder(folder, store, every=every)
    assert prices_in(store) == first_import
    times = [int(time) for _, ticks in store.rows for time in ticks.time]
    assert len(times) == len(set(times))
    assert {at * 1000 // every for at, _ in first_import} == {(OLD + at) * 1000 // every for at, _ in lines}


def test_many_rows_are_written_in_parts_and_read_back(tmp_path):
    count = 120_000
    times = OLD + 10 * np.arange(count)
    put(tmp_path, "old/btceur.csv", "".join(f"{time},{1 + time % 7}\n" for time in times.tolist()))
    store, summaries = import_folder(tmp_path / "old", open_store("data", base=tmp_path, known=()))
    assert summaries[EUR].written == count
    assert len(store.read(EUR, 0, NOW)) == count


@pytest.mark.parametrize("name", ["btceur/2021-10-30-21.csv.gz", "btceur/2021-10-30-21.csv"])
def test_a_file_that_cannot_be_read_to_its_end_costs_no_other_file(tmp_path, name, monkeypatch):
    put(tmp_path, "btceur/2021-10-30-22.csv", f"{OLD},5\n")
    put(tmp_path, "btcusd.csv", f"{OLD},6\n")
    if name.endswith(".gz"):
        texts = "".join(f"{OLD + 10 * number},{number % 977 + 1}.5\n" for number in range(20_000))
        path, reason = put(tmp_path, name, gzip.compress(texts.encode())[:-100]), "cannot be unpacked: Compressed file"
    else:
        path, reason = put(tmp_path, name, f"{OLD + 60},7\n"), "No such file"
        remove_after_discovery(monkeypatch, path)
    store, summaries = import_folder(tmp_path)
    assert (prices_in(store), prices_in(store, USD)) == ([(OLD, 5.0)], [(OLD, 6.0)])
    [stopped] = summaries[EUR].stopped
    assert stopped.startswith(f"cannot read {path}: {reason}")
    assert (summaries[EUR].files, summaries[EUR].files_stopped, summaries[EUR].lines.read) == (1, 1, 1)


def remove_after_discovery(monkeypatch, path):
    def import_without(*arguments, **options):
        path.unlink(missing_ok=True)
        return import_prices(*arguments, **options)

    monkeypatch.setattr(imports, "import_prices", import_without)


def test_a_file_with_more_malformed_lines_than_prices_is_named(tmp_path):
    good, bad = f"{OLD},5\n{OLD + 10},6\n", "unknown,5\n"
    put(tmp_path, "btceur/2021-10-30-21.csv", good + 2 * bad)
    path = put(tmp_path, "btceur/2021-10-30-22.csv", good + 3 * bad)
    _, summaries = import_folder(tmp_path)
    assert (summaries[EUR].lines.mostly_skipped, summaries[EUR].lines.skipped) == ([path], 5)


def test_local_times_that_are_not_guessed_are_not_taken_for_another_format(tmp_path):
    hour = "".join(f"2021-10-31T02:{minute:02}:00,5\n" for minute in range(60))
    put(tmp_path, "btceur.csv", f"2021-10-31T01:59:00,5\n{hour}")
    _, summaries = import_folder(tmp_path, zone=ZoneInfo("Europe/Berlin"))
    assert (summaries[EUR].lines.unclear, summaries[EUR].lines.mostly_skipped) == (60, [])


@pytest.mark.parametrize(("every", "interval", "count"), [(60_000, 3_600_000, 24), (4 * 3_600_000, 4 * 3_600_000, 7)])
def test_a_typed_cadence_thins_candles_and_is_never_below_their_length(tmp_path, every, interval, count):
    start = OLD // 86_400 * 86_400
    candles = "".join(f"{start + 3600 * hour},5,6,4,{hour + 1},0.5,7\n" for hour in range(24))
    put(tmp_path, "XBTEUR_60.csv", candles)
    store, _ = import_folder(tmp_path, every=every)
    ticks = store.read(EUR, 0, NOW)
    assert (set(ticks.interval.tolist()), len(ticks)) == ({interval}, count)


@pytest.mark.parametrize(("every", "sparse"), [(30_000, {}), (20_000, {20_000: 60_000})])
def test_a_typed_cadence_is_noted_from_which_on_prices_leave_gaps(tmp_path, every, sparse):
    put(tmp_path, "btceur.csv", minutes(10))
    assert import_folder(tmp_path, every=every)[1][EUR].sparse == sparse
