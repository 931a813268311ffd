"""The header's pill, the cards, the first start and the footer: their exact words."""

from dataclasses import replace

import ipywidgets as widgets
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, unreachable
from tracker.core.market_status import Failure, Note, Status
from tracker.core.ticks import Ticks
from tracker.dashboard import FirstStart, Footer, Header, Problems
from tracker.dashboard.view_state import Actions
from tracker.render.page.condition import has_old_price, headline

ALL = (EUR, GBP, JPY)
NOTHING = dict.fromkeys(ALL, Ticks.none())


def said(page: Page) -> str:
    line = headline(page.state.page)
    return f"{line.word}  {line.message}"


def later(seconds: int, **traits: object) -> Page:
    return Page(now=NOW + 1000 * seconds, **traits)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (later(2), "LIVE  kraken · last tick 2 s ago"),
        (later(30), "LIVE  kraken · last tick 30 s ago"),
        (
            later(192),
            "STALE  kraken · last tick 3 min 12 s ago · the exchange answers, but with no new price",
        ),
        (
            later(2, status=status(page=12, pages=24)),
            "BACKFILLING  kraken · EUR and 2 more · 12 of 24 pages · live prices continue",
        ),
        (
            Page(status=unreachable()),
            "UNREACHABLE  since 15:04 · api.kraken.com answers 503 (Service Unavailable) · next try in 8 s",
        ),
        (Page(status=unreachable(next_try=None, since=None, words="gone")), "UNREACHABLE  gone"),
        (Page(NOTHING, status=unreachable()), "NO DATA YET  kraken has not answered · next try in 8 s"),
        (Page(NOTHING, status=None), "NO DATA YET  kraken has not answered"),
        (later(2, status=status(state="waiting")), "WAITING  kraken has not answered yet · last tick 2 s ago"),
        (later(2, status=replace(status(), store_problem="disk full")), "LIVE  kraken · last tick 2 s ago"),
        (later(60, status=replace(status(), store_problem="disk full")), "NOT STORED  disk full"),
        (
            later(2, status=replace(status(page=1, pages=2), mode="simulated")),
            "SIMULATED  invented prices · nothing here is a market · older prices are being fetched",
        ),
        (later(2, status=None), "STALE  no collector running · last tick 2 s ago"),
        (later(2, status=replace(status(), collector="")), "STALE  no collector running · last tick 2 s ago"),
        (later(2, status=replace(status(), mode="simulated")), "SIMULATED  invented prices · nothing here is a market"),
        (later(2, status=replace(status(), mode="replay")), "REPLAY  Wed 9 Nov 2022 · not live"),
        (
            Page(status=replace(unreachable(words="gone", next_try=NOW), mode="simulated")),
            "UNREACHABLE  since 15:04 · gone · trying now · simulated",
        ),
    ],
)
def test_the_pill_says_the_worst_in_a_word_and_a_sentence(page, text):
    assert said(page) == text


def test_prices_are_old_as_soon_as_the_exchange_is_unreachable():
    page = later(2, status=unreachable())
    assert has_old_price(page.state.page, EUR)
    assert not has_old_price(later(2).state.page, EUR)


def test_one_market_without_new_prices_does_not_make_the_page_stale():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, until=NOW - 600_000)}
    assert said(Page(rows)) == "LIVE  kraken · last tick 0 s ago"


def test_each_second_moves_the_pill_and_the_clock_and_a_screen_reader_hears_only_the_word():
    page = Page()
    strip = Header(page.state)
    spoken = strip.spoken.value
    page.state.update(now=page.state.data.now + 7_000)
    assert "last tick 7 s ago" in strip.pill.value
    assert "Wed 9 Nov 2022 </span><b>15:10:07</b> UTC" in strip.clock.value
    assert strip.spoken.value == spoken == '<span role="status">LIVE</span>'


def test_a_link_that_is_added_stays_whatever_is_drawn():
    strip = Header(Page().state)
    link = widgets.Button(description="Replay stored prices")
    strip.add_link(link)
    strip.state.update(now=strip.state.data.now + 7_000)
    names = [getattr(each, "description", "") for each in strip.children]
    assert names[names.index("Market status") + 1] == "Replay stored prices"


def test_each_market_is_listed_on_request_only():
    strip = Header(later(2, status=unreachable((EUR, GBP, JPY), words="<b>gone")).state)
    assert strip.list.value == ""
    strip.details.value = True
    line = "unreachable, since 15:04, &lt;b&gt;gone, next try in 6 s, last tick 2 s ago; backfill: nothing was missing"
    assert f"<li><b>kraken:BTC/EUR</b> {line}</li>" in strip.list.value
    assert "Collected by dashboard (pid 4711)" in strip.list.value


def test_a_market_that_nobody_collects_is_listed_as_such():
    strip = Header(later(2, status=Status()).state)
    strip.details.value = True
    assert "kraken:BTC/EUR</b> not collected, last tick 2 s ago" in strip.list.value


def test_all_well_shows_no_card():
    assert Problems(Page().state).cards.value == ""


def test_the_unreachable_card_says_cause_since_when_tries_and_next_try():
    rows = {market: prices(100.0, until=NOW - 420_000) for market in ALL}
    text = Problems(Page(rows, status=unreachable()).state).cards.value
    assert text.count("<section") == 1
    assert "No prices from kraken since 15:04" in text
    assert "api.kraken.com answers 503 (Service Unavailable); 6 tries so far, next try in 8 s." in text
    assert "Prices below are those of 15:03. What is missed will be backfilled once it answers." in text


def test_the_next_try_counts_down():
    page = Page(status=unreachable())
    problems = Problems(page.state)
    page.state.update(now=page.state.data.now + 5_000)
    assert "next try in 3 s" in problems.cards.value


def test_a_card_names_the_currencies_if_only_some_are_missing():
    mixed = Status("x", markets={**status().markets, JPY: unreachable().markets[JPY]})
    assert "No prices from kraken for JPY since 15:04" in Problems(Page(status=mixed).state).cards.value


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        ({"failure": "ValueError: <b>"}, "<code>ValueError: &lt;b&gt;</code>"),
        ({"problem": "data/: format <9>"}, "data/: format &lt;9&gt;. It is tried again every second"),
        (
            {"status": replace(status(), store_problem="data/: No space <left>")},
            "data/: No space &lt;left&gt;. Only stored prices are shown",
        ),
        (
            {"status": replace(status(), notes=(Note("collector_failed", NOW, words="KeyError: <x>"),))},
            "Note, 15:10</h3><p>the collector failed: KeyError: &lt;x&gt;; see the log",
        ),
        (
            {"status": status(state="refused", failure=Failure("not_listed", "kraken"))},
            "kraken does not offer BTC/JPY. It is tried now and then",
        ),
        (
            {"status": status(state="refused", failure=Failure("rejected", "kraken", "EQuery:Unknown <pair>"))},
            "kraken refuses BTC/EUR: EQuery:Unknown &lt;pair&gt;. It is tried now and then",
        ),
    ],
)
def test_every_problem_has_its_card_with_its_words_escaped(traits, text):
    assert text in Problems(Page(**traits).state).cards.value


def test_the_page_s_own_problem_shows_before_any_status():
    assert "This page's own work has stopped" not in Problems(Page(status=None).state).cards.value
    assert "own work has stopped" in Problems(Page(status=None, failure="ValueError: 1").state).cards.value


def test_the_first_start_says_what_was_asked_what_came_back_and_what_comes_next():
    first = FirstStart(Page(NOTHING, status=unreachable()).state)
    assert "is-shown" in first._dom_classes
    assert "No prices yet" in first.text.value
    assert "kraken was asked for the price of BTC/EUR, BTC/GBP and BTC/JPY" in first.text.value
    assert (
        "<b>api.kraken.com answers 503 (Service Unavailable)</b>. The next try is in 8 s, by itself."
        in first.text.value
    )


def test_the_first_start_goes_with_the_first_price():
    page = Page(NOTHING)
    first = FirstStart(page.state)
    assert "there is no answer yet" in first.text.value
    page.arrive(EUR, 17_768.5)
    assert "is-shown" not in first._dom_classes


def test_old_records_outside_the_span_are_not_denied():
    first = FirstStart(Page(NOTHING, has_stored_prices=True).state)
    assert "No prices in the last 1 h" in first.text.value
    assert "No prices yet" not in first.text.value


def test_a_try_under_way_is_not_announced_for_later():
    first = FirstStart(Page(NOTHING, status=unreachable(next_try=NOW)).state)
    assert "The next try is under way." in first.text.value


def test_the_simulation_starts_with_one_click_and_is_offered_only_where_it_can():
    page = Page(NOTHING)
    first = FirstStart(page.state)
    assert first.simulated not in first.options.children
    clicks: list[int] = []
    page.state.actions = Actions(simulate=lambda: clicks.append(1))
    assert first.simulated in first.options.children
    first.simulate.click()
    assert clicks == [1]
    assert first.simulate.disabled


def test_a_simulation_that_cannot_start_says_why():
    page = Page(NOTHING)
    first = FirstStart(page.state)

    def fails():
        raise OSError("no <port>")

    page.state.actions = Actions(simulate=fails)
    first.simulate.click()
    assert "OSError: no &lt;port&gt;" in first.children[0].value
    assert not first.simulate.disabled


def test_a_simulation_that_is_gone_by_the_click_does_nothing():
    first = FirstStart(Page(NOTHING).state)
    first.simulate.click()
    assert first.children == first.body


def test_the_footer_says_where_prices_are_kept_and_who_collects():
    page = Page(store_label="data/<x>")
    line = Footer(page.state).line
    assert "Kept in <code>data/&lt;x&gt;</code> as CSV" in line.value
    assert "Collected by dashboard (pid 4711)" in line.value
    page.state.update(status=replace(status(), collector="", mode="simulated"))
    assert "No collector running; type: tracker collect" in line.value
    assert "Invented prices: nothing here is a market" in line.value


def test_a_state_without_anything_is_a_page_without_anything():
    page = Page({})
    page.state.update(now=page.state.data.now + STEP)
    assert said(page).startswith("NO DATA YET")
