"""Converts ticks to pandas DataFrames and back."""

import time

import numpy as np
import pandas

from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED
from tracker.core.simulated_prices import prices as simulated_prices
from tracker.core.ticks import ORIGIN_WORDS, Origin, Ticks

COLUMNS = ("price", "interval", "origin", "exchange")


def to_dataframe(market: Market, ticks: Ticks) -> pandas.DataFrame:
    """Return *ticks* of *market* as a frame with the columns of ``tracker.prices``, indexed by time (UTC)."""
    return pandas.DataFrame(
        {
            "price": ticks.price,
            "interval": pandas.to_timedelta(ticks.interval, unit="ms"),
            "origin": pandas.Categorical([ORIGIN_WORDS[value] for value in ticks.origin.tolist()], ORIGIN_WORDS),
            "exchange": pandas.Categorical(ticks.exchanges(market.exchange)),
        },
        index=pandas.DatetimeIndex(pandas.to_datetime(ticks.time, unit="ms", utc=True), name="time"),
    )


def from_dataframe(market: Market | str, frame: pandas.DataFrame) -> Ticks:
    """
    Return the ticks in *frame*, which is from ``tracker.prices`` of *market*, or some rows of it.

    Raises:
        ConfigError: *market* is malformed, a column of ``tracker.prices`` is missing, or the index has no time zone.
    """
    market = _to_market(market)
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing or getattr(frame.index, "tz", None) is None:
        cause = f"no column {missing[0]!r}" if missing else f"times without a zone ({frame.index.dtype})"
        raise ConfigError(f"{market}: {cause}; expected a frame, or rows of one, from tracker.prices({str(market)!r})")
    return Ticks.of(
        frame.index.as_unit("ms").asi8,
        frame["price"].to_numpy(),
        frame["interval"].to_numpy().astype("timedelta64[ms]").astype(np.int64),
        np.array([ORIGIN_WORDS.index(word) for word in frame["origin"]], dtype=np.uint8),
        ["" if name == market.exchange else name for name in frame["exchange"]],
    )


def simulated(market: Market | str, last: str = "24h", every: str = "60s") -> pandas.DataFrame:
    """
    Return simulated prices up to now, in the form of ``tracker.prices``; nothing is stored.

    They are those of the market that the page simulates. The origin of each row is ``simulated``.

    Args:
        market: any market, e.g. ``kraken:BTC/EUR``; the prices depend on its quote currency.
        last: how far back, a duration, e.g. ``24h``.
        every: the time between two prices, a duration, e.g. ``60s``.

    Raises:
        ConfigError: *market* is malformed, or *last* or *every* is not a duration.
    """
    market = _to_market(market)
    try:
        span, interval = parse_duration(last), parse_duration(every)
    except ValueError as error:
        raise ConfigError(f"simulated: {error}") from None
    now = time.time_ns() // 1_000_000
    times = np.arange((now - span) // interval + 1, now // interval + 1, dtype=np.int64) * interval
    return to_dataframe(market, Ticks.of(times, simulated_prices(DEMO_SEED, market, times), interval, Origin.SIMULATED))


def _to_market(market: Market | str) -> Market:
    return market if isinstance(market, Market) else Market.parse(market)
