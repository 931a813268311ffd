"""still: parts of the page over rows at hand, without a collector."""

import threading

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, prices
from tracker.core.errors import ConfigError
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.dashboard import PriceCharts, RankingTable, SpanPicker, still
from tracker.history.dataframes import simulated, to_dataframe

ROWS = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, swing=0.02)}
HOUR, DAY = 3_600_000, 86_400_000


def test_a_static_table_ranks_as_the_page_does_and_starts_no_thread():
    before = set(threading.enumerate())
    table = RankingTable(still(ROWS, NOW, HOUR))
    windows = {market: Window.of(ticks, HOUR, NOW) for market, ticks in ROWS.items()}
    order = [row.market.quote for row in ranking(windows)]
    shown = table.table.value
    assert order == ["GBP", "EUR", "JPY"]
    assert sorted(order, key=lambda quote: shown.index(f"<b>{quote}</b>")) == order
    assert set(threading.enumerate()) <= before


def test_a_span_chosen_in_one_panel_applies_to_all():
    state = still(ROWS, NOW, HOUR)
    table, span = RankingTable(state), SpanPicker(state)
    span.buttons.value = 600
    assert "over 10 min" in table.table.value
    assert state.page.window(EUR).span == 600_000


def test_static_charts_draw_every_market_and_show_the_time_of_its_last_price():
    charts = PriceCharts(still(ROWS, NOW + 10 * STEP, HOUR))
    assert len(charts.shown) == 3
    assert all(len(strip.lines.live.x) + len(strip.lines.newest.x) for strip in charts.price_charts.values())
    assert "Price of one bitcoin</h2>" in charts.head.value
    assert "last price 15:10" in charts.head.value


def test_simulated_and_replayed_rows_are_labelled_beside_an_empty_market():
    for origin, word in ((Origin.SIMULATED, "simulated"), (Origin.REPLAY, "replay"), (Origin.LIVE, "")):
        charts = PriceCharts(still({EUR: Ticks.none(), GBP: prices(1.0, origin=origin)}, NOW, HOUR))
        label = charts.price_charts[GBP].label.value
        assert [origin for origin in ("simulated", "replay") if origin in label] == ([word] if word else [])


def test_markets_below_the_coverage_floor_are_not_ranked():
    half = {market: ticks[180:] for market, ticks in ROWS.items()}
    assert "Not ranked" not in RankingTable(still(half, NOW, HOUR, floor=0.4)).table.value
    assert RankingTable(still(half, NOW, HOUR, floor=0.6)).table.value.count("Not ranked") == 3


def test_frames_of_prices_can_be_shown_as_they_are():
    """As in a notebook: by name or market, without a time and a span."""
    frames = {str(EUR): to_dataframe(EUR, ROWS[EUR]), GBP: to_dataframe(GBP, ROWS[GBP]), JPY: ROWS[JPY]}
    state = still(frames)
    assert (state.data.markets, state.data.now) == ((EUR, GBP, JPY), NOW)
    assert RankingTable(state).table.value == RankingTable(still(ROWS, NOW, HOUR)).table.value
    assert "Not ranked" not in RankingTable(still({EUR: simulated(EUR, "1h")})).table.value


@pytest.mark.parametrize(
    ("length", "span"), [(60_000, 600), (600_000, 600), (HOUR, 3_600), (6 * HOUR, 21_600), (3 * DAY, 604_800)]
)
def test_without_a_span_it_is_the_shortest_of_the_page_that_holds_all_rows(length, span):
    rows = Ticks.of(np.arange(NOW - length, NOW, 10_000) + 10_000, np.ones(length // 10_000), 10_000)
    assert still({EUR: rows}).span == span
    assert still({EUR: rows}, NOW).span == span


def test_the_span_holds_the_first_price_and_ends_at_the_newest_of_any_market():
    older, newer = Ticks.of([NOW - 599_999], [1.0], 10_000), Ticks.of([NOW], [1.0], 10_000)
    state = still({EUR: older, GBP: newer})
    assert (state.data.now, state.span) == (NOW, 600)
    assert still({EUR: Ticks.of([NOW - 600_000], [1.0], 10_000), GBP: newer}).span == 3_600


def test_rows_longer_than_every_span_of_the_page_are_shown_whole():
    assert still({EUR: Ticks.of([NOW - 400 * DAY, NOW], [1.0, 1.0], HOUR)}).span == 401 * 86_400


def test_without_any_row_a_day_is_shown():
    assert "No prices in this span" in RankingTable(still({EUR: Ticks.none()})).table.value
    assert still({}).span == 86_400
    assert still({EUR: Ticks.none()}, NOW).span == 86_400


def test_a_market_or_rows_that_cannot_be_shown_are_refused():
    with pytest.raises(ConfigError, match="market 'BTCEUR': expected exchange:BASE/QUOTE"):
        still({"BTCEUR": ROWS[EUR]})
    with pytest.raises(ConfigError, match=r"^kraken:BTC/EUR: a list; expected a frame"):
        still({EUR: [1.0]})
    with pytest.raises(ConfigError, match=r"^still: a DataFrame; expected rows by market, e\.g\. {'kraken:BTC/EUR': "):
        still(to_dataframe(EUR, ROWS[EUR]))
    with pytest.raises(ConfigError, match=r"^still: span 24 ms, expected 1000 or more$"):
        still(ROWS, span=24)
