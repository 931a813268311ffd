"""The lines that exchanges require beside their prices, on the page and in the report."""

from tests.support.page_states import EUR, NOW, Page, prices
from tracker.core.market_status import MarketStatus, Status
from tracker.dashboard.view_state import ViewState
from tracker.dashboard.widgets.notices import Footer
from tracker.render.format.attribution import attributions


def shown(stand_in: str) -> ViewState:
    """Return a page on which *stand_in* provides the prices."""
    market_status = MarketStatus(10_000, "live", since=NOW, stand_in=stand_in)
    return Page({EUR: prices(17_768.5)}, status=Status("dashboard (pid 4711)", markets={EUR: market_status})).state


def test_exchanges_that_require_no_line_get_none():
    assert attributions(["kraken", "coingecko", "coinbase"]) == [
        "Data provided by CoinGecko (https://www.coingecko.com)"
    ]


def test_an_exchange_that_another_release_collects_from_is_skipped():
    assert attributions(["okx", "coingecko"]) == attributions(["coingecko"])


def test_the_footer_has_the_line_of_a_stand_in():
    assert "Data provided by CoinGecko" in Footer(shown("coingecko")).line.value


def test_the_footer_is_drawn_while_a_stand_in_unknown_to_this_release_provides_the_prices():
    assert "dashboard (pid 4711)" in Footer(shown("okx")).line.value
