"""HTML whose elements do something: which messages of a browser are taken, and how much of them."""

import pytest

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
