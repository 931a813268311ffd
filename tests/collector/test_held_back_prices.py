"""Collector: implausible prices are held back, verified with another exchange, and kept or dropped."""

import asyncio

import pytest

from tests.support.collector_world import PRICES, START, StandInWorld, always, jump
from tests.support.fakes import EUR, USD, run
from tracker.collector.checks.cross_check import CANDLE_AGE, QUOTE_AGE
from tracker.collector.checks.tick_filter import CONFIRMATIONS
from tracker.collector.schedule import Feed
from tracker.core.errors import Refused, Unreachable
from tracker.core.market_status import HeldBack
from tracker.core.ticks import Ticks


def test_a_jump_that_the_other_exchange_contradicts_is_held_back_and_counted():
    world = StandInWorld(jump(25, 45), always()).run(100)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert world.status().held_back_count == 2
    assert world.status().held_back_reason is None


def test_the_status_has_both_prices_while_one_is_held_back():
    world = StandInWorld(jump(25, 10_000), always()).run(36)
    assert world.status().held_back_reason == HeldBack(5000.0, "other", 100.0)


def test_while_prices_stay_held_back_the_stand_in_provides_them():
    world = StandInWorld(jump(25, 10_000), always()).run(200)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert world.rows()[-1][2] == "other"


def test_a_jump_that_the_other_exchange_confirms_loses_no_slot():
    world = StandInWorld(jump(25, 10_000, 2.0), jump(25, 10_000, 2.0)).run(99)
    assert [time for time, _, _ in world.rows()] == list(range(0, 100, 10))
    assert world.status().held_back_count == 0


def test_a_jump_confirmed_late_is_written_with_all_the_slots_that_were_held_back():
    world = StandInWorld(jump(25, 10_000, 2.0), jump(35, 10_000, 2.0)).run(99)
    assert sorted(time for time, _, _ in world.rows()) == list(range(0, 100, 10))
    assert {price for time, price, _ in world.rows() if time > 25} == {200.0}
    assert world.status().held_back_count == 1


def test_without_another_exchange_repetition_confirms_a_jump_and_no_slot_is_lost():
    world = StandInWorld(jump(25, 10_000, 2.0), always(), stand_ins=()).run(99)
    assert [time for time, _, _ in world.rows()] == list(range(0, 100, 10))
    assert world.status().held_back_count == CONFIRMATIONS - 1


def test_a_single_implausible_price_without_another_exchange_is_dropped():
    world = StandInWorld(jump(25, 35, 1000.0), always(), stand_ins=()).run(99)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert 30.0 not in [time for time, _, _ in world.rows()]


def test_another_exchange_that_fails_does_not_delay_plausible_prices():
    world = StandInWorld(jump(25, 35), lambda path, at: Unreachable("other answers 500")).run(99)
    assert [time for time, _, _ in world.rows(USD)] == [time for time in range(0, 100, 10) if time != 30]


def test_another_exchange_that_hangs_delays_no_poll_and_is_not_asked_at_each():
    world = StandInWorld(jump(25, 10_000, 2.0), always(), every=1000)
    world.networks["other"].takes = 20.0
    world.run(60)
    assert sorted(time for time, _, _ in world.rows(USD)) == list(range(61))
    requests = world.networks["other"].paths("/ticker")
    assert len(requests) <= 2 + 60 / QUOTE_AGE


def test_a_quote_of_the_other_exchange_is_used_for_several_polls():
    world = StandInWorld(jump(25, 10_000), always(), every=1000).run(60)
    requests = [time for time in world.networks["other"].paths("/ticker?btceur") if time - START < 28]
    assert len(requests) <= 2
    assert 5000.0 not in {price for _, price, _ in world.rows()}


def test_a_stand_in_with_wrong_prices_does_not_hold_back_the_own_exchange():
    world = StandInWorld(always(), always({"btceur": 5.0})).run(199)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert sorted(time for time, _, _ in world.rows()) == list(range(0, 200, 10))


def test_history_is_requested_once_the_price_is_no_longer_held_back():
    world = StandInWorld(jump(-1, 45), always())
    run(world.collect(), 44)
    assert world.networks["fake"].paths("/history/btceur") == []
    world = StandInWorld(jump(-1, 45), always())
    run(world.collect(), 60)
    assert world.networks["fake"].paths("/history/btceur") != []


def test_history_is_not_requested_from_the_stand_in_while_the_first_price_is_being_verified():
    world = StandInWorld(always(), always())
    world.networks["other"].takes = 1.0  # so the first price of EUR is verified after that of USD was written
    world.run(60)
    requested_at = world.networks["fake"].paths("/history/btceur")
    assert START + 1 <= min(requested_at) <= max(requested_at) <= START + 12
    assert world.networks["other"].paths("/history/btceur") != []  # the history of fake was empty
    assert min(world.networks["other"].paths("/history/btceur")) >= START + 1


def test_another_exchange_that_refuses_one_pair_is_still_asked_about_others():
    def refuse_usd(path, at):
        return Refused("Unknown pair") if "btcusd" in path else PRICES

    world = StandInWorld(jump(25, 10_000), refuse_usd)
    world.feeds = [Feed(market, 10_000, ("other",)) for market in (EUR, USD)]
    world.networks["fake"].takes = 0.3  # otherwise the stand-in's poll finds the refused pair first
    world.run(200)
    assert {price for _, price, _ in world.rows()} == {100.0}


def test_the_queue_of_prices_to_verify_stays_bounded_while_the_other_exchange_is_slow(monkeypatch):
    lengths, real_put = [], asyncio.Queue.put_nowait

    def recording_put(queue, rows):
        real_put(queue, rows)
        lengths.append(queue.qsize())

    monkeypatch.setattr(asyncio.Queue, "put_nowait", recording_put)
    monkeypatch.setattr("tracker.collector.checks.cross_check.QUOTE_AGE", 0.0)
    prices = iter(range(1, 10_000))
    world = StandInWorld(lambda path, at: {"btceur": 10.0 ** (next(prices) % 7), "btcusd": 110.0}, always(), every=1000)
    world.networks["other"].takes = 8.0
    world.run(200)
    assert max(lengths) <= 5


def test_rows_confirmed_late_are_the_only_ones_of_their_slots():
    """Prices of the own exchange and of the stand-in were held back in the same slots."""
    world = StandInWorld(
        jump(25, 10_000, 2.0), lambda path, at: PRICES if at < 25 else jump(0, 10_000, 2.2)(path, at)
    ).run(200)
    times = [time for time, _, _ in world.rows()]
    assert len(times) == len(set(times))


def test_the_first_price_of_a_new_term_is_compared_with_the_stored_prices():
    world = StandInWorld(jump(-1, 15, 50.0), always(), stand_ins=())
    world.store.append({EUR: Ticks.of([int(START - 60) * 1000], [100.0], 10_000)})
    world.run(60)
    assert 5000.0 not in [price for _, price, _ in world.rows()]


def test_an_implausible_level_is_not_backfilled_either():
    """Prices and candles of the own exchange jump tenfold for ten minutes; no other exchange has candles."""

    def level(at):
        return 1000.0 if 300 < at < 900 else 100.0

    def ticker(path, at):
        # Unreachable for a while afterwards: its return triggers a backfill of all gaps, old ones too.
        return Unreachable("away") if 1000 < at < 1080 else {"btceur": level(at), "btcusd": 110.0}

    world = StandInWorld(ticker, always())
    respond_prices = world.networks["fake"].respond

    def respond(path, now):
        if not path.startswith("/history/btceur"):
            return respond_prices(path, now)
        minutes = range(int(START) // 60 * 60 - 3600, int(now), 60)
        return [[float(minute), level(minute - START)] for minute in minutes]

    world.networks["fake"].respond = respond
    world.run(1500)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert len(world.rows()) > 180
    assert world.networks["fake"].paths("/history"), "the history was requested"


def after_an_outage(minutes, close, stored=8685.55, ticks=805.95):
    """A market that was stored last *minutes* ago; its ticker reports *ticks*, and each of its candles *close*."""
    world = StandInWorld(always({"btceur": ticks, "btcusd": 110.0}), always(), stand_ins=())
    world.store.append({EUR: Ticks.of([int(START - 60 * minutes) * 1000], [stored], 10_000)})
    respond_prices = world.networks["fake"].respond

    def respond(path, now):
        if not path.startswith("/history/btceur"):
            return respond_prices(path, now)
        if close is None:
            return Unreachable("no history")
        return [[float(minute), close] for minute in range(int(START) // 60 * 60 - 3600, int(now), 60)]

    world.networks["fake"].respond = respond
    return world


@pytest.mark.parametrize("minutes", [58, 62, 24 * 60, 7 * 24 * 60])
def test_the_first_price_after_an_outage_is_compared_with_the_stored_one_however_old(minutes):
    """805.95 after 8685.55 was held back after 58 minutes, and stored after 62."""
    world = after_an_outage(minutes, close=None).run(15)
    assert [time for time, _, _ in world.rows() if time >= 0] == []
    assert world.status().held_back_reason == HeldBack(805.95)


@pytest.mark.parametrize("minutes", [11, 58, 62, 24 * 60])
def test_repetition_stores_no_price_after_an_outage_that_the_candles_of_the_same_minutes_contradict(minutes):
    world = after_an_outage(minutes, close=8690.0).run(600)
    assert 805.95 not in [price for _, price, _ in world.rows()]
    assert world.status().held_back_reason == HeldBack(805.95, "fake", 8690.0)
    # One request for the newest candles a minute, not one for each poll.
    assert len(world.networks["fake"].paths("/history/btceur")) <= 600 / CANDLE_AGE + 1


@pytest.mark.parametrize("close", [None, 806.0])
def test_a_fall_during_an_outage_is_stored_without_losing_a_slot(close):
    world = after_an_outage(62, close).run(99)
    assert [time for time, price, _ in world.rows() if price == 805.95 and time % 10 == 0] == list(range(0, 100, 10))


def test_a_price_near_the_stored_one_is_stored_at_once_after_an_outage():
    world = after_an_outage(24 * 60, close=None, ticks=9000.0).run(5)
    assert [price for time, price, _ in world.rows() if time >= 0] == [9000.0]


def test_one_wrong_price_at_the_end_of_an_outage_does_not_keep_its_candles_out():
    """The very first price of a market has nothing to be compared with; its history is not judged by it alone."""
    wrong_first = jump(-1, 5, 0.1)
    world = StandInWorld(wrong_first, always(), stand_ins=())
    respond_prices = world.networks["fake"].respond

    def respond(path, now):
        if not path.startswith("/history/btceur"):
            return respond_prices(path, now)
        return [[float(minute), 100.0] for minute in range(int(START) // 60 * 60 - 3600, int(now), 60)]

    world.networks["fake"].respond = respond
    world.run(300)
    prices = [price for _, price, _ in world.rows()]
    assert prices.count(10.0) == 1
    assert len([time for time, _, _ in world.rows() if time < 0]) == 61
