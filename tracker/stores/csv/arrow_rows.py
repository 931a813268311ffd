"""Reads rows of any form with pyarrow, which is faster than a loop, and strict where pyarrow is not."""

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# "1795446010." and another row; no program is that precise.
MIXED_STAMP = re.compile(rb"\d*\.\d{10}")

_NAMES = ("time", "price", "interval", "origin")
# At the beginning of a line: a stamp with an exponent, or a mixed one.
_WRONG_STAMP = re.compile(rb"(?:^|[\r\n])(?:[\d.+-]*[eE]|" + MIXED_STAMP.pattern + rb")")
_ZERO, _COMMA, _POINT, _NEWLINE = b"0,.\n"
_DIGITS = 10  # of a stamp from 2001 to 2286
_LONGEST = len("1795446010.500,")


class Columns(NamedTuple):
    """Columns of rows, times and intervals in seconds; the fourth field of each row is ``words[word]``."""

    time: NDArray[np.float64]
    price: NDArray[np.float64]
    interval: NDArray[np.float64]
    words: list[str]
    word: NDArray[np.int32]


def read_columns(data: bytes) -> Columns | None:
    """Return the rows of complete lines; None if any is not four fields of which three are numbers."""
    if b" " in data or b"\t" in data:  # pyarrow accepts numbers between blanks
        return None
    import pyarrow as pa
    import pyarrow.csv

    types: dict[str, Any] = dict.fromkeys(_NAMES, pa.float64())
    types["origin"] = pa.dictionary(pa.int32(), pa.utf8())
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            # A second thread would not be faster, and a page's kernel must not use all cores.
            read_options=pyarrow.csv.ReadOptions(column_names=list(_NAMES), use_threads=False, block_size=1 << 20),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[]),
        ).unify_dictionaries()
    except pa.ArrowInvalid:
        return None
    if not _have_plain_stamps(data, len(table)) and _WRONG_STAMP.search(data):
        return None
    words = table["origin"].combine_chunks()
    time, price, interval = (_column(table[name]) for name in _NAMES[:3])
    return Columns(time, price, interval, words.dictionary.to_pylist(), _column(words.indices))


def _column(values: Any) -> NDArray[Any]:
    """Return an array, plain or of chunks, as a column; not by to_numpy(), which imports pandas."""
    chunks = getattr(values, "chunks", [values])
    return np.from_dlpack(chunks[0] if len(chunks) == 1 else values.combine_chunks())


def _have_plain_stamps(data: bytes, count: int) -> bool:
    """
    Return whether each of *count* lines begins with ten digits, up to three decimals, and a comma.

    It takes a tenth of the time of a search for what is wrong; other stamps may be right too.
    """
    text = np.frombuffer(data, dtype=np.uint8)
    starts = np.concatenate(([0], np.flatnonzero(text == _NEWLINE) + 1))[:-1]
    if starts[-1] + _LONGEST > len(text):
        return False
    if not _are_digits(_bytes_at(text, starts, _DIGITS)).all():
        return False
    after = text[starts + _DIGITS]
    with_point = starts[after == _POINT]
    if len(with_point) + np.count_nonzero(after == _COMMA) < count:
        return False
    decimals = _bytes_at(text, with_point + _DIGITS + 1, _LONGEST - _DIGITS - 1)
    ends, digits = (decimals == _COMMA).T, _are_digits(decimals).T
    return bool((ends[0] | digits[0] & (ends[1] | digits[1] & (ends[2] | digits[2] & ends[3]))).all())


def _bytes_at(text: NDArray[np.uint8], starts: NDArray[np.intp], length: int) -> NDArray[np.uint8]:
    """Return *length* bytes from each of *starts*, shape (starts, length)."""
    # One item per line, because numpy copies an item as fast as a byte.
    items = np.ndarray((len(text) - length + 1,), f"V{length}", text, strides=(1,))
    return items[starts].view(np.uint8).reshape(-1, length)


def _are_digits(characters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return characters - np.uint8(_ZERO) < 10  # lower ones wrap round to above 9
