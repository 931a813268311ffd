"""The collector: a market that its exchange states not to be traded is stored as before, and its status says so."""

import logging

import pytest

from tests.support.collector_world import PRICES, START, CollectorWorld, StandInWorld, always, away
from tests.support.fakes import EUR, USD, FakeExchange, FakeNetwork
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.core.market_status import Stop
from tracker.core.quotes import Quote

HALF_HOUR = 1800
BEFORE = START - 7200  # epoch s


class DatedExchange(FakeExchange):
    """Answers {pair: [price, epoch s of the last trade]}; its list has the words of *states*."""

    def __init__(self, **states: str) -> None:
        super().__init__()
        self.states = states

    def last_prices(self, body, markets):
        return {market: Quote(body[market.slug][0], round(1000 * body[market.slug][1])) for market in markets}

    def pairs(self, body):
        return {market: self.states.get(market.quote, "") for market in (EUR, USD)}


def world(eur_traded_at, date=None, **states: str) -> CollectorWorld:
    """Return a world in which EUR is constant, last traded at *eur_traded_at*(now), and USD trades all the time."""

    def respond(path, now):
        if not path.startswith("/ticker"):
            return [] if path.startswith("/history") else {}
        body = {"btceur": [43512.33, eur_traded_at(now)], "btcusd": [50_000 + now % 7, now]}
        return Response(body, date=None if date is None else date(now))

    made = CollectorWorld(respond)
    made.exchange = DatedExchange(**states)
    return made


def test_a_market_without_a_trade_for_half_an_hour_is_not_traded_since_that_trade():
    seen = world(lambda now: BEFORE).run(until=35)
    assert seen.status(EUR).stop == Stop(round(BEFORE * 1000))
    assert seen.status(USD).stop is None


def test_its_rows_are_stored_as_before():
    seen = world(lambda now: BEFORE).run(until=35)
    rows = {market: [len(ticks) for stored, ticks in seen.store.rows if stored == market] for market in (EUR, USD)}
    assert rows[EUR] == rows[USD]
    assert seen.status(EUR).state == "live"


def test_some_quiet_minutes_are_normal():
    seen = world(lambda now: now - HALF_HOUR).run(until=35)
    assert seen.status(EUR).stop is None


def test_it_is_traded_again_after_the_next_trade(caplog):
    with caplog.at_level(logging.INFO, logger="tracker"):
        seen = world(lambda now: now if now > START + 20 else BEFORE).run(until=45)
    assert seen.status(EUR).stop is None
    messages = [record.message for record in caplog.records if "traded" in record.message]
    assert messages == [f"{EUR}: not traded since 12 Jan 1970 11:46:40 UTC", f"{EUR}: traded again"]


def test_the_age_of_a_trade_is_not_judged_by_a_clock_that_the_exchange_contradicts():
    """This machine's clock is two hours ahead."""
    seen = world(lambda now: now - 7200, date=lambda now: now - 7200).run(until=35)
    assert seen.status(EUR).stop is None


@pytest.mark.parametrize("traded_at", [lambda now: BEFORE, lambda now: now - 5])
def test_a_state_without_trades_counts_at_once_and_keeps_its_beginning(traded_at):
    seen = world(traded_at, EUR="cancel_only").run(until=65)
    assert seen.status(EUR).stop == Stop(round(traded_at(START) * 1000), "cancel_only")
    assert seen.status(USD).stop is None


def test_a_state_without_a_time_of_the_trade_holds_since_it_was_seen():
    seen = CollectorWorld()
    seen.exchange = FakeExchange()
    seen.exchange.pairs = lambda body: {EUR: "BREAK", USD: ""}
    seen.run(until=65)
    assert seen.status(EUR).stop == Stop(round(START * 1000), "BREAK")


class StatesExchange(FakeExchange):
    """Answers the states of its pairs 15 s late."""

    def states_path(self, markets):
        return "/states"

    def pairs(self, body):
        return body or {EUR: "", USD: ""}


@pytest.mark.parametrize(("word", "again"), [("BREAK", []), ("", [f"{EUR}: traded again"])])
def test_a_stop_that_an_earlier_process_saw_lasts_until_the_state_is_known(word, again, caplog):
    made = CollectorWorld()
    made.exchange = StatesExchange()
    prices, network = made.network, FakeNetwork(made.clock, lambda path, now: {EUR: word, USD: ""}, takes=15.0)

    async def http_get(url, headers):
        return await (network if url.endswith("/states") else prices)(url, headers)

    made.network = http_get
    stop = Stop(round(BEFORE * 1000), "BREAK")
    made.board.mark_stops({EUR: stop})
    with caplog.at_level(logging.INFO, logger="tracker"):
        assert made.run(until=12).status(EUR).stop == stop
        made.run(until=45)
    assert made.status(EUR).stop == (stop if word else None)
    assert [record.message for record in caplog.records if "traded" in record.message] == again


def test_a_stand_in_with_a_current_price_ends_it():
    seen = StandInWorld(away(0, 1e9), always(PRICES))
    seen.board.mark_stops({EUR: Stop(round(BEFORE * 1000))})
    seen.run(until=65)
    assert (seen.status(EUR).stand_in, seen.status(EUR).stop) == ("other", None)


def test_what_a_stand_in_states_about_its_own_market_is_neither_recorded_nor_logged(caplog):
    seen = StandInWorld(away(0, 1e9), always(PRICES))
    seen.other_exchange.pairs = lambda body: {Market("other", "BTC", "EUR"): "cancel_only"}
    seen.run(until=65)
    assert (seen.status(EUR).stand_in, seen.status(EUR).stop) == ("other", None)
    assert "not traded" not in caplog.text


@pytest.mark.parametrize(("minutes", "is_stopped"), [(31, False), (99, False), (101, True)])
def test_a_slow_cadence_needs_ten_slots(minutes, is_stopped):
    made = world(lambda now: START - 60 * minutes)
    made.feeds = [Feed(EUR, 600_000), Feed(USD, 10_000)]
    seen = made.run(until=1)
    assert (seen.status(EUR).stop is not None) is is_stopped
