"""
Parses rows of the same form together, see ``line_forms``.

Rows of few forms are read in a third of the time that pyarrow takes, without importing it; all others are left to
pyarrow.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.stores.csv.line_forms import PRICE, SECONDS, Digits, Lines, Places, milliseconds, price

_FORM = re.compile(
    rb"%b,%b,%b,(?P<word>[^,\r\n]+)\n"
    % (SECONDS % (b"time", b"time"), PRICE % (b"price", b"price"), SECONDS % (b"interval", b"interval"))
)


class Columns(NamedTuple):
    """Columns of rows, times and intervals in milliseconds; the fourth field of each row is ``words[word]``."""

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    words: list[str]
    word: NDArray[np.uint8]


def read_forms(data: bytes) -> Columns | None:
    """Return the rows of complete lines; None if they have too many forms, or an unsupported one."""
    lines = Lines(data)
    size = lines.size
    result = Columns(np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64), [], np.empty(size, np.uint8))

    def take(columns: Digits, form: re.Match[bytes], places: Places) -> bool:
        prices = price(columns, form, "price")
        if prices is None:
            return False
        result.time[places], result.price[places] = milliseconds(columns, form, "time"), prices
        result.interval[places] = milliseconds(columns, form, "interval")
        word = form["word"].decode("latin-1")
        if word not in result.words:
            result.words.append(word)
        result.word[places] = result.words.index(word)
        return True

    return result if lines.read(_FORM, take, has_word=True) else None
