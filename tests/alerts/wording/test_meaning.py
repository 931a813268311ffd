"""What rules mean, in words."""

from dataclasses import replace

import pytest

from tests.support.alert_words import AT, BERLIN, COINBASE, ETH, GBP, MINUTE, USD, rule
from tests.support.rule_rows import MARKET, PRICE
from tracker.alerts.readings.verdict import Reading
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.wording.meaning import limit_texts, meaning, meaning_now

NARROW = "\N{NARROW NO-BREAK SPACE}"
ALL = (GBP, USD, ETH, MARKET)


def plain(text: str) -> str:
    return text.replace(NARROW, " ").replace("−", "-")


def test_a_rule_and_what_is_so_now_are_one_sentence():
    of = rule(hold=3 * MINUTE, once=True)
    assert plain(meaning_now(of, {GBP: {PRICE: Reading(15_531.1)}}, AT, BERLIN, ALL)) == (
        "Tells you once when one bitcoin costs less than 15,300.00 GBP for 3 min in a row; now 15,531.10, 1.51 % above."
    )


@pytest.mark.parametrize(
    ("when", "means"),
    [
        ("price > 70000", "one bitcoin costs more than 70,000.00 GBP"),
        ("price >= 100000.25", "one bitcoin costs at least 100,000.25 GBP"),
        ("price <= 70000", "one bitcoin costs at most 70,000.00 GBP"),
        ("change(10m) < -2%", "the price of bitcoin in GBP has fallen by more than 2.00 % within 10 min"),
        ("change(10m) >= 2.1255%", "the price of bitcoin in GBP has risen by at least 2.1255 % within 10 min"),
        ("change(1d) > 0", "the price of bitcoin in GBP has risen within 24 h"),
        ("change(1d) <= 0", "the price of bitcoin in GBP has not risen within 24 h"),
        (
            "change(10m) > 2% or change(10m) < -2%",
            "the price of bitcoin in GBP has moved by more than 2.00 % within 10 min",
        ),
        (
            "age > 1h or change(10m) <= -0.5% or change(10m) >= 0.5%",
            "the newest price of bitcoin in GBP is more than 1 h old or "
            "the price of bitcoin in GBP has moved by at least 0.50 % within 10 min",
        ),
        (
            "age > 1h and (change(1h) > 2% or change(1h) < -2%)",
            "the newest price of bitcoin in GBP is more than 1 h old and "
            "the price of bitcoin in GBP has moved by more than 2.00 % within 1 h",
        ),
        (
            "not (change(1h) > 2% or change(1h) < -2%)",
            "the price of bitcoin in GBP has moved by at most 2.00 % within 1 h",
        ),
        (
            "change(1h) > 2% or change(1h) < -3%",
            "the price of bitcoin in GBP has risen by more than 2.00 % within 1 h or "
            "the price of bitcoin in GBP has fallen by more than 3.00 % within 1 h",
        ),
        (
            "change(1h) > 2% or change(1h) <= -2% or change(2h) < -2%",
            "the price of bitcoin in GBP has risen by more than 2.00 % within 1 h or "
            "the price of bitcoin in GBP has fallen by at least 2.00 % within 1 h or "
            "the price of bitcoin in GBP has fallen by more than 2.00 % within 2 h",
        ),
        (
            "change(1h) < 2% or change(1h) > -2%",
            "the change of the price of bitcoin in GBP within 1 h is less than 2.00 % or "
            "the change of the price of bitcoin in GBP within 1 h is more than -2.00 %",
        ),
        ("change(1h) > -2%", "the change of the price of bitcoin in GBP within 1 h is more than -2.00 %"),
        ("mean(24h) < 65000", "the mean price of bitcoin over 24 h is less than 65,000.00 GBP"),
        ("low(7d) < 60000", "the lowest price of bitcoin within 7 d is less than 60,000.00 GBP"),
        ("high(7d) > 80000", "the highest price of bitcoin within 7 d is more than 80,000.00 GBP"),
        ("std(24h) > 500", "the standard deviation of the price of bitcoin over 24 h is more than 500.0 GBP"),
        (
            "relative_std(1h) > 1%",
            "the relative standard deviation of the price of bitcoin in GBP over 1 h is more than 1.00 %",
        ),
        ("volatility(24h) > 80%", "the volatility of bitcoin in GBP over 24 h is more than 80 % a year"),
        ("drawdown(24h) > 5%", "the drawdown of bitcoin in GBP within 24 h is more than 5.00 %"),
        ("rank(24h) == 1", "bitcoin in GBP is the calmest market over 24 h"),
        ("rank(24h) != 1", "bitcoin in GBP is not the calmest market over 24 h"),
        ("rank(24h) >= 3", "the rank of bitcoin in GBP over 24 h is at least 3"),
        ("age > 60s", "the newest price of bitcoin in GBP is more than 1 min old"),
        ("coverage(1h) < 90%", "prices of bitcoin in GBP cover less than 90 % of the last 1 h"),
        ("implied(EUR/USD) > 1.2", "one euro costs more than 1.2000 USD by way of bitcoin"),
        ("crosses(price, 70000)", "the price of bitcoin reaches or passes 70,000.00 GBP from either side"),
        ("not crosses(price, 70000)", "the price of bitcoin does not reach or pass 70,000.00 GBP from either side"),
        ("not price > 70000", "one bitcoin costs at most 70,000.00 GBP"),
        (
            "price > 70000 and rank(24h) == 1",
            "one bitcoin costs more than 70,000.00 GBP and bitcoin in GBP is the calmest market over 24 h",
        ),
        (
            "rank(24h) == 1 and not (price > 70000 and age > 60s)",
            "bitcoin in GBP is the calmest market over 24 h and (one bitcoin costs at most 70,000.00 GBP or "
            "the newest price of bitcoin in GBP is at most 1 min old)",
        ),
    ],
)
def test_every_measure_operator_and_joiner_has_its_words(when, means):
    assert plain(meaning(rule(when), ALL)) == f"Tells you each time {means}."


def test_a_span_that_no_unit_divides_is_written_exactly():
    assert meaning(rule(hold=3_661_000), ALL).endswith("for 1 h 1 min 1 s in a row.")
    assert meaning(rule(hold=1_500), ALL).endswith("for 1 s 500 ms in a row.")
    assert meaning(rule("price > 1 or age > 1h", hold=500), ALL).endswith("is more than 1 h old, for 500 ms in a row.")


@pytest.mark.parametrize(
    ("markets", "means"),
    [
        ((GBP, USD), "one bitcoin costs less than 15,300.00 in GBP or USD"),
        ((GBP, COINBASE), "one bitcoin costs less than 15,300.00 GBP on kraken or coinbase"),
        ((ETH,), "one ETH costs less than 15,300.00 BTC"),
        ((GBP, ETH), "the price of bitcoin in GBP or ETH in BTC is less than 15,300.00"),
        ((), "the price of no market is less than 15,300.00"),
        (
            (GBP, USD, ETH, MARKET, COINBASE, GBP),
            "the price of what is priced in any of 6 markets is less than 15,300.00",
        ),
    ],
)
def test_the_markets_are_named_as_far_as_they_have_to_be_told_apart(markets, means):
    assert meaning(rule(markets=markets), (GBP, USD, ETH)) == f"Tells you each time {means}."


def test_without_all_markets_the_exchange_is_named():
    assert meaning(rule()) == "Tells you each time one bitcoin costs less than 15,300.00 GBP on kraken."


def test_a_rule_without_channels_says_so():
    assert meaning(rule(channels=()), ALL).startswith("Tells nobody but this page each time one bitcoin")


def test_what_else_limits_a_rule_is_part_of_the_sentence():
    quiet = QuietHours.parse("22:00-07:00", "Europe/Berlin")
    of = rule(cooldown=10 * MINUTE, quiet=quiet, expires=AT, severity="critical")
    told = "not between 22:00 and 07:00 Europe/Berlin, marked critical, until 9 Nov 2026 14:10 CET"
    assert meaning(of, ALL, BERLIN) == (
        "Tells you each time one bitcoin costs less than 15,300.00 GBP, at the earliest 10 min after its last message, "
        f"{told}."
    )
    readings = {GBP: {PRICE: Reading(15_300.0)}}
    assert meaning_now(replace(of, once=True), readings, AT, BERLIN, ALL) == (
        f"Tells you once when one bitcoin costs less than 15,300.00 GBP, {told}; now 15,300.00, exactly the threshold."
    )


def test_a_level_at_which_a_firing_ends_is_said_only_if_it_is_the_rules_own():
    assert "ends" not in meaning(rule(), ALL)
    of = rule(rearm="15400")
    assert meaning(of, ALL).endswith("GBP. A firing ends as soon as one bitcoin costs at least 15,400.00 GBP.")
    assert " ends as soon as " in meaning_now(of, {GBP: {PRICE: Reading(1.0)}}, AT, BERLIN, ALL)


@pytest.mark.parametrize(
    ("when", "limits"),
    [
        ("price < 15300", ("15,300.00 GBP",)),
        ("change(10m) < -2% or not change(10m) < 3%", ("2.00 %", "3.00 %")),
        ("rank(24h) == 1 and age > 60s", ("1 min",)),
        ("crosses(implied(EUR/USD), 1.2)", ("1.2000 USD",)),
    ],
)
def test_the_numbers_in_a_meaning_are_named_in_their_order(when, limits):
    of = rule(when)
    assert tuple(map(plain, limit_texts(of))) == limits
    text = plain(meaning(of, ALL))
    for limit in limits:
        _, found, text = text.partition(limit)
        assert found
