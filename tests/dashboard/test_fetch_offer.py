"""Fetch 7 days, in the hatched part of a chart, or what to type for more."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices, status
from tracker.core.durations import DAY
from tracker.core.ticks import Ticks
from tracker.dashboard import PriceCharts
from tracker.render.page.page_data import ViewerRequests

WEEK = 7 * DAY
REQUESTS = ViewerRequests(stand_ins={}, span=DAY)


def charts(asked, **values):
    """Charts of a week: EUR is complete, of GBP and JPY one day is stored."""
    week = prices(17_768.5, count=WEEK // 60_000)
    week = replace(week, time=NOW - 60_000 * ((NOW - week.time) // 10_000), interval=6 * week.interval)
    day = {market: prices(price, count=DAY // 10_000) for market, price in ((GBP, 15_531.1), (JPY, 2_531_000.0))}
    values = {"span": WEEK // 1000, "requests": REQUESTS, "fetch": asked.append, **values}
    return PriceCharts(Page({EUR: week, **day}, **values).state)


def test_the_first_chart_that_lacks_its_start_offers_to_fetch_it_in_place_of_its_note():
    asked = []
    panel = charts(asked)
    shown = {market: "has-offer" in chart._dom_classes for market, chart in panel.price_charts.items()}
    assert shown == {EUR: False, GBP: True, JPY: False}
    assert panel.fetch in panel.price_charts[GBP].children
    assert panel.fetch.button.description == "Fetch 7 days"
    assert "Nothing recorded before 8 Nov" in panel.fetch.note.value
    notes = {market: "bt-gap-note" in chart.over.value for market, chart in panel.price_charts.items()}
    assert notes == {EUR: False, GBP: False, JPY: True}
    panel.fetch.button.click()
    assert asked == [NOW - WEEK]


@pytest.mark.parametrize(("days", "width"), [(1, "calc(86% - 32px)"), (3, "calc(57% - 32px)"), (4, None), (6, None)])
def test_the_offer_stays_in_the_hatched_part_and_is_a_button_alone_where_that_is_short(days, width):
    rows = prices(17_768.5, count=days * DAY // 600_000)
    rows = replace(rows, time=NOW - 600_000 * ((NOW - rows.time) // 10_000), interval=60 * rows.interval)
    offer = PriceCharts(Page({EUR: rows}, span=WEEK // 1000, requests=REQUESTS, fetch=[].append).state).fetch
    assert ("is-short" in offer._dom_classes, offer.layout.max_width) == (width is None, width)


def test_of_a_year_the_chart_says_what_to_type_and_has_no_button():
    asked = []
    panel = charts(asked, span=365 * DAY // 1000)
    assert "has-offer" in panel.price_charts[EUR]._dom_classes
    assert panel.fetch.button.layout.display == "none"
    assert "To fetch older prices, type <code>tracker backfill --since 1y</code>" in panel.fetch.note.value
    assert "is-short" not in panel.fetch._dom_classes
    panel.fetch.button.click()  # by a script
    assert asked == []
    panel.state.span = 30 * DAY // 1000
    assert panel.fetch.button.layout.display is None
    assert panel.fetch.button.description == "Fetch 30 days"
    assert "<code>" not in panel.fetch.note.value


@pytest.mark.parametrize(("days", "width"), [(200, "calc(45% - 32px)"), (300, None)])
def test_a_command_covers_no_price_and_stands_where_it_has_room(days, width):
    """It covered two thirds of the line of a market that began in the middle of a year."""
    rows = Ticks.of(NOW - DAY * np.arange(days)[::-1], np.ones(days), DAY)
    panel = PriceCharts(Page({EUR: rows}, span=365 * DAY // 1000, requests=REQUESTS, fetch=[].append).state)
    assert ("has-offer" in panel.price_charts[EUR]._dom_classes) == (width is not None)
    assert panel.fetch.layout.max_width == width


def test_once_it_is_requested_the_chart_says_so_in_place_of_the_button():
    panel = charts([])
    panel.state.update(requests=replace(REQUESTS, since=NOW - WEEK))
    chart = panel.price_charts[GBP]
    assert "has-offer" not in chart._dom_classes
    assert "Older prices are requested." in chart.over.value
    panel.state.update(status=status((EUR, GBP, JPY), page=2, pages=9))
    assert "Older prices are being fetched: 2 of 9 pages." in chart.over.value


def test_a_page_whose_viewers_may_request_nothing_only_says_since_when_there_are_prices():
    for values in ({"requests": None}, {"fetch": None}):
        chart = charts([], **values).price_charts[GBP]
        assert len(chart.children) == 3
        assert "Nothing recorded before 8 Nov" in chart.over.value


def test_a_click_after_the_offer_was_withdrawn_requests_nothing():
    asked = []
    panel = charts(asked)
    panel.state.actions = replace(panel.state.actions, fetch=None)
    panel.fetch.button.click()
    assert asked == []


def test_the_comparison_offers_nothing():
    panel = charts([], mode="compare")
    assert not any(panel.fetch in chart.children for chart in panel.stack.children)
