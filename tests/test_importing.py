"""Import: every good price once, in the slot it was seen in; nothing that is stored is touched."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from fakes import MemoryStore
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.errors import ConfigError
from tracker.importing import bring_in, find
from tracker.market import Market, Origin, Ticks, source_code
from tracker.stores.csv_buckets import open_store

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
    found, _ = find(folder, "kraken", [])
    return store, {market: bring_in(market, paths, store, every, now, **more) for market, paths in found.items()}


def rows(store, market=EUR):
    ticks = store.read(market, 0, 2 * NOW)
    return list(zip((ticks.time // 1000).tolist(), ticks.price.tolist(), strict=True))


def test_the_old_app_s_files_give_one_row_for_each_slot_the_first_price_in_it(tmp_path):
    lines = [(0, 53348), (10, 53347.1), (10, 53347.1), (16, 53353.6), (3, 53349), (21, 53353.6), (21, 53360.9)]
    put(tmp_path, "data/btceur/2021-10-30-14.csv", "".join(f"{OLD + at},{price}\r\n" for at, price in lines))
    store, found = brought(tmp_path)
    assert rows(store) == [(OLD, 53348.0), (OLD + 10, 53347.1), (OLD + 20, 53353.6)]
    [(_, ticks)] = store.rows
    assert set(ticks.origin.tolist()) == {Origin.IMPORT}
    assert set(ticks.interval.tolist()) == {10_000}
    assert (found[EUR].read, found[EUR].doubled, found[EUR].written) == (7, 4, 3)


def test_names_in_local_time_mislead_nobody_in_the_hour_that_came_twice(tmp_path):
    """Both hours of that autumn night went into one file of the old app."""
    berlin = ZoneInfo("Europe/Berlin")
    first = int(datetime(2021, 10, 31, 2, 30, tzinfo=berlin).timestamp())
    second = int(datetime(2021, 10, 31, 2, 30, fold=1, tzinfo=berlin).timestamp())
    put(tmp_path, "btceur/2021-10-31-02.csv", f"{first},1\r\n{second},2\r\n")
    store, _ = brought(tmp_path)
    assert rows(store) == [(first, 1.0), (first + 3600, 2.0)]
    assert second == first + 3600


@pytest.mark.parametrize(
    "name",
    [
        "btceur.csv",
        "BTCEUR.csv",
        "some/where/btceur.csv",
        "btceur/2021-10-30-14.csv",
        "kraken/btceur/2021-10-30-14.csv",
        "kraken/btceur/2021-10-30/14/07.csv",
        "data/btceur/2021-10-30-14.csv",
    ],
)
def test_the_market_is_told_by_the_name_in_every_layout(tmp_path, name):
    put(tmp_path, name, f"{OLD},5\n")
    assert list(brought(tmp_path)[1]) == [EUR]


def test_a_folder_named_after_an_exchange_goes_above_the_option(tmp_path):
    put(tmp_path, "coinbase/btceur/2021-10-30-14.csv", f"{OLD},5\n")
    assert list(brought(tmp_path)[1]) == [Market("coinbase", "BTC", "EUR")]


def test_a_file_whose_name_tells_no_market_is_told_and_left_out(tmp_path):
    put(tmp_path, "btceur.csv", f"{OLD},5\n")
    strange = put(tmp_path, "notes.csv", f"{OLD},5\n")
    assert find(tmp_path, "kraken", [])[1] == [strange]


def test_an_empty_folder_is_named_with_what_was_expected(tmp_path):
    with pytest.raises(ConfigError, match=r"no price file; expected e\.g\. btceur/2021"):
        find(tmp_path, "kraken", [])


@pytest.mark.parametrize(
    "line",
    [
        *[
            "soon,5",
            f"{OLD}",
            f"{OLD},5,6",
            f"{OLD},",
            f"{OLD},0",
            f"{OLD},-1",
            f"{OLD},nan",
            f"{OLD},inf",
            f"{OLD},1e300",
        ],
        *[
            f"{OLD}000,5",
            "0,5",
            "-5,5",
            "1e300,5",
            f"{OLD},1_000",
            ";",
            f"{OLD},5,10,invented",
            f"{OLD},x,10,live",
            "\x00\xff",
        ],
    ],
)
def test_a_line_that_is_no_price_is_skipped_and_told_with_its_place(tmp_path, line):
    path = put(tmp_path, "btceur.csv", f"{OLD},5\n{line}\n{OLD + 20},6\n")
    store, found = brought(tmp_path)
    assert rows(store) == [(OLD, 5.0), (OLD + 20, 6.0)]
    assert found[EUR].skipped == 1
    assert found[EUR].told[0].startswith(f"{path}, line 2: ")


def test_headers_blank_lines_and_a_mark_of_excel_are_no_bad_lines(tmp_path):
    put(tmp_path, "btceur.csv", f"\ufefftimestamp, price\r\n\r\n{OLD},5\r\n")
    store, found = brought(tmp_path)
    assert rows(store) == [(OLD, 5.0)]
    assert found[EUR].skipped == 0


def test_rows_of_this_tracker_stay_what_they_were(tmp_path):
    there = open_store("there", base=tmp_path, known=())
    ticks = Ticks.of([OLD * 1000, OLD * 1000 + 60_000], [5.0, 6.0], [10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])
    there.append({EUR: ticks})
    store, _ = brought(tmp_path / "there")
    read = store.read(EUR, 0, NOW)
    assert (read.interval.tolist(), read.origin.tolist()) == ([10_000, 60_000], [Origin.LIVE, Origin.BACKFILL])


def test_a_slot_that_has_a_row_stays_as_it_is_but_for_a_candle(tmp_path):
    store = MemoryStore()
    store.append({EUR: Ticks.of([OLD * 1000, OLD * 1000 + 10_000], [1.0, 2.0], [10_000, 60_000], [0, Origin.BACKFILL])})
    put(tmp_path, "btceur.csv", f"{OLD},5\n{OLD + 10},6\n")
    _, found = brought(tmp_path, store)
    assert (found[EUR].there, found[EUR].written) == (1, 1)
    assert len(store.rows) == 2
    assert store.rows[0][1].price.tolist() == [1.0, 2.0]


def test_the_running_slots_are_left_to_the_collector(tmp_path):
    second = NOW // 1000
    put(tmp_path, "btceur.csv", f"{second - 30},5\n{second - 15},6\n{second},7\n{second + 60},8\n")
    store, found = brought(tmp_path)
    assert rows(store) == [(second - 30, 5.0)]
    assert found[EUR].skipped == 0


def test_a_dry_run_counts_and_writes_nothing(tmp_path):
    put(tmp_path, "btceur.csv", f"{OLD},5\n")
    store, found = brought(tmp_path, dry_run=True)
    assert (found[EUR].written, store.rows) == (1, [])


def test_a_loop_of_links_and_a_folder_with_a_file_s_name_are_no_trap(tmp_path):
    put(tmp_path, "btceur.csv", f"{OLD},5\n")
    (tmp_path / "btcusd.csv").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(find(tmp_path, "kraken", [])[0].values()) == [[tmp_path / "btceur.csv"]]


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


def test_many_rows_are_written_in_parts_and_read_back(tmp_path):
    count = 120_000
    times = OLD + 10 * np.arange(count)
    put(tmp_path, "old/btceur.csv", "".join(f"{time},{1 + time % 7}\n" for time in times.tolist()))
    store, found = brought(tmp_path / "old", open_store("data", base=tmp_path, known=()))
    assert found[EUR].written == count
    assert len(store.read(EUR, 0, NOW)) == count
    assert source_code("") == 0
