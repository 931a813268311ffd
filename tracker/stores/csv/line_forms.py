"""
Parses lines of the same form together, one column of digits at a time.

Most lines of a file differ only in their digits: ``1795446000,78123.4,10,live`` has the form
``##########,#####.#,##,live``, like most others.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

SECONDS = rb"(?P<%b>#{1,11})(\.(?P<%b_part>#{1,3}))?"  # of a form, as milliseconds() reads them
PRICE = rb"(?P<%b>#+)(\.(?P<%b_part>#+))?"  # of a form, as price() reads it

_MOST_FORMS = 24  # and lengths of lines; with more, other ways are faster
_BLOCK = 16_384  # lines; their bytes fit into the processor's cache
_NEWLINE = 10
_DIGIT = ord("#")  # represents a digit in a form
_ZERO = 48
_LONGEST_LINE = 120  # bytes; no line is longer
_MOST_DIGITS = 15  # of a price; integers and powers of ten up to here are exact in a float

Digits: TypeAlias = NDArray[np.uint8]  # a row for each byte of a line, a column for each line
Places: TypeAlias = slice | NDArray[np.intp]


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


class Lines:
    """
    Complete lines of a text, grouped by length.

    Attributes:
        size: the number of lines.
    """

    def __init__(self, data: bytes) -> None:
        self._text = np.frombuffer(data, dtype=np.uint8)
        self._groups = _by_length(self._text)
        self.size = sum(group.size for group in self._groups or ())

    def read(
        self, pattern: re.Pattern[bytes], take: Callable[[Digits, re.Match[bytes], Places], bool], *, has_word: bool
    ) -> bool:
        """
        Call *take* for the lines of each form, with which lines these are; return False if it does.

        Also False if there are too many forms, or one that does not match *pattern*. With *has_word*, digits behind
        the last comma belong to the form.
        """
        if self._groups is None:
            return False
        for group in self._groups:
            for start in range(0, group.size, _BLOCK):
                block = slice(start, start + _BLOCK)
                lines, places = group.lines(self._text, block), block if group.places is None else group.places[block]
                for _ in range(_MOST_FORMS):
                    form = _first_form(lines, pattern, has_word)
                    if form is None or not take(form.columns, form.match, self._of(places, form.fits)):
                        return False
                    if form.fits is None or form.fits.all():
                        break
                    lines, places = lines[~form.fits], self._of(places, ~form.fits)
                else:
                    return False
        return True

    def _of(self, places: Places, lines: NDArray[np.bool_] | None) -> Places:
        if lines is None:
            return places
        return (np.arange(self.size)[places] if isinstance(places, slice) else places)[lines]


class _Form(NamedTuple):
    """The form of a line: its fields, and the digits of the lines that have it; *fits* is None if all have."""

    match: re.Match[bytes]
    columns: Digits
    fits: NDArray[np.bool_] | None


def _first_form(lines: NDArray[np.uint8], pattern: re.Pattern[bytes], has_word: bool) -> _Form | None:
    """Return the form of the first of *lines*, equally long, if it matches *pattern*."""
    line = bytes(lines[0])
    numbers = line.rfind(b",") if has_word else len(line)
    is_digit = [index < numbers and _ZERO <= byte < _ZERO + 10 for index, byte in enumerate(line)]
    match = pattern.fullmatch(bytes(_DIGIT if digit else byte for digit, byte in zip(is_digit, line, strict=True)))
    if match is None or _DIGIT in line:
        return None
    zeros = np.array([_ZERO if digit else byte for byte, digit in zip(line, is_digit, strict=True)], dtype=np.uint8)
    maxima = np.array([9 if digit else 0 for digit in is_digit], dtype=np.uint8)
    columns = lines.T.copy(order="C")
    columns -= zeros[:, None]  # lower values wrap round to above 9
    if (columns.max(axis=1) <= maxima).all():
        return _Form(match, columns, None)
    fits = np.logical_and.reduce(columns <= maxima[:, None], axis=0)
    return _Form(match, columns[:, fits], fits)


def price(columns: Digits, form: re.Match[bytes], name: str) -> NDArray[np.float64] | None:
    """Return the numbers in the field *name*; None if they have too many digits."""
    whole, part = form.span(name), form.span(f"{name}_part")
    decimals = max(part[1] - part[0], 0)
    if whole[1] - whole[0] + decimals > _MOST_DIGITS:
        return None
    number = _number(columns, whole, part)
    return number / 10**decimals if decimals else number.astype(np.float64)


def milliseconds(columns: Digits, form: re.Match[bytes], name: str) -> NDArray[np.int64]:
    """Return the seconds in the field *name* as milliseconds."""
    seconds, part = form.span(name), form.span(f"{name}_part")
    decimals = max(part[1] - part[0], 0)
    number = _number(columns, seconds, part)
    number *= 10 ** (3 - decimals)
    return number


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
