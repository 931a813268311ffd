"""Text from exchanges, stores and addresses never becomes an element or an attribute of a page."""

import ast
from dataclasses import replace
from html.parser import HTMLParser

import jinja2
import pytest
from markupsafe import Markup

from tests.support.page_server import ROOT
from tests.support.page_states import EUR, NOW, Page, prices, unreachable
from tracker.core.market_status import Note
from tracker.dashboard.panel import Panel
from tracker.dashboard.widgets.header import Header
from tracker.dashboard.widgets.notices import FirstStart, Footer, Problems
from tracker.render.format.templating import Fragment, render
from tracker.render.html.card import card
from tracker.render.html.snapshot import snapshot
from tracker.render.html.static_page import static_page
from tracker.render.page.state import FailedAction
from tracker.render.report.document import assemble
from tracker.render.report.html import RowHeading, panel, table

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'>{{ 7 * 7 }}{% raw %}&lt;\x07\x1b[31m"


class Elements(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(str(html))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def hostile_page(**traits):
    status = replace(
        unreachable(words=HOSTILE),
        collector=HOSTILE,
        store_problem=HOSTILE,
        notes=(Note("collector_failed", NOW, words=HOSTILE),),
    )
    names = ("store_label", "problem", "failure", "address_problem", "unknown_zone")
    texts = dict.fromkeys(names, HOSTILE)
    failed = FailedAction("start_replay", HOSTILE)
    return Page(status=status, failed_action=failed, **texts, **traits)


def live_pieces():
    state = hostile_page().state
    header = Header(state)
    header.details.value = True
    empty = hostile_page(rows={EUR: prices(1.0)[:0]}).state
    pieces = [header.pill, header.list, Problems(state).cards, Footer(state).line, FirstStart(empty).text]
    return "".join(piece.value for piece in pieces)


def report():
    rows = [[RowHeading("col-name", HOSTILE), HOSTILE]]
    body = table([(HOSTILE, HOSTILE), (HOSTILE, "")], rows, "is-ranking") + card("is-open", HOSTILE, HOSTILE)
    return assemble(HOSTILE, [panel(HOSTILE, HOSTILE, body).html])


def broken_panel():
    class Broken(Panel):
        title = name = HOSTILE

        def render(self):
            raise ValueError(HOSTILE)

    return Broken(Page().state, style="bt-first-start").box.children[0].value


PAGES = {
    "live pieces": (live_pieces, 0),
    "broken panel": (broken_panel, 0),
    "snapshot": (lambda: snapshot(hostile_page().state.page, NOW), 0),
    "published page": (lambda: static_page(hostile_page().state.page, 5, NOW), 1),
    "report": (report, 0),
}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_words_stay_text_on_every_page(name):
    make, own_scripts = PAGES[name]
    elements = Elements(make())
    assert elements.tags.count("script") == own_scripts
    assert "img" not in elements.tags
    assert [attribute for attribute, _ in elements.attributes if attribute.startswith("on")] == []
    assert "<script>alert(1)</script>" in elements.text
    assert "{{ 7 * 7 }}{% raw %}" in elements.text


def test_a_template_without_one_of_its_values_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("html/card.html", kind="is-down", title="No text")


def test_markup_is_inserted_as_it_is():
    assert "<b>1</b>" in card("is-down", "Title", Markup("<b>{}</b>").format(1))


def test_a_fragment_escapes_what_it_is_filled_with():
    filled = Fragment('<i style="width:{}%" title="{}">{}</i>').format(50, HOSTILE, Markup("<b>1</b>"))
    elements = Elements(filled)
    assert elements.tags == ["i", "b"]
    assert elements.attributes == [("style", "width:50%"), ("title", HOSTILE)]


def test_no_module_escapes_by_hand_but_the_one_that_writes_markup_of_other_services():
    calls = []
    fragments = ROOT / "tracker/render/format/templating.py"  # the one place that fills in values
    for path in sorted({*(ROOT / "tracker").rglob("*.py")} - {fragments}):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            if isinstance(node, ast.ImportFrom) and node.module in ("html", "markupsafe") and "escape" in names:
                calls.append(str(path.relative_to(ROOT)))
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "escape"
                and not (isinstance(node.value, ast.Name) and node.value.id == "re")
            ):
                calls.append(str(path.relative_to(ROOT)))
    assert calls == ["tracker/alerts/channels/apprise_library.py"]  # one call; what it writes is in no page
