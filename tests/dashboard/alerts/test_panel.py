"""The panel of alerts: what it shows, who may do what, and what forged messages do."""

from dataclasses import replace

import pytest

from tests.support.alert_actions import NotedActions
from tests.support.alert_panel import LOW, press, shown_panel
from tests.support.page_states import NOW, Page
from tracker.dashboard import AlertsPanel
from tracker.render.page.alerts_view import AlertsView


def test_it_shows_each_rule_with_its_state_and_its_number_now():
    _, panel = shown_panel()
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
    page, panel = shown_panel()
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
    _, panel = shown_panel()
    before = panel.list.value, panel.foot.value
    for widget in (panel.list, panel.foot):
        widget._handle_custom_msg(message, [])
    assert (panel.list.value, panel.foot.value) == before
    assert panel.form is None or panel.form.view is None


def test_the_right_to_edit_is_looked_at_when_something_is_pressed():
    actions = NotedActions()
    page, panel = shown_panel(actions)
    write = panel.foot._handle_custom_msg
    write({"kind": "do", "what": "add", "fields": {}}, [])
    page.state.actions = type(page.state.actions)()
    press(panel, "mute_hour", rule="low")
    fields = {"value": "15300", "kind": "below", "market": "kraken:BTC/EUR"}
    write({"kind": "do", "what": "save", "fields": fields}, [])
    assert actions.done == []
    assert panel.foot.value == ""


def test_the_focus_goes_back_to_the_rule_whose_form_was_closed():
    actions = NotedActions()
    page, panel = shown_panel(actions)
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
    page, panel = shown_panel(actions)
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


def test_an_error_in_the_panel_leaves_the_page():
    page, panel = shown_panel()
    page.state.update(alerts=AlertsView(rules=(object(),)))  # what no source returns
    assert "The list of alerts could not be computed" in panel._error_card.value
