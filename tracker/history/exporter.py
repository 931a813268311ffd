"""Exports stored rows as CSV or Parquet, a week at a time, so that a long span fits in memory."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np

from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.parsing import plain_decimal, seconds_text
from tracker.core.ticks import ORIGIN_WORDS, Origin, Ticks
from tracker.history.importer.columns import COLUMNS
from tracker.runtime.files import replacing

WEEK = 7 * DAY  # ms; not much shorter, because a store may list all its files for each read
SLICE = 50_000  # rows converted at once, to text or a row group
Part = TypeVar("Part")
_NOT_LIVE = (Origin.SIMULATED, Origin.REPLAY)  # named in the file's name


@dataclass(frozen=True, slots=True)
class Contents(Generic[Part]):
    """
    What an export consists of: rows, see ROWS, or bars, see ``bar_exporter.bars_of``.

    Attributes:
        noun: of one line, e.g. ``row``.
        parts: returns those of some markets from a start to an end (epoch ms), part by part.
        to_csv: sends parts as CSV; returns the number of lines.
        to_parquet: writes parts to a file, with metadata; returns the number of lines.
        origins: returns the Origins in a part.
    """

    noun: str
    parts: Callable[[Store, Sequence[Market], int, int], Iterator[tuple[Market, Part]]]
    to_csv: Callable[[Iterator[tuple[Market, Part]], Callable[[bytes], object]], int]
    to_parquet: Callable[[Iterator[tuple[Market, Part]], BinaryIO, Mapping[str, str]], int]
    origins: Callable[[Part], set[int]]


def row_parts(store: Store, markets: Sequence[Market], start: int, end: int) -> Iterator[tuple[Market, Ticks]]:
    """Yield the stored rows with ``start <= time < end`` (epoch ms), by market, then time, in slices."""
    for market in markets:
        since = start
        while (extent := store.extent(market, since, end)) is not None:
            since = extent[0]  # skips a stretch without rows in one call
            while len(ticks := store.read(market, since, min(since + WEEK, end))):
                for row in range(0, len(ticks), SLICE):
                    yield market, ticks[row : row + SLICE]
                since += WEEK


def typed_or_stored(typed: Sequence[Market], store: Store) -> list[Market]:
    """
    Return the *typed* markets, or all stored ones if none was typed.

    Raises:
        ConfigError: nothing is stored, or nothing of a typed market.
    """
    stored = list(store.markets())
    if not stored:
        raise ConfigError("no prices are stored yet; type: tracker collect")
    for market in typed:
        if store.extent(market) is None:
            raise ConfigError(f"nothing is stored for {market}; stored: {', '.join(map(str, stored))}")
    return list(typed) or stored


def write(
    parts: Iterator[tuple[Market, Part]],
    out: Path,
    contents: Contents[Part],
    *,
    about: Mapping[str, str] | None = None,
    force: bool = False,
) -> int:
    """
    Write *parts* to *out* completely or not at all; return the number of lines. Without any there is no file.

    Args:
        parts: as ``contents.parts`` yields them.
        contents: what they are.
        out: ends in ``.csv`` or ``.parquet``.
        about: metadata of a Parquet file: how it was made.
        force: replaces an existing file.

    Raises:
        ConfigError: another ending, or the file exists and not *force*.
        StoreError: the file cannot be written.
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise ConfigError(f"--out {out}: expected a name that ends in .csv or .parquet, or a folder, or -")
    if out.exists() and not force:
        raise ConfigError(f"--out {out}: already exists; type --force to replace it")
    first = next(parts, None)
    if first is None:
        return 0
    every = itertools.chain([first], parts)
    with replacing_export(out) as file:
        if out.suffix.lower() == ".csv":
            return contents.to_csv(every, file.write)
        return contents.to_parquet(every, file, about or {})


def to_csv(rows: Iterator[tuple[Market, Ticks]], send: Callable[[bytes], object]) -> int:
    """Send *rows* as CSV with a header; return their number."""
    send((",".join(COLUMNS) + "\n").encode())
    count = 0
    for market, ticks in rows:
        times = np.datetime_as_string(ticks.time.astype("datetime64[ms]"), unit="ms").tolist()
        columns = zip(
            times,
            ticks.time.tolist(),
            map(plain_decimal, ticks.price.tolist()),  # some spreadsheets take a number with an exponent for text
            ticks.interval.tolist(),
            ticks.origin.tolist(),
            ticks.exchanges(market.exchange),
            _candle_texts(ticks),
            strict=True,
        )
        lines = (
            f"{shown}Z,{seconds_text(time)},{price},{seconds_text(interval)},{ORIGIN_WORDS[origin]},{exchange},{market},"
            f"{values}\n"
            for shown, time, price, interval, origin, exchange, values in columns
        )
        send("".join(lines).encode())
        count += len(ticks)
    return count


def _candle_texts(ticks: Ticks) -> Iterable[str]:
    """Return first, low and high of each row as they stand in a line, empty where they are unknown."""
    if ticks.low is None:
        return itertools.repeat(",,", len(ticks))
    texts = (
        ["" if math.isnan(value) else plain_decimal(value) for value in column.tolist()]
        for column in ticks.candle_columns()
    )
    return map(",".join, zip(*texts, strict=True))


def file_name(market: Market, start: int, end: int, origins: set[int], ending: str) -> str:
    """Return a descriptive file name: ``kraken-btceur-2026-11-23T00-00Z-2026-11-24T00-00Z-simulated.csv``."""
    return dated_name(f"{market.exchange}-{market.slug}", start, end, origins, ending)


def dated_name(what: str, start: int, end: int, origins: set[int], ending: str) -> str:
    """Return a file name of *what* with its span, and ``-simulated`` or ``-replay`` if any row is."""
    when = "-".join(f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H-%MZ}" for time in (start, end))
    suffix = "".join(f"-{ORIGIN_WORDS[origin]}" for origin in _NOT_LIVE if origin in origins)
    return f"{what}-{when}{suffix}{ending}"


def _to_parquet(rows: Iterator[tuple[Market, Ticks]], file: BinaryIO, about: Mapping[str, str]) -> int:
    import pyarrow as pa
    import pyarrow.parquet

    word = pa.dictionary(pa.int32(), pa.utf8())
    kinds = (pa.timestamp("ms", tz="UTC"), pa.float64(), pa.float64(), pa.float64(), *(word,) * 3, *(pa.float64(),) * 3)
    notes = {"source": "btc-price-tracker", **about}
    schema: Any = pa.schema(list(zip(COLUMNS, kinds, strict=True)), metadata=notes)
    count = 0
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for market, ticks in rows:
            values = (
                ticks.time,
                ticks.time / 1000,
                ticks.price,
                ticks.interval / 1000,
                [ORIGIN_WORDS[origin] for origin in ticks.origin.tolist()],
                ticks.exchanges(market.exchange),
                [str(market)] * len(ticks),
                *ticks.candle_columns(),
            )
            # from_pandas: nan becomes null, as an unknown value is empty in CSV.
            arrays = [pa.array(column, type=kind, from_pandas=True) for column, kind in zip(values, kinds, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(ticks)
    return count


def _origins(ticks: Ticks) -> set[int]:
    return set(np.unique(ticks.origin).tolist())


ROWS = Contents("row", row_parts, to_csv, _to_parquet, _origins)


@contextmanager
def replacing_export(out: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes *out* at the end of the block. Raises StoreError; the old file then stays."""
    try:
        with replacing(out) as file:
            yield file
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error.strerror or error}") from error
