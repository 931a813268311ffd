"""
One file of kept bars: those of a day or a month of one market, in every step, and what they were made from.

Its first line is JSON that describes it, with the stamps of the hours at the time when the rows were read: a bar may be
used while those of its hours are still the same. The numbers of each step follow, as bytes. Only the many of the
shortest step are packed: to unpack the others takes longer than to read them, and to import pyarrow for it as well.
"""

import base64
import json
import os
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
_PACKED = FINE
_NAMES = [*COLUMNS, *MATRICES, "gap_start", "gap_end"]
_LEVEL = 3  # of compression; 1, the default, takes a third more space, and more time to read
_NUMBER = np.dtype("<i8")


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
    bars = [part.bars[step] for step in STEPS]
    numbers = [_numbers(each) for each in bars]
    blocks = [_packed(each) if step == _PACKED else each.tobytes() for step, each in zip(STEPS, numbers, strict=True)]
    described = {
        "format": FORMAT,
        "start": part.start,
        "stamps": base64.b64encode(part.stamps.astype("<u8").tobytes()).decode(),
        "columns": _NAMES,
        "sizes": list(map(len, bars)),
        "intervals": [each.intervals for each in bars],
        "exchanges": [each.exchange_names for each in bars],
        "numbers": [each.size for each in numbers],
        "sums": [int(each.sum()) for each in numbers],
        "bytes": list(map(len, blocks)),
    }
    with replacing(path, durable=True) as file:
        file.write(json.dumps(described).encode() + b"\n")
        for block in blocks:
            file.write(block)


def read_part(path: Path, steps: Iterable[int]) -> KeptPart | None:
    """Return the bars of *steps* in *path*; None if it is missing, torn, unreadable, or of another format."""
    try:
        with path.open("rb") as file:
            described = json.loads(file.readline())
            begin, sizes = file.tell(), [int(size) for size in described["bytes"]]
            if described["format"] != FORMAT or described["columns"] != _NAMES:
                return None
            if os.fstat(file.fileno()).st_size != begin + sum(sizes):
                return None
            bars = {}
            for step in steps:
                number = STEPS.index(step)
                file.seek(begin + sum(sizes[:number]))
                bars[step] = _bars(step, described, file.read(sizes[number]))
        stamps = np.frombuffer(base64.b64decode(described["stamps"]), "<u8").astype(np.uint64)
        return KeptPart(int(described["start"]), stamps, bars)
    except (OSError, LookupError, TypeError, ValueError):
        return None


def _numbers(bars: Bars) -> NDArray[np.int64]:
    """
    Return all numbers of *bars*, in the order of _NAMES; matrices by column, and the bits of those that are not whole.

    One block of 45 columns is unpacked in half of their time, and takes half of the space, as many columns are alike.
    """
    columns = [getattr(bars, name).view(np.int64) for name in COLUMNS]
    matrices = [getattr(bars, name).T.ravel() for name in MATRICES]
    return np.concatenate([*columns, *matrices, bars.gap_start, bars.gap_end]).astype(_NUMBER, copy=False)


def _packed(numbers: NDArray[np.int64]) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd", compression_level=_LEVEL).compress(numbers.tobytes(), asbytes=True))


def _unpacked(block: bytes, size: int) -> Any:
    import pyarrow as pa

    pool = pa.system_memory_pool()  # others keep what they freed
    return pa.Codec("zstd").decompress(block, decompressed_size=size, memory_pool=pool)


def _bars(step: int, described: Mapping[str, Any], block: bytes) -> Bars:
    """Return the bars in *block*. Raises OSError, LookupError, TypeError or ValueError if it holds anything else."""
    number = STEPS.index(step)
    intervals = tuple(int(interval) for interval in described["intervals"][number])
    names = tuple(str(name) for name in described["exchanges"][number])
    size = int(described["sizes"][number])
    widths = matrix_widths(intervals, names)
    data = _unpacked(block, int(described["numbers"][number]) * _NUMBER.itemsize) if step == _PACKED else block
    numbers = np.frombuffer(data, _NUMBER).astype(np.int64, copy=False)
    if int(numbers.sum()) != described["sums"][number]:
        raise ValueError("bars: the numbers are not those that were written")
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
