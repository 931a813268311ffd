"""Reads many lines of numbers at once with pyarrow; whatever is doubtful is left to reading line by line."""

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.candle_columns import CandleColumns
from tracker.core.parsing import GENESIS, LARGEST, SMALLEST
from tracker.history.importer.formats import Format
from tracker.history.importer.price_file import LONGEST
from tracker.history.importer.times import NumberTimes

CANDLE_NAMES = ("first", "low", "high")
_SMALL = 4_000  # bytes; below it a loop is fast enough, and pyarrow need not be imported
_EXPONENT = re.compile(rb"[\d.][eE]")
_NEWLINE = 10


class Numbers(NamedTuple):
    """
    What lines of numbers hold.

    Attributes:
        times: epoch ms.
        prices: of candles, the closes.
        candles: first, low and high, as they stand there; None for prices that are no candles.
    """

    times: NDArray[np.int64]
    prices: NDArray[np.float64]
    candles: CandleColumns | None


def read_numbers(data: bytes, form: Format, now: int) -> Numbers | None:
    """
    Return the numbers of the lines *data*; None if any line is doubtful.

    Accepts no line that ``Format.row`` rejects.

    Args:
        data: lines of a file, without a line of names.
        form: the file's format.
        now: epoch ms; later times are doubtful.
    """
    if len(data) < _SMALL or not isinstance(form.times, NumberTimes) or not _is_plain(data):
        return None
    table = _parse(data, form)
    if table is None:
        return None
    numbers, prices = (table[name].to_numpy() for name in ("time", "price"))
    # NaN fails every comparison.
    if not ((prices >= SMALLEST) & (prices <= LARGEST)).all():
        return None
    times = _milliseconds(numbers, form.times, now + (form.length or 0))
    if times is None:
        return None
    if form.is_opening:
        times += form.length or 0
    candles = None
    if form.candle_columns is not None:
        first, low, high = (table[name].to_numpy() for name in CANDLE_NAMES)
        candles = first, low, high
    return Numbers(times, np.require(prices, requirements="W"), candles)


def _is_plain(data: bytes) -> bool:
    """Return whether *data* has none of what pyarrow reads in another way than ``Format.row``."""
    if any(sign in data for sign in (b" ", b"\t")) or data.count(b"\r") != data.count(b"\r\n"):
        return False
    if (b"e" in data or b"E" in data) and _EXPONENT.search(data):
        return False
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
    return len(ends) > 1 and int(ends[0]) < LONGEST and int(np.diff(ends).max()) < LONGEST


def _parse(data: bytes, form: Format) -> Any:
    import pyarrow as pa
    import pyarrow.csv

    names = [str(column) for column in range(form.columns)]
    names[form.time_column], names[form.price_column] = "time", "price"
    for column, name in zip(form.candle_columns or (), CANDLE_NAMES, strict=False):
        names[column] = name
    needed = [name for name in ("time", "price", *CANDLE_NAMES) if name in names]
    float64: Any = pa.float64()
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 20),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(needed, float64), include_columns=needed, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None


def _milliseconds(numbers: NDArray[np.float64], times: NumberTimes, latest: int) -> NDArray[np.int64] | None:
    """Return epoch ms as ``NumberTimes.read`` does; None if any number is no time up to *latest*."""
    result = np.zeros(len(numbers), dtype=np.int64)
    numbers = numbers + times.offset
    if not (np.isfinite(numbers) & (np.abs(numbers) < 1e19)).all():
        return None
    for unit in reversed(times.units):  # the first unit counts, as when reading line by line
        milliseconds = np.rint(numbers * 1000 if unit == 1 else numbers / (unit / 1000))
        fits = (milliseconds > GENESIS) & (milliseconds <= latest)
        result[fits] = milliseconds[fits]
    return result if (result > 0).all() else None
