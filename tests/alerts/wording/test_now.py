"""What is so now of a rule, in one market and in several."""

import math

import pytest

from tests.support.alert_words import AT, BERLIN, COINBASE, ETH, GBP, MINUTE, USD, rule
from tests.support.rule_rows import MARKET, PRICE
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.wording.now import now_text

NARROW = "\N{NARROW NO-BREAK SPACE}"
UNKNOWN = CannotTell(Reason.NO_PRICE, PRICE)


def now(of, readings):
    return now_text(of, readings, AT, BERLIN).replace(NARROW, " ").replace("−", "-")


def of_values(of, values):
    """Return what is said where the only measure of *of* reads *values*, by market."""
    [measure] = measures_of(of.expression)
    return now(of, {market: {measure: Reading(value, value)} for market, value in values.items()})


@pytest.mark.parametrize(
    ("when", "value", "text"),
    [
        ("price < 15300", 15_300.0, "15,300.00, exactly the threshold"),
        ("price < 15300", 15_299.999, "15,299.999, less than 0.0001 % below"),
        ("price < 15300", 0.01, "0.010000, more than 99.99 % below"),
        ("price < 1000", 10_999.0, "10,999.00, 999.90 % above"),
        ("price < 1000", 134_653.9, "134,654, 135 times the threshold"),
        ("price < 0.0001", 134_653.9, "134,653.9000, more than 1,000,000 times the threshold"),
        ("change(10m) < -2%", -0.004, "-0.40 %, 1.60 pp above"),
        ("change(10m) < -2%", 0.00001, "0.00 %, 2.00 pp above"),
        ("change(10m) < -2%", -0.00001, "0.00 %, 2.00 pp above"),
        ("change(10m) < -2%", 0.02, "+2.00 %, 4.00 pp above"),
        ("change(10m) < -2%", 133.5, "+13,350.00 %, 13,352 pp above"),
        ("change(10m) > 0.5% or change(10m) < -0.5%", -0.0042, "-0.42 %, 0.08 pp less than 0.50 %"),
        ("change(10m) > 0.5% or change(10m) < -0.5%", 0.0, "0.00 %, 0.50 pp less than 0.50 %"),
        ("change(10m) > 0.5% or change(10m) < -0.5%", 0.0053, "+0.53 %, 0.03 pp more than 0.50 %"),
        ("change(10m) > 0.5% or change(10m) < -0.5%", -133.5, "-13,350.00 %, 26,700 times the threshold"),
        ("change(10m) >= 0.5% or change(10m) <= -0.5%", -0.005, "-0.50 %, exactly the threshold"),
        ("volatility(24h) > 80%", 108.0, "10,800 % a year, 135 times the threshold"),
        ("std(1h) > 0", 12.5, "12.50, above the threshold"),
        ("coverage(1h) < 90%", 0.8999, "89.99 %, 0.01 pp below"),
        ("age > 60s", 12_345.0, "12 s"),
        ("rank(1h) > 3", 2.0, "rank 2"),
        ("not price > 15300", 15_606.0, "15,606.00, 2.00 % above"),
        ("crosses(price, 15300)", 15_606.0, "15,606.00, 2.00 % above"),
        ("not crosses(price, 15300)", 15_606.0, "15,606.00, 2.00 % above"),
    ],
)
def test_the_number_now_comes_with_its_distance_from_the_threshold(when, value, text):
    assert of_values(rule(when), {GBP: value}) == f"now {text}"


def test_of_several_measures_each_is_told():
    of = rule("price > 15300 and coverage(1h) > 90%")
    price, coverage = measures_of(of.expression)
    readings = {price: Reading(15_200.0), coverage: Reading(0.98, coverage=0.98)}
    assert now(of, {GBP: readings}) == (
        "now one bitcoin costs 15,200.00 GBP, less than 15,300.00; "
        "prices of bitcoin in GBP cover 98 % of the last 1 h, more than 90 %"
    )


def test_what_cannot_be_told_now_is_told_with_its_reason():
    problem = CannotTell(Reason.OLD_PRICE, PRICE, since=AT - 7 * MINUTE)
    text = now(rule(), {GBP: {PRICE: Reading(15_000.0, problem=problem)}})
    assert text == "now it cannot be told: the last price is from 14:03 CET"


def test_a_market_without_any_price_has_an_age_that_never_ends():
    assert of_values(rule("age > 60s"), {GBP: math.inf}) == "now there is no price of bitcoin in GBP yet"


MARKETS = (MARKET, GBP, USD, COINBASE)


@pytest.mark.parametrize(
    ("when", "values", "text"),
    [
        ("change(1h) < -2%", (0.01, -0.015, 0.0, 0.5), "nearest: GBP kraken, -1.50 %, 0.50 pp above"),
        ("change(1h) < -2%", (0.01, -0.03, 0.0, 0.5), "it holds in 1 of 4 markets: GBP kraken"),
        ("change(1h) < -2%", (-0.03, -0.03, -0.03, -0.03), "it holds in all 4 markets"),
        (
            "change(1h) < 2%",
            (-0.03, -0.03, math.nan, -0.03),
            "it holds in 3 of 4 markets: EUR, GBP kraken, GBP coinbase; it cannot be told in 1",
        ),
        ("change(1h) < -2%", (math.nan,) * 4, "it cannot be told in any of 4 markets: too few prices within 1 h"),
        ("change(1h) < -2%", (0.0, math.nan), "nearest: EUR, 0.00 %, 2.00 pp above; it cannot be told in 3"),
        ("change(1h) > 2% or change(1h) < -3%", (0.0,) * 4, "it holds in none of 4 markets"),
        ("crosses(change(1h), 2%)", (0.0, 0.015, 0.1, 0.1), "nearest: GBP kraken, +1.50 %, 0.50 pp below"),
        ("age < 60s", (math.inf,) * 4, "it holds in none of 4 markets"),
        ("age > 60s", (1_000.0, 50_000.0, 2_000.0, 1_000.0), "nearest: GBP kraken, 50 s"),
    ],
)
def test_of_several_markets_it_says_where_it_holds_or_which_is_nearest(when, values, text):
    of = rule(when, markets=MARKETS)
    assert of_values(of, dict(zip(MARKETS, values, strict=False))) == f"now {text}"


def test_of_many_markets_in_which_it_holds_three_are_named():
    of = rule("change(1h) < 2%", markets=(*MARKETS, ETH))
    assert of_values(of, dict.fromkeys(MARKETS, 0.0)).endswith(
        "it holds in 4 of 5 markets: EUR, GBP kraken, USD and 1 more; it cannot be told in 1"
    )
