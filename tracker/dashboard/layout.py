"""Arranges the panels on the page."""

import ipywidgets as widgets

from tracker.dashboard.alerts.panel import AlertsPanel
from tracker.dashboard.panel import Panel, Scope
from tracker.dashboard.widgets.go_to import GoTo
from tracker.dashboard.widgets.header import Header
from tracker.dashboard.widgets.replay_bar import ReplayBar


def page(
    header: Header,
    picker: widgets.Widget,
    span: widgets.Widget,
    mode: widgets.Widget,
    replay: ReplayBar,
    problems: widgets.Widget,
    first: widgets.Widget,
    charts: widgets.Widget,
    ranking: widgets.Widget,
    footer: widgets.Widget,
    downloads: widgets.Widget,
    alerts: widgets.Widget | None = None,
) -> Scope:
    """
    Return the page: header, toolbar with the checkboxes at its left, charts and alerts above the table, footer.

    Without *alerts*, it makes their panel.
    """
    header.add_link(replay.begin)
    toolbar = widgets.HBox(_boxes(picker, span, GoTo(header.state), mode))
    toolbar.add_class("bt-toolbar")
    # Right before the charts: while the first start is shown, the style hides what follows it.
    main = widgets.VBox(_boxes(replay, problems, first, charts, alerts or AlertsPanel(header.state), ranking))
    main.add_class("bt-main")
    whole = Scope(header.state, header.box, toolbar, main, *_boxes(downloads, footer))
    whole.add_class("is-whole")
    return whole


def _boxes(*parts: widgets.Widget) -> list[widgets.Widget]:
    """Return what *parts* show: the page brings the style."""
    return [part.box if isinstance(part, Panel) else part for part in parts]
