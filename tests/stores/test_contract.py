"""What every store must do, including the in-memory one of the tests."""

import contextlib

from tests.support.opened_stores import (
    ETHER,
    EUR,
    HOUR,
    NOW,
    OPEN,
    SAME_SLUG,
    USD,
    all_rows,
    append,
    poll_until,
    ticks_of,
)
from tracker.core.adapters import names
from tracker.core.errors import StoreError
from tracker.core.ticks import Origin, Ticks


def test_every_store_is_tested_here():
    assert {name.split()[0] for name in OPEN} == {"memory", *names("stores")}


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


def test_stored_rows_stay_those_of_their_market_whatever_is_configured(store, reopen):
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    misspelt = reopen(known=[SAME_SLUG])
    assert all_rows(misspelt, SAME_SLUG) == []
    assert misspelt.extent(SAME_SLUG) is None
    with contextlib.suppress(StoreError):
        append(misspelt, {SAME_SLUG: Ticks.of([NOW + 1], [2.0], 10)})
    for opened in (store, misspelt, reopen(), reopen(known=[])):
        assert all_rows(opened, USD) == [(NOW, 1.0, 10, 0, "")]
        assert opened.extent(USD) == (NOW, NOW)
        assert USD in opened.markets()


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


def test_the_size_grows_with_what_is_stored_and_is_that_of_the_period_asked_for(store, reopen):
    assert store.size() in (0, None)
    append(store, {USD: Ticks.of([NOW, NOW + 1000], [1.0, 2.0], 10), EUR: Ticks.of([NOW + 2 * HOUR], [1.0], 10)})
    sizes = [store.size(), store.size(NOW, NOW + HOUR), store.size(NOW + HOUR, None), store.size(None, NOW - 2 * HOUR)]
    if sizes[0] is not None:  # else the store does not know
        assert sizes[0] == sizes[1] + sizes[2]
        assert min(sizes[1:3]) > sizes[3] == 0
    assert reopen().size() == sizes[0]
