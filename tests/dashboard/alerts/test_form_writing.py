"""What the form of a rule asks for: to write, delete and test."""

import pytest

from tests.dashboard.alerts.test_form import DRAFT, TYPED, press, text
from tests.support.alert_actions import LOW, NotedActions
from tests.support.page_states import Page
from tracker.dashboard import AlertsPanel
from tracker.dashboard.alerts.actions import DraftReading
from tracker.dashboard.alerts.form import NOTHING_TYPED
from tracker.render.page.alerts_view import AlertsView
from tracker.runtime.rule_settings import RuleSettings


def test_it_adds_what_was_typed(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    assert actions.done == [("save", DRAFT)]
    assert "Adding …" in text(panel)
    press(panel, "save", **TYPED)
    assert len(actions.done) == 1, "a second click while it is written adds nothing"
    actions.answers[0]("")
    assert text(panel) == "Add an alert Added a name."
    assert '<p class="bt-said" role="status" data-key="said">Added a name.</p>' in panel.foot.value
    press(panel, "add")
    press(panel, "cancel")
    assert text(panel) == "Add an alert"


def test_why_it_could_not_be_written_is_said_and_what_was_typed_stays(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    actions.answers[0]("tracker.toml was changed meanwhile")
    assert "tracker.toml was changed meanwhile" in text(panel)
    assert 'value="15300"' in panel.foot.value


@pytest.mark.parametrize("value", ["", "15.300", "-"])
def test_what_cannot_be_read_is_not_added(panel, actions, value):
    press(panel, "add")
    press(panel, "save", **TYPED | {"value": value})
    assert actions.done == []
    assert 'aria-invalid="true"' in panel.foot.value
    assert value or NOTHING_TYPED in text(panel)


def test_an_answer_for_a_form_that_was_closed_does_nothing(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    press(panel, "cancel")
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.answers[0]("")
    assert "Means" in text(panel)


def test_a_rule_is_changed_in_the_same_form(panel, actions):
    panel.list._handle_custom_msg({"kind": "do", "what": "edit", "fields": {"rule": "low"}}, [])
    assert "Change low" in text(panel)
    assert 'name="value" value="15300"' in panel.foot.value
    assert '<option value="kraken:BTC/EUR" selected' in panel.foot.value
    press(panel, "save", value="15400", market="kraken:BTC/EUR", kind="below")
    [(_, draft)] = actions.done
    assert (draft.replaces, draft.value, draft.name) == ("low", "15400", "low")
    actions.answers[0]("")
    assert text(panel) == "Add an alert Saved low."


def test_a_name_that_follows_from_the_rule_follows_what_is_changed(panel, actions, monkeypatch):
    monkeypatch.setattr(actions, "read", lambda draft: DraftReading(draft.name or f"below {draft.value}", "Means."))
    actions.rules = (LOW.model_copy(update={"name": "below 15300"}), LOW)
    press(panel, "edit", rule="below 15300")
    assert "Change below 15300" in text(panel)
    press(panel, "draft", value="15400")
    assert 'name="name" value="" placeholder="below 15400"' in panel.foot.value
    press(panel, "save", value="15400")
    actions.answers[0]("")
    assert "Saved below 15400." in text(panel)


def test_a_rule_that_fires_only_once_is_shown_so_and_can_be_changed_to_fire_again():
    page, actions = Page(alerts=AlertsView(may_edit=True)), NotedActions(LOW.model_copy(update={"once": True}))
    page.state.actions = type(page.state.actions)(alerts=actions)
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="low")
    assert 'name="once" value="yes" checked' in panel.foot.value
    press(panel, "draft", value="15300", once="yes")
    assert 'name="once" value="yes" checked' in panel.foot.value
    press(panel, "save", value="15300")
    [(_, draft)] = actions.done
    assert not draft.once


def test_channels_of_a_rule_keep_their_order_and_another_comes_last():
    rule = RuleSettings(name="low", market="kraken:BTC/EUR", when="price < 15300", notify=["family", "ops"])
    page, actions = Page(alerts=AlertsView(may_edit=True)), NotedActions(rule, channels=("mail", "ops", "family"))
    page.state.actions = type(page.state.actions)(alerts=actions)
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="low")
    press(panel, "draft", **{"channel ops": "yes"})
    press(panel, "save", **{"channel ops": "yes", "channel family": "yes", "channel mail": "yes"})
    [(_, draft)] = actions.done
    assert draft.channels == ("family", "ops", "mail")


def test_a_channel_that_the_settings_no_longer_have_is_not_taken():
    rule = RuleSettings(name="low", market="kraken:BTC/EUR", when="price < 15300", notify=["gone", "ops"])
    page, actions = Page(alerts=AlertsView(may_edit=True)), NotedActions(rule, channels=("ops",))
    page.state.actions = type(page.state.actions)(alerts=actions)
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="low")
    press(panel, "save", **{"channel gone": "yes", "channel ops": "yes"})
    [(_, draft)] = actions.done
    assert draft.channels == ("ops",)


def test_a_rule_is_deleted_after_a_second_click(panel, actions):
    press(panel, "edit", rule="low")
    press(panel, "delete")
    assert actions.done == []
    press(panel, "ask_delete")
    assert "Delete low? Delete it Keep it" in text(panel)
    press(panel, "ask_delete")  # the second half of a double click
    press(panel, "keep")
    press(panel, "delete")
    assert actions.done == []
    for what in ("ask_delete", "draft", "delete"):  # whoever types goes on with the rule
        press(panel, what, value="15000" if what == "draft" else "15300")
    assert actions.done == []
    press(panel, "ask_delete")
    press(panel, "delete")
    press(panel, "delete")
    assert actions.done == [("delete", LOW)]
    actions.answers[0]("low was changed meanwhile")
    assert "low was changed meanwhile" in text(panel)
    assert "Delete it" not in text(panel)
    press(panel, "ask_delete")
    press(panel, "delete")
    actions.answers[1]("")
    assert text(panel) == "Add an alert Deleted low."


def test_a_test_is_sent_to_each_chosen_channel_one_after_the_other(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "test", **TYPED)
    assert actions.done == [("test", "ops")]
    assert "Sending to ops …" in text(panel)
    assert 'data-do="test" aria-disabled="true">Sending …</button>' in panel.foot.value
    press(panel, "test", **TYPED)
    assert len(actions.done) == 1, "a second press sends nothing"
    actions.answers[0]("ops answered: 200 OK")
    assert "ops answered: 200 OK" in text(panel)
    assert 'data-do="test">Send a test</button>' in panel.foot.value
    assert len(actions.done) == 1
    press(panel, "test", **TYPED | {"channel family": "yes"})
    assert actions.done[1:] == [("test", "ops")]
    actions.answers[1]("ops answered: 200 OK")
    assert actions.done[2:] == [("test", "family")]
    assert "ops answered: 200 OK. Sending to family …" in text(panel)
    actions.answers[2]("family is busy")
    assert "ops answered: 200 OK. family is busy" in text(panel)


def test_what_was_typed_right_before_a_test_counts(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    left = {key: value for key, value in TYPED.items() if key != "channel ops"}
    press(panel, "test", **left | {"channel family": "yes", "value": "100"})
    assert actions.done == [("test", "family")]
    assert "Means price &lt; 100." in panel.foot.value


def test_what_is_typed_while_a_rule_is_written_changes_nothing(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    for what in ("draft", "cancel"):
        press(panel, what, **TYPED | {"value": "1"})
    assert "Adding …" in text(panel)
    actions.answers[0]("the disk is full")
    assert 'value="15300"' in panel.foot.value
    press(panel, "save", **TYPED)
    assert actions.done == [("save", DRAFT)] * 2


def test_channels_are_chosen_by_name_and_no_other_is_taken(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED | {"channel mailto://x:y@z": "yes", "channel family": "yes"})
    [(_, draft)] = actions.done
    assert draft.channels == ("ops", "family")
    assert "mailto" not in panel.foot.value


@pytest.mark.parametrize("forged", [{"kind": "unknown"}, {"span": "x"}, {"hold": "0.1ms"}, {"market": "kraken:BTC/X"}])
def test_a_choice_that_is_not_offered_changes_nothing(panel, actions, forged):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "save", **TYPED | forged)
    assert actions.done == [("save", DRAFT)]
