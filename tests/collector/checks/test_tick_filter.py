"""Guard: an implausible price is held back until confirmed, and lost only when refuted."""

import pytest

from tests.support.fakes import EUR, USD
from tracker.collector.checks.tick_filter import (
    CONFIRMATIONS,
    CONFIRMATIONS_AGAINST,
    MOST_HELD,
    REFERENCE_AGE,
    TickFilter,
)
from tracker.core.ticks import Ticks


def row(slot, price):
    return Ticks.of([slot * 10_000], [price], 10_000)


def slots(ticks):
    return [int(time) // 10_000 for time in ticks.time]


@pytest.fixture
def guard():
    found = TickFilter(0.1)
    found.accept(EUR, row(1, 100.0))
    return found


@pytest.mark.parametrize(
    ("price", "believed"), [(100.0, True), (109.9, True), (91.0, True), (111.0, False), (89.0, False), (1e9, False)]
)
def test_a_price_near_the_one_before_is_believed(guard, price, believed):
    assert guard.believes(EUR, row(2, price)) is believed


def test_nothing_is_said_of_a_market_without_a_price_or_with_one_that_is_long_ago(guard):
    assert guard.believes(USD, row(2, 5.0)) is None
    assert guard.believes(EUR, Ticks.of([10_000 + REFERENCE_AGE + 1], [5.0], 10_000)) is None


def test_up_and_down_are_judged_alike(guard):
    assert guard.agree(100.0, 110.0) == guard.agree(110.0, 100.0) is True
    assert guard.agree(100.0, 111.0) == guard.agree(111.0, 100.0) is False


def test_another_exchange_that_agrees_confirms_at_once(guard):
    assert slots(guard.judge(EUR, row(2, 200.0), 199.0)) == [2]
    assert guard.believes(EUR, row(3, 201.0))


def test_another_exchange_that_disagrees_holds_back_however_often_it_is_repeated(guard):
    assert all(len(guard.judge(EUR, row(slot, 200.0), 100.0)) == 0 for slot in range(2, 50))
    assert guard.believes(EUR, row(50, 101.0))


def test_what_was_held_back_is_kept_with_its_own_slots_once_confirmed(guard):
    for slot in (2, 3):
        guard.judge(EUR, row(slot, 200.0), 100.0)
    assert slots(guard.judge(EUR, row(4, 201.0), 200.0)) == [2, 3, 4]


def test_where_nobody_can_be_asked_repetition_confirms(guard):
    judged = [slots(guard.judge(EUR, row(slot, 200.0 + slot), None)) for slot in range(2, 2 + CONFIRMATIONS)]
    assert judged == [[]] * (CONFIRMATIONS - 1) + [list(range(2, 2 + CONFIRMATIONS))]


def test_prices_that_contradict_each_other_confirm_nothing(guard):
    assert all(len(guard.judge(EUR, row(slot, 5.0 if slot % 2 else 5000.0), None)) == 0 for slot in range(2, 60))


def test_a_plausible_price_refutes_what_was_held_back(guard):
    guard.judge(EUR, row(2, 200.0), None)
    guard.accept(EUR, row(3, 100.0))
    assert slots(guard.judge(EUR, row(4, 200.0), None)) == []
    assert slots(guard.judge(EUR, row(5, 200.0), 200.0)) == [4, 5]


def test_a_first_price_is_believed_only_if_nobody_says_otherwise():
    guard = TickFilter(0.1)
    assert slots(guard.judge(USD, row(2, 1.0), 100.0)) == []
    assert slots(guard.judge(USD, row(3, 101.0), 100.0)) == [3]
    assert slots(guard.judge(EUR, row(2, 1.0), None)) == [2]


def test_what_is_held_back_stays_bounded(guard):
    def second(number):
        return Ticks.of([10_000 + 1000 * number], [200.0], 1000)

    for number in range(1, MOST_HELD + 50):
        guard.judge(EUR, second(number), 100.0)
    assert len(guard.judge(EUR, second(2000), 200.0)) == MOST_HELD + 1


@pytest.mark.parametrize("before", [None, row(1, 3.0)])
def test_without_a_price_of_before_the_market_s_own_exchange_goes_before_a_stand_in_that_denies_it(before):
    guard = TickFilter(0.1)
    if before is not None:
        guard.accept(EUR, before)
    late = 2 + REFERENCE_AGE // 10_000
    stand_in = Ticks.of([10_000 * late], [5.0], 10_000, exchange="coinbase")
    judged = []
    for slot in range(late, late + CONFIRMATIONS_AGAINST):
        judged.append(slots(guard.judge(EUR, row(slot, 100.0), 5.0)))
        if slot == late:
            assert len(guard.judge(EUR, stand_in, 100.0)) == 0
    assert judged == [[]] * (CONFIRMATIONS_AGAINST - 1) + [list(range(late, late + CONFIRMATIONS_AGAINST))]


@pytest.mark.parametrize(("price", "late"), [(100.0, 6), (112.0, 240), (100.0, 1000)])
def test_a_stand_in_that_has_taken_over_does_not_keep_the_own_exchange_out(guard, price, late):
    judged = []
    for slot in range(2, late + CONFIRMATIONS_AGAINST):
        if slot >= late:
            judged.append(slots(guard.judge(EUR, row(slot, price), 1000.0)))
        guard.accept(EUR, Ticks.of([10_000 * slot], [1000.0], 10_000, exchange="coinbase"))
    assert judged == [[]] * (CONFIRMATIONS_AGAINST - 1) + [list(range(late, late + CONFIRMATIONS_AGAINST))]


@pytest.mark.parametrize("factor", [0.1, 0.5, 2.0, 100.0])
def test_an_own_exchange_that_broke_does_not_come_back_while_it_is_denied(guard, factor):
    for slot in range(2, 2000):
        guard.accept(EUR, Ticks.of([10_000 * slot], [100.0], 10_000, exchange="coinbase"))
        assert len(guard.judge(EUR, row(slot, 100.0 * factor), 100.0)) == 0


def test_a_stand_in_that_the_own_exchange_denies_is_not_confirmed_by_repetition():
    guard = TickFilter(0.1)
    rows = [Ticks.of([10_000 * slot], [5.0], 10_000, exchange="coinbase") for slot in range(2, 50)]
    assert all(len(guard.judge(EUR, each, 100.0)) == 0 for each in rows)


def test_one_slot_is_held_once_and_the_market_s_own_price_goes_before_a_stand_in_s(guard):
    via = Ticks.of([20_000], [200.0], 10_000, exchange="coinbase")
    guard.judge(EUR, via, 100.0)
    guard.judge(EUR, row(2, 201.0), 100.0)
    guard.judge(EUR, via, 100.0)
    kept = guard.judge(EUR, row(3, 200.0), 200.0)
    assert (slots(kept), kept.price.tolist()) == ([2, 3], [201.0, 200.0])


def test_one_slot_confirms_once(guard):
    assert all(len(guard.judge(EUR, row(2, 200.0), None)) == 0 for _ in range(CONFIRMATIONS + 1))


def candles(*prices):
    return Ticks.of([60_000 * (n + 1) for n in range(len(prices))], list(prices), 60_000)


def one(minute, price):
    return Ticks.none() if price is None else Ticks.of([60_000 * minute], [price], 60_000)


@pytest.mark.parametrize(
    ("prices", "before", "after", "fits"),
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
def test_candles_fit_when_plausible_steps_lead_to_them_from_either_side(guard, prices, before, after, fits):
    found = guard.fitting(candles(*prices), one(0, before), one(len(prices) + 1, after))
    assert ["y" if fit else "n" for fit in found] == list(fits)


def test_a_day_s_candles_may_stray_further_than_a_minute_s(guard):
    day = 86_400_000
    found = guard.fitting(Ticks.of([day, 2 * day], [100.0, 150.0], day), Ticks.of([1], [80.0], day), Ticks.none())
    assert found.tolist() == [True, True]


def test_a_row_that_is_far_away_in_time_tells_nothing(guard):
    far = Ticks.of([60_000 * 3 + REFERENCE_AGE], [1.0], 60_000)
    assert guard.fitting(candles(100, 100), Ticks.none(), far).tolist() == [True, True]
