"""Exports bars as CSV or Parquet, a month at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from tracker.core.bars import Bars
from tracker.core.contracts import Store
from tracker.core.market import Market
from tracker.core.parsing import plain_decimal
from tracker.history.bar_tables import COLUMNS, columns
from tracker.history.exporter import Contents
from tracker.history.resampling import resampled

_TIMES, _WORDS = ("start", "end"), ("origin", "exchange", "market")


def bars_of(every: int) -> Contents[Bars]:
    """Return that an export consists of bars of *every* ms, see ``resampled``."""

    def parts(store: Store, markets: Sequence[Market], start: int, end: int) -> Iterator[tuple[Market, Bars]]:
        for market in markets:
            for bars in resampled(store, market, start, end, every):
                yield market, bars

    return Contents("bar", parts, _to_csv, _to_parquet, _origins)


def _to_csv(parts: Iterator[tuple[Market, Bars]], send: Callable[[bytes], object]) -> int:
    """Send *parts* as CSV with a header; return the number of bars. What is not known is empty."""
    send((",".join(COLUMNS) + "\n").encode())
    count = 0
    for market, bars in parts:
        texts = [_texts(name, values) for name, values in columns(market, bars).items()]
        send("".join(f"{','.join(line)}\n" for line in zip(*texts, strict=True)).encode())
        count += len(bars)
    return count


def _texts(name: str, values: Any) -> list[str]:
    """Return the *values* of the column *name* as text."""
    if name in _TIMES:
        return [f"{text}Z" for text in np.datetime_as_string(values.astype("datetime64[ms]"), unit="ms").tolist()]
    if name in _WORDS:
        return list(values)
    if name == "count":
        return list(map(str, values.tolist()))
    # Some spreadsheets take a number with an exponent for text.
    return ["" if value != value else plain_decimal(value) for value in values.tolist()]


def _to_parquet(parts: Iterator[tuple[Market, Bars]], file: BinaryIO, about: Mapping[str, str]) -> int:
    """Write *parts* to *file* with *about* among its metadata; return the number of bars."""
    import pyarrow as pa
    import pyarrow.parquet

    word, time = pa.dictionary(pa.int32(), pa.utf8()), pa.timestamp("ms", tz="UTC")
    kinds = {**dict.fromkeys(_TIMES, time), **dict.fromkeys(_WORDS, word), "count": pa.int64()}
    notes = {"source": "btc-price-tracker", **about}
    schema: Any = pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS], metadata=notes)
    count = 0
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for market, bars in parts:
            arrays = [
                pa.array(values, type=field.type, from_pandas=True)  # nan becomes null, as it is empty in CSV
                for values, field in zip(columns(market, bars).values(), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(bars)
    return count


def _origins(bars: Bars) -> set[int]:
    return set(np.flatnonzero(bars.origin_weight.any(axis=0)).tolist())
