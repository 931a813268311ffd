"""What every store must do when it is polled."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.opened_stores import EUR, HOUR, MARKETS, NOW, OPEN, USD, append, poll_until, rows_of, ticks_of
from tracker.core.ticks import Origin, Ticks

ROW = st.tuples(
    st.integers(NOW // 1000 - 3 * 3600, NOW // 1000 + 3600).map(lambda second: second * 1000)
    | st.integers(NOW, NOW + 99),
    st.floats(0.001, 1e6),
    st.sampled_from([250, 10_000, 60_000]),
    st.sampled_from([int(origin) for origin in Origin]),
    st.sampled_from(["", "coinbase", "bitstamp"]),
)
BATCH = st.dictionaries(st.sampled_from(MARKETS), st.lists(ROW, max_size=6), max_size=3)


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


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
