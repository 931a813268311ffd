"""A panel of alerts, and what a browser sends when something in it is pressed."""

from tests.support.page_states import EUR, Page
from tracker.dashboard import AlertsPanel
from tracker.render.page.alerts_view import AlertsView, Sign, WatchedMarket, WatchedRule

LOW = WatchedRule(
    name="low",
    condition="price < 15300",
    markets=(WatchedMarket("EUR", Sign.ARMED, "now 17,768.50", str(EUR)),),
)


def shown_panel(actions=None, *rules, **values):
    """Return the page and the panel of *rules*, whose viewer may edit if there are *actions*."""
    view = AlertsView(rules=rules or (LOW,), may_edit=actions is not None)
    page = Page(alerts=view, **values)
    page.state.actions = type(page.state.actions)(alerts=actions)
    return page, AlertsPanel(page.state)


def press(panel, what, **fields):
    """Send what the browser does when an element with ``data-do`` is pressed."""
    panel.list._handle_custom_msg({"kind": "do", "what": what, "fields": fields}, [])
