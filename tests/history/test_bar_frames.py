"""Stored prices as bars in frames: ``tracker.bars`` and ``tracker.prices(every=…)``."""

import contextlib
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

import tracker
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history import bar_tables
from tracker.stores.csv import open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")


@pytest.fixture
def two_days(tmp_path):
    """Store a price each minute of 2018-04-05 and 06, with a gap of an hour; return the store."""
    times = np.arange(1, 2 * 1440 + 1) * 60_000 + 1_522_886_400_000
    times = times[(times <= times[600]) | (times > times[660])]
    price = 6_000 + np.arange(times.size) % 97 / 8
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of(times, price, 60_000, Origin.BACKFILL), USD: Ticks.of(times, price, 60_000)})
        yield store


def test_bars_are_those_of_pandas_over_the_prices(two_days):
    frame = tracker.bars("kraken:BTC/EUR", start="2018-04-05", end="2018-04-07", every="1h")
    # A bar that ends at the end is whole, and holds the price at that time.
    prices = tracker.prices("kraken:BTC/EUR", start="2018-04-05T00:00:01", end="2018-04-07T00:00:01")["price"]
    hours = prices.resample("1h", closed="right", label="left")
    expected = hours.ohlc()[hours.count() > 0]
    pd.testing.assert_frame_equal(
        frame[["open", "high", "low", "close"]], expected, check_names=False, check_freq=False
    )
    assert frame["mean"].to_numpy() == pytest.approx(hours.mean()[hours.count() > 0].to_numpy())
    assert frame["standard_deviation"].to_numpy() == pytest.approx(
        hours.std()[hours.count() > 0].to_numpy(), nan_ok=True
    )
    assert frame["count"].tolist() == [count for count in hours.count().tolist() if count]
    assert frame.index.name == "start"
    assert (frame["end"] - frame.index == pd.Timedelta("1h")).all()
    assert frame["coverage"].max() == 1.0
    assert set(frame["origin"]) == {"backfill"}
    assert set(frame["exchange"]) == {"kraken"}


def test_prices_every_hour_are_the_last_of_each_with_the_time_that_has_prices(two_days):
    frame = tracker.prices("kraken:BTC/EUR", start="2018-04-05", end="2018-04-06T12:30", every=timedelta(hours=1))
    bars = tracker.bars("kraken:BTC/EUR", start="2018-04-05", end="2018-04-06T12:30", every="1h")
    assert frame["price"].tolist() == bars["close"].tolist()
    assert frame["low"].tolist() == bars["low"].tolist()
    assert frame["interval"].dt.total_seconds().tolist() == pytest.approx((bars["coverage"] * 3600).tolist())
    assert frame.index[:-1].tolist() == bars["end"].tolist()[:-1]
    assert frame.index[-1] == pd.Timestamp("2018-04-06T12:29", tz="UTC")  # the last bar is still open


def test_a_price_at_the_border_of_two_bars_belongs_to_the_one_that_ends_there(two_days):
    frame = tracker.prices("kraken:BTC/EUR", start="2018-04-05T02:00", end="2018-04-05T04:00", every="1h")
    assert [time.hour for time in frame.index] == [3, 4]
    assert frame["price"].tolist() == [6_000 + minute % 97 / 8 for minute in (179, 239)]
    assert frame["low"].iloc[0] == min(6_000 + minute % 97 / 8 for minute in range(120, 180))
    minute = tracker.prices("kraken:BTC/EUR", start="2018-04-06T23:59", end="2018-04-07", every="1min")
    assert minute.index.tolist() == [pd.Timestamp("2018-04-07", tz="UTC")]


@pytest.fixture
def from_everywhere(tmp_path):
    """A day of prices every ten minutes: half are backfilled, a third of coinbase, each origin and exchange by hour."""
    times = np.arange(1, 145) * 600_000 + 1_522_886_400_000
    hour = np.arange(144) // 6
    exchanges = np.where(hour % 3 == 2, "coinbase", "").tolist()
    price = 100 + np.arange(144) % 5.0
    origin = np.where(hour % 2, Origin.BACKFILL, Origin.LIVE)
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append(
            {
                EUR: Ticks.of(
                    times, price, 600_000, origin, exchanges, price - 0.5, price - 2, price + np.arange(144) % 7
                )
            }
        )
        yield store


@pytest.mark.parametrize("every", ["20min", "1h", "4h", "1d"])
def test_bars_name_where_most_of_their_prices_come_from_first_and_have_their_share(from_everywhere, every):
    period = {"start": "2018-04-05", "end": "2018-04-06", "every": every}
    bars, frame = (read("kraken:BTC/EUR", **period) for read in (tracker.bars, tracker.prices))
    has_both = every in ("4h", "1d")
    expected = ("live+backfill", "kraken+coinbase") if has_both else ("live", "kraken")
    assert (bars["origin"].iloc[0], bars["exchange"].iloc[0]) == expected
    assert (frame["origin"].iloc[0], frame["exchange"].iloc[0]) == ("live", "kraken")
    if not has_both:
        assert (bars["origin"].iloc[-1], bars["exchange"].iloc[-1]) == ("backfill", "coinbase")
        assert (frame["origin"].iloc[-1], frame["exchange"].iloc[-1]) == ("backfill", "coinbase")
    assert (bars["coverage"] == 1).all()
    assert list(bars.columns) == [name for name in bar_tables.COLUMNS if name not in ("start", "market")]
    assert {bars[name].dtype.name for name in ("origin", "exchange")} == {"category"}


def test_prices_every_hour_have_the_first_low_and_high_of_their_bars_and_bars_their_drawdown(from_everywhere):
    period = {"start": "2018-04-05", "end": "2018-04-06", "every": "1h"}
    bars, frame = (read("kraken:BTC/EUR", **period) for read in (tracker.bars, tracker.prices))
    rows = tracker.prices("kraken:BTC/EUR", start="2018-04-05T00:00:01", end="2018-04-06T00:00:01")
    hours = rows.resample("1h", closed="right", label="left")
    expected = {"first": hours["first"].first(), "low": hours["low"].min(), "high": hours["high"].max()}
    for name, values in expected.items():
        assert frame[name].tolist() == values.tolist(), name
    falls = [max(1 - part["price"] / part["price"].cummax()) for _, part in hours]
    assert bars["drawdown"].tolist() == pytest.approx(falls)
    assert (bars["drawdown"] > 0).all()
    assert frame.index.tolist() == bars["end"].tolist(), "the last bar ends at the end"


def test_bars_of_several_markets_are_a_frame_of_each(two_days):
    frames = tracker.bars([EUR, USD], start="2018-04-05", end="2018-04-06", every="1d")
    assert {market: len(frame) for market, frame in frames.items()} == {EUR: 1, USD: 1}
    assert frames[EUR].attrs != frames[USD].attrs


def test_a_bar_covers_its_own_time_alone_and_names_its_exchanges_by_their_share(two_days):
    """A candle that ends ten minutes into an hour, and two minutes of another exchange."""
    ten_past, late = 1_523_095_800_000, Ticks.of([1_523_097_600_000], [7.0], 120_000, exchange="coinbase")
    two_days.append({EUR: Ticks.concat([Ticks.of([ten_past], [6.0], 3_600_000, Origin.BACKFILL), late])})
    period = {"start": "2018-04-07T10:00", "end": "2018-04-07T11:00", "every": "1h"}
    bar = tracker.bars("kraken:BTC/EUR", **period).iloc[-1]
    assert bar["coverage"] == pytest.approx(12 / 60)
    assert (bar["exchange"], bar["origin"]) == ("kraken+coinbase", "backfill+live")
    price = tracker.prices("kraken:BTC/EUR", **period).iloc[-1]
    assert (price["price"], price["interval"]) == (7.0, pd.Timedelta("12min"))
    assert (price["exchange"], price["origin"]) == ("kraken", "backfill")


def test_bars_of_an_odd_length_are_refused(two_days):
    for read in (tracker.bars, tracker.prices):
        with pytest.raises(ConfigError, match="every 7min: expected a length that divides a day"):
            read("kraken:BTC/EUR", start="2018-04-05", every="7min")


def test_a_period_without_prices_between_others_has_no_bars(two_days):
    frame = tracker.bars("kraken:BTC/EUR", start="2018-04-05T10:05", end="2018-04-05T10:50", every="5min")
    assert (len(frame), list(frame.columns)[:2]) == (0, ["end", "open"])
