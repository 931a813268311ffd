"""The open form of a rule, while settings, prices and the page's zone change."""

from zoneinfo import ZoneInfo

from tests.dashboard.alerts.test_form import TYPED, press, text
from tests.support.alert_actions import LOW
from tests.support.page_states import NOW
from tracker.dashboard.alerts.field_error import FieldError
from tracker.render.page.alerts_view import AlertsView, PastFiring, Rehearsal


def renew(panel):
    """Have the page show other alerts, as it does with each firing and number."""
    history = (*panel.state.data.alerts.history, PastFiring("a", "b"))
    panel.state.update(alerts=AlertsView(may_edit=True, history=history))


def test_a_new_alert_goes_to_the_first_channel_until_others_are_chosen(panel):
    press(panel, "add")
    assert panel.form.view.draft.channels == ("ops",)


def test_a_channel_that_is_gone_is_chosen_no_longer(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED | {"channel family": "yes"})
    actions.channels = ("family", "dead")
    renew(panel)
    assert panel.form.view.draft.channels == ("family",)


def test_a_rule_that_is_being_written_is_not_read_again_beside_itself(panel, actions, monkeypatch):
    press(panel, "add")
    press(panel, "save", **TYPED)

    def fail(_draft):
        raise FieldError("name", "an earlier rule has this name")

    monkeypatch.setattr(actions, "read", fail)
    renew(panel)
    assert "Adding …" in text(panel)
    assert "an earlier rule" not in text(panel)


def test_its_times_follow_the_zone_of_the_page(panel, actions):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW, (NOW,)))
    assert "at 15:10" in text(panel)
    panel.state.zone = ZoneInfo("Europe/Berlin")
    assert "at 16:10" in text(panel)


def test_why_a_rule_could_not_be_written_is_said_until_the_settings_have_changed(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED)
    actions.answers[0]("tracker.toml cannot be read")
    renew(panel)
    assert "tracker.toml cannot be read" in text(panel)
    actions.version = 2
    renew(panel)
    assert "tracker.toml cannot be read" not in text(panel)


def test_a_rule_that_was_changed_elsewhere_is_said_at_once(panel, actions):
    press(panel, "edit", rule="low")
    press(panel, "draft", value="15400")
    actions.rules = (LOW.model_copy(update={"when": "price < 1"}),)
    renew(panel)
    assert "low was changed meanwhile: cancel, and open it again." in text(panel)
    assert 'value="15400"' in panel.foot.value


def test_a_rule_that_was_deleted_elsewhere_can_be_added_anew(panel, actions):
    press(panel, "edit", rule="low")
    press(panel, "draft", value="15400")
    actions.rules = ()
    renew(panel)
    assert "low was deleted meanwhile. Add alert adds it anew." in text(panel)
    press(panel, "save", value="15400")
    [(what, draft)] = actions.done
    assert (what, draft.opened, draft.name, draft.value) == ("save", None, "low", "15400")
