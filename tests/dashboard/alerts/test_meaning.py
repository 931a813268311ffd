"""What a rule means, with what is so now by the prices that the page has."""

import pytest

from tests.support.page_states import EUR, GBP, NOW, Page, prices
from tests.support.rule_rows import price_rule
from tracker.alerts.readings.verdict import Reading
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.states.state_machine import Row
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.dashboard.alerts.meaning import meaning_of
from tracker.history.playback import Playback


def meaning(when, markets=(EUR,), rows=None, last=None, **values):
    page = Page(rows, **values).state.page
    rule = price_rule(when, markets=markets)
    return meaning_of(rule, page, page.data.markets, last or {}).replace("\N{NARROW NO-BREAK SPACE}", " ")


def last_row(when, value, at=NOW):
    """Return the last row of a rehearsal, at which the only measure of *when* read *value*."""
    [measure] = measures_of(parse(when))
    return Row(at, 10_000, {measure: Reading(value)})


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


def test_of_several_markets_it_says_which_is_nearest():
    assert meaning("price < 15000", (EUR, GBP)).endswith("; now nearest: GBP, 15,531.10, 3.54 % above.")
    assert meaning("change(1h) > -50%", (EUR, GBP)).endswith("; now it holds in all 2 markets.")


@pytest.mark.parametrize(
    ("when", "value", "now"),
    [
        ("low(7d) < 17000", 17_170.0, "now 17,170.00, 1.00 % above."),
        ("rank(24h) == 1", 2.0, "now rank 2."),
        ("implied(EUR/USD) > 1.2", 1.1, "now 1.1000 USD, 8.33 % below."),
    ],
)
def test_what_the_page_does_not_have_is_as_the_rehearsal_read_it(when, value, now):
    assert "now" not in meaning(when)
    assert meaning(when, last={EUR: last_row(when, value)}).endswith(f"; {now}")
    assert "now" not in meaning(when, last={EUR: last_row(when, value, NOW - 300_001)}), "it is so no longer"


def test_of_many_rows_the_page_computes_nothing_each_second():
    markets = tuple(Market("kraken", "BTC", f"X{number}") for number in range(60))
    rows = {market: prices(1_000.0) for market in markets}
    assert "now nearest" in meaning("change(10m) < -50%", markets, rows)
    assert "now" not in meaning("change(1h) < -2%", markets, rows)
    last = {market: last_row("change(1h) < -2%", 0.01) for market in markets}
    assert "now nearest: X0, +1.00 %" in meaning("change(1h) < -2%", markets, rows, last)
    assert "now it holds in none" in meaning("price < 1 or price > 2000", markets, rows), "prices cost nothing"


def test_of_a_span_with_too_few_prices_it_says_why_it_cannot_be_told():
    assert meaning("change(24h) < -2%").endswith("now it cannot be told: prices cover only 4 % of the last 24 h.")


def test_of_a_level_that_is_crossed_it_says_how_far_it_is():
    assert meaning("crosses(price, 17600)").endswith("; now 17,768.50, 0.96 % above.")


def test_of_a_replayed_time_it_says_nothing_of_now():
    assert "now" not in meaning("price < 17600", replay=Playback(NOW - 86_400_000, NOW, NOW))


@pytest.mark.parametrize("when", ["price < 1", "age > 1min", "coverage(1h) < 90%"])
def test_of_a_market_that_the_page_does_not_have_yet_it_says_nothing_of_now(when):
    assert "now" not in meaning(when, (Market("kraken", "BTC", "CZK"),))


def test_without_prices_it_says_why_it_cannot_be_told():
    assert "now it cannot be told" in meaning("price < 1", rows={EUR: Ticks.none(), GBP: prices(1.0)})
