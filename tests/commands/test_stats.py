"""``tracker stats``: the ranking of what is stored, as a table and as JSON."""

import contextlib
import json
import re

import numpy as np
import pytest

from tests.support.command import tracker
from tests.support.stored_prices import EUR, HOUR, USD, now, store_day
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store


def test_stats_prints_the_ranking_of_the_stored_prices(tmp_path):
    store_day(tmp_path)
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "")
    rows = re.findall(r"^ *(\d|–) +kraken:BTC/(\w+)", out, re.MULTILINE)
    assert rows[:2] == [("1", USD.quote), ("2", EUR.quote)]
    assert {rank for rank, _ in rows[2:]} == {"–"}
    assert "1 is the calmest" in out
    assert "prices for less than 80% of the span" in out


def test_stats_of_an_empty_store_names_the_command_that_collects(tmp_path):
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (0, "Nothing is stored for this period yet; type: tracker collect\n")
    assert "kraken:BTC/EUR" in out


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("365d", "1 y"),
        ("400d", "400 d"),
        ("1d", "24 h"),
        ("90min", "90 min"),
        ("90s", "1 min 30 s"),
        ("1.5d", "36 h"),
        ("5ms", "5 ms"),
    ],
)
def test_stats_writes_the_span_in_the_unit_that_fits_it(tmp_path, span, words):
    _, out, _ = tracker("stats", "--span", span, folder=tmp_path)
    assert out.startswith(f"The last {words}, ranked by")


def store_long_prices(folder):
    """Prices with many digits, of markets with long names, in a folder whose settings name them."""
    markets = [Market("coingecko", "BTC", "IDR"), Market("bitstamp", "BTC", "USDT"), EUR]
    names = "\n".join(f'[[markets]]\nname = "{market}"' for market in markets)
    (folder / "tracker.toml").write_text(names)
    times = now() - 10_000 * np.arange(8640)[::-1]
    with contextlib.closing(open_store("data", base=folder, known=markets)) as store:
        for market, price in zip(markets, (14_581_234.0, 98_765.43, 0.00012345), strict=True):
            store.append({market: Ticks.of(times, price * np.linspace(1, 0.4, times.size), 10_000)})
    return markets


def test_the_headings_and_long_prices_fit_into_80_columns_and_none_is_cut_off(tmp_path):
    markets = store_long_prices(tmp_path)
    _, out, _ = tracker("stats", folder=tmp_path, COLUMNS="80")
    assert max(map(len, out.splitlines())) <= 80
    assert "…" not in out
    assert all(str(market) in out for market in markets)
    assert out.splitlines()[1].split() == ["std", "rel.", "vol/", "draw-", "cover-"]
    assert out.splitlines()[2].split() == ["#", "market", "last", "change", "dev", "std", "year", "down", "age"]


def test_where_there_is_room_the_headings_are_whole_words_on_one_line(tmp_path):
    store_day(tmp_path)
    _, out, _ = tracker("stats", folder=tmp_path, COLUMNS="80")
    assert max(map(len, out.splitlines())) <= 80
    words = "# market last change std dev relative vol/year drawdown coverage"
    assert out.splitlines()[1].split() == words.split()


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_a_narrow_terminal_wraps_lines_and_cuts_off_no_number(tmp_path, columns):
    store_long_prices(tmp_path)
    _, out, _ = tracker("stats", folder=tmp_path, COLUMNS=columns)
    lines = [line.split()[:8] for line in out.replace("\N{NARROW NO-BREAK SPACE}", "").splitlines()]
    assert ["1", "bitstamp:BTC/USDT", "39,506.17", "−60.00%", "17,110", "24.75%", "107%", "60.00%"] in lines


def test_the_reason_why_a_market_is_not_ranked_is_its_own(tmp_path):
    """One daily price covers the day, and has no spread; the other markets have no price at all."""
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([now()], [80_000.0], 24 * HOUR)})
    _, out, _ = tracker("stats", "--rank-by", "realised_volatility", folder=tmp_path)
    assert re.search(r"– +kraken:BTC/EUR .* (?:99|100)\s%", out)
    assert "not ranked: prices for less than 80% of the span, or too few for the realised volatility" in out
    (tmp_path / "tracker.toml").write_text('[[markets]]\nname = "kraken:BTC/EUR"')
    _, out, _ = tracker("stats", folder=tmp_path)
    assert out.endswith("–  not ranked: too few prices for the relative standard deviation\n")


def test_stats_of_a_period_without_prices_says_what_is_stored_and_what_to_type(tmp_path):
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([1_795_446_000_000], [80_000.0], 10_000)})
    status, _, err = tracker("stats", "--span", "1h", folder=tmp_path)
    assert status == 0
    assert (
        err
        == "Nothing is stored for this period; the newest price is from 2026-11-23 15:00 UTC; type: tracker collect\n"
    )


def test_a_stored_price_of_the_future_is_not_the_newest(tmp_path):
    """The clock was set back; and prices of a market that is not in the settings are none of the table's."""
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([1_795_446_000_000, now() + 48 * HOUR], [1.0, 2.0], 10_000)})
    assert "the newest price is from 2026-11-23 15:00 UTC" in tracker("stats", "--span", "1h", folder=tmp_path)[2]
    (tmp_path / "tracker.toml").write_text('[[markets]]\nname = "kraken:BTC/CHF"')
    assert tracker("stats", folder=tmp_path)[2] == "Nothing is stored for this period; type: tracker collect\n"


@pytest.mark.parametrize("name", ["realised-volatility", "Realised_Volatility", "realised volatility", "Volatility"])
def test_a_measure_is_known_in_any_spelling_of_its_words(tmp_path, name):
    _, out, _ = tracker("stats", "--rank-by", name, folder=tmp_path)
    assert out.startswith("The last 24 h, ranked by realised volatility; ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("realised_volatilty", "did you mean 'realised_volatility'?"),
        ("std", "did you mean 'relative_standard_deviation'?"),
        ("Drawdwn", "did you mean 'drawdown'?"),
        ("last_price", "there are drawdown, realised_volatility, relative_standard_deviation"),
        ("", "there are drawdown, realised_volatility, relative_standard_deviation"),
    ],
)
def test_a_measure_that_ranks_nothing_is_refused_with_those_that_do(tmp_path, name, words):
    status, out, err = tracker("stats", "--rank-by", name, folder=tmp_path)
    assert (status, out, err) == (2, "", f"error: --rank-by {name!r}: {words}\n")


def test_stats_as_json_has_the_numbers_in_full(tmp_path):
    times, share = store_day(tmp_path)
    status, out, err = tracker("stats", "--json", "--span", "24h", "--rank-by", "realised_volatility", folder=tmp_path)
    rows = {row["market"]: row for row in json.loads(out)}
    assert (status, err, len(rows)) == (0, "", 7)
    assert rows["kraken:BTC/EUR"]["values"]["standard_deviation"] == pytest.approx(np.std(10 * share, ddof=1), rel=1e-3)
    assert rows["kraken:BTC/EUR"]["coverage"] == pytest.approx(1, abs=0.01)
    assert rows["kraken:BTC/EUR"]["count"] == pytest.approx(times.size, abs=6)
    assert rows["kraken:BTC/GBP"]["values"]["last_price"] is None
    assert rows["kraken:BTC/GBP"]["rank"] is None


def test_a_market_whose_prices_are_much_further_apart_is_named_and_marked_for_programs(tmp_path):
    store_day(tmp_path)
    times = now() // HOUR * HOUR - HOUR * np.arange(24)[::-1]
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({Market("kraken", "BTC", "GBP"): Ticks.of(times, 5.0 + np.arange(24), HOUR)})
    _, out, _ = tracker("stats", "--span", "24h", folder=tmp_path)
    assert re.search(r"^kraken:BTC/GBP \(1 h for \d+\D% of its time\) has prices much further apart than", out, re.M)
    _, out, _ = tracker("stats", "--json", "--span", "24h", folder=tmp_path)
    long = {row["market"]: row["long_interval"] for row in json.loads(out) if row["long_interval"] is not None}
    assert long == {"kraken:BTC/GBP": 3600.0}
