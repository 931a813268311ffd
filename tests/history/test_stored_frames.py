"""Stored prices as frames: periods, several markets, and what is refused."""

import asyncio
import contextlib
import re
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import tracker
from tests.support.csv_files import rows_of
from tracker.core.durations import HOUR
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")


@pytest.fixture
def newest(tmp_path):
    """Store three rows, the oldest two hours back; return the time of the newest."""
    end = round(time.time() * 1000) // 10_000 * 10_000
    times, intervals = [end - 7_200_000, end - 60_000, end], [60_000, 60_000, 10_000]
    origins, exchanges = [Origin.BACKFILL, Origin.BACKFILL, Origin.LIVE], ["", "coinbase", ""]
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of(times, [1.0, 2.0, 3.0], intervals, origins, exchanges)})
    return end


def test_rows_are_indexed_by_time_with_interval_origin_and_exchange(newest):
    frame = tracker.prices("kraken:btc/eur", last="24h")
    assert frame["price"].tolist() == [1.0, 2.0, 3.0]
    assert frame["interval"].dt.total_seconds().tolist() == [60.0, 60.0, 10.0]
    assert frame["origin"].tolist() == ["backfill", "backfill", "live"]
    assert frame["exchange"].tolist() == ["kraken", "coinbase", "kraken"]
    assert frame.index[-1].timestamp() == newest / 1000
    assert str(frame.index.tz) == "UTC"


@pytest.mark.parametrize("hour", ["1h", "60 min", timedelta(hours=1), pd.Timedelta("1h"), np.timedelta64(1, "h")])
def test_the_last_span_is_text_or_a_timedelta(newest, hour):
    assert tracker.prices("kraken:BTC/EUR", last=hour)["price"].tolist() == [2.0, 3.0]
    assert tracker.prices("kraken:BTC/EUR", hour)["price"].tolist() == [2.0, 3.0]


def moment(newest, seconds):
    return datetime.fromtimestamp(newest / 1000 + seconds, UTC)


@pytest.mark.parametrize(
    "written",
    [
        lambda time: time.isoformat(),
        lambda time: time.replace(tzinfo=None).isoformat(),
        lambda time: time,
        lambda time: time.replace(tzinfo=None),
        lambda time: time.astimezone(ZoneInfo("Asia/Tokyo")),
        pd.Timestamp,
        lambda time: np.datetime64(time.replace(tzinfo=None)),
    ],
    ids=["text with a zone", "text in UTC", "datetime", "naive datetime", "Tokyo", "Timestamp", "datetime64"],
)
def test_start_and_end_are_moments_of_which_the_start_is_included(newest, written):
    def read(**times):
        return tracker.prices(EUR, **{name: written(moment(newest, at)) for name, at in times.items()})["price"]

    assert read(start=-60).tolist() == [2.0, 3.0]
    assert read(start=-59).tolist() == [3.0]
    assert read(start=-7200, end=-60).tolist() == [1.0]
    assert read(start=-7200, end=0).tolist() == [1.0, 2.0]
    assert read(end=0).tolist() == [1.0, 2.0]  # of the last 24 h


def test_a_date_is_its_midnight_in_utc(newest):
    day = moment(newest, 0).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = [price for price, at in ((1.0, -7200), (2.0, -60), (3.0, 0)) if moment(newest, at) >= midnight]
    assert tracker.prices(EUR, start=day)["price"].tolist() == rows


def test_start_and_end_may_be_a_time_ago(newest):
    assert tracker.prices(EUR, start="3h", end="30min")["price"].tolist() == [1.0]
    assert tracker.prices(EUR, start=timedelta(hours=3), end=timedelta(minutes=30))["price"].tolist() == [1.0]


def test_a_span_ends_at_the_given_end(newest):
    assert tracker.prices(EUR, last="1h", end=moment(newest, -30))["price"].tolist() == [2.0]
    assert tracker.prices(EUR, last="3h", end=moment(newest, -30))["price"].tolist() == [1.0, 2.0]


def test_several_markets_are_frames_by_the_names_that_were_given(newest, tmp_path):
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({USD: Ticks.of([newest], [5.0], 10_000)})
    frames = tracker.prices(["kraken:btc/eur", USD], last="1h")
    assert {market: frame["price"].tolist() for market, frame in frames.items()} == {
        "kraken:btc/eur": [2.0, 3.0],
        USD: [5.0],
    }
    assert tracker.markets() == ["kraken:BTC/EUR", "kraken:BTC/USD"]
    assert list(tracker.prices(tracker.markets())) == tracker.markets()
    assert tracker.prices([]) == {}


def test_an_empty_store_has_no_markets_and_prices_say_what_to_type():
    assert tracker.markets() == []
    with pytest.raises(ConfigError, match=r"^no prices are stored yet; type: tracker collect$"):
        tracker.prices("kraken:BTC/EUR")


@pytest.mark.parametrize("market", ["kraken:BTC/EUX", "krakn:BTC/EUR", "kraken:BTC/USD", "kraken:ETH/EUR"])
def test_a_market_that_was_never_stored_is_refused_with_the_nearest(newest, market):
    for markets in (market, [EUR, market], Market.parse(market)):
        with pytest.raises(ConfigError, match=rf"^nothing is stored for {market}; did you mean 'kraken:BTC/EUR'\?$"):
            tracker.prices(markets)


def test_a_stored_market_without_rows_in_the_last_span_is_an_empty_frame(newest):
    empty = tracker.prices("kraken:BTC/EUR", last="30min", end=moment(newest, -3600))
    assert len(empty) == 0
    assert list(empty.columns) == ["price", "interval", "origin", "exchange", "first", "low", "high"]


def test_a_period_since_the_last_price_is_an_empty_frame_and_no_mistake(tmp_path):
    """The collector stopped two hours ago."""
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([round(time.time() * 1000) - 7_200_000], [1.0], 10_000)})
    for period in ({"last": "1h"}, {"start": "1h"}, {"start": datetime.now(UTC) - timedelta(hours=1)}):
        assert len(tracker.prices(EUR, **period)) == 0


def test_a_period_after_the_last_price_that_ended_is_refused_with_what_is_stored(tmp_path):
    """Prices of 2018 were imported, and the year is mistyped."""
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: Ticks.of([1_522_918_800_000, 1_522_922_400_000], [1.0, 2.0], HOUR)})
    message = "^nothing is stored for kraken:BTC/EUR from 2019-04-05 00:00 to 2019-04-06 00:00 UTC; "
    with pytest.raises(ConfigError, match=f"{message}stored from 2018-04-05 09:00 to 2018-04-05 10:00 UTC$"):
        tracker.prices(EUR, start="2019-04-05", end="2019-04-06")
    assert tracker.prices(EUR, start="2018-04-05T10:00", end="2018-04-06")["price"].tolist() == [2.0]
    assert len(tracker.prices(EUR, start="2019-04-05")) == 0
    with pytest.raises(ConfigError, match="nothing is stored for"):
        tracker.prices(EUR, start="2018-04-04", end="2018-04-05T09:00")


def test_without_an_end_a_price_of_this_moment_is_included(newest, monkeypatch):
    monkeypatch.setattr("tracker.runtime.clock.WallClock.now", lambda _: newest)
    assert tracker.prices(EUR, last="1min")["price"].tolist() == [3.0]


def test_of_several_markets_one_with_prices_in_the_period_is_enough(tmp_path):
    """The other one was added to the settings a year later, or ended a year before."""
    times = {EUR: [1_522_918_800_000], USD: [1_554_454_800_000]}
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({market: Ticks.of(time, [1.0], HOUR) for market, time in times.items()})
    for day, counts in (("2018-04-05", [1, 0]), ("2019-04-05", [0, 1])):
        frames = tracker.prices([EUR, USD], start=f"{day}T00:00", end=f"{day}T12:00")
        assert [len(frame) for frame in frames.values()] == counts
    message = "nothing is stored for these markets from 2017-04-05 00:00 to 2017-04-06 00:00 UTC; "
    with pytest.raises(ConfigError, match=f"^{message}stored from 2018-04-05 09:00 to 2019-04-05 09:00 UTC$"):
        tracker.prices([EUR, USD], start="2017-04-05", end="2017-04-06")


def test_a_market_whose_files_hold_no_price_is_one_without_prices(tmp_path):
    folder = tmp_path / "data" / "kraken" / "btceur"
    folder.mkdir(parents=True)
    (folder / "2026-11-23-15.csv").write_text("timestamp,price,interval,origin\nnonsense\n")
    with pytest.raises(ConfigError, match=r"^no prices are stored yet; type: tracker collect$"):
        tracker.prices("kraken:BTC/EUR")


def test_what_is_stored_comes_back_as_it_was(tmp_path):
    """Stored, as a frame, and as ticks again: every time, price, interval, origin and exchange."""
    end, random = round(time.time() * 1000), np.random.default_rng(1)
    rows = Ticks.of(
        end - np.sort(random.choice(86_000_000, 500, replace=False))[::-1],
        10 ** random.uniform(-8, 8, 500),
        random.integers(1, 10**7, 500),
        random.integers(0, len(Origin), 500),
        random.choice(["", "coinbase", "bitstamp"], 500),
    )
    with contextlib.closing(open_store("data", base=tmp_path, known=())) as store:
        store.append({EUR: rows})
        stored = store.read(EUR, 0, end + 1)
    assert rows_of(tracker.ticks_of(EUR, tracker.prices(EUR))) == rows_of(stored) == rows_of(rows)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"start": "2016-11-20", "end": "2016-11-21"}, "2016-11-20 00:00 to 2016-11-21 00:00 UTC"),
        ({"end": "2016-11-21"}, "2016-11-20 00:00 to 2016-11-21 00:00 UTC"),
        ({"start": "2262-11-20", "end": "2262-11-21"}, "2262-11-20 00:00 to 2262-11-21 00:00 UTC"),
        ({"end": "9999-11-21"}, "9999-11-20 00:00 to 9999-11-21 00:00 UTC"),
    ],
)
def test_a_period_before_the_first_price_or_in_the_future_is_refused_with_what_is_stored(newest, period, words):
    """A wrong year would otherwise look like a day without prices."""
    first, last = (f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M}" for at in (newest - 7_200_000, newest))
    message = f"nothing is stored for kraken:BTC/EUR from {words}; stored from {first} to {last} UTC"
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        tracker.prices(EUR, **period)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"last": "yesterday"}, "last: 'yesterday' is not a duration"),
        ({"last": "24"}, "last: '24' is not a duration"),
        ({"last": 24}, "last: 24 is not a duration; expected text such as '24h', or a timedelta"),
        ({"last": timedelta(0)}, "last: datetime.timedelta(0) is not a duration of 1 ms or more"),
        ({"last": timedelta(days=-1)}, "is not a duration of 1 ms or more"),
        ({"last": "99999d"}, "is not a duration"),
        ({"start": "yesterday"}, "start 'yesterday': expected a duration or a time, e.g. 90d, 2026-01-31"),
        ({"start": 1795446000}, "start 1795446000: expected text such as '2026-01-31' or '90d', a datetime"),
        ({"end": True}, "end True: expected text"),
        ({"end": pd.NaT}, "end NaT: expected text"),
        ({"start": np.timedelta64("NaT")}, "start: np.timedelta64('NaT') is not a duration"),
        ({"last": np.timedelta64(1, "Y")}, "last: np.timedelta64(1,'Y') is not a duration"),
        ({"start": np.timedelta64(2**62, "W")}, "start: np.timedelta64("),
        ({"end": np.datetime64("300000000-01-01")}, "end np.datetime64('300000000-01-01'): out of range"),
        ({"start": "30000d"}, "start '30000d' reaches back before 1970"),
        ({"start": "2d", "last": "1d"}, "start and last: give one of them"),
        ({"start": "1h", "end": "2h"}, "is no period; expected a start before the end"),
        ({"start": "2026-11-20", "end": "2026-11-20"}, "is no period; expected a start before the end"),
        ({"start": "2262-01-01"}, "is no period; expected a start before the end"),
    ],
    ids=str,
)
def test_a_typing_mistake_is_an_error_and_never_an_empty_frame(newest, arguments, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        tracker.prices("kraken:BTC/EUR", **arguments)


def test_prices_can_be_read_while_a_loop_runs_as_in_a_notebook(newest):
    async def cell():
        return tracker.prices("kraken:BTC/EUR")

    assert len(asyncio.run(cell())) == 3


@pytest.mark.parametrize("market", ["BTCEUR", "", "kraken:BTC", 5, None, ["kraken"]])
def test_what_is_no_market_is_named(newest, market):
    with pytest.raises(ConfigError, match="expected exchange:BASE/QUOTE"):
        tracker.prices(market)
