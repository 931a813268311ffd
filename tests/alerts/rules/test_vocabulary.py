"""The table of the rule language: complete, readable, and what the parser takes."""

import re

import pytest

from tracker.alerts.rules.expression import Comparison, leaves
from tracker.alerts.rules.grammar import GRAMMAR
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.vocabulary import BY_NAME, EXACT, JOINERS, OPERATORS, WORDS, Argument, Unit
from tracker.core.measures import MEASURES, SHORT_FORMS


def test_every_measure_of_the_table_can_be_named_in_full_and_by_its_short_forms():
    for name in (*MEASURES, *SHORT_FORMS):
        word = WORDS[SHORT_FORMS.get(name, name)]
        text = f"{name}(24h) > 1" if word.argument is Argument.SPAN else f"{name} > 1"
        comparison = parse(text + "%" * (word.unit is Unit.SHARE))
        assert isinstance(comparison, Comparison)
        assert comparison.measure.name == word.name


def test_no_two_measures_have_a_name_in_common():
    assert len(BY_NAME) == sum(1 + len(word.short_forms) for word in WORDS.values())
    assert not {*BY_NAME} & {*JOINERS}


@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
def test_the_example_of_a_measure_is_a_rule_in_its_canonical_form_that_names_it(word):
    expression = parse(word.example)
    (leaf,) = leaves(expression)
    assert leaf.measure.name == word.name
    assert parse(str(expression)) == expression
    assert word.example.startswith(word.written)


@pytest.mark.parametrize("joiner", JOINERS.values(), ids=lambda joiner: joiner.name)
def test_the_example_of_every_other_word_is_a_rule_that_has_it(joiner):
    expression = parse(joiner.example)
    assert str(expression) == joiner.example
    assert all(sign in joiner.example for sign in (joiner.name if joiner.name == "()" else [joiner.name]))


def test_every_word_and_operator_of_the_grammar_and_no_other_is_in_the_table():
    assert {*re.findall(r"/([a-z]+)\\b/i", GRAMMAR)} == {*filter(str.isalpha, JOINERS)}
    assert [name for name in JOINERS if not name.isalpha() and name != "()"] == list(OPERATORS)
    assert set(EXACT) <= set(OPERATORS)


def test_sentences_are_short_and_whole():
    for each in (*WORDS.values(), *JOINERS.values()):
        assert each.sentence[0].isupper()
        assert each.sentence.endswith(".")
        assert len(each.sentence) <= 120
