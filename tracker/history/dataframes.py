"""Rows as an analyst has them, in pandas, and back to what the page computes with."""

import time

import numpy as np
import pandas

from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.simulated_prices import prices as made_up
from tracker.core.ticks import Origin, Ticks

COLUMNS = ("price", "interval", "origin", "exchange")
SEED = 42  # of the market that the page simulates, too
_WORDS = [origin.name.lower() for origin in Origin]


def to_dataframe(market: Market, ticks: Ticks) -> pandas.DataFrame:
    """*ticks* of *market* with the columns of ``tracker.prices``, by time (UTC)."""
    return pandas.DataFrame(
        {
            "price": ticks.price,
            "interval": pandas.to_timedelta(ticks.interval, unit="ms"),
            "origin": pandas.Categorical([_WORDS[value] for value in ticks.origin.tolist()], _WORDS),
            "exchange": pandas.Categorical(ticks.exchanges(market.exchange)),
        },
        index=pandas.DatetimeIndex(pandas.to_datetime(ticks.time, unit="ms", utc=True), name="time"),
    )


def from_dataframe(market: Market, frame: pandas.DataFrame) -> Ticks:
    """
    The rows of *frame*, which ``tracker.prices`` gave for *market*, or some of them, for ``Window.of``.

    Raises:
        ConfigError: a column of ``tracker.prices`` is missing, or the index is not made of times with a zone.
    """
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing or getattr(frame.index, "tz", None) is None:
        what = f"no column {missing[0]!r}" if missing else f"times without a zone ({frame.index.dtype})"
        raise ConfigError(f"{market}: {what}; expected a frame, or rows of one, from tracker.prices({str(market)!r})")
    return Ticks.of(
        frame.index.as_unit("ms").asi8,
        frame["price"].to_numpy(),
        frame["interval"].to_numpy().astype("timedelta64[ms]").astype(np.int64),
        np.array([_WORDS.index(word) for word in frame["origin"]], dtype=np.uint8),
        ["" if name == market.exchange else name for name in frame["exchange"]],
    )


def simulated(market: Market, last: str = "24h", every: str = "60s") -> pandas.DataFrame:
    """
    Invented prices of *market* over the *last* span up to now, as ``tracker.prices`` would give them.

    They are those of the market that the page simulates by one click. Each row says ``simulated``; none is stored.

    Args:
        last, every: durations, e.g. ``24h`` and ``60s``.

    Raises:
        ConfigError: not a duration.
    """
    try:
        span, interval = parse_duration(last), parse_duration(every)
    except ValueError as error:
        raise ConfigError(f"simulated: {error}") from None
    now = time.time_ns() // 1_000_000
    times = np.arange((now - span) // interval + 1, now // interval + 1, dtype=np.int64) * interval
    return to_dataframe(market, Ticks.of(times, made_up(SEED, market, times), interval, Origin.SIMULATED))
