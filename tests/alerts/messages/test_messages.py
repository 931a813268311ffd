"""What channels are told of firings."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.support.alert_words import AT, BERLIN, COINBASE, GBP, HOUR, MINUTE, USD, delivery, event, number, rule
from tracker.alerts.messages.messages import make_message, make_test_message
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.states.events import EventKind
from tracker.alerts.wording.happenings import kind_text

FELL = number("change(10m) < -2%", -0.0231, 0.98)
PRICE = number("price < 15300", 15_299.1)
RULE = {"drops": rule("change(10m) < -2%")}


def told(*deliveries, rules=RULE, now=AT + 10_000, zone=BERLIN):
    message = make_message(deliveries, rules, now, zone)
    plain = [
        line.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("−", "-") for line in (message.title, *message.lines)
    ]
    return message, plain[0], plain[1:]


def test_a_firing_is_told_with_its_numbers_since_when_and_how_well_it_is_known():
    message, title, lines = told(delivery(event(EventKind.FIRED, FELL)))
    assert title == "drops: the price of bitcoin in GBP on kraken has fallen by 2.31 % within 10 min, more than 2.00 %"
    assert lines == [
        "Since 14:07 CET; fired 14:10 CET, after 3 min.",
        "Prices cover 98 % of the last 10 min.",
        "Rule drops: change(10min) < -2%.",
        "Written 9 Nov 2026 14:10:10 CET.",
    ]
    assert message.spoken == (
        "Alert drops, the price of bitcoin in pounds sterling on kraken has fallen by 2 point 3 percent "
        "within 10 minutes, more than 2 percent, it has held for 3 minutes."
    )
    assert (message.severity, message.resolves, message.picture) == ("warning", False, None)


def test_the_end_of_a_firing_is_told_as_such_and_has_its_key():
    begin, _, _ = told(delivery(event(EventKind.FIRED, FELL)))
    end, title, lines = told(delivery(event(EventKind.RESOLVED, number("change(10m) < -2%", -0.001, 1.0))))
    assert title == "Ended: drops, bitcoin in GBP on kraken"
    assert lines[:3] == [
        "The price of bitcoin in GBP on kraken has fallen by 0.10 % within 10 min, less than 2.00 %.",
        "Fired 14:10 CET, ended 14:25 CET, after 15 min.",
        "Prices cover 100 % of the last 10 min.",
    ]
    assert end.resolves
    assert end.key == begin.key == f"drops|kraken:BTC/GBP|{AT}"
    assert end.spoken.startswith("Alert drops has ended, the price of bitcoin in pounds sterling on kraken has fallen")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (EventKind.EXPIRED, "The rule has expired."),
        (EventKind.CHANGED, "The rule was changed, or no longer watches this market."),
        (EventKind.DELETED, "The rule was deleted."),
    ],
)
def test_a_firing_that_no_price_has_ended_says_what_has(kind, line):
    message, title, lines = told(delivery(event(kind)), rules={})
    assert title == "Ended: drops, bitcoin in GBP on kraken"
    assert lines[0] == line
    assert "Rule drops, which is gone." in lines
    assert message.resolves
    assert line[1:-1] in message.spoken


def test_what_has_held_since_it_could_be_judged_is_told_as_that():
    message, _, lines = told(delivery(event(EventKind.ALREADY_TRUE, FELL)))
    assert lines[0] == "It has been so since it could first be judged."
    assert "it has been so since it could first be judged" in message.spoken


def test_thin_coverage_is_said_aloud_too():
    message, _, lines = told(delivery(event(EventKind.FIRED, FELL._replace(coverage=0.83))))
    assert lines[:2] == ["Prices cover only 83 % of the last 10 min.", "Since 14:07 CET; fired 14:10 CET, after 3 min."]
    assert "prices cover only 83 percent of the last 10 minutes" in message.spoken


def test_a_message_that_may_have_come_before_says_so_everywhere():
    message, title, lines = told(delivery(event(EventKind.FIRED, FELL), repeated=True))
    assert title.endswith(" (repeated)")
    assert "Repeated: it may have arrived before." in lines
    assert "this may be a repetition" in message.spoken


def test_what_was_held_back_says_until_when_by_the_clocks_of_the_rule():
    quiet = QuietHours.parse("22:00-07:00", "America/New_York")
    _, _, lines = told(
        delivery(event(EventKind.FIRED, FELL), held_until=AT), rules={"drops": rule(quiet=quiet)}, zone=UTC
    )
    assert "Held back until 08:10 EST, by quiet hours or a mute." in lines
    assert "Written 9 Nov 2026 08:10:10 EST." in lines


def test_a_critical_alert_begins_with_that_word():
    message, title, lines = told(delivery(event(EventKind.FIRED, PRICE)), rules={"drops": rule(severity="critical")})
    assert title == "Critical alert drops: one bitcoin costs 15,299.10 GBP on kraken, less than 15,300.00"
    assert "Severity: critical." in lines
    assert message.spoken == (
        "Critical alert drops, one bitcoin costs 15299 pounds sterling on kraken, less than 15300, "
        "it has held for 3 minutes."
    )


@pytest.mark.parametrize("rules", [{}, {"drops": rule("price < 15000")}, {"drops": rule("age > 1h")}])
def test_a_rule_that_is_gone_or_has_another_condition_does_not_explain_what_happened(rules):
    _, title, _ = told(delivery(event(EventKind.FIRED, PRICE)), rules=rules)
    assert title == "drops: one bitcoin costs 15,299.10 GBP on kraken"


def test_of_a_rule_that_joins_conditions_those_come_first_that_hold():
    rules = {"drops": rule("change(10m) < -2% or not price > 15300")}
    calm = number("change(10m) < -2%", -0.001, 1.0)
    _, title, lines = told(delivery(event(EventKind.FIRED, calm, PRICE)), rules=rules)
    assert title == "drops: one bitcoin costs 15,299.10 GBP on kraken, less than 15,300.00"
    assert lines[0].startswith("The price of bitcoin in GBP on kraken has fallen by 0.10 % within 10 min, less than")


def test_of_a_rule_that_takes_several_conditions_those_come_first_that_hold_no_longer():
    rules = {"drops": rule("price < 15300 and age < 60s")}
    ended = delivery(event(EventKind.RESOLVED, PRICE, number("age < 60s", 90_000.0)))
    assert told(ended, rules=rules)[2][:2] == [
        "The newest price of bitcoin in GBP on kraken is 1 min 30 s old, more than 1 min.",
        "One bitcoin costs 15,299.10 GBP on kraken, less than 15,300.00.",
    ]


def test_a_price_that_has_moved_the_other_way_is_not_compared_with_the_size_of_the_threshold():
    _, _, lines = told(delivery(event(EventKind.RESOLVED, number("change(10m) < -2%", 0.021, 1.0))))
    assert lines[0] == (
        "The price of bitcoin in GBP on kraken has risen by 2.10 % within 10 min, the threshold is -2.00 %."
    )


def test_several_events_become_a_summary_with_the_most_severe_firing_first():
    rules = {"drops": rule(), "rank": rule("rank(24h) == 1", severity="critical", hold=MINUTE)}
    ended = delivery(event(EventKind.RESOLVED, number("price < 15300", 15_320.0)))
    fired = delivery(event(EventKind.FIRED, PRICE, market=COINBASE), held_until=AT)
    calm = delivery(event(EventKind.FIRED, number("rank(24h) == 1", 1.0, 0.9), rule="rank", market=USD, since=AT))
    message, title, lines = told(ended, fired, calm, rules=rules)
    assert title == "Critical: 2 alerts firing, 1 alert ended, held back until now"
    assert lines == [
        "rank: bitcoin in USD on kraken is the calmest market over 24 h; since 14:10 CET; "
        "prices cover only 90 % of the last 24 h; critical.",
        "drops: one bitcoin costs 15,299.10 GBP on coinbase, less than 15,300.00; "
        "since 14:07 CET; fired 14:10 CET, after 3 min; held back until 14:10 CET, by quiet hours or a mute.",
        "drops: ended, one bitcoin costs 15,320.00 GBP on kraken, more than 15,300.00; "
        "fired 14:10 CET, ended 14:25 CET, after 15 min.",
    ]
    assert message.spoken == (
        "2 alerts fire and 1 alert has ended, the first is rank, bitcoin in US dollars on kraken "
        "is the calmest market over 24 hours, prices cover only 90 percent of the last 24 hours."
    )
    assert (message.key, message.severity, message.resolves) == (f"drops|kraken:BTC/GBP|{AT}", "critical", False)


def test_a_rule_that_fires_in_many_markets_is_named_once():
    firings = [delivery(event(EventKind.FIRED, PRICE, market=market)) for market in (GBP, USD, COINBASE)]
    assert told(*firings)[1] == "drops: firing in 3 markets"
    ends = [delivery(event(EventKind.RESOLVED, market=market)) for market in (GBP, USD)]
    message, title, lines = told(*ends)
    assert title == "drops: ended in 2 markets"
    assert message.resolves
    assert lines[0].startswith("drops: ended, it holds no longer for bitcoin in GBP on kraken; fired 14:10 CET")
    assert message.spoken.startswith("2 alerts have ended, the first is drops, bitcoin in pounds sterling")


def test_a_name_that_cannot_be_spoken_is_left_out():
    message, _, _ = told(delivery(event(EventKind.FIRED, PRICE, rule="<!> _ %")))
    assert message.spoken.startswith("Alert, one bitcoin costs 15299 pounds sterling on kraken")


def test_without_a_zone_times_are_those_of_this_machine(monkeypatch):
    monkeypatch.setattr("tracker.alerts.messages.messages.tzlocal", lambda: ZoneInfo("Asia/Tokyo"))
    assert "Written 9 Nov 2026 22:10:10 JST." in told(delivery(event(EventKind.FIRED, PRICE)), zone=None)[2]


def test_a_picture_goes_with_the_message():
    message = make_message([delivery(event())], RULE, AT, UTC, b"png")
    assert message.picture == b"png"
    assert message.title == "drops: it holds for bitcoin in GBP on kraken"


def test_a_test_says_that_it_is_one():
    message = make_test_message("ops", AT, BERLIN, b"png")
    assert message.title.startswith("Test")
    assert message.lines[0] == "This is a test of the channel ops: alerts that name it arrive here."
    assert message.lines[1] == "Written 9 Nov 2026 14:10:00 CET."
    assert all(char.isalnum() or char in " ,." for char in message.spoken)
    assert (message.severity, message.resolves, message.picture) == ("info", False, b"png")


def test_there_is_no_message_of_nothing():
    with pytest.raises(ValueError, match="no deliveries"):
        make_message([], {}, 0)


@pytest.mark.parametrize(
    ("ms", "written", "spoken"),
    [
        (222_500, "3 min 42 s", "3 minutes 42 seconds"),
        (42_999, "42 s", "42 seconds"),
        (180_000, "3 min", "3 minutes"),
        (7, "7 ms", ""),
    ],
)
def test_how_long_it_has_held_is_told_in_minutes_and_seconds(ms, written, spoken):
    message, _, lines = told(delivery(event(EventKind.FIRED, PRICE, since=AT - ms)))
    assert lines[0].endswith(f", after {written}.")
    assert (f"it has held for {spoken}." in message.spoken) is bool(spoken)


@pytest.mark.parametrize(
    ("price", "kind", "comparison"),
    [
        (15_299.0, EventKind.FIRED, "less than 15,300.00"),
        (15_401.0, EventKind.FIRED, "more than 15,400.00"),
        (15_350.0, EventKind.RESOLVED, "more than 15,300.00 and less than 15,400.00"),
    ],
)
def test_of_a_rule_with_two_ranges_that_one_is_named_which_was_entered(price, kind, comparison):
    rules = {"drops": rule("price < 15300 or price > 15400")}
    _, title, lines = told(delivery(event(kind, number("price < 15300", price))), rules=rules)
    assert (title if kind is EventKind.FIRED else lines[0].rstrip(".")).endswith(f" GBP on kraken, {comparison}")


def test_a_firing_of_hours_is_told_in_hours():
    _, _, lines = told(delivery(event(EventKind.FIRED, PRICE, since=AT - 30 * HOUR)))
    assert lines[0] == "Since 8 Nov 08:10 CET; fired 14:10 CET, after 30 h."


def test_each_kind_of_event_has_a_word_for_lists():
    assert [kind_text(event(kind)) for kind in EventKind] == [
        "fired",
        "already true",
        "ended",
        "expired",
        "changed",
        "deleted",
    ]
