"""Importing rows that this tracker wrote: unchanged, and above price lines."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import rows_of
from tests.support.imports import EUR, NOW, OLD, USD, import_folder, prices_in, put
from tests.support.memory_store import MemoryStore
from tracker.core.ticks import Origin, Ticks
from tracker.history import exporter
from tracker.stores.csv import open_store


def test_rows_of_this_tracker_are_imported_unchanged(tmp_path):
    source = open_store("source", base=tmp_path, known=())
    ticks = Ticks.of([OLD * 1000, OLD * 1000 + 60_000], [5.0, 6.0], [10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])
    source.append({EUR: ticks})
    store, _ = import_folder(tmp_path / "source")
    imported = store.read(EUR, 0, NOW)
    assert (imported.interval.tolist(), imported.origin.tolist()) == ([10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])


def test_a_slot_of_a_minute_is_left_to_the_collector_for_two_minutes(tmp_path):
    second = NOW // 1000
    lines = "".join(f"{second - ago},5,60,live\n" for ago in (180, 120, 60))
    put(tmp_path, "kraken/btceur/2026-11-23-14.csv", "timestamp,price,interval,origin\n" + lines)
    store, summaries = import_folder(tmp_path)
    assert prices_in(store) == [(second - 180, 5.0), (second - 120, 5.0)]
    assert summaries[EUR].lines.too_new == 1


def test_a_row_of_this_tracker_takes_precedence_over_a_price_line_in_its_slot(tmp_path):
    put(tmp_path, "btceur/2021-10-30-14.csv", f"{OLD},5\n{OLD + 10},6\n")
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", f"timestamp,price,interval,origin\n{OLD + 2},7,10,backfill\n")
    dry = import_folder(tmp_path, dry_run=True)[1][EUR]
    store, summaries = import_folder(tmp_path)
    assert prices_in(store) == [(OLD + 2, 7.0), (OLD + 10, 6.0)]
    assert summaries[EUR].duplicates == 1
    assert dry == summaries[EUR]


def test_a_candle_is_imported_beside_prices_that_are_not_at_its_close(tmp_path):
    store = MemoryStore()
    minute = OLD // 60 * 60
    store.append({EUR: Ticks.of([minute * 1000 + 10_000, minute * 1000 + 60_000], [1.0, 2.0], 10_000)})
    candles = "".join(f"{minute + at},{3 + at},60,backfill\n" for at in (0, 60))
    put(tmp_path, "kraken/btceur/2021-10-30-21.csv", f"timestamp,price,interval,origin\n{candles}")
    _, summaries = import_folder(tmp_path, store)
    assert prices_in(store) == [(minute, 3.0), (minute + 10, 1.0), (minute + 60, 2.0)]
    assert (summaries[EUR].already_stored, summaries[EUR].written) == (1, 1)


def test_rows_on_both_sides_of_midnight_do_not_occupy_each_other_s_slot(tmp_path):
    """A row that the import itself wrote into a slot does not occupy it for later rows of the import."""
    midnight = OLD // 86_400 * 86_400 + 86_400
    slot = midnight // 7 * 7
    assert slot < midnight - 1
    lines = f"{midnight - 1},5,7,live\n{midnight + 1},6,7,live\n"
    put(tmp_path, "kraken/btceur/2021-10-31-00.csv", f"timestamp,price,interval,origin\n{lines}")
    store, _ = import_folder(tmp_path)
    assert prices_in(store) == [(midnight - 1, 5.0), (midnight + 1, 6.0)]


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


@given(ROWS, st.sampled_from(["hour", "minute"]))
@settings(max_examples=20)
def test_a_data_folder_or_an_export_of_it_is_imported_row_by_row(tmp_path_factory, values, granularity):
    folder = tmp_path_factory.mktemp("import")
    source = open_store("source", base=folder, known=(), granularity=granularity)
    ticks = Ticks.of(*(list(column) for column in zip(*values, strict=True)))
    source.append({EUR: ticks, USD: ticks[:1]})
    (folder / "out").mkdir()
    exporter.write(exporter.row_parts(source, [EUR, USD], 0, NOW), folder / "out" / "all.csv", exporter.ROWS)
    for name in ("source", "out"):
        store, _ = import_folder(folder / name)
        import_folder(folder / name, store)
        for market in (EUR, USD):
            assert rows_of(store.read(market, 0, 2 * NOW)) == rows_of(source.read(market, 0, 2 * NOW))
        assert sum(len(written) for _, written in store.rows) == len(source.read(EUR, 0, 2 * NOW)) + 1
