"""Picker, ranking, and what every part does when it cannot be drawn."""

import logging
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.core.market_status import NOTE_LASTS, BackfillResult, Failure, Note
from tracker.core.measures import MEASURES
from tracker.core.ticks import Ticks
from tracker.dashboard import (
    CurrencyPicker,
    Header,
    PriceCharts,
    Problems,
    RankingTable,
    ReplayBar,
    SpanPicker,
    page,
)
from tracker.render.page.state import Choices, PageData, PageState


def rows_of(table: RankingTable) -> list[str]:
    return table.table.value.partition("<tbody>")[2].split("</tr>")[:-1]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


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
    assert (state.chosen, picker.hint.value) == ((), "Tick at least one currency.")
    picker.all.click()
    assert (state.chosen, picker.hint.value) == ((EUR, GBP, JPY), "")
    assert all(box.value for box in picker.boxes.values())


def test_a_market_keeps_its_colour_whatever_is_chosen():
    state = Page(chosen=(JPY,)).state
    picker, charts = CurrencyPicker(state), PriceCharts(state)
    assert "bt-series-3" in picker.boxes[JPY]._dom_classes
    assert "bt-series-3" in charts.price_charts[JPY]._dom_classes
    assert charts.price_charts[JPY].lines.live.colors == ["var(--bt-series-3)"]


def test_the_ninth_market_has_the_first_colour_again():
    markets = tuple(Market("kraken", "BTC", f"AA{letter}") for letter in "ABCDEFGHI")
    page = PageState(Choices(), PageData(markets=markets))
    assert [page.colour_class(market) for market in markets[::8]] == ["bt-series-1", "bt-series-1"]


def test_two_markets_of_one_currency_are_told_apart_by_their_exchange():
    other = Market("coinbase", "BTC", "EUR")
    picker = CurrencyPicker(Page({EUR: prices(17_768.5), other: prices(17_770.0)}).state)
    assert [box.description for box in picker.boxes.values()] == ["EUR kraken", "EUR coinbase"]


@pytest.mark.parametrize(
    ("said", "dot"),
    [
        (status(), "dot-live"),
        (status(page=12, pages=24), "dot-backfilling"),
        (unreachable(), "dot-down"),
        (status(state="refused"), "dot-down"),
        (status(state="waiting"), "dot-off"),
        (None, "dot-off"),
    ],
)
def test_a_dot_tells_the_state(said, dot):
    page = Page()
    picker = CurrencyPicker(page.state)
    page.state.update(status=said)
    assert [name for name in picker.boxes[EUR]._dom_classes if name.startswith("dot-")] == [dot]


def test_a_dot_is_a_ring_once_three_intervals_brought_no_price():
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
    assert picker.boxes[GBP] in picker.children


def test_span_buttons_and_state_are_one():
    state = Page().state
    buttons = SpanPicker(state).buttons
    assert [label for label, _ in buttons.options] == ["10 min", "1 h", "6 h", "24 h", "7 d"]
    buttons.value = 86_400
    assert state.span == 86_400
    state.span = 600
    assert buttons.value == 600


def test_a_configured_span_of_its_own_gets_a_button():
    assert ("12 h", 43_200) in SpanPicker(Page(span=43_200).state).buttons.options


def test_a_span_chosen_later_in_code_gets_a_button_too():
    state = Page().state
    buttons = SpanPicker(state).buttons
    spans: list[int] = []
    state.observe(lambda change: spans.append(change.new), "span")
    state.span = 43_200
    assert (buttons.value, spans) == (43_200, [43_200])


def test_the_calmest_comes_first_and_the_subtitle_says_so():
    table = RankingTable(Page().state)
    assert [re.search(r"<b>(\w+)</b>", row)[1] for row in rows_of(table)] == ["GBP", "EUR", "JPY"]
    assert "Over 1 h the pound sterling was calmest (price strayed 0.1" in text_of(table.head.value)
    assert "the Japanese yen the most volatile (1.4" in text_of(table.head.value)
    assert "Rank 1 is the calmest." in table.table.value


def test_a_row_shows_its_measures_in_the_currency_and_in_percent():
    ticks = prices(17_768.5)
    table = RankingTable(Page({EUR: ticks}).state)
    text = text_of(rows_of(table)[0])
    deviation = np.std(ticks.price, ddof=1)
    assert text.startswith("1 EUR euro 17,768 .50")
    assert f"{deviation:.1f}".replace(".", " .") + " EUR" in text
    assert f"{100 * deviation / ticks.price.mean():.2f}\u2009%".replace("\u2009", " ") in text.replace("\u2009", " ")
    assert text.endswith("100 % 360") or text.endswith("100\u2009% 360")


def test_ranking_by_another_measure_shows_it():
    state = Page().state
    table = RankingTable(state)
    table.by.value = "drawdown"
    assert state.rank_by == "drawdown"
    assert 'aria-sort="ascending"><button type="button" data-sort="drawdown">Drawdown</button>' in table.table.value
    assert "(drawdown " in table.head.value
    assert {name for _, name in table.by.options} == {name for name, each in MEASURES.items() if each.ranked}


def test_a_market_with_too_little_of_the_span_stands_last_and_says_why():
    table = RankingTable(Page({EUR: prices(17_768.5, count=83), GBP: prices(15_531.1)}).state)
    assert "is-unranked" in rows_of(table)[1]
    why = text_of(rows_of(table)[1]).replace("\u2009", " ")
    assert "Not ranked: only 23 % of this span has prices (80 % needed). Recorded since 14:56." in why
    assert why.startswith("– EUR euro 17,768 .50")


def test_a_market_without_prices_has_a_row_without_numbers():
    table = RankingTable(Page({EUR: Ticks.none()}).state)
    assert "No prices in this span." in rows_of(table)[0]
    assert "No currency has prices for" in table.head.value


def test_too_few_prices_for_a_measure_are_the_reason_given():
    one = Ticks.of([NOW], [17_768.5], 3_600_000)
    table = RankingTable(Page({EUR: one}).state)
    assert "Not ranked: too few prices for the relative std." in rows_of(table)[0]


def test_nothing_ticked_asks_for_a_choice():
    table = RankingTable(Page(chosen=()).state)
    assert "Tick at least one currency." in table.table.value


def test_almost_everything_is_not_a_hundred_percent():
    ticks = prices(17_768.5)
    table = RankingTable(Page({EUR: ticks[np.arange(360) != 100]}).state)
    assert "99\u2009%<small>359" in table.table.value


@pytest.mark.parametrize("kind", [CurrencyPicker, PriceCharts, RankingTable, Header])
def test_a_part_that_cannot_be_drawn_says_so_and_recovers(kind, caplog):
    page = Page()
    part = kind(page.state)

    def broken(market, span, end):
        raise ValueError("8 stamps out of order in <btceur>")

    with caplog.at_level(logging.ERROR):
        page.state.update(read=broken, revision=page.state.data.revision + 1)
    shown = part.children[0].value
    assert "could not be computed" in shown
    assert "<code>ValueError: 8 stamps out of order in &lt;btceur&gt;</code>" in shown
    assert "Traceback" in caplog.text
    caplog.clear()
    page.state.update(revision=page.state.data.revision + 1)
    assert not caplog.text  # the same failure is logged once, not with each tick
    page.state.update(read=page.read, revision=page.state.data.revision + 1)
    assert part.children == part.body


def test_a_part_by_itself_brings_the_style_and_a_page_brings_it_once():
    state = Page().state
    bundle = RankingTable(state)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    parts = [SpanPicker(state) for _ in range(9)]
    whole = page(Header(state), *parts[:3], ReplayBar(state), *parts[3:])
    assert "bt-page" in whole._dom_classes
    assert [child for child in whole.children if "<style>" in str(getattr(child, "value", ""))] == [whole.children[0]]


def test_the_subtitle_says_how_many_were_ranked_if_not_all_were():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, swing=0.002), JPY: prices(2_531_000.0, count=30)}
    table = RankingTable(Page(rows).state)
    assert "Over 1 h, of the 2 of 3 with enough prices, the pound sterling was calmest" in text_of(table.head.value)


def test_a_change_over_less_than_the_span_says_since_when():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, count=30), JPY: prices(2_531_000.0)}
    charts = PriceCharts(Page(rows).state)
    assert "since 15:05" in text_of(charts.price_charts[GBP].label.value)
    assert "since" not in text_of(charts.price_charts[EUR].label.value)


def test_prices_that_are_still_being_fetched_are_not_called_unrecorded():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, count=30)}
    waiting = PriceCharts(Page(rows, status=status((EUR, GBP), page=1, pages=2)).state)
    assert "Older prices are being fetched." in waiting.price_charts[GBP].over.value
    due = PriceCharts(Page(rows, status=status((EUR, GBP), backfill=None)).state)
    assert "Older prices are still to be fetched." in due.price_charts[GBP].over.value
    failed = BackfillResult(gaps_left=1, failure=Failure("unreachable", "kraken", "it answers 503"))
    failing = PriceCharts(Page(rows, status=status((EUR, GBP), backfill=failed)).state)
    assert "Older prices could not be fetched yet." in failing.price_charts[GBP].over.value
    assert "Nothing recorded before" in PriceCharts(Page(rows).state).price_charts[GBP].over.value


def test_what_was_skipped_and_what_has_ended_is_told():
    skipped = Note("lines_skipped", NOW - 60_000, 2, "data/a.csv")
    cards = Problems(Page(malformed_lines=skipped, failure="KeyError: 'x'").state).cards.value
    assert "Note, 15:09</h3><p>2 malformed lines were skipped" in cards
    assert "own work has stopped" in cards


def test_a_note_says_when_and_ends_after_a_day():
    clock, lines = Note("clock_jumped", NOW - 3_600_000, 12), Note("lines_skipped", NOW, 1, "data/a.csv")
    page = Page(status=replace(status(), notes=(clock,)), malformed_lines=lines)
    problems = Problems(page.state)
    assert "Note, 14:10</h3><p>the clock was set ahead by 12 s" in problems.cards.value
    page.state.update(now=clock.time + NOTE_LASTS - 1000)
    assert "Note, 9 Nov 14:10" in problems.cards.value
    page.state.update(now=clock.time + NOTE_LASTS)
    assert "the clock was set ahead" not in problems.cards.value
    assert "1 malformed line was skipped" in problems.cards.value
    page.state.update(now=lines.time + NOTE_LASTS)
    assert "Note" not in problems.cards.value


def test_a_floor_of_ones_own_decides_what_is_ranked():
    rows = {EUR: prices(17_768.5, count=100), GBP: prices(15_531.1, count=100)}
    assert "Not ranked" in RankingTable(Page(rows).state).table.value
    assert "Not ranked" not in RankingTable(Page(rows, floor=0.1).state).table.value
