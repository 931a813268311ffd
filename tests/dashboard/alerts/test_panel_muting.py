"""The panel of alerts mutes rules, and says what came of it."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.support.alert_actions import LOW as LOW_RULE
from tests.support.alert_actions import NotedActions
from tests.support.alert_panel import LOW, press, shown_panel
from tests.support.page_states import GBP, NOW
from tracker.render.page.alerts_view import AlertsView, Sign, WatchedMarket, WatchedRule

HOUR = 3_600_000


@pytest.mark.parametrize(
    "fields", [{"rule": "unknown"}, {}, {"rule": "low\n"}, {f"f{i}": "x" for i in range(300)} | {"rule": "low"}]
)
def test_a_viewer_who_may_edit_can_mute_no_rule_that_is_not_there(fields):
    actions = NotedActions()
    _, panel = shown_panel(actions)
    for what in ("mute_hour", "unmute", "choose_mute", "edit", "anything"):
        press(panel, what, **fields)
    assert actions.done == []
    assert panel.form is None or panel.form.view is None


@pytest.mark.parametrize("market", ["kraken:BTC/GBP", "*", "kraken:BTC/EUR\n"])
def test_a_rule_is_muted_in_no_market_that_it_does_not_watch(market):
    actions = NotedActions()
    _, panel = shown_panel(actions)
    for what in ("mute_hour", "mute_until", "unmute", "choose_mute"):
        press(panel, what, rule="low", market=market, until="soon")
    assert actions.done == []
    assert "bt-mute" not in panel.list.value


def test_a_rule_is_muted_for_an_hour():
    actions = NotedActions()
    _, panel = shown_panel(actions)
    press(panel, "choose_mute", rule="low")
    assert "For an hour" in panel.list.value
    press(panel, "mute_hour", rule="low")
    assert actions.done == [("mute", "low", None, NOW + HOUR)]
    actions.answers[0]("")
    assert "For an hour" not in panel.list.value


def test_a_mute_that_was_asked_for_is_awaited_and_said_if_nobody_takes_it_up(monkeypatch):
    actions = NotedActions()
    page, panel = shown_panel(actions)
    press(panel, "mute_hour", rule="low")
    actions.answers[0]("")
    assert ">Muting …</button>" in panel.list.value
    press(panel, "wait", rule="low")
    assert len(actions.done) == 1
    page.state.update(alerts=AlertsView(rules=(replace(LOW, muted="muted to 16:10"),), may_edit=True))
    assert ">Unmute</button>" in panel.list.value
    press(panel, "unmute", rule="low")
    actions.answers[1]("")
    assert ">Unmuting …</button>" in panel.list.value
    monkeypatch.setattr(actions, "now", lambda: NOW + 10_001)
    page.state.update(now=NOW + 11_000)
    assert "No process that watches the rules has taken it up yet" in panel.list.value


def test_one_market_of_a_rule_is_muted_alone():
    actions = NotedActions(LOW_RULE.model_copy(update={"market": ("kraken:BTC/*",)}))
    both = (*LOW.markets, WatchedMarket("GBP", Sign.FIRING, "now 15,000.00", "kraken:BTC/GBP"))
    _, panel = shown_panel(actions, WatchedRule(name="low", condition="price < 15300", markets=both))
    of_market = {"rule": "low", "market": "kraken:BTC/GBP"}
    press(panel, "choose_mute", **of_market)
    press(panel, "mute_until", until="soon", **of_market)
    assert panel.list.value.index("GBP") < panel.list.value.index("soon: expected a time")
    for what in ("mute_hour", "unmute"):
        press(panel, what, **of_market)
    assert actions.done == [("mute", "low", GBP, NOW + HOUR), ("mute", "low", GBP, None)]


def test_a_rule_is_muted_until_a_time_of_the_pages_zone():
    actions = NotedActions()
    page, panel = shown_panel(actions)
    page.state.zone = ZoneInfo("Europe/Berlin")
    press(panel, "choose_mute", rule="low")
    press(panel, "mute_until", rule="low", until="17:10")
    assert actions.done == [("mute", "low", None, NOW + HOUR)]  # it is 15:10 UTC


def test_a_time_that_cannot_be_read_is_said_where_it_was_typed():
    actions = NotedActions()
    _, panel = shown_panel(actions)
    press(panel, "choose_mute", rule="low")
    press(panel, "mute_until", rule="low", until="soon")
    assert actions.done == []
    assert "soon: expected a time such as 18:00" in panel.list.value
    press(panel, "cancel")
    assert "bt-mute" not in panel.list.value


def test_why_a_rule_could_not_be_muted_is_said():
    actions = NotedActions()
    _, panel = shown_panel(actions)
    press(panel, "mute_hour", rule="low")
    actions.answers[0]("data/ is read-only")
    assert "data/ is read-only" in panel.list.value


def test_a_muted_rule_is_unmuted():
    actions = NotedActions()
    _, panel = shown_panel(actions)
    press(panel, "unmute", rule="low")
    assert actions.done == [("mute", "low", None, None)]


def test_to_cancel_the_form_leaves_the_menu_and_the_other_way_round():
    actions = NotedActions()
    _, panel = shown_panel(actions)
    press(panel, "choose_mute", rule="low")
    for what in ("add", "cancel"):
        panel.foot._handle_custom_msg({"kind": "do", "what": what, "fields": {}}, [])
    assert panel.form.view is None
    assert "bt-mute" in panel.list.value
    press(panel, "edit", rule="low")
    press(panel, "cancel")
    assert panel.form.view is not None
    assert "bt-mute" not in panel.list.value


def test_an_answer_leaves_the_menu_that_was_opened_meanwhile():
    actions = NotedActions(LOW_RULE, LOW_RULE.model_copy(update={"name": "other"}))
    _, panel = shown_panel(actions, LOW, replace(LOW, name="other"))
    press(panel, "mute_hour", rule="low")
    press(panel, "choose_mute", rule="other")
    for problem in ("", "the disk is full"):
        actions.answers[0](problem)
        assert 'data-do="mute_until" data-rule="other"' in panel.list.value
