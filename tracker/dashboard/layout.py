"""How the parts stand on the page."""

import ipywidgets as widgets

from tracker.dashboard.panel import styled
from tracker.dashboard.widgets.header import StatusStrip
from tracker.dashboard.widgets.replay_bar import ReplayBar


def page(
    status: StatusStrip,
    picker: widgets.Widget,
    span: widgets.Widget,
    mode: widgets.Widget,
    replay: ReplayBar,
    problems: widgets.Widget,
    first: widgets.Widget,
    charts: widgets.Widget,
    ranking: widgets.Widget,
    footer: widgets.Widget,
    exports: widgets.Widget,
) -> widgets.VBox:
    """The page: header, toolbar with the checkboxes at its left, charts above the table, footer."""
    status.add_link(replay.begin)
    bar = widgets.HBox([picker, span, mode])
    bar.add_class("bt-toolbar")
    # The first start stands right before the charts: while it is shown, the style hides what follows it.
    main = widgets.VBox([replay, problems, first, charts, ranking])
    main.add_class("bt-main")
    return styled(status.state, status, bar, main, exports, footer)
