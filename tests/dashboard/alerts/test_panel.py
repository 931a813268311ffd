"""The panel of alerts: what it shows, who may do what, and what forged messages do."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.support.alert_actions import LOW as LOW_RULE
from tests.support.alert_actions import NotedActions
from tests.support.page_states import EUR, GBP, NOW, Page
from tracker.dashboard import AlertsPanel
from tracker.render.page.alerts_view import AlertsView, Sign, WatchedMarket, WatchedRule

HOUR = 3_600_000
LOW = WatchedRule(
    name="low",
    condition="price < 15300",
    markets=(WatchedMarket("EUR", Sign.ARMED, "now 17,768.50", str(EUR)),),
)


def shown(actions=None, *rules, **values):
    view = AlertsView(rules=rules or (LOW,), may_edit=actions is not None)
    page = Page(alerts=view, **values)
    page.state.actions = type(page.state.actions)(alerts=actions)
    return page, AlertsPanel(page.state)


def press(panel, what, **fields):
    """Send what the browser does when an element with ``data-do`` is pressed."""
    panel.list._handle_custom_msg({"kind": "do", "what": what, "fields": fields}, [])


def test_it_shows_each_rule_with_its_state_and_its_number_now():
    _, panel = shown()
    assert "low" in panel.list.value
    assert panel.list.texts == ["now 17,768.50"]
    assert "is-shown" in panel.box._dom_classes
    assert panel.foot.value == ""
    assert panel.foot.layout.display == "none"


def test_it_takes_no_room_without_rules_for_a_viewer_who_may_only_read():
    page = Page(alerts=AlertsView())
    panel = AlertsPanel(page.state)
    assert "is-shown" not in panel.box._dom_classes
    assert panel.list.value == ""
    page.state.update(alerts=AlertsView(rules=(LOW,)))
    assert "is-shown" in panel.box._dom_classes


def test_it_is_sent_only_what_has_changed():
    page, panel = shown()
    sent = []
    panel.list.observe(lambda change: sent.append(change["name"]), ["value", "texts"])
    page.state.update(now=NOW + 1_000)
    page.state.update(alerts=AlertsView(rules=(LOW,)))
    assert sent == []
    [market] = LOW.markets
    page.state.update(alerts=AlertsView(rules=(replace(LOW, markets=(replace(market, text="now 17,770.00"),)),)))
    assert sent == ["texts"]
    page.state.update(alerts=AlertsView())
    assert sorted(sent[1:]) == ["texts", "value"]


FORGED = [
    *(
        {"kind": "do", "what": what, "fields": {"rule": "low", "until": "18:00", "value": "1"}}
        for what in (
            *("mute_hour", "mute_until", "unmute", "choose_mute", "add", "edit"),
            *("draft", "save", "delete", "test"),
        )
    ),
    {"kind": "do", "what": "mute_hour", "fields": {"rule": ["low"]}},
    {"kind": "do", "what": "mute_hour", "fields": "low"},
    {"kind": "do", "what": ["mute_hour"], "fields": {}},
    {"kind": "do", "fields": {"rule": "low"}},
    {"kind": "sort", "column": "low"},
    {},
]


@pytest.mark.parametrize("message", FORGED)
def test_a_forged_message_of_a_viewer_who_may_only_read_changes_nothing(message):
    _, panel = shown()
    before = panel.list.value, panel.foot.value
    for widget in (panel.list, panel.foot):
        widget._handle_custom_msg(message, [])
    assert (panel.list.value, panel.foot.value) == before
    assert panel.form is None or panel.form.view is None


@pytest.mark.parametrize(
    "fields", [{"rule": "unknown"}, {}, {"rule": "low\n"}, {f"f{i}": "x" for i in range(300)} | {"rule": "low"}]
)
def test_a_viewer_who_may_edit_can_mute_no_rule_that_is_not_there(fields):
    actions = NotedActions()
    _, panel = shown(actions)
    for what in ("mute_hour", "unmute", "choose_mute", "edit", "anything"):
        press(panel, what, **fields)
    assert actions.done == []
    assert panel.form is None or panel.form.view is None


@pytest.mark.parametrize("market", ["kraken:BTC/GBP", "*", "kraken:BTC/EUR\n"])
def test_a_rule_is_muted_in_no_market_that_it_does_not_watch(market):
    actions = NotedActions()
    _, panel = shown(actions)
    for what in ("mute_hour", "mute_until", "unmute", "choose_mute"):
        press(panel, what, rule="low", market=market, until="soon")
    assert actions.done == []
    assert "bt-mute" not in panel.list.value


def test_the_right_to_edit_is_looked_at_when_something_is_pressed():
    actions = NotedActions()
    page, panel = shown(actions)
    write = panel.foot._handle_custom_msg
    write({"kind": "do", "what": "add", "fields": {}}, [])
    page.state.actions = type(page.state.actions)()
    press(panel, "mute_hour", rule="low")
    fields = {"value": "15300", "kind": "below", "market": "kraken:BTC/EUR"}
    write({"kind": "do", "what": "save", "fields": fields}, [])
    assert actions.done == []
    assert panel.foot.value == ""


def test_a_rule_is_muted_for_an_hour():
    actions = NotedActions()
    _, panel = shown(actions)
    press(panel, "choose_mute", rule="low")
    assert "For an hour" in panel.list.value
    press(panel, "mute_hour", rule="low")
    assert actions.done == [("mute", "low", None, NOW + HOUR)]
    actions.answers[0]("")
    assert "For an hour" not in panel.list.value


def test_a_mute_that_was_asked_for_is_awaited_and_said_if_nobody_takes_it_up(monkeypatch):
    actions = NotedActions()
    page, panel = shown(actions)
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
    _, panel = shown(actions, WatchedRule(name="low", condition="price < 15300", markets=both))
    of_market = {"rule": "low", "market": "kraken:BTC/GBP"}
    press(panel, "choose_mute", **of_market)
    press(panel, "mute_until", until="soon", **of_market)
    assert panel.list.value.index("GBP") < panel.list.value.index("soon: expected a time")
    for what in ("mute_hour", "unmute"):
        press(panel, what, **of_market)
    assert actions.done == [("mute", "low", GBP, NOW + HOUR), ("mute", "low", GBP, None)]


def test_a_rule_is_muted_until_a_time_of_the_pages_zone():
    actions = NotedActions()
    page, panel = shown(actions)
    page.state.zone = ZoneInfo("Europe/Berlin")
    press(panel, "choose_mute", rule="low")
    press(panel, "mute_until", rule="low", until="17:10")
    assert actions.done == [("mute", "low", None, NOW + HOUR)]  # it is 15:10 UTC


def test_a_time_that_cannot_be_read_is_said_where_it_was_typed():
    actions = NotedActions()
    _, panel = shown(actions)
    press(panel, "choose_mute", rule="low")
    press(panel, "mute_until", rule="low", until="soon")
    assert actions.done == []
    assert "soon: expected a time such as 18:00" in panel.list.value
    press(panel, "cancel")
    assert "bt-mute" not in panel.list.value


def test_why_a_rule_could_not_be_muted_is_said():
    actions = NotedActions()
    _, panel = shown(actions)
    press(panel, "mute_hour", rule="low")
    actions.answers[0]("data/ is read-only")
    assert "data/ is read-only" in panel.list.value


def test_a_muted_rule_is_unmuted():
    actions = NotedActions()
    _, panel = shown(actions)
    press(panel, "unmute", rule="low")
    assert actions.done == [("mute", "low", None, None)]


def test_to_cancel_the_form_leaves_the_menu_and_the_other_way_round():
    actions = NotedActions()
    _, panel = shown(actions)
    press(panel, "choose_mute", rule="low")
    for what in ("add", "cancel"):
        panel.foot._handle_custom_msg({"kind": "do", "what": what, "fields": {}}, [])
    assert panel.form.view is None
    assert "bt-mute" in panel.list.value
    press(panel, "edit", rule="low")
    press(panel, "cancel")
    assert panel.form.view is not None
    assert "bt-mute" not in panel.list.value


def test_the_focus_goes_back_to_the_rule_whose_form_was_closed():
    actions = NotedActions()
    page, panel = shown(actions)
    press(panel, "edit", rule="low")
    assert "data-focus" not in panel.list.value
    order = []
    for widget in (panel.list, panel.foot):
        widget.observe(lambda change: order.append(change["owner"]), "value")
    panel.foot._handle_custom_msg({"kind": "do", "what": "cancel", "fields": {}}, [])
    assert 'data-do="edit" data-rule="low" data-focus' in panel.list.value
    assert order == [panel.list, panel.foot], "or it would first go elsewhere"
    page.state.update(now=NOW + 1_000)
    assert "data-focus" not in panel.list.value, "not once more, if the row is made anew"


def test_a_rule_that_was_added_is_brought_into_view_once_it_is_listed():
    actions = NotedActions()
    page, panel = shown(actions)
    write = panel.foot._handle_custom_msg
    write({"kind": "do", "what": "add", "fields": {}}, [])
    fields = {"value": "15300", "kind": "below", "market": "kraken:BTC/EUR", "name": "new"}
    write({"kind": "do", "what": "save", "fields": fields}, [])
    actions.answers[0]("")
    assert "data-show" not in panel.list.value
    rules = AlertsView(rules=(LOW, replace(LOW, name="new")), may_edit=True)
    page.state.update(alerts=rules)
    assert 'data-key="rule new" data-show' in panel.list.value
    page.state.update(alerts=replace(rules, may_edit=False))
    assert "data-show" not in panel.list.value


def test_an_answer_leaves_the_menu_that_was_opened_meanwhile():
    actions = NotedActions(LOW_RULE, LOW_RULE.model_copy(update={"name": "other"}))
    _, panel = shown(actions, LOW, replace(LOW, name="other"))
    press(panel, "mute_hour", rule="low")
    press(panel, "choose_mute", rule="other")
    for problem in ("", "the disk is full"):
        actions.answers[0](problem)
        assert 'data-do="mute_until" data-rule="other"' in panel.list.value


def test_an_error_in_the_panel_leaves_the_page():
    page, panel = shown()
    page.state.update(alerts=AlertsView(rules=(object(),)))  # what no source returns
    assert "The list of alerts could not be computed" in panel._error_card.value
