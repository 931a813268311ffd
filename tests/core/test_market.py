import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks

CODES = st.from_regex(r"[A-Z0-9]{2,10}", fullmatch=True)
EXCHANGES = st.from_regex(r"[a-z][a-z0-9_]{1,30}", fullmatch=True)


@given(EXCHANGES, CODES, CODES)
def test_a_market_reads_back_what_it_writes(exchange, base, quote):
    market = Market(exchange, base, quote)
    assert Market.parse(str(market)) == market
    assert Market.from_slug(exchange, market.slug, [market]) == market


def test_the_case_and_spaces_around_a_market_do_not_matter():
    assert Market.parse(" Kraken:btc/Eur\n") == Market("kraken", "BTC", "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BTCUSD",
        "kraken",
        "kraken:",
        "kraken:BTC",
        "kraken:BTC/",
        ":BTC/USD",
        "kraken:/USD",
        "kraken:BTC/USD/EUR",
        "kraken:BTC//USD",
        "../x:BTC/USD",
        "kraken:../USD",
        "kraken:BTC/US-D",
        "kraken:BTC/É€",
        "1kraken:BTC/USD",
        "kraken:B/USD",
        "kraken::BTC/USD",
    ],
)
def test_a_text_that_is_no_market_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match=r"expected exchange:BASE/QUOTE, e\.g\. kraken:BTC/USD") as refused:
        Market.parse(text)
    assert refused.value.args[0].startswith("market ")


def test_a_slug_is_read_by_the_known_markets_of_its_exchange_then_as_bitcoin():
    known = [Market("bitstamp", "BTCE", "UR"), Market("kraken", "BTCE", "UR"), Market("kraken", "ETH", "BTC")]
    assert Market.from_slug("kraken", "btceur", known) == Market("kraken", "BTCE", "UR")
    assert Market.from_slug("kraken", "ethbtc", known) == Market("kraken", "ETH", "BTC")
    assert Market.from_slug("coinbase", "btceur", known) == Market("coinbase", "BTC", "EUR")
    with pytest.raises(ConfigError, match=r"kraken/xrpusd: .*tracker\.toml"):
        Market.from_slug("kraken", "xrpusd", known)


def test_markets_sort_by_exchange_then_base_then_quote():
    texts = ["kraken:BTC/USD", "kraken:BTC/EUR", "bitstamp:ETH/USD", "kraken:AVA/USD"]
    in_order = [str(market) for market in sorted(map(Market.parse, texts))]
    assert in_order == ["bitstamp:ETH/USD", "kraken:AVA/USD", "kraken:BTC/EUR", "kraken:BTC/USD"]


@pytest.mark.parametrize(
    ("price", "interval"),
    [([1.0, np.nan], 10), ([1.0, np.inf], 10), ([1.0, 0.0], 10), ([1.0, -1.0], 10), ([1.0, 1.0], 0), ([1.0], [1, 1])],
)
def test_ticks_that_cannot_be_are_refused(price, interval):
    with pytest.raises(ValueError, match=r"ticks|broadcast"):
        Ticks.of([1, 2], price, interval)


def test_columns_of_different_length_are_refused():
    one, two = Ticks.of([1], [1], 1), Ticks.of([1, 2], [1, 1], 1)
    with pytest.raises(ValueError, match="differ in length"):
        Ticks(two.time, two.price, two.interval, one.origin, two.source)


def test_columns_have_the_types_that_the_contract_names():
    ticks = Ticks.of([1, 2], [3, 4], 10)
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    assert [column.dtype for column in columns] == [np.int64, np.float64, np.int64, np.uint8]
    assert (len(ticks), ticks.interval.tolist(), ticks.origin.tolist()) == (2, [10, 10], [Origin.LIVE] * 2)


def test_rows_are_cut_out_by_slice_mask_and_index():
    ticks = Ticks.of([1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 1, 2])
    for rows in (slice(1, 3), np.array([False, True, True]), np.array([1, 2])):
        part = ticks[rows]
        assert (part.time.tolist(), part.price.tolist()) == ([2, 3], [5, 6])
        assert (part.interval.tolist(), part.origin.tolist()) == ([8, 9], [1, 2])


def test_parts_are_joined_in_the_given_order_and_no_parts_give_no_rows():
    joined = Ticks.concat([Ticks.of([3], [1], 5), Ticks.none(), Ticks.of([1], [2], 6, Origin.IMPORT)])
    assert (joined.time.tolist(), joined.price.tolist(), joined.interval.tolist()) == ([3, 1], [1, 2], [5, 6])
    assert joined.origin.tolist() == [Origin.LIVE, Origin.IMPORT]
    assert len(Ticks.concat([])) == 0


def test_ticks_show_their_number_and_times():
    assert repr(Ticks.of([5, 3], [1, 1], 1)) == "Ticks(2, 3..5)"
    assert repr(Ticks.none()) == "Ticks(0)"


@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(1, 9), st.sampled_from([10, 60, 300]), st.sampled_from(Origin)))
)
def test_in_order_keeps_per_time_a_live_row_then_the_shortest_interval_then_the_first(rows):
    ordered = (Ticks.of(*map(list, zip(*rows, strict=True))) if rows else Ticks.none()).in_order()
    best = {time: min((r[3] != Origin.LIVE, r[2], n) for n, r in enumerate(rows) if r[0] == time) for time, *_ in rows}
    kept = zip(ordered.time, ordered.price, ordered.interval, ordered.origin, strict=True)
    assert list(kept) == [rows[best[time][2]] for time in sorted(best)]


def test_rows_already_in_order_are_not_copied():
    ticks = Ticks.of([1, 2, 3], [1, 1, 1], 1)
    assert ticks.in_order() is ticks
