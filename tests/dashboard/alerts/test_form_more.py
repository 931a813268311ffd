"""The part of the form that is shown on demand."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.dashboard.alerts.test_form import DRAFT, TYPED, press, text
from tests.support.alert_actions import LOW, NotedActions
from tests.support.page_states import NOW, Page
from tracker.dashboard import AlertsPanel
from tracker.dashboard.alerts.actions import DraftReading
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import More
from tracker.render.page.alerts_view import AlertsView, PastFiring, Rehearsal

MORE = {
    "quiet": "22:00-07:00",
    "zone": "Europe/Berlin",
    "cooldown": "1h",
    "severity": "critical",
    "expires": "2026-12-31 18:00",
    "rearm": "15400",
}


def opened(rule, zone=None):
    """Return a panel in whose form *rule* is open, and what its viewer can do."""
    page, actions = Page(alerts=AlertsView(may_edit=True)), NotedActions(rule)
    actions.zone = zone or actions.zone
    page.state.actions = type(page.state.actions)(alerts=actions)
    panel = AlertsPanel(page.state)
    press(panel, "edit", rule=rule.name)
    return panel, actions


def test_of_a_new_rule_it_is_closed_and_says_what_there_is(panel):
    press(panel, "add")
    assert '<details class="bt-form-more" data-key="more"><summary>More' in panel.foot.value
    assert "More : quiet hours, cooldown, severity, end, re-arming" in text(panel)


def test_of_a_rule_that_has_any_of_it_it_is_open_and_has_what_the_file_has():
    update = {"quiet": "22:00-07:00", "zone": "Europe/Berlin", "expires": 1_798_736_400_000, "rearm": "15400"}
    panel, _ = opened(LOW.model_copy(update=update), ZoneInfo("Europe/Berlin"))
    assert 'data-key="more" open>' in panel.foot.value
    assert "More : quiet 22:00-07:00 Europe/Berlin, ends 2026-12-31 18:00, re-arms at 15400" in text(panel)
    assert 'name="expires" value="2026-12-31 18:00"' in panel.foot.value
    assert '<option value="warning" selected' in panel.foot.value


def test_what_is_typed_there_is_a_part_of_the_draft(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED | MORE)
    assert actions.done == [("save", replace(DRAFT, more=More(**MORE)))]


def test_a_severity_that_there_is_not_is_not_taken(panel, actions):
    press(panel, "add")
    press(panel, "save", **TYPED | MORE | {"severity": "loud"})
    [(_, draft)] = actions.done
    assert draft.more == More(**MORE | {"severity": "warning"})


def test_the_fields_show_what_counts_without_them(actions, monkeypatch):
    monkeypatch.setattr(actions, "read", lambda draft: DraftReading("a name", "Means.", "15315.3 or more"))
    actions.zone = ZoneInfo("Europe/Berlin")
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=actions)
    panel = AlertsPanel(page.state)
    press(panel, "add")
    for name, placeholder in {
        "quiet": "none, or 22:00-07:00",
        "zone": "Europe/Berlin",
        "cooldown": "none, or 1h",
        "expires": "never, or 2026-12-31 18:00",
        "rearm": "15315.3 or more (by default)",
    }.items():
        assert f'name="{name}" value="" placeholder="{placeholder}"' in panel.foot.value
    assert "Ends, Europe/Berlin" in text(panel)


def test_what_is_wrong_stands_by_its_field(panel, actions, monkeypatch):
    def read(_draft):
        raise FieldError("quiet", "no range")

    monkeypatch.setattr(actions, "read", read)
    press(panel, "add")
    press(panel, "draft", **TYPED | {"quiet": "22-7"})
    assert panel.foot.value.count('aria-invalid="true"') == 1
    field = panel.foot.value.index('name="quiet"')
    assert field < panel.foot.value.index("No range") < panel.foot.value.index('name="zone"')


@pytest.mark.parametrize(
    ("quiet", "words"),
    [(0, "at 15:10."), (1, "at 15:10, 1 of them in quiet hours."), (2, "at 15:10, all in quiet hours.")],
)
def test_the_rehearsal_says_how_often_it_would_have_fired_in_quiet_hours(panel, actions, quiet, words):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW, (NOW - 1, NOW), quiet=quiet))
    assert f"twice , last {words}" in text(panel)


def test_a_rehearsal_is_renewed_each_minute_without_being_hidden(panel, actions, monkeypatch):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW, (NOW,)))
    for later, count in ((59_999, 1), (60_000, 2), (119_999, 2)):
        monkeypatch.setattr(actions, "now", lambda later=later: NOW + later)
        panel.state.update(alerts=AlertsView(may_edit=True, history=(PastFiring("a", str(later)),)))
        assert len(actions.rehearsals) == count
        assert "would have fired once" in text(panel)
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW + 60_000, (NOW, NOW + 1)))
    assert "would have fired twice" in text(panel)


def test_what_a_rehearsal_knows_of_now_is_said_with_it(panel, actions, monkeypatch):
    press(panel, "add")
    press(panel, "draft", **TYPED)
    monkeypatch.setattr(actions, "read", lambda draft: DraftReading("a name", "now 17,000.00"))
    actions.rehearsals[-1](Rehearsal(NOW - 60_000, NOW))
    assert "now 17,000.00" in text(panel)
