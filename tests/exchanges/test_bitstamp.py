"""What is particular to Bitstamp; see tests/support/exchange_contract.py for what all exchanges share."""

import pytest

from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.exchanges import bitstamp

USD = Market("bitstamp", "BTC", "USD")
NOW = 1_763_900_020_000


def test_a_perpetual_is_not_read_as_the_market_it_is_named_after():
    assert bitstamp.last_prices([{"pair": "BTC/USD-PERP", "last": "95077"}], [USD]) == {}


def test_a_broken_entry_of_a_market_not_requested_is_ignored():
    tickers = [None, {"pair": ["BTC/USD"]}, {"pair": "ETH/USD", "last": "soon"}, {"pair": "BTC/USD", "last": "95012"}]
    assert bitstamp.last_prices(tickers, [USD]) == {USD: Quote(95012.0)}


def test_a_response_of_the_last_candles_before_its_end_reaches_the_start_of_the_page():
    for path, seconds in bitstamp.history_requests(USD, NOW - 86_400_000, NOW, NOW):
        query = dict(part.split("=") for part in path.partition("?")[2].split("&"))
        assert int(query["end"]) - int(query["limit"]) * seconds < int(query["start"])


@pytest.mark.parametrize("refusal", [{"error": "gone"}, {"status": "error", "reason": "gone", "code": "410.001"}])
def test_both_forms_of_a_refusal_contain_the_reason(refusal):
    with pytest.raises(ExchangeError, match=r"^gone$"):
        bitstamp.last_prices(refusal, [USD])
