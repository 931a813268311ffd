"""The reasons for a gap, from logged and ongoing outages."""

from tests.support.page_states import EUR, GBP, NOW
from tracker.core.market_status import Failure, Outage
from tracker.render.format.outage_text import reasons_for


def test_a_gap_has_the_causes_that_cover_it_and_not_those_of_another_market():
    outages = (
        Outage(NOW, NOW + 100_000, EUR, "a"),
        Outage(NOW + 90_000, NOW + 100_000, None, "b"),
        Outage(NOW, NOW + 100_000, GBP, "c"),
    )
    assert reasons_for(outages, EUR, NOW, NOW + 100_000) == "a"
    assert reasons_for(outages, EUR, NOW + 90_000, NOW + 100_000) == "a; b"
    assert reasons_for(outages, EUR, NOW + 200_000, NOW + 300_000) == ""


def test_an_ongoing_outage_has_the_words_that_the_log_will_have():
    ongoing = Outage(NOW, NOW + 60_000, EUR, Failure("not_listed", "kraken"))
    assert reasons_for([ongoing], EUR, NOW, NOW + 60_000) == "kraken does not offer BTC/EUR"


def test_a_cause_that_is_logged_and_goes_on_is_named_once():
    cause = "api.kraken.com answers 503"
    logged = Outage(NOW, NOW + 20_000, EUR, cause)
    ongoing = Outage(NOW + 80_000, NOW + 100_000, EUR, Failure("unreachable", "kraken", cause))
    assert reasons_for([logged, ongoing], EUR, NOW, NOW + 100_000) == cause


def test_that_a_market_was_not_traded_is_named_where_nothing_else_keeps_its_prices_away():
    stop = Outage(NOW - 3_600_000, NOW + 100_000, EUR, "not traded: cancel_only")
    refused = Outage(NOW, NOW + 50_000, EUR, "api.kraken.com answers 503")
    assert reasons_for([stop, refused], EUR, NOW, NOW + 50_000) == "api.kraken.com answers 503"
    assert reasons_for([stop, refused], EUR, NOW - 50_000, NOW) == "not traded: cancel_only"
