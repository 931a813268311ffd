"""Writes stored rows for other programs, as CSV or Parquet; a week at a time, so a long span fits in memory."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tracker.core.contracts import Store
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.lines import COLUMNS
from tracker.runtime.files import replacing

WEEK = 7 * 86_400_000  # ms; a store may look through all its names for each read, so not much less
SLICE = 50_000  # rows that are turned into text, or into a row group, at once
_WORDS = [origin.name.lower() for origin in Origin]
_INVENTED = {int(Origin.SIMULATED): "simulated", int(Origin.REPLAY): "replay"}


def parts(store: Store, markets: Sequence[Market], start: int, end: int) -> Iterator[tuple[Market, Ticks]]:
    """The stored rows with ``start <= time < end`` (ms), market by market, in time order, some at a time."""
    for market in markets:
        since = start
        while (extent := store.extent(market, since, end)) is not None:
            since = extent[0]  # a stretch without rows costs one question, however long it is
            while len(ticks := store.read(market, since, min(since + WEEK, end))):
                for row in range(0, len(ticks), SLICE):
                    yield market, ticks[row : row + SLICE]
                since += WEEK


def chosen(typed: Sequence[Market], store: Store) -> list[Market]:
    """
    Those of *typed*, of which there must be rows; all there are if none was.

    Raises:
        ConfigError: no rows are stored at all, or none of one that was typed.
    """
    there = list(store.markets())
    if not typed:
        if not there:
            raise ConfigError("no prices are stored yet; type: tracker collect")
        return there
    for market in typed:
        if store.extent(market) is None:
            raise ConfigError(f"{market}: no prices are stored of it; there are {', '.join(map(str, there)) or 'none'}")
    return list(typed)


def write(
    rows: Iterator[tuple[Market, Ticks]], out: Path, *, about: Mapping[str, str] | None = None, force: bool = False
) -> int:
    """
    Write *rows* to *out*, ``….csv`` or ``….parquet``, all of it or nothing; how many there were.

    Without any row there will be no file. *about* says in a Parquet file how it was made.

    Raises:
        ConfigError: neither ending, or there is such a file and not *force*.
        StoreError: it cannot be written.
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise ConfigError(f"--out {out}: expected a name that ends in .csv or .parquet, or a folder, or -")
    if out.exists() and not force:
        raise ConfigError(f"--out {out}: is there already; type --force to write over it")
    head = next(rows, None)
    if head is None:
        return 0
    every = itertools.chain([head], rows)
    with whole(out) as file:
        return to_csv(every, file.write) if out.suffix.lower() == ".csv" else _to_parquet(every, file, about or {})


def to_csv(rows: Iterator[tuple[Market, Ticks]], send: Callable[[bytes], object]) -> int:
    """Send *rows* as CSV with a header; how many there were."""
    send((",".join(COLUMNS) + "\n").encode())
    count = 0
    for market, ticks in rows:
        times = np.datetime_as_string(ticks.time.astype("datetime64[ms]"), unit="ms").tolist()
        columns = zip(
            times,
            ticks.time.tolist(),
            ticks.price.tolist(),
            ticks.interval.tolist(),
            ticks.origin.tolist(),
            ticks.exchanges(market.exchange),
            strict=True,
        )
        lines = (
            f"{shown}Z,{_seconds(time)},{price!r},{_seconds(interval)},{_WORDS[origin]},{exchange},{market}\n"
            for shown, time, price, interval, origin, exchange in columns
        )
        send("".join(lines).encode())
        count += len(ticks)
    return count


def name_of(market: Market, start: int, end: int, origins: set[int], ending: str) -> str:
    """A file name that says what is in it: ``kraken-btceur-2026-11-23T00-00Z-2026-11-24T00-00Z-simulated.csv``."""
    return dated(f"{market.exchange}-{market.slug}", start, end, origins, ending)


def dated(what: str, start: int, end: int, origins: set[int], ending: str) -> str:
    """A file name of *what* with its time, and whether it was invented."""
    when = "-".join(f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%dT%H-%MZ}" for time in (start, end))
    invented = "".join(f"-{word}" for code, word in _INVENTED.items() if code in origins)
    return f"{what}-{when}{invented}{ending}"


def _to_parquet(rows: Iterator[tuple[Market, Ticks]], file: BinaryIO, about: Mapping[str, str]) -> int:
    import pyarrow as pa
    import pyarrow.parquet

    word = pa.dictionary(pa.int32(), pa.utf8())
    kinds = (pa.timestamp("ms", tz="UTC"), pa.float64(), pa.float64(), pa.float64(), word, word, word)
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
                [_WORDS[origin] for origin in ticks.origin.tolist()],
                ticks.exchanges(market.exchange),
                [str(market)] * len(ticks),
            )
            arrays = [pa.array(column, type=kind) for column, kind in zip(values, kinds, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(ticks)
    return count


def _seconds(milliseconds: int) -> str:
    return repr(milliseconds / 1000).removesuffix(".0")


@contextmanager
def whole(out: Path) -> Iterator[BinaryIO]:
    """A file that is *out* once it is whole; a failure leaves what was there. Raises StoreError."""
    try:
        with replacing(out) as file:
            yield file
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error.strerror or error}") from error
