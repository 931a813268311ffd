"""The form of a rule: what it says while one types, and what it asks for."""

from dataclasses import replace

import pytest

from tests.support.alert_actions import LOW, NotedActions
from tests.support.page_states import NOW, Page, visible_text
from tracker.dashboard import AlertsPanel
from tracker.dashboard.alerts.actions import DraftReading
from tracker.dashboard.alerts.draft import Draft
from tracker.render.page.alerts_view import AlertsView, PastFiring, Rehearsal
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


def test_what_is_chosen_is_known_by_its_name_wherever_it_stands(panel):
    press(panel, "add")
    assert '<label data-key="channel ops"><input type="checkbox" name="channel ops" value="yes" checked>' in (
        panel.foot.value
    )
    assert '<option value="kraken:BTC/GBP" data-key="option kraken:BTC/GBP">' in panel.foot.value


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


def test_what_the_rule_compares_with_is_bold(panel, actions, monkeypatch):
    reading = DraftReading(
        "a name", "Has risen by 2 % within 2 h or <fallen> by 2 %; now 2 %.", limits=("2 %", "2 %", "x")
    )
    monkeypatch.setattr(actions, "read", lambda draft: reading)
    press(panel, "add")
    assert "Has risen by <b>2 %</b> within 2 h or &lt;fallen&gt; by <b>2 %</b>; now 2 %.</p>" in panel.foot.value


def test_another_kind_of_number_begins_anew_and_a_whole_condition_with_the_same(panel):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, "draft", **TYPED | {"kind": "above"})
    assert 'data-key="value price">' in panel.foot.value
    assert panel.form.view.draft.value == "15300"
    press(panel, "draft", **TYPED | {"kind": "own"})
    assert panel.form.view.draft.value == "price > 15300"
    press(panel, "draft", **TYPED | {"kind": "moves", "value": "price > 15300"})
    assert panel.form.view.draft.value == ""
    assert 'data-key="value share">' in panel.foot.value
    press(panel, "draft", **TYPED | {"kind": "own", "value": ""})
    assert panel.form.view.draft.value == ""
    press(panel, "draft", **TYPED | {"kind": "moves", "value": "2"})
    assert panel.form.view.draft.value == "2", "it was typed for it"


def test_all_markets_of_an_exchange_are_named_so():
    rule = RuleSettings(name="all", market="kraken:BTC/*", when="age > 1min")
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=NotedActions(rule))
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="all")
    assert 'data-key="option kraken:BTC/*">every currency of kraken</option>' in panel.foot.value


def test_an_unclear_number_is_asked_about_where_it_is_typed(panel):
    press(panel, "add")
    press(panel, "draft", **TYPED | {"value": "15.300"})
    assert "15.300 could mean 15.3 or 15,300; which?" in text(panel)
    assert panel.foot.value.count('aria-invalid="true"') == 1
    assert 'name="value" value="15.300"' in panel.foot.value


def test_what_the_form_cannot_say_is_changed_as_text():
    rule = RuleSettings(
        name="odd", market=["kraken:BTC/E*", "kraken:BTC/GBP"], when="price < 1\nor price > 2", **{"for": "7s"}
    )
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=NotedActions(rule))
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule="odd")
    assert 'value="price &lt; 1 or price &gt; 2"' in panel.foot.value
    assert '<option value="kraken:BTC/E* kraken:BTC/GBP" selected' in panel.foot.value
    assert '<option value="7s" selected data-key="option 7s">7 s in a row</option>' in panel.foot.value


def test_an_open_form_follows_the_settings_and_keeps_what_was_typed_and_said(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    actions.answers[0]("ops was renamed")
    actions.channels = ("family", "dead")
    panel.state.update(alerts=AlertsView(may_edit=True, history=(PastFiring("a", "b"),)))
    assert "ops was renamed" in text(panel)
    assert 'name="channel dead"' in panel.foot.value
    assert 'name="channel ops"' not in panel.foot.value
    assert 'value="15300"' in panel.foot.value
    press(panel, "save", **TYPED | {"channel dead": "yes"})
    assert actions.done[-1] == ("save", replace(DRAFT, channels=("dead",)))


def test_what_the_rule_means_now_moves_with_the_prices(panel, actions, monkeypatch):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    monkeypatch.setattr(actions, "read", lambda draft: DraftReading("a name", "now 17,000.00"))
    panel.state.update(alerts=AlertsView(may_edit=True, history=(PastFiring("a", "b"),)))
    assert "now 17,000.00" in text(panel)
    assert len(actions.rehearsals) == 1, "it is not tried anew"


@pytest.mark.parametrize("what", ["cancel", "save", "draft"])
def test_the_charts_mark_no_rehearsal_of_a_form_that_is_closed_or_wrong(panel, actions, what):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    press(panel, what, **TYPED | ({"value": "15.300"} if what == "draft" else {}))
    for answer in actions.answers:
        answer("")
    assert actions.rehearsals[-1] is None


def test_a_record_on_which_nothing_can_be_tried_is_said(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.rehearsals[-1](None)
    assert "It cannot be tried on your record" in text(panel)


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
