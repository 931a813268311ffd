"""TickFilter: an implausible price is held back until it is confirmed, and dropped only when refuted."""

import pytest

from tests.support.fakes import EUR, USD
from tracker.collector.checks.tick_filter import (
    CONFIRMATIONS,
    CONFIRMATIONS_AGAINST,
    REFERENCE_AGE,
    TickFilter,
)
from tracker.core.durations import HOUR, MINUTE
from tracker.core.ticks import Ticks


def row(slot, price):
    return Ticks.of([slot * 10_000], [price], 10_000)


def slots(ticks):
    return [int(time) // 10_000 for time in ticks.time]


@pytest.fixture
def tick_filter():
    result = TickFilter(0.1)
    result.set_reference(EUR, row(1, 100.0))
    return result


@pytest.mark.parametrize(
    ("price", "plausible"), [(100.0, True), (109.9, True), (91.0, True), (111.0, False), (89.0, False), (1e9, False)]
)
def test_a_price_near_the_previous_one_is_plausible(tick_filter, price, plausible):
    assert tick_filter.check(EUR, row(2, price)) is plausible


def test_a_price_without_a_recent_reference_is_neither_plausible_nor_implausible(tick_filter):
    assert tick_filter.check(USD, row(2, 5.0)) is None
    assert tick_filter.check(EUR, Ticks.of([10_000 + REFERENCE_AGE + 1], [105.0], 10_000)) is None


@pytest.mark.parametrize("minutes", [1, 58, 60, 62, 24 * 60, 30 * 24 * 60])
def test_a_tenth_of_the_last_price_is_implausible_however_long_ago_that_was(minutes):
    tick_filter = TickFilter(0.1)
    tick_filter.set_reference(EUR, Ticks.of([MINUTE], [8685.55], 10_000))
    after = Ticks.of([(1 + minutes) * MINUTE], [805.95], 10_000)
    assert tick_filter.check(EUR, after) is False
    assert len(tick_filter.confirm(EUR, after, None)) == 0


@pytest.mark.parametrize(("hours", "factor"), [(2, 0.6), (2, 1.7), (24, 0.4), (24, 3.0), (1000, 0.4), (1000, 3.0)])
def test_a_market_may_move_while_nobody_collects(hours, factor):
    """Neither plausible nor implausible: without another exchange to ask, such a price is accepted at once."""
    tick_filter = TickFilter(0.1)
    tick_filter.set_reference(EUR, Ticks.of([MINUTE], [100.0], 10_000))
    after = Ticks.of([MINUTE + hours * HOUR], [100.0 * factor], 10_000)
    assert tick_filter.check(EUR, after) is None
    assert len(tick_filter.confirm(EUR, after, None)) == 1


def test_repetition_confirms_a_jump_over_an_outage_unless_the_exchange_s_own_candle_contradicts_it():
    confirmed = {}
    for candle_close in (None, 806.0, 8685.0):
        tick_filter = TickFilter(0.1)
        tick_filter.set_reference(EUR, row(1, 8685.55))
        late = 2 + REFERENCE_AGE // 10_000
        rows = [tick_filter.confirm(EUR, row(late + poll, 805.95), None, candle_close) for poll in range(50)]
        confirmed[candle_close] = sum(map(len, rows))
    assert confirmed == {None: 50 - 2, 806.0: 50 - 2, 8685.0: 0}


def test_rises_and_falls_are_treated_alike(tick_filter):
    assert tick_filter.agree(100.0, 110.0) == tick_filter.agree(110.0, 100.0) is True
    assert tick_filter.agree(100.0, 111.0) == tick_filter.agree(111.0, 100.0) is False


def test_another_exchange_that_agrees_confirms_at_once(tick_filter):
    assert slots(tick_filter.confirm(EUR, row(2, 200.0), 199.0)) == [2]
    assert tick_filter.check(EUR, row(3, 201.0))


def test_repetition_does_not_confirm_a_price_that_another_exchange_contradicts(tick_filter):
    assert all(len(tick_filter.confirm(EUR, row(slot, 200.0), 100.0)) == 0 for slot in range(2, 50))
    assert tick_filter.check(EUR, row(50, 101.0))


def test_held_back_rows_keep_their_slots_once_confirmed(tick_filter):
    for slot in (2, 3):
        tick_filter.confirm(EUR, row(slot, 200.0), 100.0)
    assert slots(tick_filter.confirm(EUR, row(4, 201.0), 200.0)) == [2, 3, 4]


def test_repetition_confirms_a_price_when_no_other_exchange_can_be_asked(tick_filter):
    confirmed = [slots(tick_filter.confirm(EUR, row(slot, 200.0 + slot), None)) for slot in range(2, 2 + CONFIRMATIONS)]
    assert confirmed == [[]] * (CONFIRMATIONS - 1) + [list(range(2, 2 + CONFIRMATIONS))]


def test_prices_that_contradict_each_other_confirm_nothing(tick_filter):
    assert all(
        len(tick_filter.confirm(EUR, row(slot, 5.0 if slot % 2 else 5000.0), None)) == 0 for slot in range(2, 60)
    )


def test_a_plausible_price_refutes_held_back_ones(tick_filter):
    tick_filter.confirm(EUR, row(2, 200.0), None)
    tick_filter.set_reference(EUR, row(3, 100.0))
    assert slots(tick_filter.confirm(EUR, row(4, 200.0), None)) == []
    assert slots(tick_filter.confirm(EUR, row(5, 200.0), 200.0)) == [4, 5]


def test_a_first_price_is_accepted_unless_another_exchange_contradicts_it():
    tick_filter = TickFilter(0.1)
    assert slots(tick_filter.confirm(USD, row(2, 1.0), 100.0)) == []
    assert slots(tick_filter.confirm(USD, row(3, 101.0), 100.0)) == [3]
    assert slots(tick_filter.confirm(EUR, row(2, 1.0), None)) == [2]


def test_the_number_of_held_back_rows_is_bounded(tick_filter, monkeypatch):
    monkeypatch.setattr("tracker.collector.checks.tick_filter.MAX_HELD_BACK", 20)

    def row_at_second(number):
        return Ticks.of([10_000 + 1000 * number], [200.0], 1000)

    for number in range(1, 70):
        tick_filter.confirm(EUR, row_at_second(number), 100.0)
    assert len(tick_filter.confirm(EUR, row_at_second(70), 200.0)) == 20 + 1


@pytest.mark.parametrize("before", [None, row(1, 3.0)])
def test_without_a_recent_price_the_own_exchange_takes_precedence_over_a_stand_in(before):
    tick_filter = TickFilter(0.1)
    if before is not None:
        tick_filter.set_reference(EUR, before)
    late = 2 + REFERENCE_AGE // 10_000
    stand_in = Ticks.of([10_000 * late], [5.0], 10_000, exchange="coinbase")
    confirmed = []
    for slot in range(late, late + CONFIRMATIONS_AGAINST):
        confirmed.append(slots(tick_filter.confirm(EUR, row(slot, 100.0), 5.0)))
        if slot == late:
            assert len(tick_filter.confirm(EUR, stand_in, 100.0)) == 0
    assert confirmed == [[]] * (CONFIRMATIONS_AGAINST - 1) + [list(range(late, late + CONFIRMATIONS_AGAINST))]


@pytest.mark.parametrize(("price", "late"), [(100.0, 6), (112.0, 240), (100.0, 1000)])
def test_a_stand_in_with_other_prices_does_not_keep_the_own_exchange_out(tick_filter, price, late):
    confirmed = []
    for slot in range(2, late + CONFIRMATIONS_AGAINST):
        if slot >= late:
            confirmed.append(slots(tick_filter.confirm(EUR, row(slot, price), 1000.0)))
        tick_filter.set_reference(EUR, Ticks.of([10_000 * slot], [1000.0], 10_000, exchange="coinbase"))
    assert confirmed == [[]] * (CONFIRMATIONS_AGAINST - 1) + [list(range(late, late + CONFIRMATIONS_AGAINST))]


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 100.0])
def test_an_own_exchange_with_wrong_prices_is_not_accepted_while_it_is_contradicted(tick_filter, factor, monkeypatch):
    monkeypatch.setattr("tracker.collector.checks.tick_filter.MAX_HELD_BACK", 20)  # so that old ones are dropped
    for slot in range(2, 2 * REFERENCE_AGE // 10_000):
        tick_filter.set_reference(EUR, Ticks.of([10_000 * slot], [100.0], 10_000, exchange="coinbase"))
        assert len(tick_filter.confirm(EUR, row(slot, 100.0 * factor), 100.0)) == 0


def test_repetition_does_not_confirm_a_stand_in_that_the_own_exchange_contradicts():
    tick_filter = TickFilter(0.1)
    rows = [Ticks.of([10_000 * slot], [5.0], 10_000, exchange="coinbase") for slot in range(2, 50)]
    assert all(len(tick_filter.confirm(EUR, stand_in_row, 100.0)) == 0 for stand_in_row in rows)


def test_a_slot_is_held_back_once_and_the_own_exchange_takes_precedence_in_it(tick_filter):
    stand_in = Ticks.of([20_000], [200.0], 10_000, exchange="coinbase")
    tick_filter.confirm(EUR, stand_in, 100.0)
    tick_filter.confirm(EUR, row(2, 201.0), 100.0)
    tick_filter.confirm(EUR, stand_in, 100.0)
    confirmed = tick_filter.confirm(EUR, row(3, 200.0), 200.0)
    assert (slots(confirmed), confirmed.price.tolist()) == ([2, 3], [201.0, 200.0])


def test_a_slot_does_not_confirm_itself(tick_filter):
    assert all(len(tick_filter.confirm(EUR, row(2, 200.0), None)) == 0 for _ in range(CONFIRMATIONS + 1))


def candles(*prices):
    return Ticks.of([60_000 * (n + 1) for n in range(len(prices))], list(prices), 60_000)


def candle(minute, price):
    return Ticks.none() if price is None else Ticks.of([60_000 * minute], [price], 60_000)


@pytest.mark.parametrize(
    ("prices", "before", "after", "marks"),
    [
        ([100, 101, 102], 100, 103, "yyy"),
        ([100, 1000, 102], 100, 103, "yny"),
        ([1000, 1000, 1000], 100, 103, "nnn"),
        ([100, 130, 131], 100, 132, "yyy"),
        ([100, 108, 116, 125], 100, None, "yyyy"),
        ([1000, 101], None, 100, "ny"),
        ([5, 5000], None, None, "yy"),
        ([], 100, 100, ""),
        ([120, 120, 120, 120, 100], None, 100, "ynnny"),
    ],
    ids=str,
)
def test_candles_reached_in_plausible_steps_from_either_side_are_plausible(tick_filter, prices, before, after, marks):
    result = tick_filter.plausible_candles(candles(*prices), candle(0, before), candle(len(prices) + 1, after))
    assert ["y" if is_plausible else "n" for is_plausible in result] == list(marks)


def test_candles_of_a_day_may_differ_more_than_candles_of_a_minute(tick_filter):
    day = 86_400_000
    result = tick_filter.plausible_candles(
        Ticks.of([day, 2 * day], [100.0, 150.0], day), Ticks.of([1], [80.0], day), Ticks.none()
    )
    assert result.tolist() == [True, True]


def test_a_row_far_away_in_time_is_not_used(tick_filter):
    far = Ticks.of([60_000 * 3 + REFERENCE_AGE], [1.0], 60_000)
    assert tick_filter.plausible_candles(candles(100, 100), Ticks.none(), far).tolist() == [True, True]


@pytest.mark.parametrize("wrong", [10.0, 1000.0])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_wrong_row_beside_a_gap_does_not_decide_about_its_candles(tick_filter, wrong, at):
    prices = [100.0, 101.0, 102.0]
    prices[at] = wrong
    rows = Ticks.of([60_000 * minute for minute in (4, 5, 6)], prices, 60_000)
    assert tick_filter.plausible_candles(candles(100, 101, 500), Ticks.none(), rows).tolist() == [True, True, False]
    earlier = Ticks.of([60_000 * minute for minute in (-2, -1, 0)], prices, 60_000)
    assert tick_filter.plausible_candles(candles(100, 101, 500), earlier, Ticks.none()).tolist() == [True, True, False]
