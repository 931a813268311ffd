"""Drafts: what the fields of the form mean, and which fields state an existing rule."""

import pytest

from tracker.alerts.rules.parsing import parse
from tracker.dashboard.alerts.draft import KINDS, OWN, Draft, fields_of
from tracker.dashboard.alerts.field_error import FieldError


@pytest.mark.parametrize(
    ("kind", "value", "condition"),
    [
        ("below", "15300", "price < 15300"),
        ("above", " 15300.5 ", "price > 15300.5"),
        ("below", "1,715,300.5", "price < 1715300.5"),
        ("falls", "2", "change(1h) < -2%"),
        ("falls", "-2 %", "change(1h) < -2%"),
        ("rises", "0.5%", "change(1h) > 0.5%"),
        ("moves", "2", "change(1h) > 2% or change(1h) < -2%"),
        ("spread", "1", "relative_std(1h) > 1%"),
        ("volatility", "80", "volatility(1h) > 80%"),
        ("drawdown", "5", "drawdown(1h) > 5%"),
        ("silent", "2min", "age > 2min"),
        ("thin", "90", "coverage(1h) < 90%"),
        (OWN, "price > 1 and not rank(24h) == 1", "price > 1 and not rank(24h) == 1"),
    ],
)
def test_the_fields_state_a_condition(kind, value, condition):
    assert str(Draft(kind=kind, value=value).condition()) == condition


def test_every_kind_is_tested():
    assert len(KINDS) == 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_that_the_form_made_is_stated_by_the_same_fields(kind):
    value = {"below": "15300", "above": "15300", "silent": "2min"}.get(kind, "2%")
    assert fields_of(Draft(kind=kind, value=value, span="6h").condition()) == (
        kind,
        value,
        "6h" if KINDS[kind].has_span else "1h",
    )


@pytest.mark.parametrize(
    "condition",
    [
        "price <= 15300",
        "price < 1 or price > 2",
        "change(1h) > 2% or change(1h) < -3%",
        "crosses(price, 70000)",
        "not price > 1",
    ],
)
def test_any_other_rule_is_stated_as_text(condition):
    assert fields_of(parse(condition))[:2] == (OWN, condition)


@pytest.mark.parametrize(
    ("kind", "value", "field", "words"),
    [
        ("below", "", "value", ""),
        ("below", "15.300", "value", "which?"),
        ("below", "15,30", "value", "which?"),
        ("thin", "15,300", "value", "which?"),
        ("below", "x", "value", "is not a number"),
        ("below", "15300%", "value", "price takes a plain number"),
        ("drawdown", "500", "value", "out of range"),
        ("silent", "60", "value", "has no unit"),
        (OWN, "price > ", "value", "expected a number"),
        ("unknown", "1", "kind", "Choose"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_its_field(kind, value, field, words):
    with pytest.raises(FieldError) as caught:
        Draft(kind=kind, value=value).condition()
    assert caught.value.field == field
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft(value="17600"), "EUR below 17,600"),
        (Draft(kind="moves", value="2"), "EUR moves 2 % within 1 h"),
        (Draft(kind="silent", value="120s"), "EUR without a price for 2 min"),
        (Draft(kind=OWN, value="price > 1"), "EUR: price > 1"),
        (Draft(value="1", name=" Mine "), "Mine"),
    ],
)
def test_a_rule_without_a_name_is_named_after_what_it_tells(draft, name):
    assert draft.rule_name("EUR", ()) == name


def test_a_name_that_is_taken_gets_a_number():
    taken = ("EUR below 1", "EUR below 1 (2)")
    assert Draft(value="1").rule_name("EUR", taken) == "EUR below 1 (3)"
