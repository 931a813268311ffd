"""What every store that can purge must do."""

from tests.support.opened_stores import ETHER, EUR, HOUR, NOW, USD, all_rows, append, poll_until
from tracker.core.ticks import Ticks


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
