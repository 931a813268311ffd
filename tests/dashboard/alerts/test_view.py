"""The states that are published, as the rows of the panel."""

import math
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.support.rule_rows import MARKET, PRICE, price_rule
from tracker.alerts.database.past_firings import PastFiring
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.alert_status import AlertStatus, MarketRule
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.phase import Phase
from tracker.core.market import Market
from tracker.dashboard.alerts.view import Words, levels_of, marks_of
from tracker.render.page.alerts_view import MarketMarks, Sign

NOW = 1_668_006_600_000  # 9 Nov 2022 15:10 UTC
MINUTE = 60_000
USD = Market("kraken", "BTC", "USD")
WORDS = Words((MARKET, USD), NOW, UTC)
RULE = price_rule("price < 17600", hold=10 * MINUTE)


def state(phase=Phase.ARMED, price=17_768.5, **more):
    numbers = (Number(PRICE, price, None),)
    return MarketRule(
        **{"rule": "high", "market": MARKET, "phase": phase, "evaluated_at": NOW, "numbers": numbers, **more}
    )


def row(*states, rule=RULE, mutes=(), **status):
    [shown] = WORDS.rules([rule], AlertStatus(**{"watcher": "dashboard", "states": states, "mutes": mutes, **status}))
    return shown


def text(shown):
    return shown.markets[0].text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_an_armed_rule_says_how_far_it_is_and_when_it_last_fired():
    shown = row(state(fired_at=NOW - 32 * MINUTE))
    assert shown.sign is Sign.ARMED
    assert text(shown) == "now 17,768.50, 0.96 % above · last fired 14:38"


def test_a_pending_rule_says_for_how_long_it_has_held():
    shown = row(state(Phase.PENDING, 17_500.0, since=NOW - 5 * MINUTE))
    assert shown.sign is Sign.PENDING
    assert text(shown) == "now 17,500.00, 0.57 % below · below for 5 of 10 min"


def test_a_firing_rule_says_since_when():
    shown = row(state(Phase.FIRING, 17_500.0, since=NOW - HOUR, fired_at=NOW - HOUR))
    assert shown.sign is Sign.FIRING
    assert text(shown) == "now 17,500.00, 0.57 % below · since 14:10"


HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("when", "price", "end"),
    [
        ("price < 17600", 17_610.0, "ends at 17,617.60"),
        ("not price >= 17600", 17_610.0, "ends at 17,617.60"),
        ("price > 17620", 17_610.0, "ends at 17,602.38"),
        ("price < 17600", 17_600.0, "ends at 17,617.60"),
        ("price < 17600", 17_590.0, "since 14:10"),
        ("price < 17600", math.nan, "since 14:10"),
        ("price < 17600 or price > 18000", 17_610.0, "since 14:10"),
    ],
)
def test_a_firing_that_lasts_on_the_other_side_of_its_threshold_says_where_it_ends(when, price, end):
    shown = row(state(Phase.FIRING, price, since=NOW - HOUR, fired_at=NOW - HOUR), rule=price_rule(when))
    parts = text(shown).split(" · ")
    assert parts[-2 if "ends" in end else -1] == end
    assert parts[-1] == "since 14:10"


def test_a_firing_rule_says_who_was_told():
    firing_since = state(Phase.FIRING, since=NOW - HOUR, fired_at=NOW - HOUR)
    for sent, told in (({"ops": NOW}, "sent to ops"), ({"ops": None}, "not sent"), ({}, "nobody told")):
        past = [firing(NOW - HOUR, sent=sent), firing(NOW - 2 * HOUR, NOW - HOUR, {"family": NOW})]
        [shown] = WORDS.rules([RULE], AlertStatus(watcher="dashboard", states=(firing_since,)), past)
        assert text(shown).endswith(f"since 14:10 · {told}")


def test_a_row_names_its_zone_only_of_a_time_before_the_clocks_changed():
    berlin = ZoneInfo("Europe/Berlin")
    for days, since in ((1, "8 Nov 16:10"), (14, "26 Oct 17:10 CEST")):
        fired_at = NOW - days * 24 * HOUR
        [shown] = Words((MARKET,), NOW, berlin).rules(
            [RULE], AlertStatus(watcher="dashboard", states=(state(Phase.FIRING, fired_at=fired_at),))
        )
        assert text(shown).endswith(f"since {since}")


def test_only_a_price_is_marked_as_a_threshold():
    assert levels_of(price_rule("change(1h) > 2% or price > 5 and not crosses(price, 7)")) == (5.0, 7.0)


def test_what_cannot_be_told_has_its_reason_and_no_number():
    shown = row(state(problem=CannotTell(Reason.STANDING_STILL, PRICE, since=NOW - MINUTE)))
    assert shown.sign is Sign.UNKNOWN
    assert text(shown) == "The market stands still since 15:09; starts over with the next price that can be judged"


def test_an_open_row_says_what_else_the_rule_has():
    assert row(rule=replace(RULE, expires=NOW + HOUR)).terms == "for 10 min · until 16:10 · sent to ops"


def test_a_rule_of_a_change_both_ways_says_how_far_it_is_from_its_threshold():
    rule = price_rule("change(1h) > 2% or change(1h) < -2%")
    shown = row(state(numbers=(Number(Measure("change", HOUR), -0.0212, 0.9),)), rule=rule)
    assert text(shown) == "now −2.12 %, 0.12 pp more than 2.00 %"


def test_a_rule_of_several_measures_names_them():
    rule = price_rule("price < 17600 and coverage(1h) > 90%")
    numbers = (Number(PRICE, 17_500.0, None), Number(Measure("coverage", HOUR), 0.98, 0.98))
    assert text(row(state(numbers=numbers), rule=rule)) == "price 17,500.00, coverage(1h) 98 %"


def test_a_rule_that_is_muted_says_until_when():
    mute = Mute("high", None, NOW + 170 * MINUTE)
    shown = row(state(Phase.FIRING, since=NOW - HOUR, fired_at=NOW - HOUR), mutes=(mute,))
    assert shown.sign is Sign.MUTED
    assert shown.muted == "muted to 18:00"
    assert "since 14:10" in text(shown)


@pytest.mark.parametrize("until", [NOW, NOW - 1])
def test_a_mute_that_has_ended_counts_for_nothing(until):
    assert row(state(), mutes=(Mute("high", None, until),)).sign is Sign.ARMED


def test_one_market_of_a_rule_can_be_muted():
    rule = replace(RULE, markets=(MARKET, USD))
    states = (state(Phase.FIRING, fired_at=NOW), state(market=USD))
    shown = row(*states, rule=rule, mutes=(Mute("high", MARKET, NOW + HOUR),))
    assert [market.sign for market in shown.markets] == [Sign.MUTED, Sign.ARMED]
    assert "muted to 16:10" in text(shown)


def test_a_firing_that_quiet_hours_hold_back_says_so():
    assert "nothing is sent before 16:10" in text(row(state(Phase.FIRING, fired_at=NOW, held_until=NOW + HOUR)))


def test_a_rule_that_is_done_or_expired_says_since_when_and_no_number_as_if_it_were_watched():
    done = row(state(Phase.DONE, fired_at=NOW - HOUR))
    assert (done.sign, text(done)) == (Sign.DONE, "fired 14:10")
    expired = replace(RULE, expires=NOW - HOUR)
    assert row(state(), rule=expired).sign is Sign.EXPIRED
    for mutes in ((), (Mute("high", None, NOW + HOUR),)):
        assert text(row(state(), rule=expired, mutes=mutes)) == "ended on 9 Nov 2022 14:10"


@pytest.mark.parametrize("status", [{"watcher": ""}, {"silent_for": 60.0}, {"states": ()}])
def test_nothing_is_claimed_of_what_nobody_watches(status):
    shown = row(state(Phase.FIRING, fired_at=NOW), **status)
    assert shown.sign is Sign.UNKNOWN
    assert text(shown) == "not evaluated yet"


def test_without_any_published_status_nothing_is_claimed_either():
    assert WORDS.rules([RULE], None)[0].sign is Sign.UNKNOWN


def firing(at, end=None, sent=None, market=MARKET, numbers=()):
    begin = Event(EventKind.FIRED, "high", market, at, at, at, ("ops",), numbers)
    return PastFiring(begin, None if end is None else replace(begin, kind=EventKind.RESOLVED, at=end), sent or {})


def test_the_history_says_where_when_and_who_was_told():
    kept = [
        firing(NOW - MINUTE, sent={"ops": None}),
        firing(NOW - HOUR, NOW - 30 * MINUTE, {"ops": NOW, "family": NOW}),
        firing(NOW - 24 * HOUR, NOW - 23 * HOUR),
    ]
    assert [each.text for each in WORDS.firings(kept)] == [
        "EUR · since 15:09 · not sent",
        "EUR · 14:10–14:40 · sent to ops, family",
        "EUR · 8 Nov 15:10–8 Nov 16:10 · nobody told",
    ]


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([Number(PRICE, 17_500.0, None)], "17,500.00"),
        ([Number(Measure("change", HOUR), -0.0212, 0.9)], "−2.12 %"),
        ([Number(Measure("change", HOUR), 0.00001, 0.9)], "0.00 %"),
        ([Number(Measure("rank", HOUR), 1.0, 0.9)], "rank(1h) 1"),
        ([Number(Measure("age"), math.inf, None)], "not sent"),
        (
            [Number(PRICE, 17_500.0, None), Number(Measure("coverage", HOUR), 0.98, 0.98)],
            "price 17,500.00, coverage(1h) 98 %",
        ),
    ],
)
def test_the_history_says_what_was_read_when_the_rule_fired(numbers, shown):
    [line] = WORDS.firings([firing(NOW - HOUR, NOW, {"ops": None}, numbers=tuple(numbers))])
    assert line.text.replace("\N{NARROW NO-BREAK SPACE}", " ").split(" · ")[2] == shown


def test_the_charts_mark_firings_from_the_oldest_on():
    kept = [firing(NOW, market=USD), firing(NOW - HOUR, NOW - MINUTE)]
    marks = marks_of([RULE], None, kept, {USD: (NOW,)}, NOW)
    assert marks == {
        MARKET: MarketMarks((17_600.0,), ((NOW - HOUR, NOW - MINUTE),)),
        USD: MarketMarks((), ((NOW, None),), (NOW,)),
    }


def levels(*rules, states=()):
    return {market: each.levels for market, each in marks_of(rules, AlertStatus(states=states), [], {}, NOW).items()}


def test_the_charts_mark_no_threshold_of_a_rule_that_cannot_fire_any_more():
    assert levels(replace(RULE, expires=NOW)) == {}
    once = replace(RULE, markets=(MARKET, USD), once=True)
    assert levels(once, states=(state(Phase.DONE), state(market=USD))) == {USD: (17_600.0,)}


@pytest.mark.parametrize("when", ["change(1h) > 2%", "std(24h) > 500", "coverage(1h) < 90%", "age > 60s"])
def test_the_charts_mark_no_threshold_that_is_no_price(when):
    assert levels(price_rule(when)) == {}
