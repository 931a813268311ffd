"""A page with several exchanges: it names the exchange of every price, and reports held-back prices."""

from tests.support.page_states import EUR, GBP, NOW, Page, prices, status, unreachable
from tracker.core.market_status import BackfillResult, Failure, HeldBack, MarketStatus, Status
from tracker.core.ticks import Ticks
from tracker.dashboard.charts.charts import PriceCharts
from tracker.dashboard.widgets.notices import Problems
from tracker.render.page.condition import headline, market_text

STOOD_IN = {
    "state": "live",
    "stand_in": "coinbase",
    "since": NOW - 360_000,
    "failure": Failure("unreachable", "kraken", "api.kraken.com answers 503"),
    "next_try": NOW + 8_000,
    "tries": 6,
}


def mixed():
    """EUR from a stand-in, GBP from its own exchange."""
    own = MarketStatus(10_000, "live", since=NOW)
    return Status("dashboard (pid 4711)", markets={EUR: MarketStatus(10_000, **STOOD_IN), GBP: own})


def page(**traits):
    return Page({EUR: prices(17_768.5), GBP: prices(15_531.1)}, **traits)


def test_the_pill_names_the_stand_in_and_the_exchange_it_replaces():
    assert headline(page(status=mixed()).state.page).message == "coinbase for kraken, kraken · last tick 0 s ago"


def test_a_card_names_the_currencies_of_a_stand_in_its_start_and_the_cause():
    cards = Problems(page(status=mixed()).state).cards.value
    assert "EUR from coinbase since 15:04" in cards
    assert "api.kraken.com answers 503. coinbase stands in until kraken works again.</p>" in cards
    assert "Next try in 8 s." in cards
    assert "No prices from" not in cards


def test_the_line_of_a_market_names_both_exchanges():
    text = market_text(page(status=mixed()).state.page, EUR)
    assert text == "live, from coinbase, kraken: api.kraken.com answers 503, next try in 8 s, last tick 0 s ago"


def test_a_chart_names_the_stand_in_of_its_last_row():
    rows = prices(17_768.5)
    exchanges = [*[""] * (len(rows) - 1), "coinbase"]
    shown = Page({EUR: Ticks.of(rows.time, rows.price, rows.interval, rows.origin, exchanges), GBP: prices(15_531.1)})
    charts = PriceCharts(shown.state)
    assert "euro, from coinbase" in charts.price_charts[EUR].label.value
    assert "from" not in charts.price_charts[GBP].label.value


def test_one_card_counts_held_back_prices_and_shows_both_sides():
    doubt = {"held_back_count": 3, "held_back_reason": HeldBack(5.0, "coin<base>", 100.0)}
    cards = Problems(page(status=status((EUR, GBP), **doubt)).state).cards.value
    assert "Implausible prices of EUR and GBP are held back" in cards
    assert "kraken:BTC/EUR: kraken reports 5.0000, coin&lt;base&gt; 100.000; kraken:BTC/GBP" in cards
    assert "6 held back since collecting began" in cards


def test_prices_held_back_earlier_are_counted_without_a_card():
    state = page(status=status((EUR, GBP), held_back_count=3)).state
    assert Problems(state).cards.value == ""
    assert "3 prices held back" in market_text(state.page, EUR)


def test_the_result_of_backfill_is_shown_for_each_market():
    state = page(status=status((EUR, GBP), backfill=BackfillResult({"kraken": 36}))).state
    assert market_text(state.page, EUR).endswith("; backfill: 36 prices from kraken, no gap left")


def test_a_market_without_a_stand_in_is_still_unreachable():
    assert headline(page(status=unreachable((EUR, GBP))).state.page).word == "UNREACHABLE"
