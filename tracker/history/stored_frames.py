"""Stored prices as pandas frames, for notebooks: ``tracker.prices``, ``tracker.bars`` and ``tracker.markets``."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, TypeAlias, TypeVar, overload

import numpy as np
import pandas

from tracker.core.contracts import Store
from tracker.core.durations import parse_since
from tracker.core.errors import ConfigError, nearest
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.history import bar_tables, resampling
from tracker.history.dataframes import Span, bars_frame, parse_span, to_dataframe, to_market
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

Moment: TypeAlias = str | date | timedelta | np.datetime64 | np.timedelta64
Named = TypeVar("Named", bound=str | Market)

DEFAULT_SPAN = "24h"


def markets() -> list[str]:
    """
    Return the names of the markets that have stored prices, in order, e.g. ``kraken:BTC/EUR``.

    Raises:
        ConfigError: tracker.toml cannot be read.
        StoreError: the store cannot be read.
    """
    return sorted(map(str, open_configured_store(read_settings()).markets()))


@overload
def prices(
    market: str | Market,
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span | None = None,
) -> pandas.DataFrame: ...
@overload
def prices(
    market: Iterable[Named],
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span | None = None,
) -> dict[Named, pandas.DataFrame]: ...
def prices(
    market: str | Market | Iterable[str | Market],
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span | None = None,
) -> pandas.DataFrame | dict[str | Market, pandas.DataFrame]:
    """
    Return the stored prices with *start* <= time < *end*; needs no collector and no event loop.

    With *every*, it is the bars from the one that *start* lies in. A price at the border of two belongs to the one that
    ends there: where *start* or *end* is such a border, a price at *start* is left out, and one at *end* is included.

    Args:
        market: e.g. ``kraken:BTC/EUR``, or several.
        last: how far back from *end* in place of *start*, e.g. ``90min``, ``24h``, ``7d`` or a timedelta; without
            both, 24 hours.
        start: a time, e.g. ``2026-01-31``, ``2026-01-31T09:00+01:00``, a datetime or a Timestamp, in UTC unless it
            has a zone, or a date; or how long ago, e.g. ``90d`` or a timedelta.
        end: the same; without it, now, which is included.
        every: only the last price of each bar of this length, e.g. ``1h`` for a year; see ``bars``. It stands at the
            bar's end, in a bar that is still open at its own time; its interval is the time that the bar's prices
            cover, its first, low and high are the bar's.

    Returns:
        Of one market a frame, of several a dict of frames by the markets as given. Columns ``price`` (quote per
        base), ``interval`` (Timedelta before the row's time that the price covers), ``origin`` (``live``,
        ``backfill``, …), ``exchange`` (where the price comes from: a stand-in while the market's own exchange
        failed), and ``first``, ``low`` and ``high`` of candles (NaN where they are unknown). The index is the time
        (UTC), ascending and unique. A frame is empty only if its market has prices at other times, and the period is
        one in which prices were stored, or lasts until now.

    Raises:
        ConfigError: an argument is malformed, nothing was ever stored for a market, the period lies before the first
            price of every market, after the last or in the future, or tracker.toml cannot be read.
        StoreError: the store cannot be read.
    """
    if every is not None:
        length = resampling.check_length(parse_span(every, "every"), "every")

        def last_prices(store: Store, selected: Market, since: int, until: int) -> pandas.DataFrame:
            months = resampling.resampled(store, selected, since, until, length)
            return to_dataframe(selected, Ticks.concat([bar_tables.as_ticks(month, until) for month in months]))

        return _frames(market, last, start, end, last_prices)
    return _frames(
        market,
        last,
        start,
        end,
        lambda store, selected, since, until: to_dataframe(selected, store.read(selected, since, until)),
    )


@overload
def bars(
    market: str | Market,
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span = "1h",
) -> pandas.DataFrame: ...
@overload
def bars(
    market: Iterable[Named],
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span = "1h",
) -> dict[Named, pandas.DataFrame]: ...
def bars(
    market: str | Market | Iterable[str | Market],
    last: Span | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    every: Span = "1h",
) -> pandas.DataFrame | dict[str | Market, pandas.DataFrame]:
    """
    Return the stored prices as bars of one length, which begin at multiples of it since 1970 (UTC).

    A bar holds the prices with its start < time <= its end. The first bar is whole, also if it begins before *start*;
    the last holds the prices before *end*, or up to it if it ends there. Times without prices have no bar, and a
    candle counts in the bar that it ends in: of a day's candle, the last hour of the day has all.

    Args:
        market: as for ``prices``.
        last: as for ``prices``.
        start: as for ``prices``.
        end: as for ``prices``.
        every: the length of a bar, a duration that divides a day, or whole days: ``5min``, ``1h``, ``1d``.

    Returns:
        Of one market a frame, of several a dict of frames by the markets as given. The index is the start of each bar
        (UTC). Columns ``end``; ``open``, ``high``, ``low``, ``close``; ``mean`` and ``standard_deviation``, weighed by
        time; ``drawdown``, the largest fall as a share; ``coverage``, the share of the bar's time that has prices;
        ``count`` of prices; ``origin`` and ``exchange``, several joined by ``+``.

    Raises:
        ConfigError: as for ``prices``, or *every* is no such length.
        StoreError: the store cannot be read.
    """
    length = resampling.check_length(parse_span(every, "every"), "every")

    def frame(store: Store, selected: Market, since: int, until: int) -> pandas.DataFrame:
        return bars_frame(selected, list(resampling.resampled(store, selected, since, until, length)), length)

    return _frames(market, last, start, end, frame)


def _frames(
    market: object,
    last: object,
    start: object,
    end: object,
    read: Callable[[Store, Market, int, int], pandas.DataFrame],
) -> Any:
    """Return what *read* returns for the market, or of several for each, and the period (epoch ms, end exclusive)."""
    several = None if isinstance(market, str | Market) or not isinstance(market, Iterable) else list(market)
    typed = {name: to_market(name) for name in ([market] if several is None else several)}
    settings = read_settings()
    store, now = open_configured_store(settings), settings.make_clock().now()
    since, until = _period(last, start, end, now)
    _check_period(_extents(store, typed.values()), since, until, now)
    frames = {name: read(store, selected, since, until) for name, selected in typed.items()}
    return frames if several is not None else frames[market]


def _period(last: object, start: object, end: object, now: int) -> tuple[int, int]:
    """Return the epoch ms from which rows are read, and those before which."""
    if start is not None and last is not None:
        raise ConfigError("start and last: give one of them, or last and end")
    until = now + 1 if end is None else _moment(end, now, "end")
    since = until - parse_span(DEFAULT_SPAN if last is None else last, "last")
    if start is not None:
        since = _moment(start, now, "start")
    if since >= until:
        raise ConfigError(f"{_text(since)} to {_text(until)} UTC is no period; expected a start before the end")
    return max(0, since), until


def _moment(value: object, now: int, name: str) -> int:
    """Return the epoch ms of a user's *value*, a time or how long before *now* (epoch ms)."""
    if isinstance(value, str):
        return parse_since(value, now, name)
    if isinstance(value, timedelta | np.timedelta64):
        return now - parse_span(value, name)
    if not isinstance(value, date | np.datetime64) or pandas.isna(value):
        raise ConfigError(
            f"{name} {value!r:.80}: expected text such as '2026-01-31' or '90d', a datetime, or a timedelta"
        )
    try:
        time = pandas.Timestamp(value)
        in_utc = time if time.tzinfo is None else time.tz_convert(None)
        return int(in_utc.as_unit("ms").to_datetime64().astype(np.int64))
    except (OverflowError, ValueError):
        raise ConfigError(f"{name} {value!r:.80}: out of range") from None


def _extents(store: Store, markets: Iterable[Market]) -> dict[Market, tuple[int, int]]:
    """Return the times of the first and last price of each of *markets*. Raises ConfigError for one without any."""
    stored = store.markets()
    extents = {}
    for market in markets:
        extent = store.extent(market) if market in stored else None
        if extent is None:
            others = [str(other) for other in stored if other != market]
            if not others:
                raise ConfigError("no prices are stored yet; type: tracker collect")
            raise ConfigError(f"nothing is stored for {market}; {nearest(str(market), others)}")
        extents[market] = extent
    return extents


def _check_period(extents: Mapping[Market, tuple[int, int]], since: int, until: int, now: int) -> None:
    """Raise ConfigError if none of the markets can have prices in the period (epoch ms): it is a typing mistake."""
    if not extents or any(
        first < until and since <= (last if until <= now else now) for first, last in extents.values()
    ):
        return
    names = next(iter(map(str, extents))) if len(extents) == 1 else "these markets"
    first = _text(min(first for first, _ in extents.values()))
    last = _text(max(last for _, last in extents.values()))
    raise ConfigError(
        f"nothing is stored for {names} from {_text(since)} to {_text(until)} UTC; stored from {first} to {last} UTC"
    )


def _text(time: int) -> str:
    """Return epoch ms as ``2026-01-31 09:00``; a year beyond 9999 as itself."""
    return np.datetime_as_string(np.datetime64(time, "ms"), unit="m").replace("T", " ")
