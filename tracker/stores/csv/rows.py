r"""
Converts ticks to the text of a CSV bucket and back.

Lines end with ``\n`` and hold ``timestamp,price,interval,origin``: epoch seconds with up to three decimals, the price
in the shortest form that reads back to the same float, seconds, and the name of an Origin, followed by ``@`` and an
exchange if the row comes from a stand-in: ``live@coinbase``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import is_exchange_name
from tracker.core.parsing import END_OF_TIME, price_line, seconds_text, to_number
from tracker.core.ticks import ORIGIN_WORDS, Ticks
from tracker.runtime.line_file import TailAction
from tracker.stores.csv.arrow_rows import MIXED_STAMP, read_columns
from tracker.stores.csv.fast_rows import read_forms

HEADER = b"timestamp,price,interval,origin\n"
BOM = b"\xef\xbb\xbf"  # written first by Excel when it saves a bucket

_NO_END = 2**62  # ms
_SHORTEST = 0.0006  # seconds of an interval; shorter ones would round to 0 ms
_ONE_LINE = 200  # bytes; every line that this module writes is much shorter
_SMALL = 3_000  # bytes; below it a loop is as fast
_NOT_WORTH_ARROW = 20_000  # bytes; below it a loop is fast enough, and pyarrow need not be imported
_ORIGINS = {word: value for value, word in enumerate(ORIGIN_WORDS)}
_TORN_ROW = re.compile(rb"[\d.]*(,[\d.e+-]*(,[\d.]*(,[a-z\d_@]*)?)?)?")  # every prefix of a line of format_rows()


def format_rows(ticks: Ticks) -> bytes:
    """Return one line for each row, without the header."""
    exchanges = [f"@{name}" if name else "" for name in ticks.exchange_names]
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.exchange)
    return "".join(
        f"{seconds_text(time)},{price!r},{seconds_text(interval)},{ORIGIN_WORDS[origin]}{exchanges[exchange]}\n"
        for time, price, interval, origin, exchange in zip(*(column.tolist() for column in columns), strict=True)
    ).encode()


def whole_lines(data: bytes) -> bytes:
    """Return *data* up to and including its last newline; the rest is being written, or torn."""
    return data[: data.rfind(b"\n") + 1]


def tail_action(tail: bytes, may_name_sources: bool) -> TailAction:
    """
    Return what is done with *tail*, the bytes after a bucket's last newline; see LineFile.

    A row without its newline was edited by hand, or torn at that byte: it is correct, and is finished. Where rows may
    name their exchange, ``live`` may also be the beginning of ``live@coinbase``. Finishing it would assign the price to
    the wrong exchange, so it is moved to a file beside the bucket. The torn line of a writer that died was never
    acknowledged, and is cut. Anything else was written by another program, and is kept.
    """
    row = tail.rstrip(b"\r")
    if b"\r" not in row and _parse_line(row):  # readers treat a carriage return as the end of a line
        return "keep" if may_name_sources else "finish"
    is_short = len(tail) < _ONE_LINE
    return "cut" if is_short and (_TORN_ROW.fullmatch(tail) or HEADER.startswith(tail)) else "keep"


def parse_rows(chunks: Sequence[bytes], start: int = 0, end: int = _NO_END) -> tuple[Ticks, list[list[int]]]:
    """
    Return the rows of complete lines, in order, and for each chunk the byte offsets of its malformed lines.

    A row is ``timestamp,price`` as in ``price_line``, an interval in seconds, and an Origin with or without an
    exchange. Headers and empty lines are neither rows nor malformed.

    A line whose time is before *start*, or not before *end* (epoch ms), is malformed. So no line is read as a row that
    two writers made together, where no lock kept them apart and one wrote over the other's lines: what remains of a
    row lacks the first digits of its time, and a row behind a piece of another one has further digits.
    """
    joined = b"".join(map(_body, chunks))
    ticks = _parse_buffer(joined, start, end)
    if ticks is not None:
        return ticks, [[] for _ in chunks]
    if len(chunks) == 1 or len(joined) < _NOT_WORTH_ARROW:
        slow = [_parse_line_by_line(chunk, start, end) for chunk in chunks]
        return Ticks.concat([rows for rows, _ in slow]), [malformed for _, malformed in slow]
    # Only the chunks that hold malformed lines are read line by line.
    parts = [parse_rows([chunk], start, end) for chunk in chunks]
    return Ticks.concat([rows for rows, _ in parts]), [malformed[0] for _, malformed in parts]


def count_lines(chunk: bytes) -> int:
    """Return the number of rows and malformed lines: all but headers and empty lines."""
    return sum(line not in (b"", HEADER.rstrip()) for line in chunk.removeprefix(BOM).splitlines())


def _body(chunk: bytes) -> memoryview:
    """Return the chunk without byte order mark and header; a view, because a copy takes longer than parsing."""
    start = len(BOM) if chunk.startswith(BOM) else 0
    return memoryview(chunk)[start + len(HEADER) if chunk.startswith(HEADER, start) else start :]


def _parse_buffer(data: bytes, start: int, end: int) -> Ticks | None:
    """Return the rows of complete lines, in order; None if *data* is short or holds anything but rows."""
    if len(data) < _SMALL:
        return None
    ticks = _parse_forms(data)
    if ticks is None and len(data) >= _NOT_WORTH_ARROW:
        ticks = _parse_general(data)
    is_within = ticks is not None and ticks.time.min() >= start and ticks.time.max() < end
    return ticks if is_within else None


def _parse_forms(data: bytes) -> Ticks | None:
    """Return the rows; None if they have too many forms. Accepts no line that _parse_line() rejects."""
    columns = read_forms(data)
    if columns is None or not len(columns.time):
        return None
    fits = columns.time.max() < 1000 * END_OF_TIME and columns.price.min() > 0 and columns.interval.min() > 0
    if not (fits and columns.interval.max() < 1000 * END_OF_TIME):
        return None
    try:
        return Ticks(columns.time, columns.price, columns.interval, *_of_words(columns.words, columns.word))
    except ValueError:
        return None


def _parse_general(data: bytes) -> Ticks | None:
    """Return the rows as read by pyarrow; None if any is doubtful. Accepts no line that _parse_line() rejects."""
    columns = read_columns(data)
    if columns is None:
        return None
    time, price, interval = columns[:3]
    # NaN fails every comparison.
    fits = (time >= 0) & (time < END_OF_TIME) & (price > 0) & (price < np.inf)
    fits &= (interval >= _SHORTEST) & (interval < END_OF_TIME)
    if not (len(fits) and fits.all()):
        return None
    try:
        origin, exchange, names = _of_words(columns.words, columns.word)
    except ValueError:
        return None
    return Ticks(
        np.rint(time * 1000).astype(np.int64),
        np.require(price, requirements="W"),  # arrow's memory is read-only
        np.rint(interval * 1000).astype(np.int64),
        origin,
        exchange,
        names,
    )


def _of_words(
    words: Sequence[str], places: NDArray[Any]
) -> tuple[NDArray[np.uint8], NDArray[np.uint32], tuple[str, ...]]:
    """
    Return origins, exchanges and exchange names of rows, as Ticks has them.

    Args:
        words: the distinct fourth fields.
        places: for each row the index of its word.

    Raises:
        ValueError: a word is not an origin.
    """
    names = {"": 0}
    origins, exchanges = [], []
    for word in words:
        origin, name = _origin_and_exchange(word)
        origins.append(origin)
        exchanges.append(names.setdefault(name, len(names)))
    if len(words) == 1:  # the usual case, in a tenth of the time
        one_origin = np.full(len(places), origins[0], dtype=np.uint8)
        return one_origin, np.full(len(places), exchanges[0], dtype=np.uint32), tuple(names)
    return np.array(origins, dtype=np.uint8)[places], np.array(exchanges, dtype=np.uint32)[places], tuple(names)


def _parse_line_by_line(chunk: bytes, start: int = 0, end: int = _NO_END) -> tuple[Ticks, list[int]]:
    """Return the rows of one chunk, and the byte offsets of its malformed lines."""
    rows: list[tuple[int, float, int, int, str]] = []
    malformed: list[int] = []
    offset = 0
    for line in chunk.splitlines(keepends=True):
        text = (line.removeprefix(BOM) if offset == 0 else line).rstrip(b"\r\n")
        row = _parse_line(text)
        if row is not None and start <= row[0] < end:
            rows.append(row)
        elif text and text != HEADER.rstrip():
            malformed.append(offset)
        offset += len(line)
    if not rows:
        return Ticks.none(), malformed
    times, prices, intervals, origins, exchanges = zip(*rows, strict=True)
    return Ticks.of(times, prices, intervals, origins, exchanges), malformed


def _parse_line(line: bytes) -> tuple[int, float, int, int, str] | None:
    """Return the row in *line*; None for anything else."""
    if MIXED_STAMP.match(line):
        return None
    try:
        timestamp_and_price, interval, word = line.decode().rsplit(",", 2)
        time, price = price_line(timestamp_and_price)
        length = _interval(interval)
        origin, exchange = _origin_and_exchange(word)
    except ValueError:
        return None
    return time, price, length, origin, exchange


@lru_cache(maxsize=64)  # nearly all rows of a bucket have the same interval
def _interval(text: str) -> int:
    """Return the milliseconds of the third field. Raises ValueError."""
    seconds = to_number(text)
    if not _SHORTEST <= seconds < END_OF_TIME:
        raise ValueError(f"{text[:20]!r} where an interval in seconds belongs")
    return round(seconds * 1000)


def _origin_and_exchange(word: str) -> tuple[int, str]:
    """Read the fourth field, ``live`` or ``live@coinbase``. ValueError: it is anything else."""
    name, at, exchange = word.partition("@")
    if name not in _ORIGINS or (at and not is_exchange_name(exchange)):
        raise ValueError(f"{word[:40]!r} is no origin")
    return _ORIGINS[name], exchange
