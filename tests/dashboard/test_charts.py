"""The charts: what they hold, and what they send."""

import re
from collections import Counter

import numpy as np
import pytest
from ipywidgets import Widget

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard import PriceCharts
from tracker.render.axes.chart_frame import WEEK


@pytest.fixture
def sent(monkeypatch):
    """Counts the messages of each widget to the browser."""
    counted: Counter[Widget] = Counter()

    def record(self, key=None):
        if key is None or len(key):  # hold_sync also calls with nothing to send
            counted[self] += 1

    monkeypatch.setattr(Widget, "send_state", record)
    return counted


def lines(charts: PriceCharts, market: Market) -> list[Widget]:
    """Its live and its backfilled line; few rows have no newest part of their own."""
    live, newest, late = charts.price_charts[market].figure.marks
    assert not newest.x.size
    return [live, late]


def drawn(page: Page) -> PriceCharts:
    charts = PriceCharts(page.state)
    assert charts.children == charts.body, charts.children[0].value
    return charts


def test_there_is_a_strip_for_each_chosen_currency_and_none_is_made_for_others():
    charts = drawn(Page(chosen=(GBP,)))
    assert [strip.market for strip in charts.stack.children] == [GBP]
    assert set(charts.price_charts) == {GBP}


def test_a_strip_that_is_ticked_again_is_the_same_one():
    page = Page()
    charts = drawn(page)
    before = charts.price_charts[GBP]
    page.state.chosen = (EUR, JPY)
    assert [strip.market for strip in charts.stack.children] == [EUR, JPY]
    page.state.chosen = (EUR, GBP, JPY)
    assert charts.stack.children[1] is before


def test_a_row_moves_the_line_and_the_price():
    page = Page()
    charts = drawn(page)
    page.arrive(EUR, 18_000.0)
    assert lines(charts, EUR)[0].y[-1] == 18_000.0
    assert "18,000<i>.00</i>" in charts.price_charts[EUR].label.value


def test_time_is_float32_seconds_since_a_week_began_which_keeps_a_tenth_of_a_second():
    live = lines(drawn(Page()), EUR)[0]
    assert (live.x.dtype, live.y.dtype) == (np.float32, np.float32)
    assert float(live.x[-1]) * 1000 + (NOW - WEEK) // WEEK * WEEK == pytest.approx(NOW, abs=100)


def test_a_long_span_sends_few_points():
    page = Page({EUR: prices(17_768.5, count=8_000)}, span=86_400)
    live, newest, _ = drawn(page).price_charts[EUR].figure.marks
    assert 400 < live.x.size + newest.x.size < 2_000


def test_a_row_of_a_long_span_sends_only_the_newest_part_of_its_line(sent):
    now = NOW + 60_000  # within a bucket
    page = Page({EUR: prices(17_768.5, count=8_000, until=now)}, span=86_400, now=now)
    live, newest, _ = drawn(page).price_charts[EUR].figure.marks
    assert 1 < newest.x.size < 60 < live.x.size
    assert live.x[-1] == newest.x[0]
    sent.clear()
    page.arrive(EUR, 18_000.0)
    assert (sent[live], sent[newest]) == (0, 1)
    assert newest.y[-1] == 18_000.0


def test_long_lines_that_are_due_at_once_take_turns(sent):
    markets = [Market("kraken", "BTC", f"AA{letter}") for letter in "ABCDEFGH"]
    now = NOW + 60_000  # within a bucket
    page = Page({market: prices(17_768.5, count=8_000, until=now) for market in markets}, span=86_400, now=now)
    charts = drawn(page)
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
    charts = drawn(page)
    sent.clear()
    page.arrive(EUR, 18_000.0)
    assert sent[lines(charts, EUR)[0]]
    assert not sent[charts.price_charts[EUR].figure]
    assert not sent[lines(charts, EUR)[1]]  # nothing is backfilled
    sent.clear()
    page.state.update(revision=page.state.data.revision + 1)
    assert not sent


def test_nothing_is_sent_for_what_is_not_ticked(sent):
    page = Page()
    charts = drawn(page)
    page.state.chosen = (EUR,)
    sent.clear()
    page.arrive(GBP, 16_000.0)
    assert not any(sent[mark] for mark in [*lines(charts, GBP), charts.price_charts[GBP].label])


def test_a_second_that_passes_sends_nothing(sent):
    page = Page()
    drawn(page)
    sent.clear()
    page.state.update(now=page.state.data.now + 1_000)
    assert not sent


def test_a_gap_breaks_the_line_and_is_hatched():
    late = prices(17_768.5)
    away = (late.time > NOW - 900_000) & (late.time <= NOW - 480_000)
    charts = drawn(Page({EUR: late[~away]}))
    live = lines(charts, EUR)[0]
    assert np.isnan(live.y).sum() == 1
    over = charts.price_charts[EUR].over.value
    assert 'data-why="No prices 9 Nov, 14:55–15:02"' in over
    assert over.count("bt-gap") == 1


def test_a_missing_start_says_since_when_there_are_prices():
    over = drawn(Page({EUR: prices(17_768.5, count=90)})).price_charts[EUR].over.value
    assert "Nothing recorded before 14:55." in over


def test_backfilled_prices_are_dashed_and_meet_the_live_ones():
    ticks = prices(17_768.5)
    origin = np.where(ticks.time <= NOW - 1_800_000, Origin.BACKFILL, Origin.LIVE)
    live, late = lines(drawn(Page({EUR: Ticks.of(ticks.time, ticks.price, STEP, origin)})), EUR)
    assert (live.line_style, late.line_style) == ("solid", "dashed")
    assert late.x[-1] == live.x[0]
    assert late.x.size + live.x.size == 360 + 1


def test_no_line_begins_or_ends_with_nan():
    ticks = prices(17_768.5)
    origin = np.where(np.arange(360) % 120 < 60, Origin.BACKFILL, Origin.LIVE)
    for line in lines(drawn(Page({EUR: Ticks.of(ticks.time, ticks.price, STEP, origin)})), EUR):
        assert np.isfinite(line.y[[0, -1]]).all()


def test_all_strips_show_the_same_time_on_scales_of_their_own():
    """Of their own, so that the browser can move those in sight alone."""
    charts = drawn(Page())
    scales = [strip.figure.marks[0].scales for strip in charts.price_charts.values()]
    assert len({id(scale[axis]) for scale in scales for axis in "xy"}) == 6
    [(low, high)] = {(scale["x"].min, scale["x"].max) for scale in scales}
    assert high - low == pytest.approx(3_636, abs=0.2)
    assert len({tuple(strip.time.axis.tick_values.tolist()) for strip in charts.price_charts.values()}) == 1


def test_the_scale_leaves_room_for_high_and_low_and_never_begins_at_zero():
    charts = drawn(Page())
    low, high = prices(17_768.5).price.min(), prices(17_768.5).price.max()
    scale = charts.price_charts[EUR].scale
    assert (scale.min, scale.max) == pytest.approx((low - 0.34 * (high - low), high + 0.34 * (high - low)))


def test_equal_prices_still_have_a_scale():
    scale = drawn(Page({EUR: prices(17_768.5, swing=0.0)})).price_charts[EUR].scale
    assert scale.min < 17_768.5 < scale.max


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (600, ["15:00", "15:02", "15:04", "15:06", "15:08", "15:10"]),
        (3_600, ["14:10", "14:20", "14:30", "14:40", "14:50", "15:00", "15:10"]),
        (86_400, ["8 Nov 15:10", "18:00", "21:00", "9 Nov", "03:00", "06:00", "09:00", "12:00", "9 Nov 15:10"]),
        (604_800, ["2 Nov 15:10", "4 Nov", "5 Nov", "6 Nov", "7 Nov", "8 Nov", "9 Nov", "9 Nov 15:10"]),
    ],
)
def test_the_time_axis_is_readable_at_every_span(span, expected):
    # A tick too near to one end has no label; labels with a date need more room.
    label = r'<span(?: class="(?:first|last|near|roomy)")?(?: style="--t[^"]*")?>(?:<b>)?([^<]+)'
    assert re.findall(label, drawn(Page(span=span)).times.value) == expected


def test_one_or_two_strips_have_room_for_more_numbers():
    page = Page()
    charts = drawn(page)
    assert "bt-label-numbers" not in charts.price_charts[EUR].label.value
    assert "is-mid" in charts.stack._dom_classes
    page.state.chosen = (EUR, GBP)
    assert "relative std" in charts.price_charts[EUR].label.value
    assert {"is-tall", "is-mid"} & set(charts.stack._dom_classes) == {"is-tall"}


def test_an_old_price_is_grey_and_says_its_time():
    rows = {EUR: prices(17_768.5, until=NOW - 360_000)}
    charts = drawn(Page(rows, status=unreachable((EUR,))))
    assert "is-old" in charts.price_charts[EUR].label.value
    assert "price of 15:04" in charts.price_charts[EUR].label.value
    assert "last price 15:04" in charts.head.value


def test_prices_that_no_market_made_say_so_at_each_strip():
    page = Page()
    charts = drawn(page)
    assert "euro" in charts.price_charts[EUR].label.value
    said = status()
    page.state.update(status=type(said)(said.collector, "simulated", markets=said.markets))
    assert "simulated" in charts.price_charts[EUR].label.value


def test_the_heading_tells_span_and_cadence():
    head = drawn(Page()).head.value
    assert "9 Nov, 14:10–15:10 UTC, one price every 10 s, each on its own scale" in head
    rows = prices(17_768.5)
    minutes = Ticks.of(rows.time[5::6], rows.price[5::6], 60_000)  # candles, however often it is asked now
    assert "one price a minute" in drawn(Page({EUR: minutes})).head.value


def test_without_a_choice_it_asks_for_one():
    charts = drawn(Page(chosen=()))
    assert "Tick at least one currency." in charts.head.value
    assert charts.stack.children == ()


def test_a_market_without_prices_is_drawn_empty():
    charts = drawn(Page({EUR: Ticks.none(), GBP: prices(15_531.1)}))
    assert "no price in this span" in charts.price_charts[EUR].label.value
    assert lines(charts, EUR)[0].x.size == 0


def test_each_plot_has_its_numbers_as_text():
    over = drawn(Page({EUR: Ticks.of([NOW - STEP, NOW], [100.0, 101.0], STEP)})).price_charts[EUR].over.value
    assert 'aria-label="BTC/EUR: last 101.000, change +1.00\u2009% since 15:09, high 101.000, low 100.000."' in over


def test_the_charts_can_be_shown_by_a_notebook():
    """ipywidgets compares every trait for its text form, by a method of the widget's own."""
    assert "application/vnd.jupyter.widget-view+json" in PriceCharts(Page().state)._repr_mimebundle_()
    assert repr(PriceCharts(Page().state)).startswith("PriceCharts(")
