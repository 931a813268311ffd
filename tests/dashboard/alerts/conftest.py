"""A panel of alerts whose viewer may edit, without a server."""

import pytest

from tests.support.alert_actions import NotedActions
from tests.support.page_states import Page
from tracker.dashboard import AlertsPanel
from tracker.render.page.alerts_view import AlertsView


@pytest.fixture
def actions():
    return NotedActions()


@pytest.fixture
def panel(actions):
    page = Page(alerts=AlertsView(may_edit=True))
    page.state.actions = type(page.state.actions)(alerts=actions)
    return AlertsPanel(page.state)
