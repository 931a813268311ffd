"""The panel of charts: lines, scales, labels and axes of the chosen currencies."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as widgets_of_the_kernel

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, unreachable, visible_text
from tests.support.price_charts import draw_charts, labels_in, live_and_backfilled
from tracker.core.market_status import BackfillResult, Failure
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard import PriceCharts


def test_a_chart_is_made_for_each_chosen_currency_and_for_no_other():
    charts = draw_charts(Page(chosen=(GBP,)))
    assert [chart.market for chart in charts.shown] == [GBP]
    assert [market for market, chart in charts.price_charts.items() if chart.children] == [GBP]


def test_a_currency_that_is_ticked_again_has_the_same_chart():
    page = Page()
    charts = draw_charts(page)
    before = charts.price_charts[GBP].children
    page.state.chosen = (EUR, JPY)
    assert [chart.market for chart in charts.shown] == [EUR, JPY]
    assert ["is-hidden" in chart._dom_classes for chart in charts.stack.children] == [False, True, False]
    page.state.chosen = (EUR, GBP, JPY)
    assert charts.shown == charts.stack.children
    assert not any("is-hidden" in chart._dom_classes for chart in charts.shown)
    assert charts.price_charts[GBP].children == before


def test_a_browser_builds_no_chart_that_its_address_does_not_choose():
    page = Page()
    page.state.watched = False  # until a browser connects; all charts are made for whichever it chooses
    charts = draw_charts(page)
    euro, pound, yen = (charts.price_charts[market].children for market in (EUR, GBP, JPY))
    with page.state.hold_trait_notifications():
        page.state.chosen, page.state.watched = (GBP,), True
    assert [chart.children for chart in charts.price_charts.values()] == [(), pound, ()]
    page.state.chosen = (EUR, JPY)
    assert [chart.children for chart in charts.price_charts.values()] == [euro, pound, yen]


def test_nothing_that_a_browser_draws_is_ever_taken_away():
    """A browser never frees the figures and marks of bqplot, so what is not shown is hidden, or has no points."""
    page = Page()
    charts = draw_charts(page)
    page.state.candles = True
    page.state.mode = "compare"
    count, children = len(widgets_of_the_kernel), charts.stack.children
    marks = [chart.figure.marks for chart in children]
    for values in product(("linear", "log", "compare"), (True, False), ((EUR,), (), (GBP, JPY), (EUR, GBP, JPY))):
        page.state.mode, page.state.candles, page.state.chosen = values
        assert charts.box.children == charts.body, charts.box.children[-1].value
    assert charts.stack.children == children
    assert [chart.figure.marks for chart in children] == marks
    assert len(widgets_of_the_kernel) == count


def test_a_new_row_extends_the_line_and_changes_the_price():
    page = Page()
    charts = draw_charts(page)
    page.arrive(EUR, 18_000.0)
    assert live_and_backfilled(charts, EUR)[0].y[-1] == 18_000.0
    assert "18,000<i>.00</i>" in charts.price_charts[EUR].label.value


def test_times_are_exact_epoch_seconds():
    live = live_and_backfilled(draw_charts(Page()), EUR)[0]
    assert (live.x.dtype, live.y.dtype) == (np.float64, np.float32)
    assert live.x[-1] == NOW / 1000


def test_backfilled_prices_are_paler_and_meet_the_live_ones():
    ticks = prices(17_768.5)
    origin = np.where(ticks.time <= NOW - 1_800_000, Origin.BACKFILL, Origin.LIVE)
    live, backfilled = live_and_backfilled(
        draw_charts(Page({EUR: Ticks.of(ticks.time, ticks.price, STEP, origin)})), EUR
    )
    assert {live.line_style, backfilled.line_style} == {"solid"}
    assert (live.opacities, backfilled.opacities) == ([], [0.7])
    assert backfilled.x[-1] == live.x[0]
    assert backfilled.x.size + live.x.size == 360 + 1


def test_no_line_begins_or_ends_with_nan():
    ticks = prices(17_768.5)
    origin = np.where(np.arange(360) % 120 < 60, Origin.BACKFILL, Origin.LIVE)
    for line in live_and_backfilled(draw_charts(Page({EUR: Ticks.of(ticks.time, ticks.price, STEP, origin)})), EUR):
        assert np.isfinite(line.y[[0, -1]]).all()


def test_all_charts_show_the_same_time_on_scales_of_their_own():
    """So that the browser can move only the visible ones."""
    charts = draw_charts(Page())
    scales = [chart.figure.marks[0].scales for chart in charts.price_charts.values()]
    assert len({id(scale[axis]) for scale in scales for axis in "xy"}) == 6
    [(low, high)] = {(scale["x"].min, scale["x"].max) for scale in scales}
    assert high - low == pytest.approx(3_636, abs=0.2)
    assert len({tuple(chart.time.axis.tick_values.tolist()) for chart in charts.price_charts.values()}) == 1


def test_the_scale_leaves_room_for_high_and_low_and_never_begins_at_zero():
    charts = draw_charts(Page())
    low, high = prices(17_768.5).price.min(), prices(17_768.5).price.max()
    scale = charts.price_charts[EUR].scale
    assert (scale.min, scale.max) == pytest.approx((low - 0.24 * (high - low), high + 0.24 * (high - low)))


def test_equal_prices_still_have_a_scale():
    scale = draw_charts(Page({EUR: prices(17_768.5, swing=0.0)})).price_charts[EUR].scale
    assert scale.min < 17_768.5 < scale.max


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (600, ["15:00:00", "15:02", "15:04", "15:06", "15:08", "15:10:00"]),
        (3_600, ["14:10", "14:20", "14:30", "14:40", "14:50", "15:00", "15:10"]),
        (86_400, ["8 Nov 15:10", "18:00", "21:00", "9 Nov", "03:00", "06:00", "09:00", "12:00", "9 Nov 15:10"]),
        (604_800, ["2 Nov 15:10", "4 Nov", "5 Nov", "6 Nov", "7 Nov", "8 Nov", "9 Nov", "9 Nov 15:10"]),
    ],
)
def test_the_time_axis_is_readable_at_every_span(span, expected):
    # A tick too near to one end has no label; labels with a date need more room.
    assert labels_in(draw_charts(Page(span=span)).times.value, width=800) == expected


def test_one_or_two_charts_have_room_for_more_numbers():
    page = Page()
    charts = draw_charts(page)
    assert "bt-label-numbers" not in charts.price_charts[EUR].label.value
    assert "is-mid" in charts.stack._dom_classes
    page.state.chosen = (EUR, GBP)
    assert "relative std" in charts.price_charts[EUR].label.value
    assert {"is-tall", "is-mid"} & set(charts.stack._dom_classes) == {"is-tall"}


def test_an_old_price_is_grey_and_says_its_time():
    rows = {EUR: prices(17_768.5, until=NOW - 360_000)}
    charts = draw_charts(Page(rows, status=unreachable((EUR,))))
    assert "is-old" in charts.price_charts[EUR].label.value
    assert "price of 15:04" in charts.price_charts[EUR].label.value
    assert "last price 15:04" in charts.head.value


def test_simulated_prices_say_so_at_each_chart():
    page = Page()
    charts = draw_charts(page)
    assert "euro" in charts.price_charts[EUR].label.value
    page.state.update(status=replace(status(), mode="simulated"))
    assert "simulated" in charts.price_charts[EUR].label.value


def test_the_heading_names_span_and_cadence():
    head = draw_charts(Page()).head.value
    assert "9 Nov, 14:10–15:10 UTC, one price every 10 s, each on its own scale" in head
    rows = prices(17_768.5)
    minutes = Ticks.of(rows.time[5::6], rows.price[5::6], 60_000)  # candles, however often it is asked now
    assert "one price a minute" in draw_charts(Page({EUR: minutes})).head.value


def test_it_names_no_cadence_where_a_part_of_the_time_is_from_candles():
    rows = prices(17_768.5)
    since = np.flatnonzero(rows.time % 60_000 == 0)
    early, last = since[:30], since[29]
    mixed = [Ticks.of(rows.time[early], rows.price[early], 60_000), rows[last + 1 :]]
    head = draw_charts(Page({EUR: Ticks.concat(mixed), GBP: rows})).head.value
    assert "9 Nov, 14:10–15:10 UTC, each on its own scale" in head


def test_one_chart_alone_has_no_scale_of_its_own():
    page = Page(chosen=(EUR,))
    charts = draw_charts(page)
    assert "UTC, one price every 10 s<" in charts.head.value
    page.state.mode = "log"
    assert "UTC, one price every 10 s, logarithmic scale<" in charts.head.value


def test_nothing_ticked_asks_for_a_choice_in_the_heading():
    charts = draw_charts(Page(chosen=()))
    assert "Tick at least one currency." in charts.head.value
    assert charts.shown == ()


def test_a_market_without_prices_is_drawn_empty():
    charts = draw_charts(Page({EUR: Ticks.none(), GBP: prices(15_531.1)}))
    assert "no price in this span" in charts.price_charts[EUR].label.value
    assert live_and_backfilled(charts, EUR)[0].x.size == 0


def test_each_plot_has_its_numbers_as_text():
    over = draw_charts(Page({EUR: Ticks.of([NOW - STEP, NOW], [100.0, 101.0], STEP)})).price_charts[EUR].over.value
    numbers = "last 101.000, change +1.00\u202f% since 15:09, high 101.000, low 100.000 of polled prices"
    assert f'aria-label="BTC/EUR: {numbers}."' in over


def test_a_notebook_can_show_the_charts():
    """ipywidgets compares every trait for its text form, by a method of the widget's own."""
    assert "application/vnd.jupyter.widget-view+json" in PriceCharts(Page().state)._repr_mimebundle_()
    assert repr(PriceCharts(Page().state)).startswith("PriceCharts(")


def test_a_change_over_less_than_the_span_names_its_start():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, count=30), JPY: prices(2_531_000.0)}
    charts = PriceCharts(Page(rows).state)
    assert "since 15:05" in visible_text(charts.price_charts[GBP].label.value)
    assert "since" not in visible_text(charts.price_charts[EUR].label.value)


def test_a_replay_of_simulated_prices_announces_no_older_ones():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, count=30)}
    replayed = replace(status((EUR, GBP), backfill=None), collector="", mode="simulated", is_replay=True)
    assert "Nothing recorded before" in PriceCharts(Page(rows, status=replayed).state).price_charts[GBP].over.value


def test_older_prices_that_are_still_fetched_are_not_called_unrecorded():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, count=30)}
    waiting = PriceCharts(Page(rows, status=status((EUR, GBP), page=1, pages=2)).state)
    assert "Older prices are being fetched: 1 of 2 pages." in waiting.price_charts[GBP].over.value
    due = PriceCharts(Page(rows, status=status((EUR, GBP), backfill=None)).state)
    assert "Older prices are still to be fetched." in due.price_charts[GBP].over.value
    failed = BackfillResult(gaps_left=1, failure=Failure("unreachable", "kraken", "it answers 503"))
    failing = PriceCharts(Page(rows, status=status((EUR, GBP), backfill=failed)).state)
    assert "Older prices could not be fetched yet." in failing.price_charts[GBP].over.value
    assert "Nothing recorded before" in PriceCharts(Page(rows).state).price_charts[GBP].over.value
