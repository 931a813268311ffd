"""
The order in which the pages of a gap are asked for, and which of them are asked for once more.

Imports only plain standard library.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class PageRequest(NamedTuple):
    """A page of an exchange's history."""

    path: str
    seconds: float  # of a candle
    coarser: float | None  # seconds of a candle of the next older page, if they are longer


class PageQueue:
    """
    Yields the pages of one gap, the newest first.

    Some exchanges now and then answer a full page with nothing. So an empty page is asked for once more: at once if
    it is the first, or the first after one with candles; else as soon as an older one has candles, before longer
    candles take its time, or at the end if a row is stored before the gap. Of empty pages at the old end, the others
    are not: the market may not have been traded yet.

    Args:
        requests: path and seconds of a candle of each page, as ``Exchange.history_requests`` returns them; none if
            the exchange has no history of that time.
        has_older_row: whether a row is stored before the gap.
    """

    def __init__(self, requests: Sequence[tuple[str, float]], *, has_older_row: bool) -> None:
        lengths = [*(seconds for _, seconds in requests[1:]), 0.0]
        self._left = deque(
            PageRequest(path, seconds, longer if longer > seconds else None)
            for (path, seconds), longer in zip(requests, lengths, strict=False)
        )
        self._has_older_row = has_older_row
        self._empty: list[PageRequest] = []  # not asked for again yet
        self._repeated: set[str] = set()
        self._is_first_empty = True
        self.count = len(requests)  # of requests, repetitions included

    def pop(self) -> PageRequest | None:
        """Return the next page to ask for; None if there is none."""
        return self._left.popleft() if self._left else None

    def answered(self, request: PageRequest, *, is_empty: bool) -> None:
        """Record whether the answer to *request* had no candle."""
        if is_empty:
            if request.path in self._repeated:
                return
            self._empty.append(request)
            is_last = self._has_older_row and not self._left
            if not (self._is_first_empty or request.coarser or is_last):
                return
        self._is_first_empty = not is_empty
        self._repeated.update(again.path for again in self._empty)
        self._left.extendleft(reversed(self._empty))
        self.count += len(self._empty)
        self._empty = []
