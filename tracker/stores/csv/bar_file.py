"""
One file of kept bars: those of a day or a month of one market, in every step, and what they were made from.

An Arrow file with a batch of numbers for each step. Its metadata holds the stamps of the hours at the time when the
rows were read: a bar may be used while those of its hours are still the same.
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
_NAMES = [*COLUMNS, *MATRICES, "gap_start", "gap_end"]
_LEVEL = 3  # of compression; 1, the default, takes a third more space, and more time to read


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
        "columns": _NAMES,
        "sizes": list(map(len, bars)),
        "intervals": [each.intervals for each in bars],
        "exchanges": [each.exchange_names for each in bars],
    }
    schema = pa.schema([pa.field("numbers", pa.int64())], {"bars": json.dumps(described)})
    with replacing(path, durable=True) as file:
        options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=_LEVEL), use_threads=False)
        with pa.ipc.new_file(file, schema, options=options) as writer:
            for each in bars:
                writer.write_batch(pa.RecordBatch.from_arrays([_to_arrow(_numbers(each))], schema=schema))
    pa.default_memory_pool().release_unused()  # which packing has used


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
            if described["format"] != FORMAT or described["columns"] != _NAMES:
                return None
            bars = {step: _bars(step, described, reader.get_batch(STEPS.index(step))) for step in steps}
        stamps = np.frombuffer(base64.b64decode(described["stamps"]), "<u8").astype(np.uint64)
        return KeptPart(int(described["start"]), stamps, bars)
    except (OSError, pa.ArrowException, BufferError, LookupError, TypeError, ValueError):
        return None


def _numbers(bars: Bars) -> NDArray[np.int64]:
    """
    Return all numbers of *bars*, in the order of _NAMES; matrices by column, and the bits of those that are not whole.

    Unpacking one column in place of 45 takes a quarter of the time, and half of the space, as many columns are alike.
    """
    columns = [getattr(bars, name).view(np.int64) for name in COLUMNS]
    matrices = [getattr(bars, name).T.ravel() for name in MATRICES]
    return np.concatenate([*columns, *matrices, bars.gap_start, bars.gap_end])


def _to_arrow(numbers: NDArray[np.int64]) -> Any:
    """Return *numbers* as ``pyarrow.array`` does, which imports pandas."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int64(), numbers.size, [None, pa.py_buffer(numbers)])


def _bars(step: int, described: Mapping[str, Any], batch: Any) -> Bars:
    """Return the bars in *batch*. Raises LookupError, TypeError or ValueError if it holds anything else."""
    batch.validate()  # else a column that is shorter than it says would be read beyond its end
    number = STEPS.index(step)
    intervals = tuple(int(interval) for interval in described["intervals"][number])
    names = tuple(str(name) for name in described["exchanges"][number])
    size = int(described["sizes"][number])
    widths = matrix_widths(intervals, names)
    # Not to_numpy(), which imports pandas: half a second for a command.
    numbers = np.from_dlpack(batch.column(0))
    ends = np.cumsum([size * len(COLUMNS), *(size * width for width in widths.values())]).tolist()
    singles, *matrices, gaps = np.split(numbers, ends)
    columns: dict[str, Any] = {
        name: column.view(dtype)
        for (name, dtype), column in zip(COLUMNS.items(), singles.reshape(len(COLUMNS), size), strict=True)
    }
    for (name, width), matrix in zip(widths.items(), matrices, strict=True):
        columns[name] = matrix.reshape(width, size).T
    columns["gap_start"], columns["gap_end"] = gaps.reshape(2, gaps.size // 2)
    return Bars(step=step, intervals=intervals, exchange_names=names, **columns)
