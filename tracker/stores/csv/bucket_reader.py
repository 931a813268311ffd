"""Reads the buckets of a folder with their candle files, and keeps which lines are malformed."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import HOUR
from tracker.core.ticks import Ticks
from tracker.runtime.files import file_size
from tracker.stores.csv.candle_files import CandleLines, are_among, join, parse_candles
from tracker.stores.csv.cursor import Chunk
from tracker.stores.csv.journal import market_of
from tracker.stores.csv.layout import candle_file, hour_of, hours_of, is_candle_file, minute_key
from tracker.stores.csv.listing import stored_files
from tracker.stores.csv.malformed_lines import MalformedLines
from tracker.stores.csv.rows import count_lines, parse_rows, whole_lines


class BucketReader:
    """
    Reads files of *folder*, whose paths ``kraken/btceur/2026-11-23-15.csv`` start from there.

    Attributes:
        malformed_lines: of the files read so far.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.malformed_lines = MalformedLines(folder)

    def read(self, paths: Sequence[str]) -> Ticks:
        """Return the rows of buckets with what candle files say of them; both are among *paths*. Raises OSError."""
        ticks = self._rows([self._chunk(path) for path in paths if not is_candle_file(path)], is_whole=True)
        candles = [self._chunk(path) for path in paths if is_candle_file(path)]
        return join(ticks, self._candles(candles, is_whole=True)) if candles else ticks

    def arrived(self, chunks: Sequence[Chunk]) -> Ticks:
        """
        Return the new rows of one market in *chunks*, and after them those whose candle alone is new. Raises OSError.

        A row of a time and interval that is among the new ones is not repeated for its candle.
        """
        buckets = [chunk for chunk in chunks if not is_candle_file(chunk.path)]
        new_candles = [chunk for chunk in chunks if is_candle_file(chunk.path)]
        ticks = self._rows(buckets, is_whole=False)
        # Few chunks arrive at a time, so looking for a file beside each costs less than listing the folder.
        beside = [self._chunk(path) for path in sorted({candle_file(chunk.path) for chunk in buckets})]
        if beside := [chunk for chunk in beside if chunk.data]:
            ticks = join(ticks, self._candles(beside, is_whole=True))
        if not new_candles:
            return ticks
        lines = self._candles(new_candles, is_whole=False)
        is_alone = ~are_among(lines, ticks)
        if not is_alone.any():
            return ticks
        alone = CandleLines(lines.time[is_alone], lines.interval[is_alone], lines.prices[:, is_alone])
        stored = self.read(self._files_of_hours(market_of(new_candles[0].path), alone.time))
        return Ticks.concat([ticks, stored[stored.has_candle() & are_among(stored, alone)]])

    def first_times(self, folder: str, names: Iterator[str], start: int, end: int) -> NDArray[np.int64]:
        """
        Return the times with ``start <= time < end`` in the first hour of *names* that has any. Raises OSError.

        Args:
            folder: of the market: ``kraken/btceur``.
            names: buckets in it; those of an hour follow each other.
            start: epoch ms, as *end*.
            end: the first time that is too late.
        """
        for _, hour in itertools.groupby(names, hour_of):
            times = self._rows([self._chunk(f"{folder}/{name}") for name in hour], is_whole=True).time
            inside = times[(times >= start) & (times < end)]
            if len(inside):
                return inside
        return Ticks.none().time

    def count(self, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
        """
        Return size and number of rows of each file, where a candle file has none. Raises OSError.

        They are parsed together: one by one, small ones take ten times as long.
        """
        sizes = [file_size(self._folder / path) for path in paths]
        chunks = [b"" if is_candle_file(path) else self._chunk(path).data for path in paths]
        malformed = parse_rows(chunks, *hours_of(paths))[1]
        rows = [count_lines(data) - len(offsets) for data, offsets in zip(chunks, malformed, strict=True)]
        return dict(zip(paths, zip(sizes, rows, strict=True), strict=True))

    def _files_of_hours(self, folder: str, times: NDArray[np.int64]) -> list[str]:
        """Return the buckets and candle files in a market's *folder* of the hours that *times* lie in."""
        keys = [minute_key(hour * HOUR)[: len("2026112315")] for hour in np.unique(times // HOUR).tolist()]
        return [
            f"{folder}/{name}" for key in keys for name in stored_files(self._folder / folder, f"{key}00", f"{key}59")
        ]

    def _chunk(self, path: str) -> Chunk:
        try:
            return Chunk(path, 0, whole_lines((self._folder / path).read_bytes()))
        except FileNotFoundError:
            return Chunk(path, 0, b"")  # purged after it was listed

    def _rows(self, chunks: list[Chunk], *, is_whole: bool) -> Ticks:
        """Return the rows of *chunks*; with *is_whole* each is a whole file, and replaces its malformed lines."""
        ticks, malformed = parse_rows([chunk.data for chunk in chunks], *hours_of(chunk.path for chunk in chunks))
        self._record(chunks, malformed, is_whole=is_whole)
        return ticks

    def _candles(self, chunks: list[Chunk], *, is_whole: bool) -> CandleLines:
        lines, malformed = parse_candles([chunk.data for chunk in chunks], *hours_of(chunk.path for chunk in chunks))
        self._record(chunks, malformed, is_whole=is_whole)
        return lines

    def _record(self, chunks: list[Chunk], malformed: Iterable[list[int]], *, is_whole: bool) -> None:
        for chunk, offsets in zip(chunks, malformed, strict=True):
            in_file = (chunk.offset + offset for offset in offsets)
            self.malformed_lines.record(chunk.path, in_file, is_whole=is_whole)
