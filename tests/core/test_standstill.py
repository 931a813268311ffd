"""Standstill: which markets have stopped moving, by the rows of several markets or by what an exchange states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.market_status import Failure, Outage, Stop
from tracker.core.ranking import ranking
from tracker.core.simulated_prices import CURRENCIES, prices
from tracker.core.standstill import UNMOVED_AFTER, stops_of, unmoved_since
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

EUR, GBP, USD = (Market("binance", "BTC", quote) for quote in ("EUR", "GBP", "USD"))
GOLD = Market("kraken", "PAXG", "USD")
STEP = 10 * SECOND
END = 1_763_900_000_000
DAY_ROWS = 8640


def of_prices(prices, step: int = STEP, end: int = END) -> Window:
    times = end - step * np.arange(len(prices))[::-1]
    return Window.of(Ticks.of(times, prices, step))


def moving(count: int = DAY_ROWS, step: int = STEP) -> Window:
    return of_prices(43_000 + np.arange(count) % 7, step)


def frozen(rows: int, before: int = 0) -> Window:
    """Return *before* rows that move and then *rows* of one price."""
    return of_prices([*(50_000 + np.arange(before) % 7), *[43_512.33] * rows])


def test_a_constant_price_beside_moving_markets_is_not_ranked():
    rows = {row.market: row for row in ranking({EUR: frozen(DAY_ROWS), USD: moving(), GBP: moving()})}
    assert (rows[EUR].rank, rows[EUR].coverage) == (None, 1)
    assert rows[EUR].unmoved_since == END - (DAY_ROWS - 1) * STEP
    assert (rows[USD].rank, rows[USD].unmoved_since, rows[USD].stop) == (1, None, None)


def test_a_market_that_moved_earlier_in_the_window_is_unmoved_since_the_first_row_of_its_last_price():
    windows = {EUR: frozen(rows=200, before=1000), USD: moving()}
    assert unmoved_since(windows) == {EUR: END - 199 * STEP}


def test_some_quiet_minutes_are_normal():
    assert unmoved_since({EUR: frozen(rows=180, before=1000), USD: moving()}) == {}
    assert unmoved_since({EUR: frozen(rows=181, before=1000), USD: moving()}) == {EUR: END - 30 * MINUTE}


def test_fewer_than_ten_rows_of_a_slow_cadence_are_no_standstill():
    nine, ten = of_prices([43_512.33] * 9, HOUR), of_prices([43_512.33] * 10, HOUR)
    assert unmoved_since({EUR: nine, USD: moving(20, HOUR)}) == {}
    assert unmoved_since({EUR: ten, USD: moving(20, HOUR)}) == {EUR: END - 9 * HOUR}


def test_a_single_market_of_its_base_is_never_judged_by_others():
    assert unmoved_since({GOLD: frozen(DAY_ROWS), USD: moving()}) == {}
    assert unmoved_since({EUR: frozen(DAY_ROWS)}) == {}
    assert unmoved_since({}) == {}


def test_no_market_is_unmoved_while_all_of_its_base_stand_still():
    assert unmoved_since({EUR: frozen(DAY_ROWS), USD: frozen(DAY_ROWS)}) == {}


def test_a_market_that_moved_before_the_standstill_but_not_during_it_shows_nothing():
    earlier = of_prices([*(43_000 + np.arange(1000)), *[44_000.0] * 400])
    assert EUR not in unmoved_since({EUR: frozen(rows=300, before=1000), USD: earlier})


def test_hourly_prices_that_have_not_changed_yet_are_no_standstill():
    """Each price stands for an hour in both markets; in one of them the new hour's price has just arrived."""
    hourly = np.repeat([43_000.0, 43_100.0, 43_200.0], 360)
    assert unmoved_since({EUR: of_prices(hourly[:-1]), USD: of_prices(hourly[360 - 359 :])}) == {}
    late = of_prices(hourly[1:])
    early = of_prices([*hourly[2:], 43_300.0])
    assert unmoved_since({EUR: late, USD: early}) == {}


@given(st.data())
def test_a_market_whose_price_changes_within_the_time_is_never_left_out(data):
    after = data.draw(st.integers(min_value=1, max_value=HOUR), label="after")
    steps = data.draw(st.lists(st.integers(1, 10 * MINUTE), min_size=2, max_size=60), label="steps")
    prices = data.draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=len(steps), max_size=len(steps)), label="prices")
    times = np.cumsum(steps)
    window = Window.of(Ticks.of(times, prices, 1))
    changes = times[1:][np.diff(prices) != 0]
    other = Window.of(Ticks.of(np.arange(1, 1000) * int(times[-1]) // 999 + np.arange(999), np.arange(1, 1000.0), 1))
    result = unmoved_since({EUR: window, USD: other}, after)
    if changes.size and times[-1] - changes[-1] < after:
        assert EUR not in result
    elif EUR in result:
        assert len(prices) >= 10
        assert result[EUR] == (changes[-1] if changes.size else times[0])


@given(st.data())
def test_a_market_is_unmoved_if_and_only_if_another_changed_twice_meanwhile(data):
    """Compared with counting all changes, of rows far enough apart that the search goes back in several steps."""
    count = data.draw(st.integers(20, 3000), label="rows")
    changes = data.draw(st.lists(st.integers(0, count - 1), max_size=4), label="changes")
    still = data.draw(st.integers(11, count), label="still")
    prices = np.ones(count)
    for change in changes:
        prices[change:] += 1
    frozen_prices = np.where(np.arange(count) < count - still, np.arange(count) + 10.0, 5.0)
    result = unmoved_since({EUR: of_prices(frozen_prices), USD: of_prices(prices)}, 10 * STEP)
    moves = np.count_nonzero(np.diff(prices[count - still :]))
    assert (EUR in result) == (moves >= 2)


def test_what_an_exchange_states_takes_a_market_out_of_the_rank():
    stop = Stop(END - 3 * HOUR, "cancel_only")
    first, second = ranking({EUR: moving(), USD: moving()}, stops={EUR: stop})
    assert (first.market, first.rank) == (USD, 1)
    assert (second.rank, second.unmoved_since, second.stop) == (None, stop.since, stop)


@pytest.mark.parametrize(
    ("cause", "stop"),
    [
        ("not traded: cancel_only", Stop(END - HOUR, "cancel_only")),
        ("not traded: BREAK: see the notice", Stop(END - HOUR, "BREAK: see the notice")),
        ("not traded", Stop(END - HOUR)),
        (Failure("not_traded", "coinbase", "cancel_only"), Stop(END - HOUR, "cancel_only")),
        (Failure("not_traded", "coinbase"), Stop(END - HOUR)),
        ("api.kraken.com answers 503 (Service Unavailable)", None),
        (Failure("unreachable", "kraken", "no answer"), None),
    ],
)
def test_the_outage_log_states_which_markets_were_not_traded(cause, stop):
    outages = [Outage(END - HOUR, END, EUR, cause), Outage(END - HOUR, END, None, "nobody collected")]
    assert stops_of(outages, {EUR: moving(), USD: moving()}) == ({EUR: stop} if stop else {})
    assert stops_of(outages, {USD: moving()}) == {}


@pytest.mark.parametrize(
    ("last_row", "is_stopped"),
    [(-HOUR, False), (-HOUR + 1, True), (0, True), (MINUTE, True), (10 * MINUTE, False)],
)
def test_a_stop_counts_for_a_last_price_from_its_beginning_to_its_end(last_row, is_stopped):
    """An ongoing one is logged once a minute."""
    window = of_prices([43_512.33] * 3, end=END + last_row)
    assert stops_of([Outage(END - HOUR, END, EUR, "not traded")], {EUR: window}) == (
        {EUR: Stop(END - HOUR)} if is_stopped else {}
    )


def test_a_stop_counts_also_after_the_rows_have_ended():
    ended = Window.of(frozen(100).ticks, DAY_ROWS * STEP, END + 5 * HOUR)
    assert stops_of([Outage(END - HOUR, END, EUR, "not traded")], {EUR: ended}) == {EUR: Stop(END - HOUR)}
    assert stops_of([Outage(END - HOUR, END, EUR, "not traded")], {EUR: Window.of(Ticks.none())}) == {}


def test_the_default_is_half_an_hour():
    assert UNMOVED_AFTER == 30 * MINUTE


def test_no_simulated_market_is_ever_taken_for_one_that_stands_still():
    markets = [Market("kraken", "BTC", code) for code in CURRENCIES if code != "BTC"]
    times = END + STEP * np.arange(1 - DAY_ROWS, 1)
    ticks = {market: Ticks.of(times, prices(42, market, times), STEP, Origin.SIMULATED) for market in markets}
    for end in times[::60]:
        windows = {market: Window.of(rows, 6 * HOUR, int(end)) for market, rows in ticks.items()}
        assert unmoved_since(windows) == {}
