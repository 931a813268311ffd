"""
Cuts the past that backfill looks at into pieces, so that years of rows are never in memory at once.

The pieces lie on a grid, so those of an interrupted request are the same after a restart. Imports only plain
standard library.
"""

from typing import NamedTuple

from tracker.core.durations import DAY, SECOND

LOGGED_BY_PAGE = 2 * DAY  # ms up to now; years have thousands of pages, and a longer piece is logged as a whole
LONG_PIECE = 28 * DAY  # ms; few pages of an exchange reach over its ends, and it has 240,000 rows of 10 s at most
SHORT_PIECE = 7 * DAY  # ms, for markets polled more often than every 10 s


class Piece(NamedTuple):
    """The time from *start* to *end* (epoch ms) of one market; the rows of it have ``start < time <= end``."""

    start: int
    end: int
    is_newest: bool = False
    is_oldest: bool = False


def piece_length(interval: int) -> int:
    """Return the length of a piece (ms) for a market with a price every *interval* ms."""
    return LONG_PIECE if interval >= 10 * SECOND else SHORT_PIECE


def cut_pieces(start: int, now: int, length: int, newest: int) -> list[Piece]:
    """
    Cut the time from *start* to *now* (epoch ms) into pieces, the newest first.

    The newest has *newest* ms at least, or *length* if that is less; the others end on the grid of *length* ms. All
    in one piece if it is no longer than that.
    """
    if now - start <= length:
        return [Piece(start, now, is_newest=True, is_oldest=True)]
    end = (now - min(newest, length)) // length * length
    edges = [now, *range(end, start, -length), start]
    last = len(edges) - 2
    return [Piece(edges[n + 1], edges[n], n == 0, n == last) for n in range(last + 1)]
