"""
Reads a pandas DataFrame with the columns of ``tracker.prices`` as ticks.

Uses only what a frame itself offers, so that pandas need not be there where no frame is.
Imports only numpy and plain standard library.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.core.candle_columns import are_possible
from tracker.core.errors import ConfigError
from tracker.core.market import is_exchange_name
from tracker.core.ticks import ORIGIN_WORDS, Ticks

COLUMNS = ("price", "interval", "origin", "exchange")
CANDLE_COLUMNS = ("first", "low", "high")  # nan where they are unknown; a frame of an older release has none of them
MARKET = "market"  # the key in a frame's attrs under which its market's name stands


class PriceFrame(Protocol):
    """What is used of a DataFrame."""

    @property
    def index(self) -> Any: ...
    @property
    def columns(self) -> Any: ...
    @property
    def attrs(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...


def ticks_of_frame(frame: PriceFrame, market: str = "") -> Ticks:
    """
    Return the ticks in *frame*, in its order.

    Args:
        frame: from ``tracker.prices``, or some rows of one.
        market: its name, e.g. ``kraken:BTC/EUR``: prices of its own exchange are no stand-in's. By default that of
            the frame's attrs; without either, every row names its exchange.

    Raises:
        ConfigError: a column is missing or has a value that no price has, or the index has no time zone.
    """
    name = market or (str(frame.attrs.get(MARKET, "")) if _is_frame(frame) else "")
    try:
        _check_form(frame)
        return Ticks.of(
            frame.index.as_unit("ms").asi8,
            _prices(frame),
            _intervals(frame),
            _origins(frame),
            _exchanges(frame, name.partition(":")[0]),
            *_candles(frame),
        )
    except ValueError as error:
        expected = "Ticks, or a frame" if not name else "a frame, or rows of one,"
        argument = f"({name!r})" if name else ""
        raise ConfigError(
            f"{name}{': ' if name else ''}{error}"
            + ("" if "; expected" in str(error) else f"; expected {expected} from tracker.prices{argument}")
        ) from None


def _is_frame(frame: object) -> bool:
    return hasattr(frame, "columns") and hasattr(frame, "index") and hasattr(frame, "attrs")


def _check_form(frame: PriceFrame) -> None:
    if not _is_frame(frame):
        raise ValueError(f"a {type(frame).__name__}")
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"no column {missing[0]!r}")
    if getattr(frame.index, "tz", None) is None:
        raise ValueError(f"times without a zone ({frame.index.dtype})")
    if bool(frame.index.isna().any()):
        raise ValueError("a time is missing")


def _prices(frame: PriceFrame) -> NDArray[np.float64]:
    prices = _numbers(frame, "price")
    _check_each(frame, "price", np.isfinite(prices) & (prices > 0), prices, "a number above 0")
    return prices


def _candles(frame: PriceFrame) -> list[NDArray[np.float64] | None]:
    columns = [_numbers(frame, name) if name in frame.columns else None for name in CANDLE_COLUMNS]
    first, low, high = (np.full(len(frame.index), np.nan) if column is None else column for column in columns)
    is_possible = are_possible(_numbers(frame, "price"), (first, low, high))
    _check_each(frame, "low", is_possible, low, "first, low and high of a candle with that price")
    return columns


def _numbers(frame: PriceFrame, column: str) -> NDArray[np.float64]:
    try:
        return np.asarray(frame[column].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"{column}s that are no numbers" if column == "price" else f"no numbers in {column!r}"
        ) from None


def _intervals(frame: PriceFrame) -> NDArray[np.int64]:
    column = frame["interval"].to_numpy()
    if column.dtype.kind != "m":
        raise ValueError(f"intervals of type {column.dtype}")
    intervals = column.astype("timedelta64[ms]").astype(np.int64)  # NaT becomes the smallest number
    _check_each(frame, "interval", intervals > 0, frame["interval"].tolist(), "a Timedelta above 0")
    return np.asarray(intervals, dtype=np.int64)


def _origins(frame: PriceFrame) -> NDArray[np.uint8]:
    codes = {word: code for code, word in enumerate(ORIGIN_WORDS)}
    words = frame["origin"].tolist()
    origins = np.array([codes.get(word, len(codes)) for word in words], dtype=np.uint8)
    _check_each(frame, "origin", origins < len(codes), words, f"one of {', '.join(ORIGIN_WORDS)}")
    return origins


def _exchanges(frame: PriceFrame, own_exchange: str) -> list[str]:
    names = frame["exchange"].tolist()
    valid = {name for name in set(names) if isinstance(name, str) and is_exchange_name(name)}
    is_valid = np.array([name in valid for name in names], dtype=bool)
    _check_each(frame, "exchange", is_valid, names, "a name such as kraken")
    return ["" if name == own_exchange else name for name in names]


def _check_each(frame: PriceFrame, column: str, is_valid: NDArray[np.bool_], values: Any, expected: str) -> None:
    """Raise ValueError with the first of *values* that is not valid, and its time."""
    if not is_valid.all():
        row = int(np.argmin(is_valid))
        time = str(frame.index[row].tz_convert(None))[:23]
        value = values[row]
        shown = repr(float(value)) if isinstance(value, np.floating) else repr(value)
        raise ValueError(f"{column} {shown:.40} at {time}; expected {expected}")
