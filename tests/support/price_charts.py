"""The charts of a page state, drawn without a browser."""

import re

from bqplot import Lines

from tests.support.page_states import Page
from tracker.core.market import Market
from tracker.dashboard import PriceCharts


def draw_charts(page: Page) -> PriceCharts:
    """Return the charts of *page*; fail if they show an error in place of the charts."""
    charts = PriceCharts(page.state)
    assert charts.box.children == charts.body, charts.box.children[-1].value
    return charts


def live_and_backfilled(charts: PriceCharts, market: Market) -> list[Lines]:
    """Return the two lines of *market*, whose few rows have no newest part of their own."""
    live, newest, backfilled = charts.price_charts[market].figure.marks
    assert not newest.x.size
    return [live, backfilled]


def labels_in(axis: str, width: int) -> list[str]:
    """Return the labels of the time *axis*, HTML, that a plot of *width* px has room for."""
    labels = re.findall(r'<span(?: class="(?:first|last|roomy[^"]*)")?(?: style="([^"]*)")?>(?:<b>)?([^<]+)', axis)
    least = (re.search(r"--least:(\d+)", style) for style, _ in labels)
    return [text for (_, text), px in zip(labels, least, strict=True) if px is None or int(px[1]) <= width]
