"""
One file of kept bars: those of a day or a month of one market, in every step, and what they were made from.

An Arrow file with a batch for each step. Its metadata holds the stamps of the hours at the time when the rows were
read: a bar may be used while those of its hours are still the same.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import COARSE, COLUMNS, FINE, MATRICES, MEDIUM, Bars, matrix_widths
from tracker.runtime.files import replacing
from tracker.stores.csv.stamps import Stamps

FORMAT = 1  # incremented when a column's meaning changes; files of other formats or columns are made anew
STEPS = (FINE, MEDIUM, COARSE)
_GAPS = ("gap_start", "gap_end")


class KeptPart(NamedTuple):
    """
    What a file holds.

    Attributes:
        start: epoch ms at which the first hour begins.
        stamps: of each hour, and of the one after the last, which has the row at the very end.
        bars: by step.
    """

    start: int
    stamps: Stamps
    bars: Mapping[int, Bars]


def write_part(path: Path, part: KeptPart) -> None:
    """Replace *path* by a file of *part*, with bars of every step. Raises OSError."""
    import pyarrow as pa

    bars = [part.bars[step] for step in STEPS]
    described = {
        "format": FORMAT,
        "start": part.start,
        "stamps": base64.b64encode(part.stamps.astype("<u8").tobytes()).decode(),
        "intervals": [each.intervals for each in bars],
        "exchanges": [each.exchange_names for each in bars],
    }
    arrays = [_arrays(each) for each in bars]
    batches = [pa.RecordBatch.from_arrays(list(each.values()), names=list(each)) for each in arrays]
    schema = batches[0].schema.with_metadata({"bars": json.dumps(described)})
    with replacing(path, durable=True) as file:
        options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
        with pa.ipc.new_file(file, schema, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)


def read_part(path: Path, steps: Iterable[int]) -> KeptPart | None:
    """Return the bars of *steps* in *path*; None if it is missing, torn, unreadable, or of another format."""
    import pyarrow as pa

    options, pool = pa.ipc.IpcReadOptions(use_threads=False), pa.system_memory_pool()  # others keep what they freed
    try:
        # Not mapped into memory: a file that is cut off while it is read would end the process.
        with (
            pa.OSFile(str(path), memory_pool=pool) as file,
            pa.ipc.open_file(file, options=options, memory_pool=pool) as reader,
        ):
            described = json.loads(reader.schema.metadata[b"bars"])
            if described["format"] != FORMAT or set(reader.schema.names) != {*COLUMNS, *MATRICES, *_GAPS}:
                return None
            bars = {step: _bars(step, described, reader.get_batch(STEPS.index(step))) for step in steps}
        stamps = np.frombuffer(base64.b64decode(described["stamps"]), "<u8").astype(np.uint64)
        return KeptPart(int(described["start"]), stamps, bars)
    except (OSError, pa.ArrowException, BufferError, LookupError, TypeError, ValueError):
        return None


def _arrays(bars: Bars) -> dict[str, Any]:
    """Return the columns of *bars* as Arrow arrays; matrices and gaps are lists, one for each bar."""
    import pyarrow as pa

    def lists(offsets: NDArray[Any], values: NDArray[Any]) -> Any:
        return pa.ListArray.from_arrays(_to_arrow(offsets.astype(np.int32)), _to_arrow(values))

    arrays = {name: _to_arrow(getattr(bars, name)) for name in COLUMNS}
    for name in MATRICES:
        matrix = getattr(bars, name)
        arrays[name] = lists(np.arange(len(bars) + 1) * matrix.shape[1], matrix.ravel())
    # A gap ends before the last row of its bar.
    offsets = np.concatenate(([0], np.searchsorted(bars.gap_end, bars.last_time)))
    return arrays | {name: lists(offsets, getattr(bars, name)) for name in _GAPS}


def _to_arrow(values: NDArray[Any]) -> Any:
    """Return *values* as ``pyarrow.array`` does, which imports pandas."""
    import pyarrow as pa

    kind = {"f8": pa.float64(), "i8": pa.int64(), "i4": pa.int32()}[values.dtype.str[1:]]
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(np.ascontiguousarray(values))])


def _bars(step: int, described: Mapping[str, Any], batch: Any) -> Bars:
    """Return the bars in *batch*. Raises LookupError, TypeError or ValueError if it holds anything else."""
    batch.validate()  # else a column that is shorter than the others would be read beyond its end
    number = STEPS.index(step)
    intervals = tuple(int(interval) for interval in described["intervals"][number])
    names = tuple(str(name) for name in described["exchanges"][number])
    # Not to_numpy(), which imports pandas: half a second for a command.
    columns: dict[str, Any] = {
        name: np.asarray(np.from_dlpack(batch.column(name)), dtype) for name, dtype in COLUMNS.items()
    }
    for name in (*MATRICES, *_GAPS):
        columns[name] = np.from_dlpack(batch.column(name).values)
    for name, width in matrix_widths(intervals, names).items():
        columns[name] = columns[name].reshape(len(batch), width)
    return Bars(step=step, intervals=intervals, exchange_names=names, **columns)
