"""What every store must do, including the in-memory one of the tests."""

import contextlib
import functools
import threading
from collections import Counter
from time import monotonic

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.memory_store import MemoryStore
from tracker.core.adapters import names
from tracker.core.errors import StoreError, TrackerError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores import csv as csv_store

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
SAME_SLUG = Market("kraken", "BTCU", "SD")  # the same slug as USD
ETHER = Market("coinbase", "ETH", "USD")  # its slug alone does not separate base and quote
MARKETS = [ETHER, EUR, USD]
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC

in_memory = functools.cache(lambda place: MemoryStore())

# A new store adds one line: how a test opens an empty one, and opens the same one again.
OPEN = {
    "memory": in_memory,
    "csv": lambda place: csv_store.open_store("data", base=place, known=MARKETS),
    "csv by minute": lambda place: csv_store.open_store("data", base=place, known=MARKETS, granularity="minute"),
}

ROW = st.tuples(
    st.integers(NOW // 1000 - 3 * 3600, NOW // 1000 + 3600).map(lambda second: second * 1000)
    | st.integers(NOW, NOW + 99),
    st.floats(0.001, 1e6),
    st.sampled_from([250, 10_000, 60_000]),
    st.sampled_from([int(origin) for origin in Origin]),
    st.sampled_from(["", "coinbase", "bitstamp"]),
)
BATCH = st.dictionaries(st.sampled_from(MARKETS), st.lists(ROW, max_size=6), max_size=3)


def test_every_store_is_tested_here():
    assert {name.split()[0] for name in OPEN} == {"memory", *names("stores")}


@pytest.fixture(params=list(OPEN))
def reopen(request, tmp_path):
    """Open the same store again, as another process would."""
    return lambda: OPEN[request.param](tmp_path)


@pytest.fixture
def store(reopen):
    return reopen()


def ticks_of(rows):
    return Ticks.of(*(list(column) for column in zip(*rows, strict=True))) if rows else Ticks.none()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


def all_rows(store, market):
    return rows_of(store.read(market, 0, NOW * 2))


def poll_until(store, cursor, count):
    """Poll until *count* rows have come or the store's time limit is over; return them by market, and the cursor."""
    rows = {}
    deadline = monotonic() + 2 * store.visible_after
    while True:
        batch, cursor = store.poll(cursor)
        for market, ticks in batch.items():
            rows.setdefault(market, []).extend(rows_of(ticks))
        if sum(map(len, rows.values())) >= count or monotonic() >= deadline:
            return rows, cursor


def append(store, batch):
    """Append *batch*, and wait until it can be read."""
    _, cursor = store.poll(None)
    store.append(batch)
    poll_until(store, cursor, sum(map(len, batch.values())))


def test_appended_rows_read_back_exactly(store, reopen):
    rows = [
        (NOW, 78123.40000000001, 10_000, Origin.LIVE, ""),
        (NOW + 250, 0.1 + 0.2, 250, Origin.SIMULATED, "coinbase"),
    ]
    append(store, {USD: ticks_of(rows), ETHER: ticks_of(rows[:1])})
    for opened in (store, reopen()):
        assert all_rows(opened, USD) == rows
        assert all_rows(opened, ETHER) == rows[:1]
        assert all_rows(opened, EUR) == []


def test_reading_includes_the_start_and_excludes_the_end(store):
    append(store, {USD: Ticks.of([NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR], [1.0, 2, 3, 4], 10)})
    assert store.read(USD, NOW, NOW + HOUR).price.tolist() == [2, 3]
    assert store.read(USD, NOW, NOW + HOUR + 1).price.tolist() == [2, 3, 4]
    assert len(store.read(USD, NOW, NOW)) == len(store.read(USD, NOW + 5, NOW - 5)) == 0


def test_rows_are_read_in_the_order_of_time_whatever_the_order_of_arrival(store):
    for time in (NOW, NOW - HOUR, NOW + 10, NOW - 2 * HOUR):
        append(store, {USD: Ticks.of([time], [1.0], 10)})
    assert store.read(USD, 0, NOW * 2).time.tolist() == [NOW - 2 * HOUR, NOW - HOUR, NOW, NOW + 10]


def test_a_live_row_takes_precedence_over_a_backfilled_one_in_either_order(store):
    append(store, {USD: Ticks.of([NOW, NOW + 1], [1.0, 2.0], 60_000, [Origin.BACKFILL, Origin.LIVE])})
    append(store, {USD: Ticks.of([NOW, NOW + 1], [3.0, 4.0], 60_000, [Origin.LIVE, Origin.BACKFILL])})
    assert store.read(USD, 0, NOW * 2).price.tolist() == [3.0, 2.0]


def test_an_empty_store_reads_as_empty(store):
    assert len(store.read(USD, 0, NOW)) == 0
    assert list(store.markets()) == []
    rows, cursor = store.poll(None)
    assert not rows
    assert not store.poll(cursor)[0]
    store.append({})
    store.append({USD: Ticks.none()})
    assert list(store.markets()) == []


def test_reading_one_market_renames_no_other(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    for opened in (store, reopen()):
        _, cursor = opened.poll(None)
        assert len(opened.read(SAME_SLUG, 0, NOW * 2)) == 0
        assert opened.extent(SAME_SLUG) is None
        assert opened.purge(SAME_SLUG, NOW * 2) == 0
        assert list(opened.markets()) == [USD]
        store.append({USD: Ticks.of([NOW + 1], [2.0], 10)})
        assert list(poll_until(opened, cursor, 1)[0]) == [USD]
        assert all_rows(opened, USD)[0] == (NOW, 1.0, 10, 0, "")


def test_two_markets_share_no_rows(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    with contextlib.suppress(StoreError):  # a store that cannot keep them apart refuses
        append(store, {SAME_SLUG: Ticks.of([NOW + 1], [2.0], 10)})
    for opened in (store, reopen()):
        assert all_rows(opened, USD) == [(NOW, 1.0, 10, 0, "")]
        assert all_rows(opened, SAME_SLUG) in ([], [(NOW + 1, 2.0, 10, 0, "")])


def test_the_extent_has_the_times_of_the_first_and_the_last_row(store, reopen):
    assert store.extent(USD) is None
    times = [NOW, NOW - 400 * 24 * HOUR, NOW + 5, NOW + 400 * 24 * HOUR]
    append(store, {USD: Ticks.of(times, [1.0] * 4, 10), EUR: Ticks.of([NOW], [1.0], 10)})
    for opened in (store, reopen()):
        assert opened.extent(USD) == (times[1], times[3])
        assert opened.extent(EUR) == (NOW, NOW)
        assert opened.extent(ETHER) is None
        assert opened.extent(USD, end=NOW + 5) == (times[1], NOW)
        assert opened.extent(USD, start=NOW + 1) == (NOW + 5, times[3])
        assert opened.extent(USD, NOW + 1, NOW + 5) is opened.extent(USD, NOW + 1, NOW + 1) is None


def test_a_sound_store_has_no_problems_and_names_its_place(store):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    all_rows(store, USD)
    assert store.problems() == ()
    assert store.place


def test_a_closed_store_can_be_used_again(store):
    store.close()
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    assert len(all_rows(store, USD)) == 1


def test_markets_are_the_sorted_markets_with_rows(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10), ETHER: Ticks.of([NOW], [1.0], 10), EUR: Ticks.none()})
    assert list(store.markets()) == list(reopen().markets()) == [ETHER, USD]


def test_polling_returns_each_new_row_once(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    reader = reopen()
    old, cursor = reader.poll(None)
    assert not old
    store.append({USD: Ticks.of([NOW + 10], [2.0], 10), EUR: Ticks.of([NOW], [3.0], 10)})
    rows, cursor = poll_until(reader, cursor, 2)
    assert rows == {USD: [(NOW + 10, 2.0, 10, 0, "")], EUR: [(NOW, 3.0, 10, 0, "")]}
    assert not reader.poll(cursor)[0]


def test_a_cursor_of_an_empty_store_leads_to_the_first_row(store, reopen):
    reader = reopen()
    _, cursor = reader.poll(None)
    store.append({USD: Ticks.of([NOW], [1.0], 10)})
    assert poll_until(reader, cursor, 1)[0] == {USD: [(NOW, 1.0, 10, 0, "")]}


def test_polling_returns_late_backfill_and_the_next_hour(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    reader = reopen()
    _, cursor = reader.poll(None)
    store.append({USD: Ticks.of([NOW - 5 * HOUR, NOW - 9 * HOUR], [2.0, 3.0], 10, Origin.BACKFILL)})
    store.append({USD: Ticks.of([NOW + HOUR], [4.0], 10)})
    store.append({USD: Ticks.of([NOW + 10], [5.0], 10, Origin.BACKFILL)})
    store.append({USD: Ticks.of([NOW + HOUR + 10], [6.0], 10)})
    rows, cursor = poll_until(reader, cursor, 5)
    assert sorted(row[1] for row in rows[USD]) == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert not reader.poll(cursor)[0]


def test_a_cursor_can_be_used_again(store):
    _, cursor = store.poll(None)
    store.append({USD: Ticks.of([NOW], [1.0], 10)})
    first, _ = poll_until(store, cursor, 1)
    second, _ = poll_until(store, cursor, 1)
    assert first == second == {USD: [(NOW, 1.0, 10, 0, "")]}


def test_append_chosen_appends_and_returns_the_chosen_rows(store, reopen):
    append(store, {USD: Ticks.of([NOW - 1, NOW, NOW + 10], [1.0, 2.0, 3.0], 10)})
    offered = []

    def choose_missing(present):
        offered.append(rows_of(present))
        new = Ticks.of([NOW, NOW + 5], [4.0, 5.0], 10)
        return new[~np.isin(new.time, present.time)]

    for expected in ([(NOW + 5, 5.0, 10, 0, "")], []):
        assert rows_of(store.append_chosen(USD, NOW, NOW + 10, choose_missing)) == expected
        assert [row[1] for row in all_rows(reopen(), USD)] == [1.0, 2.0, 5.0, 3.0]
    assert offered[0] == [(NOW, 2.0, 10, 0, "")]


def test_no_other_writer_appends_while_rows_are_chosen(store, reopen):
    append(store, {USD: Ticks.of([NOW - HOUR], [1.0], 10)})
    order = []

    def write():
        reopen().append({USD: Ticks.of([NOW], [2.0], 10)})
        order.append("other writer")

    other_writer = threading.Thread(target=write)

    def choose(present):
        other_writer.start()
        other_writer.join(0.3)  # long enough to append, if it could
        order.append("chosen")
        return Ticks.of([NOW], [3.0], 10)

    store.append_chosen(USD, NOW, NOW + 1, choose)
    other_writer.join()
    assert order == ["chosen", "other writer"]


def test_a_purge_removes_and_counts_only_older_rows_of_its_market(store, reopen):
    if not store.can_purge:
        return
    times = [NOW - 3 * HOUR, NOW - 3 * HOUR + 5, NOW - HOUR, NOW]
    append(store, {market: Ticks.of(times, [1.0, 2.0, 3.0, 4.0], 10) for market in (USD, EUR)})
    assert store.purge(USD, NOW - HOUR + 7, dry_run=True) == 2
    assert store.purge(USD, NOW - HOUR + 7) == 2
    assert store.purge(USD, NOW - HOUR + 7) == 0
    assert [row[1] for row in all_rows(reopen(), USD)] == [3.0, 4.0]
    assert [row[1] for row in all_rows(reopen(), EUR)] == [1.0, 2.0, 3.0, 4.0]
    assert store.purge(ETHER, NOW) == 0


def test_a_market_without_rows_after_a_purge_is_not_listed_until_it_has_new_ones(store, reopen):
    if not store.can_purge:
        return
    append(store, {USD: Ticks.of([NOW, NOW - HOUR], [1.0, 2.0], 10)})
    reader = reopen()
    _, cursor = reader.poll(None)
    assert store.purge(USD, NOW * 2) == 2
    assert list(store.markets()) == []
    store.append({USD: Ticks.of([NOW - HOUR], [3.0], 10)})
    store.append({USD: Ticks.of([NOW - HOUR + 1], [4.0], 10)})
    rows, cursor = poll_until(reader, cursor, 2)
    assert [row[1] for row in rows[USD]] == [3.0, 4.0]
    assert list(reopen().markets()) == [USD]


def test_threads_can_append_read_and_poll_at_once(store, reopen):
    """Four threads append to hours of their own, a fifth polls and a sixth reads meanwhile."""
    _, start = store.poll(None)
    failures, seen, done = [], Counter(), threading.Event()

    def guarded(work):
        try:
            work()
        except (TrackerError, AssertionError, ValueError) as error:
            failures.append(error)

    def write(number):
        for step in range(15):
            store.append({USD: Ticks.of([NOW - number * HOUR + step], [number * 100.0 + step + 1], 10)})

    def poll():
        cursor, is_last = start, False
        while not is_last:
            is_last = done.is_set()
            batch, cursor = store.poll(cursor)
            seen.update(row for ticks in batch.values() for row in rows_of(ticks))

    def read():
        while not done.is_set():
            times = store.read(USD, 0, NOW * 2).time.tolist()
            assert times == sorted(set(times))

    writers = [threading.Thread(target=guarded, args=(lambda n=n: write(n),)) for n in range(4)]
    readers = [threading.Thread(target=guarded, args=(work,)) for work in (poll, read)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    appended = [(NOW - n * HOUR + step, n * 100.0 + step + 1, 10, 0, "") for n in range(4) for step in range(15)]
    assert all_rows(reopen(), USD) == sorted(appended)
    if not store.visible_after:
        assert seen == Counter(appended)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", list(OPEN))
@given(batches=st.lists(BATCH, max_size=6), cut=st.tuples(*[st.integers(NOW - 4 * HOUR, NOW + 2 * HOUR)] * 2))
def test_reading_and_polling_agree_with_a_simple_model(tmp_path_factory, name, batches, cut):
    place = tmp_path_factory.mktemp("store")
    store, reader = OPEN[name](place), OPEN[name](place)
    _, cursor = reader.poll(None)
    model = {market: [] for market in MARKETS}
    for batch in batches:
        store.append({market: ticks_of(rows) for market, rows in batch.items()})
        new, cursor = poll_until(reader, cursor, sum(map(len, batch.values())))
        for market in MARKETS:
            rows = batch.get(market, [])
            model[market] += rows
            assert Counter(new.get(market, [])) == Counter(rows)
    start, end = min(cut), max(cut)
    for market, rows in model.items():
        best = {}
        for row in sorted(rows, key=lambda row: (row[0], row[3] != Origin.LIVE, row[2])):  # stable: arrival counts last
            best.setdefault(row[0], row)
        expected = [row for time, row in best.items() if start <= time < end]
        assert rows_of(reader.read(market, start, end)) == expected
        assert reader.extent(market, start, end) == ((expected[0][0], expected[-1][0]) if expected else None)
