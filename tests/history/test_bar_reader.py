"""Reading a past period as bars equals reading it as rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.memory_store import MemoryStore
from tracker.core.bar_window import BarWindow
from tracker.core.bars import COARSE, FINE, MEDIUM
from tracker.core.cross_market import cross_rates, return_step, shared_variance
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ranking import ranking
from tracker.core.standstill import unmoved_since
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.history.bar_reader import read_bar_window, read_bar_windows, read_window

EUR, USD, GBP = (Market("kraken", "BTC", quote) for quote in ("EUR", "USD", "GBP"))
SPANS = st.integers(26, 80).map(lambda hours: hours * HOUR) | st.integers(26 * HOUR, 3 * DAY)
LONG = st.sampled_from([32 * DAY, 100 * DAY, 401 * DAY])


class CountingStore(MemoryStore):
    """Keeps what was asked for."""

    def __init__(self, rows: Ticks) -> None:
        super().__init__()
        self.append({USD: rows})
        self.read_spans: list[int] = []
        self.steps: list[int] = []

    def read(self, market, start, end):
        self.read_spans.append(end - start)
        return super().read(market, start, end)

    def bars(self, market, start, end, step):
        self.steps.append(step)
        before = list(self.read_spans)
        made = super().bars(market, start, end, step)
        self.read_spans = before  # a store that keeps bars reads none for them
        return made


def store_of(**rows: Ticks) -> MemoryStore:
    store = MemoryStore()
    store.append({Market("kraken", "BTC", quote): ticks for quote, ticks in rows.items()})
    return store


def walk(days: float, seed: int, every: int = MINUTE, start: int = FIRST_DAY) -> Ticks:
    number = int(days * DAY / every)
    prices = 40_000 * np.exp(np.random.default_rng(seed).normal(size=number).cumsum() / 1000)
    return Ticks.of(start + every * np.arange(1, number + 1), prices, every)


@given(ROWS, SPANS | LONG, st.integers(0, 3 * DAY))
def test_a_long_period_of_bars_states_what_its_rows_do(rows, span, after):
    store, end = store_of(USD=rows), FIRST_DAY + after
    window, bars = read_window(store, USD, span, end), read_bar_window(store, USD, span, end)
    assert isinstance(bars, BarWindow)
    for name in ("start", "end", "count", "coverage", "gaps", "interval_weights"):
        assert getattr(bars, name) == getattr(window, name), name
    with np.errstate(invalid="ignore"):
        for measure in MEASURES.values():
            expected = pytest.approx(measure.function(window), rel=1e-9, abs=0, nan_ok=True)
            assert measure.function(bars) == expected, measure.name


@given(ROWS, ROWS, ROWS, SPANS | LONG)
def test_ranks_standstill_and_cross_rates_are_those_of_the_rows(usd, eur, gbp, span):
    store = store_of(USD=usd, EUR=eur, GBP=gbp)
    end = FIRST_DAY + 2 * DAY
    rows, bars = (
        {market: read(store, market, span, end) for market in (USD, EUR, GBP)}
        for read in (read_window, read_bar_window)
    )
    assert return_step(bars) == return_step(rows)
    assert unmoved_since(bars) == unmoved_since(rows)
    expected, rates = cross_rates(rows, USD), cross_rates(bars, USD)
    assert rates == pytest.approx(expected, nan_ok=True)
    with np.errstate(invalid="ignore"):
        ranks = [{row.market: (row.rank, row.unmoved_since) for row in ranking(each, floor=0)} for each in (rows, bars)]
    values = [MEASURES["relative_standard_deviation"].function(window) for window in rows.values() if window.count > 1]
    if len(set(values)) == len(values) and min(np.diff(sorted(values)), default=1) > 1e-12:  # none is nearly another
        assert ranks[1] == ranks[0]


@pytest.mark.parametrize(("days", "every"), [(3, MINUTE), (40, 10 * MINUTE), (420, HOUR)])
def test_shared_variance_is_that_of_the_rows_and_reads_none(days, every):
    parts = {quote: walk(days, seed, every) for seed, quote in enumerate(("USD", "EUR", "GBP"))}
    parts["EUR"] = parts["EUR"][np.arange(len(parts["EUR"])) % 700 > 20]  # with gaps
    store, end = store_of(**parts), FIRST_DAY + days * DAY - 77_000
    markets = (USD, EUR, GBP)
    rows = {market: read_window(store, market, days * DAY, end) for market in markets}
    bars = {market: read_bar_window(store, market, days * DAY, end) for market in markets}
    store.rows.clear()
    shares = shared_variance(bars)
    assert list(shares.values()) == pytest.approx(list(shared_variance(rows).values()), rel=1e-9)
    assert not any(map(math.isnan, shares.values()))


@pytest.mark.parametrize(
    ("span", "steps"),
    [(31 * DAY, [FINE]), (32 * DAY, [MEDIUM]), (400 * DAY, [MEDIUM]), (401 * DAY, [MEDIUM, MEDIUM, COARSE])],
)
def test_only_the_hours_at_both_ends_are_read_as_rows(span, steps):
    end = FIRST_DAY + 20 * DAY + 90 * MINUTE + 5
    store = CountingStore(walk(21, 1))
    window = read_bar_window(store, USD, span, end)
    assert window.count == 20 * 1440 + 90
    assert sorted(store.steps) == steps
    assert len(store.read_spans) == 2
    assert max(store.read_spans) <= HOUR


def test_several_markets_are_read_in_their_order():
    store, end = store_of(USD=walk(2, 1), EUR=walk(2, 2)), FIRST_DAY + 2 * DAY
    windows = read_bar_windows(store, [USD, GBP, EUR], 2 * DAY, end)
    expected = {market: read_bar_window(store, market, 2 * DAY, end) for market in (USD, GBP, EUR)}
    assert list(windows) == list(expected)
    assert [window.last_price for window in windows.values()] == pytest.approx(
        [window.last_price for window in expected.values()], nan_ok=True
    )
    assert read_bar_windows(store, [], 2 * DAY, end) == {}


def test_an_error_of_one_market_is_that_of_all():
    class Broken(MemoryStore):
        def bars(self, market, start, end, step):
            raise StoreError(f"cannot read {market}")

    with pytest.raises(StoreError, match="cannot read kraken"):
        read_bar_windows(Broken(), [USD, EUR], 2 * DAY, FIRST_DAY)


@given(st.sampled_from([1, HOUR, 25 * HOUR]))
def test_up_to_25_hours_are_rows(span):
    window = read_bar_window(store_of(USD=walk(2, 1)), USD, span, FIRST_DAY + 2 * DAY)
    assert isinstance(window, Window)
    assert window.span == span


def test_a_span_that_begins_before_1970_has_what_is_stored():
    window = read_bar_window(store_of(USD=walk(2, 1)), USD, 2 * FIRST_DAY, FIRST_DAY + 2 * DAY)
    assert (window.start, window.count) == (2 * DAY - FIRST_DAY, 2 * 1440)
