"""Thresholds and spans: each measure takes its own unit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rule_expressions import thresholds
from tracker.alerts.rules.threshold import read_span, read_threshold, threshold_text
from tracker.alerts.rules.vocabulary import WORDS
from tracker.core.durations import DAY, HOUR, MINUTE


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        *(("last_price", "70000", 70_000.0), ("implied", "1.2", 1.2), ("standard_deviation", "0", 0.0)),
        *(("change", "2%", 0.02), ("change", "− 2 %", -0.02), ("change", "+0.1%", 0.001), ("change", "250%", 2.5)),
        *(("coverage", "90%", 0.9), ("realised_volatility", "80 %", 0.8), ("drawdown", "33.3333%", 0.333333)),
        *(("age", "60s", 60_000.0), ("age", "1.5 h", 5_400_000.0), ("age", "500ms", 500.0), ("rank", "3", 3.0)),
    ],
)
def test_a_measure_takes_a_number_in_its_unit(name, typed, value):
    assert read_threshold(typed, WORDS[name]) == value


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("change", "0.02", "0.02 could mean 2 % or 0.02 %; which? type 2% or 0.02%"),
        ("change", "2", "2 could mean 2 % or 200 %; which? type 2% or 200%"),
        ("change", "-2", "-2 has no unit; change takes a number with %: type -2%"),
        ("coverage", "90", "90 has no unit; coverage takes a number with %: type 90%"),
        ("coverage", "900", "900: coverage takes a number with %, such as 2%"),
        ("change", "1.250%", "1.250 could mean 1.25 or 1,250; which? type 1.25 or 1250"),
        ("change", "2‰", "2‰: change takes a number with %, such as 2%"),
        (
            "last_price",
            "70k",
            "price takes a plain number in the market's quote currency, such as 70000: type 70000",
        ),
        ("last_price", "1.5 M", "such as 70000: type 1500000"),
        ("last_price", "70000 EUR", "such as 70000: type 70000"),
        ("last_price", "70000€", "such as 70000: type 70000"),
        ("last_price", "7o000", "7o000: price takes a plain number in the market's quote currency, such as 70000"),
        ("age", "1M", "1M could mean a minute or a month; which? type 1min or 30d"),
        ("last_price", "5%", "such as 70000; a share is compared by e.g. change(24h) > 5%"),
        ("age", "60", "60 has no unit; age takes a number with a unit of time"),
        ("age", "60", "such as 60s: type 60s, 60min or 60h"),
        ("age", "1h30m", "1h30m is no duration; age takes a number with a unit of time"),
        ("rank", "1.5", "1.5: rank takes a whole number from 1, such as 1"),
        ("rank", "1k", "1k: rank takes a whole number from 1, such as 1"),
    ],
)
def test_another_unit_is_refused_with_what_to_type(name, typed, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_threshold(typed, WORDS[name])


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        *(("last_price", "0", "price is above 0"), ("last_price", "-5", "price is above 0")),
        *(("implied", "0", "implied is above 0"), ("standard_deviation", "-1", "std is at least 0")),
        *(("drawdown", "-5%", "drawdown is at least 0%"), ("drawdown", "120%", "drawdown is at most 100%")),
        *(("change", "-101%", "change is at least -100%"), ("coverage", "101%", "coverage is at most 100%")),
        *(("rank", "0", "rank is at least 1"), ("rank", "10001", "rank is at most 10000")),
        *(("last_price", "9999999999999999", "price is at most 1000000000000000"),),
        *(("age", "0s", "a duration is from 1ms to 100y"), ("age", "101y", "a duration is from 1ms to 100y")),
    ],
)
def test_a_number_that_the_measure_never_has_is_refused_with_its_range(name, typed, words):
    with pytest.raises(ValueError, match="is out of range") as error:
        read_threshold(typed, WORDS[name])
    assert words in str(error.value)


def test_nothing_needs_no_unit():
    assert str(read_threshold("-0", WORDS["change"])) == "0.0"


@pytest.mark.parametrize(("typed", "span"), [("10m", 10 * MINUTE), ("24 h", DAY), ("1.5h", 90 * MINUTE), ("1s", 1000)])
def test_a_span_is_a_duration(typed, span):
    assert read_span(typed) == span


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("10", "10 has no unit; a span is a number with a unit (s, min, h, d, y), such as 24h: type 10s, 10min or 10h"),
        ("10x", "10x is no duration; a span is a number with a unit"),
        ("999ms", "999ms is too short; a span is from 1s to 100y"),
        ("101y", "101y is out of range"),
        ("-10m", "-10m is out of range"),
        ("1.500h", "could mean"),
    ],
)
def test_no_span_is_refused_with_what_one_is(typed, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_span(typed)


@given(st.sampled_from(list(WORDS.values())).flatmap(lambda word: st.tuples(st.just(word), thresholds(word))))
def test_what_is_written_is_read_back_to_the_last_bit(given_word):
    word, value = given_word
    assert read_threshold(threshold_text(value, word.unit), word) == value


def test_durations_are_written_in_the_largest_unit_that_divides_them():
    assert threshold_text(float(2 * HOUR), WORDS["age"].unit) == "2h"
