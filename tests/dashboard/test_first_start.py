"""The first start, before there are prices: what was asked, what comes next, and the simulation."""

from dataclasses import replace

from tests.support.page_states import EUR, GBP, JPY, NOW, Page, status, unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus, WrongClock
from tracker.core.ticks import Ticks
from tracker.dashboard import FirstStart
from tracker.dashboard.view_state import Actions
from tracker.history.playback import Playback

ALL = (EUR, GBP, JPY)
NOTHING = dict.fromkeys(ALL, Ticks.none())


def test_the_first_start_names_the_request_its_answer_and_the_next_try():
    first = FirstStart(Page(NOTHING, status=unreachable()).state)
    assert "is-shown" in first.box._dom_classes
    assert "No prices yet" in first.text.value
    assert "kraken was asked for the price of BTC/EUR, BTC/GBP and BTC/JPY" in first.text.value
    assert (
        "<b>api.kraken.com answers 503 (Service Unavailable)</b>. Only prices that were really received are shown here."
        in first.text.value
    )


def test_a_pair_of_two_exchanges_is_named_once_and_both_exchanges_were_asked():
    coinbase = Market("coinbase", "BTC", "EUR")
    text = FirstStart(Page({EUR: Ticks.none(), coinbase: Ticks.none()}).state).text.value
    assert "coinbase and kraken were asked for the price of BTC/EUR; there is no answer yet." in text


def test_the_heading_calls_no_price_of_another_currency_that_of_a_bitcoin():
    assert "<h2>One bitcoin costs</h2>" in FirstStart(Page(NOTHING).state).text.value
    shib = Market("binance", "SHIB", "BTC")
    assert "<h2>Prices</h2>" in FirstStart(Page({EUR: Ticks.none(), shib: Ticks.none()}).state).text.value


def test_the_countdown_is_on_a_line_of_its_own_and_the_only_thing_that_changes():
    page = Page(NOTHING, status=unreachable())
    first = FirstStart(page.state)
    texts = []
    for passed in (0, 3_000, 8_000):
        page.state.update(now=NOW + passed)
        texts.append(first.text.value)
    ends = [text.split('<p class="bt-next-try') for text in texts]
    assert len({start for start, _ in ends}) == 1
    assert [end for _, end in ends] == [
        f"{words}.</p></div>" for words in ('">Next try in 8 s', '">Next try in 5 s', ' is-now">Trying now')
    ]


def test_a_market_that_the_exchange_does_not_offer_is_not_said_to_be_without_an_answer():
    refused = {"state": "refused", "failure": Failure("not_listed", "kraken")}
    first = FirstStart(Page({EUR: Ticks.none()}, status=status((EUR,), **refused)).state)
    assert "kraken was asked for the price of BTC/EUR, without success: " in first.text.value
    assert "<b>kraken does not offer BTC/EUR</b>." in first.text.value
    assert "no answer yet" not in first.text.value


def test_among_markets_without_an_answer_a_refused_one_is_not_named():
    waiting, refused = MarketStatus(10_000), MarketStatus(10_000, "refused", failure=Failure("not_listed", "kraken"))
    rows = {EUR: Ticks.none(), GBP: Ticks.none()}
    page = Page(rows, status=replace(status(), markets={EUR: refused, GBP: waiting}))
    assert "kraken was asked for the price of BTC/GBP; there is no answer yet." in FirstStart(page.state).text.value


def test_the_first_start_disappears_with_the_first_price():
    page = Page(NOTHING)
    first = FirstStart(page.state)
    assert "there is no answer yet" in first.text.value
    page.arrive(EUR, 17_768.5)
    assert "is-shown" not in first.box._dom_classes


def test_stored_prices_outside_the_span_are_not_denied():
    first = FirstStart(Page(NOTHING, has_stored_prices=True).state)
    assert "No prices in the last 1 h" in first.text.value
    assert "No prices yet" not in first.text.value


def test_the_simulation_is_offered_only_where_it_can_start_and_starts_with_one_click():
    page = Page(NOTHING)
    first = FirstStart(page.state)
    assert first.simulated not in first.options.children
    clicks: list[int] = []
    page.state.actions = Actions(simulate=lambda: clicks.append(1))
    assert first.simulated in first.options.children
    first.simulate.click()
    assert clicks == [1]


def test_a_simulated_day_is_named_as_what_it_is_and_replayed_with_one_click():
    page = Page(NOTHING)
    first = FirstStart(page.state)
    assert first.simulated_day not in first.options.children
    clicks: list[int] = []
    page.state.actions = Actions(replay_simulated_day=lambda: clicks.append(1))
    assert first.simulated_day in first.options.children
    assert first.replay_day.description == "Replay a simulated day"
    first.replay_day.click()
    assert clicks == [1]


def test_a_replay_without_prices_waits_for_no_exchange():
    text = FirstStart(Page(NOTHING, replay=Playback(0, NOW, NOW)).state).text.value
    assert "Nothing was recorded at this time of the replay" in text
    assert "was asked" not in text


def test_a_click_after_the_simulation_became_unavailable_does_nothing():
    first = FirstStart(Page(NOTHING).state)
    first.simulate.click()
    assert first.box.children == first.body


def test_the_first_start_names_a_wrong_clock_in_place_of_a_missing_answer():
    wrong = replace(status(), clock=WrongClock(7200, NOW, 3, ("kraken",)))
    text = FirstStart(Page(NOTHING, status=wrong).state).text.value
    assert "kraken answered, but no price is stored: <b>the collecting computer" in text
