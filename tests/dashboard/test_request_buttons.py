"""Try now and Use coinbase: where they are offered, and what they request."""

from dataclasses import replace

import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Status
from tracker.core.ticks import Ticks
from tracker.dashboard import FirstStart, Problems
from tracker.render.page.page_data import ViewerRequests

REQUESTS = ViewerRequests(stand_ins={}, span=86_400_000)
COINBASE = replace(REQUESTS, stand_ins={EUR: ("coinbase", "bitstamp")})
BINANCE = Market("binance", "BTC", "TRY")
NOTHING = dict.fromkeys((EUR, GBP, JPY), Ticks.none())


def offered(panel):
    return [button.description for button in panel.requests.children]


def page(asked, rows=None, **values):
    return Page(rows, **{"status": unreachable(), "requests": REQUESTS, "poll": asked.append, **values})


@pytest.mark.parametrize("panel", [Problems, FirstStart])
def test_the_viewer_can_have_an_exchange_that_does_not_answer_asked_now(panel):
    asked = []
    shown = panel(page(asked, NOTHING if panel is FirstStart else None).state)
    assert offered(shown) == ["Try now"]
    shown.requests.poll.click()
    assert asked == [False]


def test_where_a_stand_in_is_configured_the_viewer_can_use_it_at_once():
    asked = []
    problems = Problems(page(asked, requests=COINBASE).state)
    assert offered(problems) == ["Try now", "Use coinbase"]
    problems.requests.stand_in.click()
    assert asked == [True]


def test_where_several_exchanges_are_silent_the_buttons_say_what_they_are_for():
    rows = {market: prices(100.0) for market in (EUR, GBP, BINANCE)}
    silent = {"status": unreachable((EUR, GBP, BINANCE))}
    shown = Page(rows, requests=COINBASE, poll=print, **silent).state
    assert offered(Problems(shown)) == ["Try all now", "Use coinbase for kraken"]
    plain = Page(rows, requests=REQUESTS, poll=print, **silent).state
    assert offered(Problems(plain)) == ["Try all now"]


def test_a_stand_in_that_is_silent_itself_is_not_offered():
    other = Market("coinbase", "BTC", "EUR")
    rows = {EUR: prices(100.0), other: prices(100.0)}
    shown = Page(rows, requests=COINBASE, poll=print, status=unreachable((EUR, other))).state
    assert offered(Problems(shown)) == ["Try all now"]


def test_the_stand_in_of_a_market_that_is_live_is_not_offered():
    mixed = Status("x", markets={**unreachable().markets, EUR: MarketStatus(10_000, "live", since=NOW)})
    assert offered(Problems(page([], requests=COINBASE, status=mixed).state)) == ["Try now"]


@pytest.mark.parametrize(
    "values",
    [
        {"requests": None},  # a public, simulated or published page
        {"poll": None},  # a replay
        {"status": replace(unreachable(), collector="")},  # no process would fulfil it
        {"status": status()},  # all is well
    ],
)
def test_nothing_is_offered_that_would_have_no_effect_or_that_viewers_may_not_do(values):
    problems = Problems(page([], **values).state)
    assert offered(problems) == []
    assert problems.rest.value == ""


def test_the_buttons_are_right_below_the_card_that_they_belong_to():
    simulated = replace(unreachable(), rivals=("collect (pid 7)",))
    problems = Problems(page([], status=simulated).state)
    assert list(problems.box.children) == [problems.cards, problems.requests, problems.rest]
    assert problems.cards.value.endswith("Next try in 8 s.</p></section>")


def test_a_click_after_a_poll_became_impossible_does_nothing():
    shown = page([])
    problems = Problems(shown.state)
    shown.state.actions = replace(shown.state.actions, poll=None)
    problems.requests.poll.click()
    assert offered(problems) == []
