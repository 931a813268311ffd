"""Converts ticks to pandas DataFrames and back."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

import numpy as np
import pandas

from tracker.core.bars import Bars
from tracker.core.durations import LONGEST, parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.price_frame import CANDLE_COLUMNS, MARKET, ticks_of_frame
from tracker.core.simulated_prices import DEMO_SEED
from tracker.core.simulated_prices import prices as simulated_prices
from tracker.core.ticks import ORIGIN_WORDS, Origin, Ticks
from tracker.history import bar_tables

Span: TypeAlias = str | timedelta | np.timedelta64  # a duration as a user gives it


def to_dataframe(market: Market, ticks: Ticks) -> pandas.DataFrame:
    """Return *ticks* of *market* as a frame with the columns of ``tracker.prices``, indexed by time (UTC)."""
    frame = pandas.DataFrame(
        {
            "price": ticks.price,
            "interval": pandas.to_timedelta(ticks.interval, unit="ms"),
            "origin": pandas.Categorical([ORIGIN_WORDS[value] for value in ticks.origin.tolist()], ORIGIN_WORDS),
            "exchange": pandas.Categorical(ticks.exchanges(market.exchange)),
            **dict(zip(CANDLE_COLUMNS, ticks.candle_columns(), strict=True)),
        },
        index=pandas.DatetimeIndex(pandas.to_datetime(ticks.time, unit="ms", utc=True), name="time"),
    )
    frame.attrs[MARKET] = str(market)
    return frame


def bars_frame(market: Market, parts: Sequence[Bars], step: int) -> pandas.DataFrame:
    """Return bars of *market* as a frame with the columns of ``tracker.bars``; *parts* have *step* ms, in order."""
    columns = bar_tables.columns(market, Bars.concat(parts or [Bars.none(step)]))
    del columns["market"]
    starts = pandas.to_datetime(columns.pop("start"), unit="ms", utc=True)
    columns["end"] = pandas.to_datetime(columns["end"], unit="ms", utc=True)
    for name in ("origin", "exchange"):
        columns[name] = pandas.Categorical(columns[name])
    frame = pandas.DataFrame(columns, index=pandas.DatetimeIndex(starts, name="start"))
    frame.attrs[MARKET] = str(market)
    return frame


def from_dataframe(market: Market | str, frame: pandas.DataFrame) -> Ticks:
    """
    Return the ticks in *frame*, which is from ``tracker.prices`` of *market*, or some rows of it.

    Raises:
        ConfigError: *market* is malformed, or *frame* has another form, see ``ticks_of_frame``.
    """
    return ticks_of_frame(frame, str(to_market(market)))


def simulated(market: Market | str, last: Span = "24h", every: Span = "60s") -> pandas.DataFrame:
    """
    Return simulated prices up to now, in the form of ``tracker.prices``; nothing is stored.

    They are those of the market that the page simulates. The origin of each row is ``simulated``.

    Args:
        market: any market, e.g. ``kraken:BTC/EUR``; the prices depend on its quote currency.
        last: how far back, a duration, e.g. ``24h``, or a timedelta.
        every: the time between two prices, a duration, e.g. ``60s``, or a timedelta.

    Raises:
        ConfigError: *market* is malformed, or *last* or *every* is not a duration.
    """
    market = to_market(market)
    span, interval = parse_span(last, "simulated"), parse_span(every, "simulated")
    now = time.time_ns() // 1_000_000
    times = np.arange((now - span) // interval + 1, now // interval + 1, dtype=np.int64) * interval
    return to_dataframe(market, Ticks.of(times, simulated_prices(DEMO_SEED, market, times), interval, Origin.SIMULATED))


def parse_span(value: object, name: str) -> int:
    """
    Return the milliseconds of *value*, such as ``24h`` or a timedelta.

    Args:
        value: what a user gave.
        name: the argument's, for the error.

    Raises:
        ConfigError: *value* is neither, or not between 1 ms and 100 years.
    """
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError as error:
            raise ConfigError(f"{name}: {error}") from None
    length = _timedelta(value) if isinstance(value, np.timedelta64) else value
    if not isinstance(length, timedelta):
        raise ConfigError(f"{name}: {value!r:.80} is not a duration; expected text such as '24h', or a timedelta")
    span = 0 if pandas.isna(length) else round(length / timedelta(milliseconds=1))
    if not 1 <= span <= LONGEST:
        raise ConfigError(f"{name}: {value!r:.80} is not a duration of 1 ms or more, and at most 100 years")
    return span


def to_market(market: object) -> Market:
    """
    Return *market* itself, or the one of that name.

    Raises:
        ConfigError: *market* is neither a market nor the name of one.
    """
    if isinstance(market, Market):
        return market
    if isinstance(market, str):
        return Market.parse(market)
    shown = " ".join(repr(market).split())
    raise ConfigError(f"market {shown:.80}: expected exchange:BASE/QUOTE, e.g. kraken:BTC/USD")


def _timedelta(value: np.timedelta64) -> timedelta | None:
    """Return *value*; None if its unit has no fixed length, as months, or it is out of range."""
    try:
        length: timedelta = pandas.Timedelta(value)
    except ValueError:
        return None
    return length
