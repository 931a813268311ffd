"""HTML whose elements do something: what is sent of it, which messages of a browser are taken, and how much of them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tracker.dashboard.browser.live_html import LiveHtml


def taken(message):
    """Return what a panel is told of *message*."""
    told = []
    LiveHtml(lambda what, fields: told.append((what, fields)))._handle_custom_msg(message, [])
    return told


def do(fields):
    return {"kind": "do", "what": "save", "fields": fields}


def test_of_a_long_field_the_beginning_is_read():
    assert taken(do({"name": "x" * 1_000 + "y" * 60_000})) == [("save", {"name": "x" * 1_000})]


def test_a_form_may_have_many_fields_but_not_any_number():
    fields = {f"channel {number}": "yes" for number in range(100)}
    assert taken(do(fields)) == [("save", fields)]
    assert taken(do(fields | {"one": "more"})) == []


@pytest.mark.parametrize("value", [1, None, True, ["x"], {"x": "y"}])
def test_a_field_that_is_no_text_is_left_out(value):
    assert taken(do({"name": value, "market": "*"})) == [("save", {"market": "*"})]


ROW = Markup('<li data-key="{0}" title="data-text>{0}"><b>{0}</b><span data-text class="x">{1}</span></li>')


def html_of(rows):
    return Markup("<ul>{}</ul>").format(Markup().join(ROW.format(*row) for row in rows))


def sent_of(*pages):
    """Return what is sent with each of *pages* but the first: the names of the changed parts."""
    sent = []
    widget = LiveHtml(lambda what, fields: None)
    widget.show(pages[0])
    widget.send_state = lambda key: sent.append(sorted({key} if isinstance(key, str) else key))
    for page in pages[1:]:
        sent.append([])
        widget.show(page)
    return [name for names in sent for name in names]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3))
def test_marked_texts_are_sent_apart_and_nothing_else_is(rows):
    widget = LiveHtml(lambda what, fields: None)
    page = html_of(rows)
    widget.show(page)
    assert widget.texts == [text for _, text in rows]
    texts = iter(widget.texts)
    assert re.sub("(<span data-text [^<>]*>)", lambda tag: Markup(tag[0]) + next(texts), widget.value) == page


def test_an_update_of_texts_is_sent_without_the_html_around_them():
    first, same, text, name = (html_of([each]) for each in [("a", "1")] * 2 + [("a", "2"), ("b", "2")])
    assert sent_of(first, same) == []
    assert sent_of(first, text) == ["texts"]
    assert sent_of(text, name) == ["value"]
    assert sent_of(first, name) == ["texts", "value"], "in one message"
