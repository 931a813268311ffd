"""The rule that a draft states, by the same checks as for a file."""

from dataclasses import replace

import pytest

from tests.support.running_app import EUR, USD
from tracker.alerts.wording.meaning import meaning
from tracker.dashboard.alerts.draft import EVERY, OWN, Draft, FieldError
from tracker.dashboard.alerts.drafted_rule import changes_of, drafted_rule
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.settings import Settings

LOW = {"name": "low", "market": "kraken:BTC/EUR", "when": "price < 15300", "severity": "critical", "cooldown": "10min"}


@pytest.fixture
def settings():
    return Settings(
        markets=[str(EUR), str(USD)], channels={"ops": "env:OPS_URL"}, rules=[RuleSettings.model_validate(LOW)]
    )


def test_it_is_the_rule_that_the_file_would_state(settings):
    rule = drafted_rule(Draft(str(USD), "falls", "2", "6h", "3min", channels=("ops",)), settings)
    assert (rule.name, rule.condition, rule.hold) == (
        "USD falls 2 % within 6 h",
        "change(6h) < -2%",
        180_000,
    )
    assert (rule.markets, rule.channels) == ((USD,), ("ops",))


def test_a_new_rule_is_written_with_once_only_if_that_was_chosen(settings):
    draft = Draft(str(USD), value="15300", hold="3min", channels=("ops",))
    assert "once" not in changes_of(draft, drafted_rule(draft, settings))
    draft = replace(draft, once=True)
    rule = drafted_rule(draft, settings)
    assert changes_of(draft, rule)["once"] is True
    assert meaning(rule).startswith("Tells you once when one bitcoin costs less than 15,300.00 USD")


def test_a_rule_for_every_market_watches_all(settings):
    rule = drafted_rule(Draft(EVERY, "silent", "60s"), settings)
    assert rule.markets == (EUR, USD)
    assert rule.name == "Every currency without a price for 1 min"


def test_what_the_form_has_no_field_for_stays(settings):
    rule = drafted_rule(Draft(str(EUR), value="15400", name="low", opened=settings.rules[0]), settings)
    assert (rule.condition, rule.severity, rule.cooldown) == ("price < 15400", "critical", 600_000)


@pytest.mark.parametrize(
    ("edit", "changes"),
    [
        ({}, {}),
        ({"name": "lower"}, {"name": "lower"}),
        ({"market": str(USD), "value": "1"}, {"market": (str(USD),), "when": "price < 1"}),
        ({"kind": OWN, "value": "price  < 15000"}, {"when": "price  < 15000"}),
        ({"hold": ""}, {"for": None}),
        ({"hold": "3min"}, {"for": "3min"}),
        ({"channels": ()}, {"notify": None}),
        ({"once": False}, {"once": None}),
        ({"channels": ("family", "ops")}, {"notify": ("family", "ops")}),
    ],
)
def test_only_what_means_something_else_than_before_is_written(settings, edit, changes):
    typed = {"market": "kraken:btc/eur", "when": "PRICE<15300", "for": "60s", "notify": ["ops", "family"], "once": True}
    opened = RuleSettings.model_validate(LOW | typed)
    settings = settings.model_copy(update={"channels": {"ops": "env:A", "family": "env:B"}, "rules": (opened,)})
    draft = Draft(str(EUR), "below", "15300", "1h", "1min", "low", ("ops", "family"), opened, once=True)
    draft = replace(draft, **edit)
    assert changes_of(draft, drafted_rule(draft, settings)) == changes


@pytest.mark.parametrize(
    ("draft", "field", "words"),
    [
        (Draft(EVERY, value="1"), "market", "one currency"),
        (Draft(str(EUR), value="1", name="low"), "name", "an earlier rule has this name"),
        (Draft(str(EUR), value="1", name="x" * 101), "name", "1 to 100 characters"),
        (Draft("kraken:BTC/XYZ", value="1"), "market", "is not configured"),
        (Draft("", value="1"), "market", "expected one market or several"),
        (Draft(str(EUR), value="1", channels=("family",)), "channels", "no channel 'family'"),
        (Draft(str(EUR), "falls", "150"), "value", "-150% is out of range"),
        (Draft(str(EUR), OWN, "1 < price"), "value", "at '1' (column 1)"),
        (Draft(str(EUR), value="1", channels=("mailto://a:b@c",)), "channels", "expected names of channels"),
        (Draft(str(EUR), OWN, "crosses(price, 1)", hold="1min"), "hold", "holds at single rows"),
        (Draft(str(EUR), value="1", hold="soon"), "hold", "is not a duration"),
    ],
)
def test_what_a_file_could_not_have_is_an_error_of_its_field(settings, draft, field, words):
    with pytest.raises(FieldError) as caught:
        drafted_rule(draft, settings)
    assert words in str(caught.value)
    assert caught.value.field == field
    assert "b@c" not in str(caught.value)
    assert "column" not in str(caught.value) or draft.kind == OWN, "a place in what was not typed"
    assert "below 1'" not in str(caught.value), "the name of what has no name yet"
