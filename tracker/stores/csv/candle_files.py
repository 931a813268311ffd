r"""
Converts the first, low and high of candles to the text of a candle file and back, and joins them to rows.

Lines end with ``\n`` and hold ``timestamp,interval,first,low,high``: time and interval as in the bucket, prices in the
shortest form that reads back to the same float, or nothing where one is unknown. The close is the row's price in the
bucket. So a line belongs to the rows of the same time and interval, and says nothing of one whose price lies outside
of its low and high: such a row has come from elsewhere, or was edited. A line that fits several rows of different
prices, as when one was polled beside a candle, does not say whose it is, and counts for none.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.candle_columns import are_possible, fill
from tracker.core.parsing import END_OF_TIME, seconds_text
from tracker.core.ticks import Ticks
from tracker.runtime.line_file import TailAction
from tracker.stores.csv.line_forms import PRICE, SECONDS, Digits, Lines, Places, milliseconds, price
from tracker.stores.csv.rows import BOM

HEADER = b"timestamp,interval,first,low,high\n"

_COLUMNS = HEADER.count(b",") + 1
_SECONDS, _PRICE = rb"\d{1,12}(?:\.\d{1,3})?", rb"(?:\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?)?"
_LINE = rb"%b,%b,%b,%b,%b\n" % (_SECONDS, _SECONDS, _PRICE, _PRICE, _PRICE)
_ONE, _ALL = re.compile(_LINE), re.compile(rb"(?:%b)*+" % _LINE)  # a possessive "*+" keeps no way back in memory
_FORM = re.compile(
    rb"%b,%b,%b,%b,%b\n"
    % (
        *(SECONDS % (name, name) for name in (b"time", b"interval")),
        *(PRICE % (name, name) for name in (b"first", b"low", b"high")),
    )
)
_TORN = re.compile(rb"[\d.]*(,[\d.]*(,[\d.e+-]*){0,3})?")  # every prefix of a line


class CandleLines(NamedTuple):
    """Lines of candle files, in the order of arrival; *prices* has the rows first, low and high, nan where unknown."""

    time: NDArray[np.int64]
    interval: NDArray[np.int64]
    prices: NDArray[np.float64]


def format_candles(ticks: Ticks) -> bytes:
    """Return one line for each row that has a first, low or high, without the header."""
    if ticks.low is None:
        return b""
    rows = ticks[ticks.has_candle()]
    columns = (rows.time, rows.interval, *rows.candle_columns())
    return "".join(
        f"{seconds_text(time)},{seconds_text(interval)},{_text(first)},{_text(low)},{_text(high)}\n"
        for time, interval, first, low, high in zip(*(column.tolist() for column in columns), strict=True)
    ).encode()


def tail_action(tail: bytes) -> TailAction:
    """
    Return what is done with *tail*, the bytes after the last newline of a candle file; see LineFile.

    A price may be torn after any digit, so a line without its newline is never completed. What a writer may have left
    is cut: it was never acknowledged, and is added by the next backfill of that time. Anything else is kept.
    """
    return "cut" if _TORN.fullmatch(tail) or HEADER.startswith(tail) else "keep"


def parse_candles(chunks: Sequence[bytes], start: int, end: int) -> tuple[CandleLines, list[list[int]]]:
    """
    Return the lines of complete lines, in order, and for each chunk the byte offsets of its malformed lines.

    Malformed is what has other columns, a time before *start* or not before *end* (epoch ms), or prices that are those
    of no candle. Headers and empty lines are neither lines nor malformed.
    """
    joined = b"".join(chunk.removeprefix(HEADER) for chunk in chunks)
    lines = _read_forms(joined)
    if lines is None and _ALL.fullmatch(joined):
        lines = _numbers(joined)
    if lines is not None and _are_sound(lines, start, end).all():
        return lines, [[] for _ in chunks]
    parts = [_parse_line_by_line(chunk, start, end) for chunk in chunks]
    return concat_lines([lines for lines, _ in parts]), [malformed for _, malformed in parts]


def join(ticks: Ticks, lines: CandleLines) -> Ticks:
    """
    Return *ticks* with first, low and high of the *lines* of the same time and interval.

    Of several lines for a row the first that has a value, and fits its price, counts; so a row's values never change.
    *ticks* are all rows of their times: a line that fits several rows, which differ in price, counts for none.
    """
    if (is_unclear := fit_several(lines, ticks)).any():
        lines = CandleLines(lines.time[~is_unclear], lines.interval[~is_unclear], lines.prices[:, ~is_unclear])
    intervals = np.unique(lines.interval)
    keys = lines.time * len(intervals) + np.searchsorted(intervals, lines.interval)
    rows = np.flatnonzero(np.isin(ticks.interval, intervals))
    wanted = ticks.time[rows] * len(intervals) + np.searchsorted(intervals, ticks.interval[rows])
    columns = np.stack(ticks.candle_columns())
    fill(columns, ticks.price, (rows, wanted), keys, lines.prices)
    if np.isnan(columns).all():
        return ticks
    first, low, high = columns
    return replace(ticks, first=first, low=low, high=high)


def fit_several(lines: CandleLines, ticks: Ticks) -> NDArray[np.bool_]:
    """Return which of *lines* fit several of *ticks* that differ in price: they do not say whose they are."""
    result = np.zeros(lines.time.size, dtype=bool)
    times = np.sort(ticks.time)
    repeated = times[1:][times[1:] == times[:-1]]
    if not repeated.size:
        return result
    ticks = ticks[np.isin(ticks.time, repeated)]
    order = np.lexsort((ticks.price, ticks.interval, ticks.time))
    time, interval, price = (column[order] for column in (ticks.time, ticks.interval, ticks.price))
    is_next = np.append(True, (time[1:] != time[:-1]) | (interval[1:] != interval[:-1]))  # time or interval
    is_distinct = is_next | np.append(True, price[1:] != price[:-1])
    if is_distinct.sum() == is_next.sum():
        return result
    # Complex numbers are compared by the real part first, and both parts are exact.
    keys, wanted = (time + 1j * interval)[is_next], lines.time + 1j * lines.interval
    group = np.searchsorted(keys, wanted)
    is_known = np.append(keys, np.nan)[group] == wanted
    distinct = (np.cumsum(is_next) - 1 + 1j * price)[is_distinct]
    low, high = np.nan_to_num(lines.prices[1]), np.nan_to_num(lines.prices[2], nan=np.finfo(float).max)
    count = np.searchsorted(distinct, group + 1j * high, "right") - np.searchsorted(distinct, group + 1j * low)
    result |= is_known & (count > 1)
    return result


def are_among(pairs: Ticks | CandleLines, others: Ticks | CandleLines) -> NDArray[np.bool_]:
    """Return which of *pairs* have the time and the interval of one of *others*."""
    # Complex numbers are compared by the real part first, and both parts are exact.
    return np.isin(pairs.time + 1j * pairs.interval, others.time + 1j * others.interval)


def _text(number: float) -> str:
    return "" if math.isnan(number) else repr(number)


def _read_forms(data: bytes) -> CandleLines | None:
    """Return the lines of *data*; None if they have too many forms, an unknown price, or are no lines."""
    lines = Lines(data)
    result = CandleLines(np.empty(lines.size, np.int64), np.empty(lines.size, np.int64), np.empty((3, lines.size)))

    def take(columns: Digits, form: re.Match[bytes], places: Places) -> bool:
        for row, name in enumerate(("first", "low", "high")):
            prices = price(columns, form, name)
            if prices is None:
                return False
            result.prices[row, places] = prices
        result.time[places] = milliseconds(columns, form, "time")
        result.interval[places] = milliseconds(columns, form, "interval")
        return True

    return result if lines.read(_FORM, take, has_word=False) else None


def _numbers(data: bytes) -> CandleLines:
    """Return the lines of *data*, which all have the form of _LINE."""
    filled = data.replace(b",,", b",nan,").replace(b",,", b",nan,").replace(b",\n", b",nan\n")
    values = np.fromstring(filled.replace(b"\n", b",")[:-1], sep=",") if data else np.empty(0)
    values = values.reshape(-1, _COLUMNS).T
    time, interval = np.rint(values[:2] * 1000).astype(np.int64)
    return CandleLines(time, interval, values[2:])


def _are_sound(lines: CandleLines, start: int, end: int) -> NDArray[np.bool_]:
    first, low, high = lines.prices
    is_sound = (lines.time >= start) & (lines.time < min(end, 1000 * END_OF_TIME))
    is_sound &= (lines.interval > 0) & (lines.interval < 1000 * END_OF_TIME)
    return is_sound & are_possible(np.full(len(first), np.nan), (first, low, high))


def _parse_line_by_line(chunk: bytes, start: int, end: int) -> tuple[CandleLines, list[int]]:
    """Return the lines of one chunk, and the byte offsets of its malformed lines."""
    texts: list[bytes] = []
    offsets, malformed, offset = [], [], 0
    for line in chunk.splitlines(keepends=True):
        text = (line.removeprefix(BOM) if offset == 0 else line).rstrip(b"\r\n") + b"\n"
        if _ONE.fullmatch(text):
            texts.append(text)
            offsets.append(offset)
        elif text not in (b"\n", HEADER):
            malformed.append(offset)
        offset += len(line)
    lines = _numbers(b"".join(texts))
    is_sound = _are_sound(lines, start, end)
    malformed += np.array(offsets, dtype=np.int64)[~is_sound].tolist()
    return CandleLines(lines.time[is_sound], lines.interval[is_sound], lines.prices[:, is_sound]), sorted(malformed)


def concat_lines(parts: Sequence[CandleLines]) -> CandleLines:
    """Return the lines of *parts*, one part after the other."""
    if not parts:
        return _numbers(b"")
    times, intervals, prices = zip(*parts, strict=True)
    return CandleLines(np.concatenate(times), np.concatenate(intervals), np.concatenate(prices, axis=1))
