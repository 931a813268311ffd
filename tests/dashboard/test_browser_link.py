"""The link of a page to its browser: what is sent when, and what the browser's messages do."""

import logging
from collections import Counter
from contextlib import nullcontext
from itertools import groupby

import pytest
from ipywidgets import Widget

from tests.support.open_page import OpenPage
from tests.support.page_states import EUR, GBP, JPY, NOW
from tracker.dashboard import PriceCharts, Problems
from tracker.render.page.state import View


@pytest.fixture
def sent(monkeypatch):
    """Counts what is sent to the browser: the states of each widget, and messages."""
    counted: Counter[str] = Counter()

    def state(self, key=None):
        if key is None or len(key):  # hold_sync also calls with nothing to send
            counted[f"{type(self).__name__}.{key if isinstance(key, str) else sorted(key or [])}"] += 1

    monkeypatch.setattr(Widget, "send_state", state)
    monkeypatch.setattr(Widget, "send", lambda self, content, buffers=None: counted.update([content["kind"]]))
    return counted


def without_titles(sent: Counter[str]) -> Counter[str]:
    return Counter({what: count for what, count in sent.items() if "heading" not in what})


def test_nothing_is_sent_before_hello(sent):
    opened = OpenPage()
    sent.clear()
    opened.pass_time(300)
    opened.state.update(status=None)
    assert without_titles(sent) == {}


def test_hello_draws_everything_once(sent):
    opened = OpenPage()
    opened.pass_time(300)
    sent.clear()
    opened.receive()
    assert sent["heard"] == 1
    assert sent["TableView.value"] == 1
    assert sent["ChartBridge.domain"] == 1
    assert opened.part(PriceCharts).price_charts[EUR].label.value.count("18,029") == 1


def test_hello_with_choices_draws_the_chosen_once(sent):
    opened = OpenPage()
    sent.clear()
    opened.receive(query="?show=GBP&span=10min&rank_by=drawdown")
    assert sent["TableView.value"] == 1
    assert sent["ChartBridge.domain"] == 1
    assert (opened.state.chosen, opened.state.span) == ((GBP,), 600)


def test_a_visible_page_is_sent_every_second(sent):
    opened = OpenPage()
    opened.receive()
    sent.clear()
    for _ in range(5):
        opened.state.update(now=opened.state.data.now + 1_000)
    assert sent["BrowserLink.now"] == 5


def test_a_hidden_page_is_sent_only_an_occasional_title(sent):
    opened = OpenPage()
    opened.receive()
    opened.receive("hidden")
    sent.clear()
    opened.pass_time(600)
    assert without_titles(sent) == {}
    assert 30 <= sent["BrowserLink.heading"] <= 40


def test_prices_that_came_while_hidden_are_drawn_on_return(sent):
    opened = OpenPage()
    opened.receive()
    opened.receive("hidden")
    opened.pass_time(600)
    opened.receive(query=None)
    assert "18,059" in opened.part(PriceCharts).price_charts[EUR].label.value
    assert opened.link.now == opened.state.data.now


def test_a_tab_that_opens_hidden_is_sent_nothing(sent):
    opened = OpenPage()
    opened.receive(visible=False)
    sent.clear()
    opened.pass_time(100)
    assert without_titles(sent) == {}


def test_the_address_is_read_and_an_unknown_value_is_reported():
    opened = OpenPage()
    opened.receive(query="?show=EUR,FOO")
    assert opened.state.chosen == (EUR,)
    assert "show=EUR,FOO: FOO is not among EUR, GBP, JPY. All other choices" in opened.part(Problems).cards.value


def test_markup_in_an_address_stays_text():
    opened = OpenPage()
    opened.receive(query="?show=%3Cscript%3Ealert(1)%3C/script%3E&mode=%3Cimg%20src=x%3E")
    assert "&lt;script&gt;" in opened.part(Problems).cards.value
    assert not {"<script", "<img"} & {tag for tag in ("<script", "<img") if tag in opened.part(Problems).cards.value}


def test_the_address_follows_every_choice():
    opened = OpenPage()
    state = opened.state
    assert opened.link.query == ""
    for name, value, query in [
        ("chosen", (JPY,), "show=JPY"),
        ("view", View(60_000, None), "show=JPY&view=60s"),
        ("view", None, "show=JPY"),
        ("mode", "log", "show=JPY&mode=log"),
        ("candles", True, "show=JPY&mode=log&candles=yes"),
        ("sort", "-rank", "show=JPY&mode=log&sort=-rank&candles=yes"),
    ]:
        setattr(state, name, value)
        assert opened.link.query == query
    state.theme = "dark"
    assert opened.link.theme == "dark"


def test_the_address_keeps_a_choice_whose_prices_are_still_being_read():
    opened, answers = OpenPage(), []
    opened.state.read_page = lambda page, answer: answers.append(answer)
    opened.receive(query="?span=1y&show=JPY")
    assert opened.link.query == "show=JPY&span=31536000s"
    opened.state.mode = "log"
    opened.state.look(view=View(60_000, None))
    assert opened.link.query == "show=JPY&view=60s&span=31536000s&mode=log"
    for answer in answers:
        answer(True)
    assert opened.link.query == "show=JPY&view=60s&span=31536000s&mode=log"
    opened.state.look(span=30 * 86_400)
    assert opened.link.query == "show=JPY&span=2592000s&mode=log"
    answers[-1](False)  # it is tried again
    assert opened.link.query == "show=JPY&span=2592000s&mode=log"


def test_the_title_has_the_first_chosen_price():
    opened = OpenPage(chosen=(GBP, JPY))
    opened.receive()
    assert opened.link.heading == "15,531.10 GBP · BTC price tracker"
    opened.state.chosen = (JPY,)
    opened.state.update(now=opened.state.data.now + 1_000)
    assert opened.link.heading == "2,531,000 JPY · BTC price tracker"


def test_without_a_price_or_a_choice_the_title_is_the_name():
    opened = OpenPage(chosen=())
    opened.receive()
    assert opened.link.heading == "BTC price tracker"


def test_the_title_follows_a_clock_that_is_set_back():
    opened = OpenPage()
    opened.receive("hidden")
    opened.state.update(now=opened.state.data.now + 60_000)
    opened.state.update(now=NOW - 3_600_000)
    opened.page.rows[EUR] = opened.page.rows[EUR][:-100]
    opened.state.update(now=opened.state.data.now - 20_000)
    assert opened.link._titled_at == opened.state.data.now


@pytest.mark.parametrize("content", [{}, {"kind": "hi"}, {"kind": None}, {"kind": "x" * 9_999}])
def test_an_unknown_message_is_logged_and_does_nothing(content, caplog):
    opened = OpenPage()
    with caplog.at_level(logging.WARNING):
        opened.link._handle_custom_msg(content, [])
    assert "no message of the page" in caplog.text
    assert len(caplog.text) < 500
    assert opened.state.watched is False


class Updates:
    """Stands for ``BatchedUpdates`` and records its calls."""

    def __init__(self):
        self.calls = []

    def batch(self):
        self.calls.append("batch")
        return nullcontext()

    def repeat(self):
        self.calls.append("repeat")


def test_updates_are_batched_from_hello_on_and_repeated_for_another_browser(monkeypatch):
    opened = OpenPage()
    updates = Updates()
    monkeypatch.setattr(opened.link, "_updates", updates)
    with opened.state.hold_trait_notifications():
        opened.state.update(status=None)
    assert updates.calls == [], "no browser may be there to take a batch"
    opened.receive(browser="one")
    opened.receive(browser="one", query=None)
    assert [call for call, _ in groupby(updates.calls)] == ["repeat", "batch"]
    opened.receive(browser="two", query=None)
    assert [call for call, _ in groupby(updates.calls)] == ["repeat", "batch", "repeat", "batch"]


@pytest.mark.parametrize("forged", [None, 5, ["x"] * 9, {"a": {}}])
def test_a_browser_without_a_name_is_answered_and_sent_nothing_again(monkeypatch, forged):
    opened = OpenPage()
    updates = Updates()
    monkeypatch.setattr(opened.link, "_updates", updates)
    opened.receive(browser=forged)
    assert opened.state.has_connected
    assert updates.calls == []
