"""The base of all panels: a failure is shown in its place, and a panel brings its style."""

import inspect
import logging
import re

import pytest
from ipywidgets import Tab, VBox

from tests.support.page_states import Page
from tracker.dashboard import CurrencyPicker, Header, PriceCharts, RankingTable, ReplayBar, SpanPicker, page
from tracker.dashboard.browser.page import BrowserLink
from tracker.dashboard.panel import Panel
from tracker.render.format.theme import css


@pytest.mark.parametrize("kind", [CurrencyPicker, PriceCharts, RankingTable, Header])
def test_a_panel_that_cannot_be_rendered_says_so_and_recovers(kind, caplog):
    page = Page()
    panel = kind(page.state)

    def broken(market, span, end):
        raise ValueError("8 stamps out of order in <btceur>")

    with caplog.at_level(logging.ERROR):
        page.state.update(read=broken, revision=page.state.data.revision + 1)
    assert panel.box.children[:-1] == panel.body  # hidden: what is taken away is built anew
    assert "has-failed" in panel.box._dom_classes
    shown = panel.box.children[-1].value
    assert "could not be computed" in shown
    assert "<code>ValueError: 8 stamps out of order in &lt;btceur&gt;</code>" in shown
    assert "Traceback" in caplog.text
    caplog.clear()
    page.state.update(revision=page.state.data.revision + 1)
    assert not caplog.text  # the same failure is logged once, not with each tick
    page.state.update(read=page.read, revision=page.state.data.revision + 1)
    assert panel.box.children == panel.body
    assert "has-failed" not in panel.box._dom_classes


def scopes(widget):
    """Return *widget* and those within it in which the page's style applies."""
    inner = [scope for child in getattr(widget, "children", ()) for scope in scopes(child)]
    return [widget, *inner] if "bt-page" in widget._dom_classes else inner


def test_a_panel_brings_the_style_in_a_cell_and_in_containers():
    state = Page().state
    table, charts = RankingTable(state), PriceCharts(state)
    assert scopes(Tab([table, VBox([charts])])) == [table, charts]
    assert scopes(table) == [table]
    assert isinstance(table.children[0], BrowserLink)
    assert table.children[0] is charts.children[0], "the style is sent once for all"
    assert str(css()) in table.children[0]._css


def test_a_page_brings_the_style_once():
    state = Page().state
    parts = [SpanPicker(state) for _ in range(9)]
    whole = page(Header(state), *parts[:3], ReplayBar(state), *parts[3:])
    assert scopes(whole) == [whole]


def test_an_output_does_not_spell_out_the_widgets_within_it():
    """A figure writes out all its arrays, which takes a while."""
    bundle = PriceCharts(Page().state)._repr_mimebundle_()
    assert bundle["text/plain"] == "PriceCharts()"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_no_panel_marks_itself_instead_of_its_box_which_is_what_the_page_shows():
    """A style class on the panel has no effect on the page."""
    assert len(Panel.__subclasses__()) > 3
    sources = {kind.__name__: inspect.getsource(kind) for kind in Panel.__subclasses__()}
    assert [name for name, source in sources.items() if re.search(r"self\.(add|remove)_class", source)] == []
