"""
Parses rows of the same form together, one column of digits at a time.

Most rows of a bucket differ only in their digits: ``1795446000,78123.4,10,live`` has the form
``##########,#####.#,##,live``, like most others. Rows of few forms are read in a third of the time that pyarrow
takes, without importing it; all others are left to pyarrow.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

_MOST_FORMS = 24  # and lengths of lines; with more, pyarrow is faster
_BLOCK = 16_384  # rows; their bytes fit into the processor's cache
_NEWLINE = 10
_DIGIT = ord("#")  # represents a digit in a form
_ZERO = 48
_LONGEST_LINE = 120  # bytes; no row is longer
_FORM = re.compile(
    rb"(?P<time>#{1,11})(\.(?P<time_part>#{1,3}))?,(?P<whole>#+)(\.(?P<part>#+))?,"
    rb"(?P<interval>#{1,11})(\.(?P<interval_part>#{1,3}))?,(?P<word>[^,\r\n]+)\n"
)
_MOST_DIGITS = 15  # of a price; integers and powers of ten up to here are exact in a float

_Places: TypeAlias = slice | NDArray[np.intp]


class Columns(NamedTuple):
    """Columns of rows, times and intervals in milliseconds; the fourth field of each row is ``words[word]``."""

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    words: list[str]
    word: NDArray[np.uint8]


def read_forms(data: bytes) -> Columns | None:
    """Return the rows of complete lines; None if they have too many forms, or an unsupported one."""
    text = np.frombuffer(data, dtype=np.uint8)
    groups = _by_length(text)
    if groups is None:
        return None
    size = sum(group.size for group in groups)
    result = Columns(np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64), [], np.empty(size, np.uint8))
    for group in groups:
        for start in range(0, group.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            lines = group.lines(text, block)
            if not _read_block(lines, block if group.places is None else group.places[block], result):
                return None
    return result


class _Group(NamedTuple):
    """Lines of one length: number, row indexes and first bytes; the last two are None if all lines have that length."""

    length: int
    size: int
    places: NDArray[np.intp] | None = None
    starts: NDArray[np.intp] | None = None

    def lines(self, text: NDArray[np.uint8], block: slice) -> NDArray[np.uint8]:
        """Return the bytes of the lines in *block*, shape (lines, length)."""
        if self.starts is None:
            return text.reshape(-1, self.length)[block]
        # One item per line, because numpy copies an item as fast as a byte.
        items = np.ndarray((len(text) - self.length + 1,), f"V{self.length}", text, strides=(1,))
        return items[self.starts[block]].view(np.uint8).reshape(-1, self.length)


def _by_length(text: NDArray[np.uint8]) -> list[_Group] | None:
    """Return all lines of *text* grouped by length; None if there are too many lengths."""
    if not len(text):
        return []
    first = int(np.argmax(text[:_LONGEST_LINE] == _NEWLINE)) + 1
    # Usually all have the same length. A newline within a line is noticed later: it does not fit the form.
    if len(text) % first == 0 and (text[first - 1 :: first] == _NEWLINE).all():
        return [_Group(first, len(text) // first)]
    ends = np.flatnonzero(text == _NEWLINE) + 1
    starts = np.concatenate(([0], ends[:-1]))
    lengths = ends - starts
    shortest, longest = int(lengths.min()), int(lengths.max())
    if longest > _LONGEST_LINE or longest - shortest > _MOST_FORMS:
        return None
    # The longest first, to notice a price of too many digits at once.
    rows = {length: np.flatnonzero(lengths == length) for length in range(longest, shortest - 1, -1)}
    return [_Group(length, len(places), places, starts[places]) for length, places in rows.items() if len(places)]


def _read_block(lines: NDArray[np.uint8], places: _Places, result: Columns) -> bool:
    """Store the rows of *lines*, equally long, at *places* of *result*; return False if they have too many forms."""
    for _ in range(_MOST_FORMS):
        remaining = _read_first_form(lines, places, result)
        if remaining is None:
            return False
        if not len(remaining):
            return True
        lines, places = lines[remaining], np.arange(len(result.time))[places][remaining]
    return False


def _read_first_form(lines: NDArray[np.uint8], places: _Places, result: Columns) -> NDArray[np.intp] | None:
    """Store the rows with the form of the first line; return the remaining indexes, None for an unsupported form."""
    line = bytes(lines[0])
    numbers = line.rfind(b",")  # digits in the fourth field belong to the form
    is_digit = [index < numbers and _ZERO <= byte < _ZERO + 10 for index, byte in enumerate(line)]
    form = _FORM.fullmatch(bytes(_DIGIT if digit else byte for digit, byte in zip(is_digit, line, strict=True)))
    if form is None or _DIGIT in line:
        return None
    zeros = np.array([_ZERO if digit else byte for byte, digit in zip(line, is_digit, strict=True)], dtype=np.uint8)
    maxima = np.array([9 if digit else 0 for digit in is_digit], dtype=np.uint8)
    columns = lines.T.copy(order="C")
    columns -= zeros[:, None]  # lower values wrap round to above 9
    remaining = np.empty(0, np.intp)
    if not (columns.max(axis=1) <= maxima).all():
        fits = np.logical_and.reduce(columns <= maxima[:, None], axis=0)
        remaining = np.flatnonzero(~fits)
        columns, places = columns[:, fits], np.arange(len(result.time))[places][fits]
    whole, part = form.span("whole"), form.span("part")
    decimals = max(part[1] - part[0], 0)
    if whole[1] - whole[0] + decimals > _MOST_DIGITS:
        return None
    price = _number(columns, whole, part)
    result.time[places] = _milliseconds(columns, form.span("time"), form.span("time_part"))
    result.price[places] = price / 10**decimals if decimals else price
    result.interval[places] = _milliseconds(columns, form.span("interval"), form.span("interval_part"))
    word = form["word"].decode("latin-1")
    if word not in result.words:
        result.words.append(word)
    result.word[places] = result.words.index(word)
    return remaining


def _number(columns: NDArray[np.uint8], *spans: tuple[int, int]) -> NDArray[np.int64]:
    """Return the integers formed by the digits in *spans*, joined."""
    digits = [column for start, stop in spans for column in columns[max(start, 0) : max(stop, 0)]]
    total = _short_number(digits[:4]).astype(np.int64)
    for start in range(4, len(digits), 4):
        four = digits[start : start + 4]
        total *= 10 ** len(four)
        total += _short_number(four)
    return total


def _short_number(digits: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint16]:
    """Return the integers formed by one to four *digits*, which fit into 16 bits."""
    number = digits[0].astype(np.uint16)
    for digit in digits[1:]:
        number *= np.uint16(10)
        number += digit
    return number


def _milliseconds(columns: NDArray[np.uint8], seconds: tuple[int, int], part: tuple[int, int]) -> NDArray[np.int64]:
    decimals = max(part[1] - part[0], 0)
    number = _number(columns, seconds, part)
    number *= 10 ** (3 - decimals)
    return number
