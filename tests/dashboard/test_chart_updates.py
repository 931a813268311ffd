"""What the charts send to the browser: only what has changed, and long lines in turns."""

from collections import Counter

import pytest
from ipywidgets import Widget

from tests.dashboard.test_chart_bridge import receive
from tests.support.page_states import EUR, GBP, NOW, STEP, Page, prices
from tests.support.price_charts import draw_charts, live_and_backfilled
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.dashboard import PriceCharts


@pytest.fixture
def sent(monkeypatch):
    """Counts the messages of each widget to the browser."""
    counted: Counter[Widget] = Counter()

    def record(self, key=None):
        if key is None or len(key):  # hold_sync also calls with nothing to send
            counted[self] += 1

    monkeypatch.setattr(Widget, "send_state", record)
    return counted


def test_a_long_span_sends_few_points():
    page = Page({EUR: prices(17_768.5, count=8_000)}, span=86_400)
    live, newest, _ = draw_charts(page).price_charts[EUR].figure.marks
    assert 400 < live.x.size + newest.x.size < 2_000


def test_a_row_of_a_long_span_sends_only_the_newest_part_of_its_line(sent):
    now = NOW + 60_000  # within a bucket
    page = Page({EUR: prices(17_768.5, count=8_000, until=now)}, span=86_400, now=now)
    live, newest, _ = draw_charts(page).price_charts[EUR].figure.marks
    assert 1 < newest.x.size < 60 < live.x.size
    assert live.x[-1] == newest.x[0]
    sent.clear()
    page.arrive(EUR, 18_000.0)
    assert (sent[live], sent[newest]) == (0, 1)
    assert newest.y[-1] == 18_000.0


def test_long_lines_that_are_due_at_once_are_sent_in_turns(sent):
    markets = [Market("kraken", "BTC", f"AA{letter}") for letter in "ABCDEFGH"]
    now = NOW + 60_000  # within a bucket
    page = Page({market: prices(17_768.5, count=8_000, until=now) for market in markets}, span=86_400, now=now)
    charts = draw_charts(page)
    sent.clear()
    counts = []
    later = page.state.data.now + 300_000  # the bucket of each is full then
    for market in markets:
        page.rows[market] = Ticks.concat([page.rows[market], Ticks.of([later], [17_768.5], STEP)])
    for more in range(4):
        page.state.update(now=later + more, revision=page.state.data.revision + 1)
        counts.append(sum(sent[charts.price_charts[market].lines.live] for market in markets))
    assert counts == [3, 6, 8, 8]


def test_what_did_not_change_is_not_sent(sent):
    ticks = prices(17_768.5)
    # With a gap, for nan is not equal to nan.
    page = Page({EUR: ticks[abs(ticks.time - NOW + 900_000) > 200_000], GBP: prices(15_531.1)})
    charts = draw_charts(page)
    sent.clear()
    page.arrive(EUR, 18_000.0)
    assert sent[live_and_backfilled(charts, EUR)[0]]
    assert not sent[charts.price_charts[EUR].figure]
    assert not sent[live_and_backfilled(charts, EUR)[1]]  # nothing is backfilled
    sent.clear()
    page.state.update(revision=page.state.data.revision + 1)
    assert not sent


def test_nothing_is_sent_for_an_unticked_currency(sent):
    page = Page()
    charts = draw_charts(page)
    page.state.chosen = (EUR,)
    sent.clear()
    page.arrive(GBP, 16_000.0)
    assert not any(sent[mark] for mark in [*live_and_backfilled(charts, GBP), charts.price_charts[GBP].label])


def test_a_passing_second_sends_the_browser_only_the_time(sent):
    page = Page()
    draw_charts(page)
    sent.clear()
    page.state.update(now=page.state.data.now + 1_000)
    assert set(sent) == {page.state.link}


def test_a_chart_off_screen_is_redrawn_only_when_it_is_scrolled_into_view():
    page = Page()
    charts = PriceCharts(page.state)
    receive(charts, "on_screen", css_classes=["bt-chart-0", "bt-chart-2"])
    page.arrive(GBP, 16_000.0)
    assert "16,000" not in charts.price_charts[GBP].label.value
    receive(charts, "on_screen", css_classes=["bt-chart-1"])
    assert "16,000" in charts.price_charts[GBP].label.value


def test_charts_that_are_on_screen_are_drawn_also_while_other_charts_of_the_state_are_not():
    page = Page()
    shown, below = PriceCharts(page.state), PriceCharts(page.state)
    receive(shown, "on_screen", css_classes=["bt-chart-1"])
    receive(below, "on_screen", css_classes=[])
    page.arrive(GBP, 16_000.0)
    assert "16,000" in shown.price_charts[GBP].label.value
    assert "16,000" not in below.price_charts[GBP].label.value
