"""The form of a rule: what it says while one types, and what it asks for."""

import pytest

from tests.support.alert_actions import LOW, NotedActions
from tests.support.page_states import NOW, Page, visible_text
from tracker.dashboard import AlertsPanel
from tracker.dashboard.alerts.draft import Draft
from tracker.dashboard.alerts.form import NOTHING_TYPED
from tracker.render.page.alerts_view import AlertsView, Rehearsal
from tracker.runtime.rule_settings import RuleSettings

TYPED = {
    "market": "kraken:BTC/GBP",
    "kind": "below",
    "value": "15300",
    "hold": "3min",
    "name": "",
    "channel ops": "yes",
}
DRAFT = Draft("kraken:BTC/GBP", "below", "15300", "1h", "3min", "", ("ops",))


@pytest.fixture
def actions():
    return NotedActions()


@pytest.fixture
def panel(actions):
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=actions)
    return AlertsPanel(page.state)


def press(panel, what, **fields):
    panel.foot._handle_custom_msg({"kind": "do", "what": what, "fields": fields}, [])


def text(panel):
    return visible_text(panel.foot.value)


def test_it_is_closed_until_it_is_asked_for(panel):
    assert text(panel) == "Add an alert"
    press(panel, "add")
    assert "Tell me when" in text(panel)
    press(panel, "cancel")
    assert text(panel) == "Add an alert"


def test_an_empty_form_complains_about_nothing_yet(panel):
    press(panel, "add")
    assert "aria-invalid" not in panel.foot.value
    assert "Price in EUR" in text(panel)


def test_it_says_while_one_types_what_the_rule_means_and_how_often_it_would_have_fired(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    assert "Means price &lt; 15300." in panel.foot.value
    assert "Trying it on your record …" in text(panel)
    day = 86_400_000
    actions.rehearsals[-1](Rehearsal(NOW - day, NOW, (NOW - day // 2, NOW - 5_460_000), 3))
    assert "On your record (1 d) it would have fired 5 times , last at 13:39." in text(panel)
    assert '<i style="left:50.00%">' in panel.foot.value


@pytest.mark.parametrize(
    ("firings", "words"),
    [
        ((), "would not have fired"),
        ((NOW,), "would have fired once , at 15:10"),
        ((NOW - 60_000, NOW), "fired twice , last at"),
    ],
)
def test_few_firings_are_said_in_words(panel, actions, firings, words):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW, firings))
    assert words in text(panel)


def test_a_rehearsal_of_what_was_typed_before_is_not_shown(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "draft", **TYPED | {"value": "15400"})
    actions.rehearsals[0](Rehearsal(NOW - 60_000, NOW))
    assert "Trying it" in text(panel)


def test_what_is_typed_is_rehearsed_once(panel, actions):
    press(panel, "add")
    for _ in range(3):
        press(panel, "draft", **TYPED)
    press(panel, "draft", **TYPED | {"name": "another"})
    assert len(actions.rehearsals) == 1


def test_an_unclear_number_is_asked_about_where_it_is_typed(panel):
    press(panel, "add")
    press(panel, "draft", **TYPED | {"value": "15.300"})
    assert "15.300 could mean 15.3 or 15,300; which?" in text(panel)
    assert panel.foot.value.count('aria-invalid="true"') == 1
    assert 'name="value" value="15.300"' in panel.foot.value


def test_it_adds_what_was_typed(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    assert actions.done == [("save", DRAFT)]
    assert "Adding …" in text(panel)
    press(panel, "save", **TYPED)
    assert len(actions.done) == 1, "a second click while it is written adds nothing"
    actions.answers[0]("")
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
    assert '<option value="kraken:BTC/EUR" selected>' in panel.foot.value
    press(panel, "save", value="15400", market="kraken:BTC/EUR", kind="below")
    [(_, draft)] = actions.done
    assert (draft.replaces, draft.value, draft.name) == ("low", "15400", "low")


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


def test_what_the_form_cannot_say_is_changed_as_text():
    rule = RuleSettings(
        name="odd", market=["kraken:BTC/E*", "kraken:BTC/GBP"], when="price < 1 or price > 2", **{"for": "7s"}
    )
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=NotedActions(rule))
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="odd")
    assert 'value="price &lt; 1 or price &gt; 2"' in panel.foot.value
    assert '<option value="kraken:BTC/E* kraken:BTC/GBP" selected>' in panel.foot.value
    assert '<option value="7s" selected>7 s in a row</option>' in panel.foot.value


def test_a_rule_is_deleted_after_a_second_click(panel, actions):
    press(panel, "edit", rule="low")
    press(panel, "delete")
    assert actions.done == []
    press(panel, "ask_delete")
    assert "Really delete?" in text(panel)
    press(panel, "delete")
    assert actions.done == [("delete", LOW)]


def test_a_test_is_sent_to_the_first_chosen_channel(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "test")
    assert actions.done == [("test", "ops")]
    assert "Sending to ops …" in text(panel)
    actions.answers[0]("ops answered: 200 OK")
    assert "ops answered: 200 OK" in text(panel)


def test_channels_are_chosen_by_name_and_no_other_is_taken(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED | {"channel mailto://x:y@z": "yes", "channel family": "yes"})
    [(_, draft)] = actions.done
    assert draft.channels == ("ops", "family")
    assert "mailto" not in panel.foot.value


def test_without_channels_it_says_where_to_name_one():
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=NotedActions(LOW, channels=()))
    panel = AlertsPanel(page.state)
    press(panel, "add")
    assert "There is no channel yet" in text(panel)
    assert "disabled>Send a test" in panel.foot.value


def test_what_was_typed_is_escaped_once(panel):
    hostile = "<img src=x onerror=alert(1)>"
    press(panel, "add")
    press(panel, "draft", kind="own", value=hostile, name=hostile)
    assert "<img" not in panel.foot.value
    assert "&amp;lt;" not in panel.foot.value


@pytest.mark.parametrize("forged", [{"kind": "unknown"}, {"span": "x"}, {"hold": "0.1ms"}, {"market": "kraken:BTC/X"}])
def test_a_choice_that_is_not_offered_changes_nothing(panel, actions, forged):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "save", **TYPED | forged)
    assert actions.done == [("save", DRAFT)]
