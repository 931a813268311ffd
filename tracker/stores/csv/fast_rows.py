"""
The fast way to read rows: many of one form at once, a column of digits at a time.

The rows of a bucket hardly differ but in their digits: ``1795446000,78123.4,10,live`` is of the form
``##########,#####.#,##,live``, and so are most others. What is of few forms is read here in a third of
the time that a general reader takes, and without loading one; what is not is left to that one.
"""

import re
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

_MOST_FORMS = 24  # beyond that, and beyond so many lengths, the general reader is faster
_BLOCK = 16_384  # rows; their bytes stay in the processor's cache while each of their digits is looked at
_NEWLINE = 10
_MARK = ord("#")  # stands for a digit in a form
_ZERO = 48
_WIDE = 120  # bytes; a longer line is none of ours
_FORM = re.compile(
    rb"(?P<time>#{1,11})(\.(?P<time_part>#{1,3}))?,(?P<whole>#+)(\.(?P<part>#+))?,"
    rb"(?P<interval>#{1,11})(\.(?P<interval_part>#{1,3}))?,(?P<word>[^,\r\n]+)\n"
)
_MOST_DIGITS = 15  # of a price: as a whole number it is exact in a float, and so is the power of ten it is divided by

_Places: TypeAlias = slice | NDArray[np.intp]


class Columns(NamedTuple):
    """Times and intervals in milliseconds; the word of each row is ``words[word]``."""

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    words: list[str]
    word: NDArray[np.uint8]


def read_forms(data: bytes) -> Columns | None:
    """The rows of whole lines; None if they are of too many forms, or one is of none that is read here."""
    text = np.frombuffer(data, dtype=np.uint8)
    groups = _by_length(text)
    if groups is None:
        return None
    size = sum(group.size for group in groups)
    found = Columns(np.empty(size, np.int64), np.empty(size), np.empty(size, np.int64), [], np.empty(size, np.uint8))
    for group in groups:
        for start in range(0, group.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            lines = group.lines(text, block)
            if not _read_block(lines, block if group.places is None else group.places[block], found):
                return None
    return found


class _Group(NamedTuple):
    """Lines of one length: how many, which they are, and at which bytes they begin; None if there are no others."""

    length: int
    size: int
    places: NDArray[np.intp] | None = None
    starts: NDArray[np.intp] | None = None

    def lines(self, text: NDArray[np.uint8], block: slice) -> NDArray[np.uint8]:
        """The bytes of some of them, a row for each line."""
        if self.starts is None:
            return text.reshape(-1, self.length)[block]
        # As one item each: numpy then takes a line in the time it takes one byte.
        every = np.ndarray((len(text) - self.length + 1,), f"V{self.length}", text, strides=(1,))
        return every[self.starts[block]].view(np.uint8).reshape(-1, self.length)


def _by_length(text: NDArray[np.uint8]) -> list[_Group] | None:
    """All lines of *text*; None if there are too many lengths."""
    if not len(text):
        return []
    first = int(np.argmax(text[:_WIDE] == _NEWLINE)) + 1
    # Most often all have the same. A newline within a line does not fit its form, so it shows later.
    if len(text) % first == 0 and (text[first - 1 :: first] == _NEWLINE).all():
        return [_Group(first, len(text) // first)]
    ends = np.flatnonzero(text == _NEWLINE) + 1
    starts = np.concatenate(([0], ends[:-1]))
    lengths = ends - starts
    shortest, longest = int(lengths.min()), int(lengths.max())
    if longest > _WIDE or longest - shortest > _MOST_FORMS:
        return None
    # The longest first: a price of too many digits shows at once.
    kinds = {length: np.flatnonzero(lengths == length) for length in range(longest, shortest - 1, -1)}
    return [_Group(length, len(places), places, starts[places]) for length, places in kinds.items() if len(places)]


def _read_block(lines: NDArray[np.uint8], places: _Places, found: Columns) -> bool:
    """Put the rows of *lines*, all as long, in their *places*; False if they are of too many forms."""
    for _ in range(_MOST_FORMS):
        others = _read_first_form(lines, places, found)
        if others is None:
            return False
        if not len(others):
            return True
        lines, places = lines[others], np.arange(len(found.time))[places][others]
    return False


def _read_first_form(lines: NDArray[np.uint8], places: _Places, found: Columns) -> NDArray[np.intp] | None:
    """Put those of *lines* that are of the first one's form in their *places*; which are not, None if it has none."""
    line = bytes(lines[0])
    numbers = line.rfind(b",")  # a digit in the word is part of the word
    is_digit = [place < numbers and _ZERO <= byte < _ZERO + 10 for place, byte in enumerate(line)]
    form = _FORM.fullmatch(bytes(_MARK if digit else byte for digit, byte in zip(is_digit, line, strict=True)))
    if form is None or _MARK in line:
        return None
    zeros = np.array([_ZERO if digit else byte for byte, digit in zip(line, is_digit, strict=True)], dtype=np.uint8)
    most = np.array([9 if digit else 0 for digit in is_digit], dtype=np.uint8)
    columns = lines.T.copy(order="C")
    columns -= zeros[:, None]  # what is below wraps round
    others = np.empty(0, np.intp)
    if not (columns.max(axis=1) <= most).all():
        fits = np.logical_and.reduce(columns <= most[:, None], axis=0)
        others = np.flatnonzero(~fits)
        columns, places = columns[:, fits], np.arange(len(found.time))[places][fits]
    whole, part = form.span("whole"), form.span("part")
    decimals = max(part[1] - part[0], 0)
    if whole[1] - whole[0] + decimals > _MOST_DIGITS:
        return None
    price = _number(columns, whole, part)
    found.time[places] = _milliseconds(columns, form.span("time"), form.span("time_part"))
    found.price[places] = price / 10**decimals if decimals else price
    found.interval[places] = _milliseconds(columns, form.span("interval"), form.span("interval_part"))
    word = form["word"].decode("latin-1")
    if word not in found.words:
        found.words.append(word)
    found.word[places] = found.words.index(word)
    return others


def _number(columns: NDArray[np.uint8], *spans: tuple[int, int]) -> NDArray[np.int64]:
    """The whole number that the digits in *spans*, one after the other, make."""
    digits = [column for start, stop in spans for column in columns[max(start, 0) : max(stop, 0)]]
    total: NDArray[np.int64] | None = None
    for start in range(0, len(digits), 4):  # four fit into a quarter of the memory
        some = digits[start : start + 4]
        number = some[0].astype(np.uint16)
        for digit in some[1:]:
            number *= np.uint16(10)
            number += digit
        if total is None:
            total = number.astype(np.int64)
        else:
            total *= 10 ** len(some)
            total += number
    assert total is not None
    return total


def _milliseconds(columns: NDArray[np.uint8], seconds: tuple[int, int], part: tuple[int, int]) -> NDArray[np.int64]:
    decimals = max(part[1] - part[0], 0)
    number = _number(columns, seconds, part)
    number *= 10 ** (3 - decimals)
    return number
