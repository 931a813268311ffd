"""The pickers of currencies and of the span: boxes, dots and buttons follow the state, and change it."""

import pytest

from tests.support.page_states import EUR, GBP, JPY, STEP, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.dashboard import CurrencyPicker, PriceCharts, SpanPicker


def test_ticking_a_box_chooses_its_market_in_the_configured_order():
    state = Page(chosen=(JPY,)).state
    picker = CurrencyPicker(state)
    picker.boxes[EUR].value = True
    assert state.chosen == (EUR, JPY)
    picker.boxes[JPY].value = False
    assert state.chosen == (EUR,)


def test_all_and_none_choose_all_and_none():
    state = Page(chosen=(JPY,)).state
    picker = CurrencyPicker(state)
    picker.none.click()
    assert (state.chosen, picker.hint.value) == ((), "")
    picker.all.click()
    assert (state.chosen, picker.hint.value) == ((EUR, GBP, JPY), "")
    assert all(box.value for box in picker.boxes.values())


def test_a_market_keeps_its_colour_whatever_is_chosen():
    state = Page(chosen=(JPY,)).state
    picker, charts = CurrencyPicker(state), PriceCharts(state)
    assert "bt-series-3" in picker.boxes[JPY]._dom_classes
    assert "bt-series-3" in charts.price_charts[JPY]._dom_classes
    assert charts.price_charts[JPY].lines.live.colors == ["var(--bt-series-3)"]


def test_two_markets_of_one_currency_are_named_with_their_exchange():
    other = Market("coinbase", "BTC", "EUR")
    picker = CurrencyPicker(Page({EUR: prices(17_768.5), other: prices(17_770.0)}).state)
    assert [box.description for box in picker.boxes.values()] == ["EUR kraken", "EUR coinbase"]
    assert all("is-long" in box._dom_classes for box in picker.boxes.values()), "they take two columns of a phone"
    assert "is-long" not in CurrencyPicker(Page().state).boxes[EUR]._dom_classes


@pytest.mark.parametrize(
    ("market_status", "dot"),
    [
        (status(), "dot-live"),
        (status(page=12, pages=24), "dot-backfilling"),
        (unreachable(), "dot-down"),
        (status(state="refused"), "dot-down"),
        (status(state="waiting"), "dot-off"),
        (None, "dot-off"),
    ],
)
def test_a_dot_shows_the_state_of_its_market(market_status, dot):
    page = Page()
    picker = CurrencyPicker(page.state)
    page.state.update(status=market_status)
    assert [name for name in picker.boxes[EUR]._dom_classes if name.startswith("dot-")] == [dot]


def test_a_dot_is_a_ring_after_three_intervals_without_a_price():
    page = Page()
    picker = CurrencyPicker(page.state)
    page.state.update(now=page.state.data.now + 3 * STEP)
    assert "dot-live" in picker.boxes[EUR]._dom_classes
    page.state.update(now=page.state.data.now + STEP)
    assert "dot-stale" in picker.boxes[EUR]._dom_classes


def test_boxes_follow_the_configured_markets():
    page = Page()
    picker = CurrencyPicker(page.state)
    page.state.update(markets=(GBP,))
    assert [box.description for box in picker.boxes.values()] == ["GBP"]
    assert picker.boxes[GBP] in picker.box.children


def test_span_buttons_and_state_follow_each_other():
    state = Page().state
    buttons = SpanPicker(state).buttons
    assert [label for label, _ in buttons.options] == ["10 min", "1 h", "6 h", "24 h", "7 d", "30 d", "1 y", "All"]
    buttons.value = 86_400
    assert state.span == 86_400
    state.span = 600
    assert buttons.value == 600


def test_an_unusual_configured_span_gets_a_button():
    assert ("12 h", 43_200) in SpanPicker(Page(span=43_200).state).buttons.options


def test_a_span_that_code_sets_later_gets_a_button():
    state = Page().state
    buttons = SpanPicker(state).buttons
    spans: list[int] = []
    state.observe(lambda change: spans.append(change.new), "span")
    state.span = 43_200
    assert (buttons.value, spans) == (43_200, [43_200])
