"""What holds for the words of every rule and every event, whatever they are."""

import re
from datetime import UTC
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.alert_words import AT, GBP, deliveries, rules, values
from tests.support.rule_expressions import expressions, measures, thresholds
from tests.support.rule_rows import price_rule
from tracker.alerts.messages.messages import make_message
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason
from tracker.alerts.rules.expression import Measure, Not, measures_of
from tracker.alerts.rules.vocabulary import WORDS, Unit
from tracker.alerts.wording.meaning import meaning, meaning_now
from tracker.alerts.wording.phrases import condition_text, fact
from tracker.alerts.wording.reasons import reason_text
from tracker.alerts.wording.spoken import SPOKEN
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.written import WRITTEN
from tracker.core.durations import DAY

_COMPUTER_WORDS = re.compile(r"\b(?:nan|None|inf|infinity|True|False)\b|[{}]|\bms0\b|\be[+-]\d")
_ALL = list(WORDS.values())


def assert_is_prose(text: str) -> None:
    assert text
    assert not _COMPUTER_WORDS.search(text), text
    assert text[0] == text[0].upper()
    assert text.endswith(".")
    assert "  " not in text


@settings(max_examples=40)
@given(rules())
def test_every_rule_has_a_meaning_in_one_sentence(rule):
    assert_is_prose(meaning(rule))


@settings(max_examples=40)
@given(st.data())
def test_whatever_the_measures_read_it_is_told_how_far_the_rule_is_from_it(data):
    rule = data.draw(rules())
    readings = {}
    for market in data.draw(st.lists(st.sampled_from(rule.markets), min_size=1, unique=True)):
        readings[market] = {}
        for measure in measures_of(rule.expression):
            problem = data.draw(st.none() | st.sampled_from([CannotTell(reason, measure) for reason in Reason]))
            readings[market][measure] = Reading(data.draw(values(measure)), data.draw(values(measure)), problem=problem)
    assert_is_prose(meaning_now(rule, readings, AT, UTC))


def test_the_calmest_market_is_not_compared_with_a_number():
    rank, subject = Measure("rank", DAY), subject_of([GBP])
    assert fact(rank, 1.0, subject, WRITTEN, [3.0]) == "bitcoin in GBP on kraken is the calmest market over 24 h"
    assert fact(rank, 2.0, subject, WRITTEN, [3.0]).endswith(" over 24 h is 2, less than 3")


@given(measures(_ALL), st.sampled_from(Reason), st.none() | st.just(AT), st.none() | st.floats(0, 1))
def test_every_reason_has_words(measure, reason, since, coverage):
    text = reason_text(CannotTell(reason, measure, coverage, since), AT, UTC)
    assert_is_prose(f"{text[0].upper()}{text[1:]}.")


@settings(max_examples=40)
@given(expressions())
def test_the_opposite_of_the_opposite_is_said_as_the_rule_itself(expression):
    subject = subject_of([GBP])
    assert condition_text(Not(Not(expression)), subject, WRITTEN) == condition_text(expression, subject, WRITTEN)


@given(st.sampled_from(_ALL).flatmap(lambda word: st.tuples(measures([word]), thresholds(word))))
def test_a_threshold_is_written_with_all_its_digits(measure_and_threshold):
    measure, threshold = measure_and_threshold
    if measure.word.unit is Unit.DURATION:
        return
    text = WRITTEN.limit(measure, threshold, "")
    digits = re.sub(r"[^\d.−]", "", text.split(" ")[0]).replace("−", "-")
    scale = 2 if measure.word.unit is Unit.SHARE else 0
    assert float(Decimal(digits).scaleb(-scale)) == threshold


@given(st.data())
def test_a_number_looks_like_a_threshold_only_if_it_is_one(data):
    measure = data.draw(measures([word for word in _ALL if word.unit is not Unit.RANK]))
    threshold = data.draw(thresholds(measure.word))
    nearly = st.sampled_from([1 - 1e-6, 1 - 1e-5, 1.0, 1 + 1e-5, 1.001]).map(lambda factor: threshold * factor)
    value = data.draw(nearly)
    value = float(round(value)) if measure.word.unit is Unit.DURATION else value
    if value != threshold and abs(value - threshold) < 1e-6:
        return
    for style in (WRITTEN, SPOKEN):
        limit = style.limit(measure, threshold, "")
        assert (style.amount(measure, value, "", [threshold]) == limit) <= (value == threshold)
        text = fact(measure, value, subject_of([GBP], style), style, [threshold])
        assert not _COMPUTER_WORDS.search(text)


@settings(max_examples=40)
@given(st.data())
def test_every_message_is_prose_and_is_spoken_in_letters_and_digits(data):
    rule = data.draw(rules())
    told = data.draw(st.lists(deliveries(rule), min_size=1, max_size=3))
    known = data.draw(st.sampled_from([{}, {rule.name: rule}, {rule.name: price_rule(name=rule.name)}]))
    message = make_message(told, known, AT, UTC)
    name = rule.name
    for text in (message.title, *message.lines):
        assert len(text.splitlines()) == 1
        assert not _COMPUTER_WORDS.search(text.replace(name, "x"))
    assert all(char.isalnum() or char in " ,." for char in message.spoken), message.spoken
    assert message.spoken.endswith(".")
    assert message.spoken.count(".") == 1
    assert message.resolves == all(not each.event.kind.begins_firing for each in told)
