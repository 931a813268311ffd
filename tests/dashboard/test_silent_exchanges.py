"""Several exchanges that do not answer: one card for all that fail alike, and what differs stays."""

from dataclasses import replace

from tests.support.page_states import EUR, JPY, NOW, Page, prices, status, unreachable, visible_text
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus
from tracker.dashboard import Problems

HOSTS = {"kraken": "api.kraken.com", "coinbase": "api.exchange.coinbase.com", "bitstamp": "www.bitstamp.net"}
MARKETS = {name: Market(name, "BTC", "EUR") for name in HOSTS}


def silent(name: str, cause: str = "{} refuses the connection", **changes: object) -> MarketStatus:
    failure = Failure("unreachable", name, cause.format(HOSTS[name]))
    fields = {"state": "unreachable", "since": NOW - 360_000, "failure": failure, "next_try": NOW + 8_000, "tries": 6}
    return MarketStatus(10_000, **{**fields, **changes})


def page(**changed: MarketStatus) -> Page:
    """A page of three exchanges that fail alike, except those that *changed*."""
    statuses = {MARKETS[name]: changed.get(name) or silent(name) for name in HOSTS}
    rows = {market: prices(100.0, until=NOW - 420_000) for market in statuses}
    return Page(rows, status=replace(status(), markets=statuses))


def cards(shown: Page) -> list[str]:
    return [visible_text(part) for part in Problems(shown.state).cards.value.split("<section")[1:]]


def test_exchanges_that_fail_alike_have_one_card_that_names_them_all():
    [text] = cards(page())
    assert "No prices from kraken, coinbase and bitstamp since 15:04" in text
    assert "api.kraken.com refuses the connection; likewise coinbase and bitstamp; 6 tries each so far." in text
    assert "Prices below are those of 15:03. What is missed will be backfilled once they answer." in text


def test_the_card_has_the_next_try_of_each_exchange_in_a_place_of_its_own():
    html = Problems(page(coinbase=silent("coinbase", next_try=NOW), bitstamp=silent("bitstamp")).state).cards.value
    foot = (
        "<span>kraken: next try in 8 s</span> <span>coinbase: trying now</span> <span>bitstamp: next try in 8 s</span> "
    )
    assert f'<p class="bt-card-foot">{foot}</p>' in html


def test_the_card_says_where_the_exchanges_differ():
    [text] = cards(page(coinbase=silent("coinbase", since=NOW - 60_000, tries=2)))
    assert "No prices from kraken, coinbase and bitstamp api.kraken.com" in text, "no time that only one has"
    assert (
        "2 to 6 tries so far. No prices from kraken since 15:04, coinbase since 15:09 and bitstamp since 15:04" in text
    )


def test_an_exchange_with_another_cause_has_a_card_of_its_own():
    first, second = cards(page(coinbase=silent("coinbase", "{} answers 503")))
    assert "No prices from kraken and bitstamp since 15:04" in first
    assert "No prices from coinbase since 15:04 api.exchange.coinbase.com answers 503; 6 tries so far." in second
    assert "once it answers." in second


def test_an_exchange_of_which_only_some_markets_are_missing_has_a_card_of_its_own():
    shown = page()
    rows = {**shown.rows, JPY: prices(100.0)}
    live = status((JPY,)).markets
    mixed = Page(rows, status=replace(shown.state.data.status, markets={**shown.state.data.status.markets, **live}))
    first, second = cards(mixed)
    assert "No prices from kraken for EUR since 15:04" in first
    assert "No prices from coinbase and bitstamp since 15:04" in second


def test_one_exchange_alone_has_its_next_try_as_before():
    assert cards(Page({EUR: prices(100.0)}, status=unreachable((EUR,))))[0].endswith("Next try in 8 s.")
