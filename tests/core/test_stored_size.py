"""How much a store holds, how fast it grows, and how that is written."""

import pytest

from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.stored_size import StoredSize, byte_text, measure
from tracker.core.ticks import Ticks

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
HOUR, DAY = 3_600_000, 86_400_000  # ms
NOW = 1795446000000 + 20 * 60_000  # 15:20
ROW = 32  # bytes in a MemoryStore


def prices(start, end, step):
    times = range(start, end, step)
    return Ticks.of(list(times), [1.0] * len(times), step)


def test_the_growth_a_day_is_that_of_the_last_whole_hour_where_the_past_was_filled_with_fewer_candles():
    store = MemoryStore()
    hour = NOW // HOUR * HOUR
    store.append({EUR: prices(hour - DAY, hour - HOUR, 60_000), USD: prices(hour - HOUR, NOW, 10_000)})
    rows = 23 * 60 + 360 + 120
    assert measure(store, NOW) == StoredSize(rows * ROW, 24 * 360 * ROW, hour - DAY)


def test_the_growth_a_day_is_that_of_the_last_day_where_the_last_hour_has_a_gap():
    store = MemoryStore()
    hour = NOW // HOUR * HOUR
    store.append({EUR: prices(hour - 2 * DAY, hour - HOUR, 60_000)})
    assert measure(store, NOW).a_day == 23 * 60 * ROW
    assert measure(store, NOW + 3 * DAY).a_day is None, "nothing was added for days"


def test_the_growth_is_unknown_before_a_whole_hour_and_an_empty_store_began_never():
    store = MemoryStore()
    assert measure(store, NOW) == StoredSize(0, None, None)
    store.append({EUR: prices(NOW - 60_000, NOW, 10_000)})
    assert measure(store, NOW) == StoredSize(6 * ROW, None, NOW - 60_000)


def test_the_growth_is_unknown_until_the_store_has_a_whole_hour_of_the_clock_from_its_first_price_on():
    store, hour = MemoryStore(), NOW // HOUR * HOUR
    store.append({EUR: prices(hour - 20_000, NOW, 10_000)})
    assert measure(store, NOW).a_day is None, "two prices of the hour before are no growth of a day"
    store.append({EUR: prices(NOW, hour + HOUR, 10_000)})
    assert measure(store, hour + HOUR).a_day == 24 * 360 * ROW


def test_a_store_that_does_not_know_its_size_has_none(monkeypatch):
    store = MemoryStore()
    monkeypatch.setattr(store, "size", lambda start=None, end=None: None)
    assert measure(store, NOW) is None


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (950, "950 B"),
        (1_000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (4_123_456, "4.1 MB"),
        (120e9, "120 GB"),
        (5.2e12, "5.2 TB"),
        (1.2e16, "12,000 TB"),
    ],
)
def test_a_size_is_written_with_two_or_three_digits(size, text):
    assert byte_text(size) == text
