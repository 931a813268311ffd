"""The rule that a draft states, by the same checks as for a file."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from tests.support.alert_words import BERLIN
from tests.support.running_app import EUR, USD
from tracker.alerts.wording.meaning import meaning
from tracker.dashboard.alerts.draft import EVERY, OWN, Draft, rearm_field
from tracker.dashboard.alerts.drafted_rule import changes_of, drafted_rule, rearm_default
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import NAMES, More, more_of
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.settings import Settings

LOW = {"name": "low", "market": "kraken:BTC/EUR", "when": "price < 15300", "severity": "critical", "cooldown": "10min"}

INDIA = timezone(timedelta(hours=5, minutes=30))  # a browser's zone without a name


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


MORE = More("22:00-07:00", "Europe/Berlin", "10min", "critical", "2022-12-31 18:00", "15400")


def test_the_fields_that_are_shown_on_demand_are_settings_of_the_rule(settings):
    draft = Draft(str(EUR), value="15300", more=MORE, zone=BERLIN)
    rule = drafted_rule(draft, settings)
    assert str(rule.quiet) == "22:00-07:00 Europe/Berlin"
    assert (rule.cooldown, rule.severity, str(rule.rearm)) == (600_000, "critical", "price >= 15400")
    changes = changes_of(draft, rule)
    assert {key: changes[key] for key in ("quiet", "zone", "cooldown", "severity", "expires", "rearm")} == {
        "quiet": "22:00-07:00",
        "zone": "Europe/Berlin",
        "cooldown": "10min",
        "severity": "critical",
        "expires": "2022-12-31T17:00Z",
        "rearm": "15400",
    }


def test_quiet_hours_are_those_of_the_page_if_no_zone_is_typed(settings):
    draft = Draft(str(EUR), value="15300", more=More(quiet="22:00-07:00"), zone=BERLIN)
    assert changes_of(draft, drafted_rule(draft, settings))["zone"] == "Europe/Berlin"


def test_a_rule_that_has_expired_can_be_changed_and_no_other_time_that_is_over_be_typed(settings):
    opened = RuleSettings.model_validate(LOW | {"expires": "2022-12-31T17:00Z"})
    settings = settings.model_copy(update={"rules": (opened,)})
    draft = Draft(str(EUR), value="15400", name="low", more=more_of(opened, BERLIN, ""), opened=opened, zone=BERLIN)
    now = 1_700_000_000_000
    assert changes_of(draft, drafted_rule(draft, settings, now)) == {"when": "price < 15400"}
    with pytest.raises(FieldError, match="2022-12-31 17:59 is over") as caught:
        drafted_rule(replace(draft, more=replace(draft.more, expires="2022-12-31 17:59")), settings, now)
    assert caught.value.field == "expires"


@pytest.mark.parametrize(("opened", "typed"), [({}, "15315.3"), ({"rearm": "15315.3"}, "")])
def test_a_level_that_is_the_default_is_written_and_left_out_as_it_is_typed(settings, opened, typed):
    opened = RuleSettings.model_validate(LOW | opened)
    settings = settings.model_copy(update={"rules": (opened,)})
    more = replace(more_of(opened, BERLIN, ""), rearm=typed)
    draft = Draft(str(EUR), value="15300", name="low", more=more, opened=opened)
    assert changes_of(draft, drafted_rule(draft, settings)) == {"rearm": typed or None}


@pytest.mark.parametrize(
    ("kind", "value", "level", "rearm", "default"),
    [
        ("below", "15300", "15,400.5", "price >= 15400.5", "15315.3 or more"),
        ("above", "15300", "15000", "price <= 15000", "15284.7 or less"),
        ("falls", "2", "1.5", "change(1h) >= -1.5%", "1.8% or less"),
        ("falls", "2", "−1.5 %", "change(1h) >= -1.5%", "1.8% or less"),
        ("falls", "2", "+0.5", "change(1h) >= 0.5%", "1.8% or less"),
        ("falls", "0", "+0.5", "change(1h) >= 0.5%", "+0.1% or more"),
        ("rises", "2", "-1", "change(1h) <= -1%", "1.8% or less"),
        ("thin", "90", "95", "coverage(1h) >= 95%", "92% or more"),
        ("silent", "60s", "10s", "age <= 10s", "1min or less"),
        (OWN, "crosses(price, 70000)", "69000", "price <= 69000", "69930 or less, 70070 or more"),
    ],
)
def test_the_level_at_which_it_rearms_is_typed_as_the_number_beside_it(settings, kind, value, level, rearm, default):
    draft = Draft(str(EUR), kind, value)
    assert rearm_default(drafted_rule(draft, settings), kind) == default
    draft = replace(draft, more=More(rearm=level))
    assert str(drafted_rule(draft, settings).rearm) == rearm
    assert drafted_rule(replace(draft, more=More(rearm=rearm_field(draft.rearm(), kind))), settings).rearm == (
        drafted_rule(draft, settings).rearm
    ), "it is opened as it was typed"


@pytest.mark.parametrize(
    ("kind", "value"), [("moves", "2"), (OWN, "rank(24h) == 1"), (OWN, "not rank(24h) == 1"), (OWN, "not age > 1min")]
)
def test_a_condition_without_a_level_of_its_own_rearms_as_it_says(settings, kind, value):
    assert rearm_default(drafted_rule(Draft(str(EUR), kind, value), settings), kind) == "as the condition says"


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
        ({"cooldown": "600s"}, {}),
        ({"cooldown": ""}, {"cooldown": None}),
        ({"severity": "warning"}, {"severity": None}),
        ({"severity": "info"}, {"severity": "info"}),
        ({"quiet": "23:00-07:00"}, {"quiet": "23:00-07:00"}),
        ({"quiet": "", "zone": ""}, {"quiet": None, "zone": None}),
        ({"expires": "2026-12-31 18:00:00"}, {}),
        ({"expires": "2026-12-31 18:01"}, {"expires": "2026-12-31T17:01Z"}),
        ({"expires": ""}, {"expires": None}),
        ({"rearm": "15,400.0"}, {}),
        ({"rearm": "15500"}, {"rearm": "15500"}),
        ({"rearm": ""}, {"rearm": None}),
    ],
)
def test_only_what_means_something_else_than_before_is_written(settings, edit, changes):
    edit = dict(edit)
    typed = {"market": "kraken:btc/eur", "when": "PRICE<15300", "for": "60s", "notify": ["ops", "family"], "once": True}
    more = {"quiet": "22:00-07:00", "zone": "Europe/Berlin", "expires": "2026-12-31T17:00Z", "rearm": 15400}
    opened = RuleSettings.model_validate(LOW | typed | more)
    settings = settings.model_copy(update={"channels": {"ops": "env:A", "family": "env:B"}, "rules": (opened,)})
    draft = Draft(str(EUR), "below", "15300", "1h", "1min", "low", ("ops", "family"), opened, True, zone=BERLIN)
    more = {key: edit.pop(key) for key in NAMES if key in edit}
    draft = replace(draft, **edit, more=replace(more_of(opened, BERLIN, "15400"), **more))
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
        (Draft(str(EUR), value="1", more=More(quiet="22-7")), "quiet", "'22-7' is not a range of clock times"),
        (Draft(str(EUR), value="1", more=More(zone="Berlin")), "zone", "no time zone 'Berlin'"),
        (Draft(str(EUR), value="1", more=More(quiet="22:00-07:00"), zone=INDIA), "zone", "Type the time zone"),
        (Draft(str(EUR), value="1", more=More(cooldown="1 hour")), "cooldown", "is not a duration"),
        (Draft(str(EUR), value="1", more=More(expires="tomorrow")), "expires", "expected such as 2026-12-31 18:00"),
        (Draft(str(EUR), value="1", more=More(severity="loud")), "severity", "Input should be 'info'"),
        (Draft(str(EUR), value="15300", more=More(rearm="15000")), "rearm", "at 15000 the rule"),
        (Draft(str(EUR), value="15300", more=More(rearm="15.400")), "rearm", "which?"),
        (Draft(str(EUR), "moves", "2", more=More(rearm="1")), "rearm", "leave rearm out"),
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
