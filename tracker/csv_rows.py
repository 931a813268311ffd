"""
The text of one CSV bucket: rows to bytes and back, and the bucket's name.

A bucket is the file of one market and one hour, UTC: ``2026-11-23-15.csv``. Its lines end with
``\\n`` and read ``timestamp,price,interval,origin``: epoch seconds with up to three decimals, price
so that it reads back to the same float, seconds, and the word of an Origin.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tracker.market import Origin, Ticks

HEADER = b"timestamp,price,interval,origin\n"

_HOUR = 3_600_000
_LAST_HOUR = 70_389_527  # 9999-12-31 23:00; beyond it, names no longer sort by time
_NAME = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv")
_BOM = b"\xef\xbb\xbf"  # what Excel puts first when it saves a bucket
_FAR = 1e11  # seconds; beyond it milliseconds would not fit a float exactly
_SMALL = 20_000  # bytes; below it a loop is faster than pyarrow's set-up, and than importing it
_WORDS = [origin.name.lower() for origin in Origin]
_ORIGINS = {word: Origin[word.upper()] for word in _WORDS}


def bucket_name(time: int) -> str:
    """The bucket of *time* (epoch ms); names sort as time does. Times out of 1970..9999 go to the nearest."""
    hour = min(max(int(time) // _HOUR, 0), _LAST_HOUR)
    return datetime.fromtimestamp(hour * 3600, UTC).strftime("%Y-%m-%d-%H.csv")


def bucket_names(folder: Path) -> list[str]:
    """The buckets in *folder*, oldest first; none if there is no such folder. OSError: it cannot be read."""
    try:
        return sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []


def newest_bucket(folder: Path) -> str:
    """The newest bucket that holds anything; ``""`` if none does. A failed append may leave an empty one."""
    for name in reversed(bucket_names(folder)):
        if file_size(folder / name):
            return name
    return ""


def file_size(path: Path) -> int:
    """Bytes in the file *path*; 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def by_bucket(ticks: Ticks) -> list[tuple[str, Ticks]]:
    """*ticks* parted by bucket, oldest bucket first; inside one, the order stays."""
    hours = ticks.time // _HOUR
    return [(bucket_name(int(hour) * _HOUR), ticks[hours == hour]) for hour in np.unique(hours)]


def format_rows(ticks: Ticks) -> bytes:
    """One line for each row, without the header."""
    columns = zip(
        ticks.time.tolist(), ticks.price.tolist(), ticks.interval.tolist(), ticks.origin.tolist(), strict=True
    )
    return "".join(
        f"{_seconds(time)},{price!r},{_seconds(interval)},{_WORDS[origin]}\n"
        for time, price, interval, origin in columns
    ).encode()


def whole_lines(data: bytes) -> bytes:
    """*data* up to and with its last newline: what follows is still being written, or torn."""
    return data[: data.rfind(b"\n") + 1]


def parse_rows(chunks: Sequence[bytes]) -> tuple[Ticks, list[list[int]]]:
    """
    The rows of whole lines, in their order, and for each chunk at which bytes its alien lines begin.

    An alien line is not a row: four fields, three numbers, finite and in range, and an Origin.
    Headers and empty lines are neither.
    """
    joined = b"".join(chunk.removeprefix(_BOM).removeprefix(HEADER) for chunk in chunks)
    ticks = _parse_fast(joined) if len(joined) >= _SMALL else None
    if ticks is not None:
        return ticks, [[] for _ in chunks]
    if len(chunks) == 1 or len(joined) < _SMALL:
        slow = [_parse_line_by_line(chunk) for chunk in chunks]
        return Ticks.concat([rows for rows, _ in slow]), [aliens for _, aliens in slow]
    # Only the chunks that hold alien lines are read line by line.
    parts = [parse_rows([chunk]) for chunk in chunks]
    return Ticks.concat([rows for rows, _ in parts]), [aliens[0] for _, aliens in parts]


def _seconds(milliseconds: int) -> str:
    return repr(milliseconds / 1000).removesuffix(".0")


def _parse_fast(data: bytes) -> Ticks | None:
    """The rows, or None if anything in *data* needs a closer look. Accepts no line that the slow way refuses."""
    import pyarrow as pa
    import pyarrow.csv

    number: Any = pa.float64()
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            # One thread: a page's kernel must not take all cores for 60 ms of work.
            read_options=pyarrow.csv.ReadOptions(
                column_names=["time", "price", "interval", "origin"], use_threads=False, block_size=1 << 20
            ),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={
                    "time": number,
                    "price": number,
                    "interval": number,
                    "origin": pa.dictionary(pa.int32(), pa.utf8()),
                },
                null_values=[],
            ),
        ).unify_dictionaries()
    except pa.ArrowInvalid:
        return None
    time, price, interval = (table[name].to_numpy() for name in ("time", "price", "interval"))
    origins = table["origin"].combine_chunks()
    words = origins.dictionary.to_pylist()
    # NaN fails every comparison.
    fits = (np.abs(time) < _FAR) & (price > 0) & (price < np.inf) & (interval >= 0.0006) & (interval < _FAR)
    if not (fits.all() and _ORIGINS.keys() >= set(words)):
        return None
    codes = np.array([_ORIGINS[word] for word in words], dtype=np.uint8)
    return Ticks(
        np.rint(time * 1000).astype(np.int64),
        price.copy(),  # arrow's memory is read-only
        np.rint(interval * 1000).astype(np.int64),
        codes[origins.indices.to_numpy()],
        np.zeros(len(time), dtype=np.uint16),
    )


def _parse_line_by_line(chunk: bytes) -> tuple[Ticks, list[int]]:
    """The rows of one chunk, and at which bytes its alien lines begin."""
    rows: list[tuple[int, float, int, int]] = []
    aliens: list[int] = []
    place = 0
    for line in chunk.splitlines(keepends=True):
        text = (line.removeprefix(_BOM) if place == 0 else line).rstrip(b"\r\n")
        row = _parse_line(text)
        if row is not None:
            rows.append(row)
        elif text and text != HEADER.rstrip():
            aliens.append(place)
        place += len(line)
    times, prices, intervals, origins = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Ticks.of(times, prices, intervals, origins) if rows else Ticks.none(), aliens


def _parse_line(line: bytes) -> tuple[int, float, int, int] | None:
    """One row, or None for anything else."""
    try:
        time, price, interval, word = line.split(b",")
        seconds, value, span = float(time), float(price), float(interval)
        origin = _ORIGINS[word.decode()]
    except (ValueError, KeyError):
        return None
    fits = abs(seconds) < _FAR and 0 < value < math.inf and 0.0006 <= span < _FAR
    return (round(seconds * 1000), value, round(span * 1000), int(origin)) if fits else None
