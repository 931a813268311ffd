"""The base of all panels: a failure is shown in its place, and a panel alone brings its style."""

import logging

import pytest

from tests.support.page_states import Page
from tracker.dashboard import CurrencyPicker, Header, PriceCharts, RankingTable, ReplayBar, SpanPicker, page


@pytest.mark.parametrize("kind", [CurrencyPicker, PriceCharts, RankingTable, Header])
def test_a_panel_that_cannot_be_rendered_says_so_and_recovers(kind, caplog):
    page = Page()
    panel = kind(page.state)

    def broken(market, span, end):
        raise ValueError("8 stamps out of order in <btceur>")

    with caplog.at_level(logging.ERROR):
        page.state.update(read=broken, revision=page.state.data.revision + 1)
    assert panel.children[:-1] == panel.body  # hidden: what is taken away is built anew
    assert "has-failed" in panel._dom_classes
    shown = panel.children[-1].value
    assert "could not be computed" in shown
    assert "<code>ValueError: 8 stamps out of order in &lt;btceur&gt;</code>" in shown
    assert "Traceback" in caplog.text
    caplog.clear()
    page.state.update(revision=page.state.data.revision + 1)
    assert not caplog.text  # the same failure is logged once, not with each tick
    page.state.update(read=page.read, revision=page.state.data.revision + 1)
    assert panel.children == panel.body
    assert "has-failed" not in panel._dom_classes


def test_a_panel_alone_brings_the_style_and_a_page_brings_it_once():
    state = Page().state
    bundle = RankingTable(state)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    parts = [SpanPicker(state) for _ in range(9)]
    whole = page(Header(state), *parts[:3], ReplayBar(state), *parts[3:])
    assert "bt-page" in whole._dom_classes
    assert [child for child in whole.children if "<style>" in str(getattr(child, "value", ""))] == [whole.children[0]]
