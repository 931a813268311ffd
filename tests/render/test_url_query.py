"""The choices in the page's address: written choices are read back, and invalid values are reported."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.page_addresses import BERLIN, DEFAULT, MARKETS, new_page, read
from tests.support.page_states import EUR, GBP, JPY, NOW
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.window import MIN_SPAN
from tracker.dashboard.view_state import ViewState
from tracker.render.page import url_query
from tracker.render.page.page_data import LEAST_REACH
from tracker.render.page.state import ALL, MODES, THEMES, View
from tracker.render.page.url_query import COLUMNS

CASES = settings(max_examples=60)  # a slow machine is no failure
TRAITS = ("chosen", "span", "view", "mode", "candles", "rank_by", "sort", "theme", "zone")

LENGTHS = st.integers(MIN_SPAN, LEAST_REACH)
ENDED = st.builds(lambda ago, span: View(min(span, LEAST_REACH - ago), NOW - ago), st.integers(0, 500_000_000), LENGTHS)
ANY = st.fixed_dictionaries(
    {
        "chosen": st.sets(st.sampled_from(MARKETS)).map(
            lambda chosen: tuple(market for market in MARKETS if market in chosen)
        ),
        "span": st.integers(30, 604_800),
        "view": st.none() | LENGTHS.map(lambda span: View(span, None)) | ENDED,
        "mode": st.sampled_from(MODES),
        "candles": st.booleans(),
        "rank_by": st.sampled_from([name for name, measure in MEASURES.items() if measure.ranked]),
        "sort": st.sampled_from(["", *COLUMNS, *(f"-{column}" for column in COLUMNS)]),
        "theme": st.sampled_from(THEMES),
        "zone": st.sampled_from([UTC, BERLIN]),
    }
)


def choices_of(state: ViewState) -> dict[str, object]:
    return {name: getattr(state, name) for name in TRAITS}


def in_seconds(view: View | None) -> View | None:
    """Return *view* as an address has it: both ends of a past range in whole seconds."""
    if view is None or view.end is None:
        return view
    start, end = (view.end - view.span) // 1000 * 1000, view.end // 1000 * 1000
    return View(end - start, end)


@CASES
@given(ANY)
def test_written_choices_are_read_back(chosen):
    query = url_query.write(new_page(**chosen).page, DEFAULT)
    reopened = new_page()
    assert read(reopened, query) == ""
    assert choices_of(reopened) == {**chosen, "view": in_seconds(chosen["view"])}


@CASES
@given(ANY)
def test_reading_a_pages_own_address_changes_nothing(chosen):
    query = url_query.write(new_page(**chosen).page, DEFAULT)
    reopened = new_page()
    read(reopened, query)
    assert url_query.write(reopened.page, DEFAULT) == query


@CASES
@given(ANY)
def test_an_address_has_no_escapes_except_in_exchange_names(chosen):
    assert "%" not in url_query.write(new_page(**chosen).page, DEFAULT)


def test_a_page_without_choices_has_no_query():
    assert url_query.write(new_page().page, DEFAULT) == ""


def test_an_address_is_readable():
    state = new_page(markets=(EUR, GBP, JPY), chosen=(EUR, GBP), span=21_600, mode="compare", candles=True, zone=UTC)
    assert url_query.write(state.page, DEFAULT) == "show=EUR,GBP&span=21600s&mode=compare&candles=yes&zone=UTC"
    state = new_page(view=View(3_600_000, NOW - 5_000))
    assert url_query.write(state.page, DEFAULT) == "view=2022-11-09T14:09:55Z/2022-11-09T15:09:55Z"


def test_the_exchange_is_named_only_if_the_currency_is_ambiguous():
    assert url_query.write(new_page(chosen=(EUR, GBP)).page, DEFAULT) == "show=kraken:BTC/EUR,GBP"


@pytest.mark.parametrize("text", ["EUR,GBP", "eur,gbp", ",EUR,,GBP,", "GBP,EUR,GBP", "kraken:btc/eur,GBP"])
def test_currencies_are_read_in_any_case_and_order(text):
    state = new_page(markets=(EUR, GBP, JPY), chosen=(EUR, GBP, JPY))
    assert read(state, f"?{urlencode({'show': text})}") == ""
    assert state.chosen == (EUR, GBP)


@pytest.mark.parametrize("text", ["BTC/EUR", "XBT/EUR", "kraken:XBT/EUR", "xbt/eur", "EUR,kraken:xbt/eur,BTC/EUR"])
def test_a_pair_is_read_with_and_without_its_exchange_and_with_an_old_code(text):
    state = new_page(markets=(EUR, GBP), chosen=(GBP,))
    assert read(state, urlencode({"show": text})) == ""
    assert state.chosen == (EUR,)


def test_a_pair_that_bitcoin_does_not_price_is_written_whole_and_its_currency_alone_is_read():
    shib = Market("binance", "SHIB", "BTC")
    assert url_query.write(new_page(markets=(EUR, shib), chosen=(shib,)).page, DEFAULT) == "show=SHIB/BTC"
    for written in ("SHIB/BTC", "BTC"):  # the second in addresses of 0.1.0
        state = new_page(markets=(EUR, shib), chosen=(EUR,))
        assert read(state, f"show={written}") == ""
        assert state.chosen == (shib,)


def test_a_price_in_bitcoin_is_read_by_its_old_code():
    in_bitcoin = Market("kraken", "ETH", "BTC")
    state = new_page(markets=(EUR, in_bitcoin), chosen=(EUR,))
    assert read(state, "show=XBT") == ""
    assert state.chosen == (in_bitcoin,)


def test_a_pair_of_two_exchanges_needs_its_exchange():
    state = new_page()
    assert "XBT/EUR is not among kraken:BTC/EUR, GBP, JPY, coinbase:BTC/EUR" in read(state, "show=XBT/EUR")
    assert read(state, "show=coinbase:XBT/EUR") == ""
    assert state.chosen == (Market("coinbase", "BTC", "EUR"),)


def test_an_empty_choice_of_markets_is_kept():
    state = new_page()
    assert read(state, "show=") == ""
    assert state.chosen == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("show=FOO", "show=FOO: FOO is not among kraken:BTC/EUR, GBP, JPY, coinbase:BTC/EUR"),
        ("show=EUR", "EUR is not among"),  # ambiguous: of two exchanges
        ("span=soon", "span=soon: 'soon' is not a duration; expected a number and a unit, e.g. 10s, 5min, 24h, 90d"),
        ("span=0s", "is not a duration"),
        ("span=29s", "span=29s: expected a span of 30 s or more, such as 24h, 1y or all"),
        ("span=9e9d", "is not a duration"),
        ("span=" + "9" * 400 + "d", "is not a duration"),
        ("view=5s", "expected a range of 30 s or more"),
        ("view=2022-11-09T15:00:00Z/2022-11-09T14:00:00Z", "expected a range of"),
        ("view=yesterday/today", "the time 'yesterday': expected a time such as"),
        ("view=2022-11-09T15:00:00Z/", "the time '': expected a time"),
        ("view=0001-01-01T00:00:00%2B14:00/2022-11-09T15:00:00Z", "expected a time from 1970"),
        ("view=9999-12-31T23:59:59-14:00/9999-12-31T23:59:59-14:00", "expected a time from 1970"),
        ("view=2022-11-01T00:00:00Z/2022-11-02T00:00:00Z", "too old; the page reaches back to 2 Nov 2022"),
        ("view=2022-11-10T00:00:00Z/2022-11-11T00:00:00Z", "is in the future"),
        ("mode=3d", "mode=3d: expected one of linear, log, compare"),
        ("rank_by=last_price", "expected one of relative_standard_deviation"),
        ("sort=FOO", "expected one of rank, currency"),
        ("sort=--rank", "expected one of rank"),
        ("theme=", "expected one of system, light, dark"),
        ("zone=Mars", "expected UTC; without the key"),
        ("candles=maybe", "candles=maybe: expected yes or no"),
    ],
)
def test_an_invalid_value_is_reported_and_changes_nothing(query, message):
    state = new_page()
    assert message in read(state, query)
    assert choices_of(state) == choices_of(new_page())


def test_an_invalid_value_leaves_the_other_keys_in_effect():
    state = new_page()
    message = read(state, "mode=3d&show=GBP,FOO,JPY&span=1h&theme=dark&span=x")
    assert (state.chosen, state.span, state.theme, state.mode) == ((GBP, JPY), 3_600, "dark", "linear")
    assert [problem.split(":")[0] for problem in message.split("; ")][:2] == ["mode=3d", "show=GBP,FOO,JPY"]


def test_keys_missing_from_an_address_keep_their_choices():
    state = new_page(chosen=(GBP,), span=600, mode="log")
    read(state, "theme=dark")
    assert (state.chosen, state.span, state.mode) == ((GBP,), 600, "log")


@pytest.mark.parametrize("query", ["token=x&voila-x=1&show=GBP", "show=GBP&a=%ff%00&;&=&&&x", "SHOW=EUR&show=GBP"])
def test_unknown_keys_are_ignored(query):
    state = new_page()
    assert read(state, query) == ""
    assert choices_of(state) == choices_of(new_page(chosen=(GBP,)))


def test_a_view_that_begins_too_early_begins_at_the_earliest_time():
    state = new_page()
    assert read(state, "view=2022-11-02T12:00:00Z/2022-11-03T12:00:00Z") == ""
    assert state.page.visible_range[0] == NOW - LEAST_REACH


def test_a_view_is_as_long_as_the_record_at_most():
    state = new_page()
    assert read(state, "view=8d") == ""
    assert state.view == View(LEAST_REACH, None)
    state.update(first_stored=NOW - 30 * DAY)
    assert read(state, "view=8d") == ""
    assert state.view == View(8 * DAY, None)
    assert read(state, "view=2022-10-12T12:00:00Z/2022-10-13T12:00:00Z") == ""
    assert state.page.visible_range[0] == round(datetime(2022, 10, 12, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2_592_000), ("1y", 31_536_000), ("2y", 63_072_000), ("all", ALL)]
)
def test_long_spans_and_that_of_the_whole_record(text, seconds):
    assert read(state := new_page(), f"span={text}") == ""
    assert state.span == seconds
    assert read(new_page(), url_query.write(state.page, DEFAULT)) == ""


def test_a_view_that_ends_in_the_future_ends_now():
    state = new_page()
    assert read(state, "view=2022-11-09T15:00:00Z/2022-11-09T16:00:00Z") == ""
    assert state.view == View(600_000, NOW)


@CASES
@given(st.text(max_size=200), st.sampled_from(["", *TRAITS, "x"]))
def test_any_string_is_read_without_an_exception(text, key):
    state = new_page()
    message = read(state, urlencode({key: text}) if key else text)
    assert len(message) < 600
    assert set(state.chosen) <= set(MARKETS)
    assert parse_qs(url_query.write(state.page, DEFAULT)).keys() <= {*TRAITS}


@pytest.mark.parametrize("text", ["9" * 100_000, "x," * 50_000, "<script>" * 9_999, "\0\u202e\ud83d" * 99])
def test_an_endless_value_is_reported_in_one_line(text):
    for key in TRAITS:
        query = urlencode({key: text}, errors="replace")
        assert len(read(new_page(), query)) < 600


def test_endless_keys_are_reported_in_one_line():
    assert len(read(new_page(), "&".join(f"mode={number}" for number in range(2_000)))) < 2_000


def test_all_keys_are_applied_at_once():
    state = new_page()
    observed = []
    state.observe(lambda change: observed.append((state.span, state.mode)), ["span", "mode"])
    read(state, "span=1h&mode=log")
    assert set(observed) == {(3_600, "log")}
