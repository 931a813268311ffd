"""The open form of a rule, while settings, prices and the page's zone change."""

from zoneinfo import ZoneInfo

from tests.dashboard.alerts.test_form import TYPED, press, text
from tests.support.page_states import NOW
from tracker.dashboard.alerts.field_error import FieldError
from tracker.render.page.alerts_view import AlertsView, PastFiring, Rehearsal


def renew(panel):
    """Have the page show other alerts, as it does with each firing and number."""
    panel.state.update(alerts=AlertsView(may_edit=True, history=(PastFiring("a", "b"),)))


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
