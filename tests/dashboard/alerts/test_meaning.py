"""What a rule means, with what is so now by the prices that the page has."""

import pytest

from tests.support.page_states import EUR, GBP, NOW, Page, prices
from tests.support.rule_rows import price_rule
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.dashboard.alerts.meaning import meaning_of
from tracker.history.playback import Playback


def meaning(when, markets=(EUR,), rows=None, **values):
    page = Page(rows, **values).state.page
    rule = price_rule(when, markets=markets)
    return meaning_of(rule, page, page.data.markets).replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("when", "now"),
    [
        ("price < 17600", "now 17,768.50, 0.96 % above."),
        ("age > 60s", "now 0 s."),
        ("coverage(1h) < 90%", "above."),
        ("change(1h) < -2%", "now "),
    ],
)
def test_it_says_what_is_so_now(when, now):
    text = meaning(when)
    assert text.startswith("Tells you each time ")
    assert text.endswith(now) if now.endswith(".") else now in text


@pytest.mark.parametrize(("when", "markets"), [("price < 17600", (EUR, GBP)), ("rank(24h) == 1", (EUR,))])
def test_of_several_markets_and_of_what_the_page_does_not_have_it_says_nothing_of_now(when, markets):
    assert "now" not in meaning(when, markets)


def test_of_a_replayed_time_it_says_nothing_of_now():
    assert "now" not in meaning("price < 17600", replay=Playback(NOW - 86_400_000, NOW, NOW))


def test_of_a_longer_time_than_is_in_memory_it_says_nothing_of_now():
    assert "now" not in meaning("low(7d) < 17000")


@pytest.mark.parametrize("when", ["price < 1", "age > 1min", "coverage(1h) < 90%"])
def test_of_a_market_that_the_page_does_not_have_yet_it_says_nothing_of_now(when):
    assert "now" not in meaning(when, (Market("kraken", "BTC", "CZK"),))


def test_without_prices_it_says_why_it_cannot_be_told():
    assert "now it cannot be told" in meaning("price < 1", rows={EUR: Ticks.none(), GBP: prices(1.0)})
