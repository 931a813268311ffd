"""A market that stands still, on the page: stale and not live, with its time; not ranked, with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, visible_text
from tracker.core.market_status import Failure, Outage, Status, Stop
from tracker.core.ticks import Ticks
from tracker.dashboard import PriceCharts, Problems, RankingTable
from tracker.render.format.standstill_text import standstill_text
from tracker.render.html.toolbar import dot_of
from tracker.render.page import condition
from tracker.render.page.state import View

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
STOP = Stop(NOW - 11 * DAY - 415 * MINUTE, "cancel_only")  # 29 Oct 08:15


def frozen(minutes: int, count: int = 360) -> Ticks:
    """Return a wave that has had one price for *minutes*."""
    ticks = prices(2_531_000.0, count)
    still = ticks.time >= NOW - minutes * MINUTE
    return Ticks.of(ticks.time, np.where(still, 2_500_000.0, ticks.price), STEP)


def page_of(jpy: Ticks | None = None, stop: Stop | None = None, **values) -> Page:
    rows = {
        EUR: prices(17_768.5, 1200),
        GBP: prices(15_531.1, 1200),
        JPY: jpy if jpy is not None else prices(2_531_000.0),
    }
    live = status()
    stopped = {JPY: replace(live.markets[JPY], stop=stop)}
    return Page(rows, **{"status": replace(live, markets={**live.markets, **stopped}), **values})


@pytest.mark.parametrize(
    ("since", "stop", "text"),
    [
        (NOW - 6 * MINUTE, None, "has not moved since 15:04"),
        (NOW - DAY, None, "has not moved since 8 Nov 15:10"),
        (STOP.since, Stop(STOP.since), "not traded since 29 Oct 08:15"),
        (STOP.since, STOP, "not traded since 29 Oct 08:15 (cancel_only)"),
        (NOW - 365 * DAY, Stop(NOW), "not traded since 9 Nov 2021 15:10"),
    ],
)
def test_the_text_names_the_time_and_the_exchanges_word(since, stop, text):
    assert standstill_text(since, stop, NOW) == text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (page_of(frozen(36)), "has not moved since 14:34"),
        (page_of(stop=STOP), "not traded since 29 Oct 08:15 (cancel_only)"),
    ],
)
class TestStandstill:
    def test_the_market_is_stale_and_the_others_are_live(self, page, text):
        state = page.state.page
        assert [condition.of_market(state, market) for market in (EUR, GBP, JPY)] == ["live", "live", "stale"]
        assert (dot_of(state, EUR), dot_of(state, JPY)) == ("dot-live", "dot-stale")
        assert condition.market_text(state, JPY).startswith(f"stale, {text}, last tick")

    def test_the_pill_of_the_page_names_it(self, page, text):
        headline = condition.headline(page.state.page)
        assert (headline.word, headline.message) == ("LIVE", f"kraken · last tick 0 s ago · JPY {text}")

    def test_a_card_says_what_that_means(self, page, text):
        card = visible_text(Problems(page.state).cards.value)
        assert card == f"kraken:BTC/JPY: {text} The last price is still answered and stored, but it is not ranked."

    def test_the_table_does_not_rank_it_and_says_why(self, page, text):
        table = RankingTable(page.state)
        assert f"Not ranked: {text}." in visible_text(table.table.value)
        assert "Over 1 h, of the 2 of 3 that are ranked, both were equally calm" in visible_text(table.head.value)

    def test_its_chart_shows_the_time_of_the_price_in_place_of_the_change(self, page, text):
        charts = PriceCharts(page.state)
        assert "price of" in charts.price_charts[JPY].label.value
        assert "price of" not in charts.price_charts[EUR].label.value
        assert text.split("since ")[1].removesuffix(" (cancel_only)") in charts.price_charts[JPY].label.value


def test_a_market_is_judged_beside_all_markets_of_the_page_not_only_those_shown():
    page = page_of(frozen(36), chosen=(JPY,))
    head = visible_text(RankingTable(page.state).head.value)
    assert head.endswith("No currency is ranked: none is traded or moves.")


def test_a_span_shorter_than_the_standstill_ranks_no_market_that_stands_still():
    page = page_of(frozen(36), span=600)
    assert "has not moved since 14:34" in visible_text(RankingTable(page.state).table.value)


def test_the_time_is_a_setting():
    page = page_of(frozen(36), unmoved_after=40 * MINUTE)
    assert condition.of_market(page.state.page, JPY) == "live"
    page.state.update(unmoved_after=36 * MINUTE)
    assert condition.of_market(page.state.page, JPY) == "stale"


def test_quiet_minutes_change_nothing():
    page = page_of(frozen(29))
    assert condition.of_market(page.state.page, JPY) == "live"
    assert Problems(page.state).cards.value == ""


def test_all_markets_of_an_exchange_that_stopped_trading_make_the_page_stale():
    markets = (EUR, GBP, JPY)
    page = Page(status=status(markets, stop=STOP))
    headline = condition.headline(page.state.page)
    text = "EUR not traded since 29 Oct 08:15 (cancel_only) · 2 more stand still"
    assert (headline.word, headline.message) == ("STALE", f"kraken · last tick 0 s ago · {text}")
    cards = visible_text(Problems(page.state).cards.value)
    assert cards.startswith("kraken:BTC/EUR, kraken:BTC/GBP and kraken:BTC/JPY: not traded since")
    assert cards.endswith("but they are not ranked.")


def test_a_time_in_the_past_is_judged_by_the_outage_log_and_by_the_rows_up_to_then():
    stopped = (Outage(NOW - 2 * HOUR, NOW - HOUR, EUR, "not traded: BREAK"),)
    page = page_of(frozen(60, 1200), outages=stopped, view=View(HOUR, NOW - 90 * MINUTE))
    text = visible_text(RankingTable(page.state).table.value)
    assert "Not ranked: not traded since 13:10 (BREAK)." in text
    assert "has not moved" not in text
    page.state.view = View(HOUR, NOW - 20 * MINUTE)
    text = visible_text(RankingTable(page.state).table.value)
    assert "not traded" not in text
    assert "Not ranked: has not moved since 14:10." in text


def test_a_replay_shows_what_was_stated_then():
    replayed = replace(status(), collector="", is_replay=True, mode="replay")
    outages = (Outage(NOW - HOUR, NOW + HOUR, EUR, "not traded"), Outage(0, 1, GBP, Failure("not_traded", "kraken")))
    page = Page(status=replayed, outages=outages)
    assert [condition.of_market(page.state.page, market) for market in (EUR, GBP)] == ["stale", "live"]
    assert "EUR not traded since 14:10" in condition.headline(page.state.page).message


def test_while_nothing_is_collected_what_was_stated_last_counts():
    outages = (Outage(NOW - HOUR, NOW - 30_000, EUR, "not traded: BREAK"),)
    page = Page(status=Status(), outages=outages)
    assert "Not ranked: not traded since 14:10 (BREAK)." in visible_text(RankingTable(page.state).table.value)


def test_a_market_without_a_status_is_unknown_as_before():
    page = page_of(frozen(36), status=Status())
    assert condition.of_market(page.state.page, JPY) == "unknown"


def test_rows_are_judged_once_until_a_row_arrives():
    page = page_of(frozen(36))
    assert page.state.data.unmoved == {JPY: NOW - 36 * MINUTE}
    judged = page.state.data.unmoved
    page.state.update(now=NOW + 1000)
    assert page.state.data.unmoved is judged
    page.arrive(JPY, 2_500_001.0)
    assert page.state.data.unmoved == {}


def test_the_table_is_drawn_again_when_an_exchange_states_that_a_market_is_not_traded():
    page = page_of()
    table = RankingTable(page.state)
    assert "Not ranked" not in table.table.value
    page.state.update(status=page_of(stop=STOP).state.data.status)
    assert "Not ranked: not traded since 29 Oct 08:15" in visible_text(table.table.value)
