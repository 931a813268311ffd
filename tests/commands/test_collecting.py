"""What ``tracker backfill`` prints while it waits and at its end."""

import io

import pytest
from rich.console import Console

from tests.support.page_states import EUR, GBP, NOW, unreachable
from tracker.commands.collecting import _cause, _print_results
from tracker.core.market_status import BackfillResult, MarketStatus, Status


@pytest.mark.parametrize(("done", "unseen"), [(True, "nothing was missing"), (False, "not checked completely")])
def test_each_market_has_its_result_and_one_without_is_called_missing_nothing_only_when_all_is_done(done, unseen):
    result = BackfillResult({"kraken": 31}, gaps_left=1, seconds_left=1_740)
    status = Status(markets={EUR: MarketStatus(10_000, backfill=result), GBP: MarketStatus(10_000)})
    out = io.StringIO()
    _print_results(status, Console(file=out, width=40), done)
    assert out.getvalue() == f"{EUR}: 31 prices from kraken, 1 gap of 29 min left\n{GBP}: {unseen}\n"


def test_a_market_without_prices_shows_its_cause_and_the_next_try():
    failed = unreachable(words="api.kraken.com answers 503").markets[EUR]
    assert _cause(failed, EUR, NOW) == "api.kraken.com answers 503; next try in 8 s"
    assert _cause(MarketStatus(10_000, "live"), EUR, NOW) == ""
