"""still: parts of the page over rows at hand, without a collector."""

import threading

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, prices
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.dashboard import PriceCharts, RankingTable, SpanPicker, still

ROWS = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, swing=0.02)}
HOUR = 3_600_000


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
    assert len(charts.stack.children) == 3
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
