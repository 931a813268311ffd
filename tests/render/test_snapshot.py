"""The page's snapshot: the texts of the live page at that moment, without scripts or widgets."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.page_server import ROOT
from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.charts.charts import PriceCharts
from tracker.dashboard.widgets.ranking import RankingTable
from tracker.render.html.snapshot import snapshot
from tracker.render.html.static_page import static_page
from tracker.render.page.page_data import ViewerRequests

VOID = {"input", "path", "circle", "br", "meta"}


class Tree(HTMLParser):
    """Holds that every element is closed where it should be; ``words`` is the text that can be read."""

    def __init__(self, html):
        super().__init__()
        self.open, self.words, self.tags = [], "", []
        self.feed(str(html))
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def of(page):
    return Tree(snapshot(page.state.page, NOW))


def words_of(html):
    return Tree(html).words


def test_a_published_page_does_not_name_the_number_of_the_collecting_process():
    page = Page().state.page
    assert "Collected by dashboard (pid 4711)" in snapshot(page, NOW)
    assert "Collected by dashboard<" in static_page(page, 60, NOW)


def test_the_buttons_of_a_viewers_requests_have_their_place_but_cannot_be_pressed_yet():
    shown = Page(status=unreachable(), requests=ViewerRequests(stand_ins={EUR: ("coinbase",)}, span=0))
    tree = of(shown)
    assert "Next try in 8 s.Try nowUse coinbase" in re.sub(r"\n+", "", tree.words)
    assert "Try now" not in of(Page(status=unreachable())).words, "a page whose viewers may request nothing"
    buttons = [attrs for tag, attrs in tree.tags if tag == "button" and "bt-button" in attrs.get("class", "")]
    assert len(buttons) == 2
    assert all("disabled" in attrs for attrs in buttons)


def test_charts_and_table_have_the_texts_of_the_live_page():
    page = Page()
    text = of(page).words
    charts, table = PriceCharts(page.state), RankingTable(page.state)
    parts = [charts.head.value, charts.times.value, table.head.value, table.table.value]
    parts += [widget.value for strip in charts.price_charts.values() for widget in (strip.label, strip.over)]
    assert len(parts) == 4 + 2 * 3
    for part in parts:
        assert words_of(part) in text


def test_a_live_page_is_labelled_as_a_snapshot_with_its_time():
    text = of(Page()).words
    assert "SNAPSHOT" in text
    assert "LIVE" not in text
    assert "as of 15:10:00 UTC" in text
    assert [attrs for _, attrs in of(Page()).tags if attrs.get("class") == "bt-age"] == [{"class": "bt-age"}]


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"status": unreachable()}, ["UNREACHABLE", "as of 15:10:00 UTC", "503", "No prices from kraken"]),
        ({"status": status(markets=())}, ["STALE"]),
    ],
)
def test_problems_are_shown(traits, expected):
    text = of(Page(**traits)).words
    assert [word for word in expected if word not in text] == []
    assert "SNAPSHOT" not in text


def test_each_chosen_market_has_a_line_and_its_address_key():
    page = Page()
    strips = [attrs for _, attrs in of(page).tags if attrs.get("class", "").startswith("bt-chart ")]
    assert [strip["data-market"] for strip in strips] == ["EUR", "GBP", "JPY"]
    lines = re.findall(r'<path d="([^"]+)" stroke="var\(--s\)"', snapshot(page.state.page, NOW))
    assert len(lines) == 3
    assert all(line.count("L") > 50 for line in lines)


def test_a_gap_breaks_the_line_and_is_hatched():
    ticks = prices(17_768.5)
    there = np.r_[0:100, 200:360]
    page = Page({EUR: ticks[there]})
    html = snapshot(page.state.page, NOW)
    (line,) = re.findall(r'<path d="([^"]+)" stroke="var\(--s\)"', html)
    assert line.count("M") == 2
    assert "bt-gap" in html


def test_backfilled_prices_are_paler_and_invented_ones_are_marked():
    def line_of(origin):
        page = Page({EUR: prices(17_768.5, origin=origin)}, status=Status(mode="simulated"))
        return re.search(r'<path d="[^"]+" stroke="var\(--s\)"[^>]*>', snapshot(page.state.page, NOW))[0]

    assert "stroke-opacity" in line_of(Origin.BACKFILL)
    assert "stroke-opacity" not in line_of(Origin.LIVE)
    simulated = of(Page(status=replace(status(), mode="simulated"))).words
    assert [word for word in ("SIMULATED", "nothing here is a market", "as of") if word not in simulated] == []


def test_the_snapshot_has_no_script_and_no_control():
    tags = of(Page()).tags
    assert {tag for tag, _ in tags} & {"script", "iframe", "img", "link", "style", "a", "object"} == set()
    assert [attrs for _, attrs in tags for name in attrs if name.startswith("on")] == []
    pressable = [
        attrs for tag, attrs in tags if tag in ("input", "select") or "jupyter-button" in attrs.get("class", "")
    ]
    assert len(pressable) > 10
    assert [attrs for attrs in pressable if "disabled" not in attrs] == []


def test_the_snapshot_requests_nothing():
    assert re.findall(r"""(?:href|src|url)\s*[=(]""", snapshot(Page().state.page, NOW)) == []


@pytest.mark.parametrize("chosen", [(), (EUR,), (EUR, GBP), (EUR, GBP, JPY)])
def test_any_choice_of_markets_can_be_drawn(chosen):
    page = Page(chosen=chosen)
    html = snapshot(page.state.page, NOW)
    Tree(html)
    assert html.count('class="bt-chart ') == len(chosen)


@given(
    st.lists(st.floats(1e-7, 1e9), max_size=12),
    st.lists(st.integers(1, 400), max_size=12),
    st.text(min_size=1, max_size=8),
    st.sampled_from(list(Origin)),
)
def test_any_stored_prices_make_a_well_formed_page(price, steps, label, origin):
    count = min(len(price), len(steps))
    time = NOW - 10_000 * np.cumsum(steps[:count], dtype=np.int64)[::-1]
    ticks = Ticks.of(time, price[:count], 10_000, origin)
    page = Page({EUR: ticks, Market("kraken", "BTC", "XYZ"): Ticks.none()}, store_label=label)
    html = snapshot(page.state.page, NOW)
    Tree(html)
    assert "nan" not in " ".join(re.findall(r'd="([^"]*)"', html))


def test_drawing_it_loads_no_widgets_and_no_pandas():
    """A command or a server that draws the page pays for neither; the same holds for all of tracker/render."""
    code = """
import importlib, pkgutil, sys
import tracker.render
for module in pkgutil.walk_packages(tracker.render.__path__, "tracker.render."): importlib.import_module(module.name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(result.stdout.split())
    assert {"tracker", "numpy"} <= loaded
    assert loaded & {"bqplot", "bqscales", "ipywidgets", "anywidget", "traitlets", "IPython", "pandas"} == set()


def test_a_page_state_is_not_changed_by_later_choices_or_prices():
    live = Page()
    before = live.state.page
    drawn = snapshot(before, NOW)
    live.state.chosen = (EUR,)
    live.state.theme = "dark"
    live.arrive(EUR, 1.0)
    assert snapshot(live.state.page, NOW) != drawn
    assert (before.choices.chosen, before.choices.theme, before.data.now) == ((EUR, GBP, JPY), "system", NOW)
