"""Reads the buckets of a folder with their candle files, and keeps which lines are malformed."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import HOUR
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.files import file_size
from tracker.stores.csv.candle_files import CandleLines, are_among, concat_lines, join, parse_candles
from tracker.stores.csv.cursor import Chunk
from tracker.stores.csv.journal import market_of
from tracker.stores.csv.layout import candle_file, hour_of, hours_of, is_candle_file, minute_key
from tracker.stores.csv.listing import stored_files
from tracker.stores.csv.malformed_lines import MalformedLines
from tracker.stores.csv.rows import count_lines, parse_rows, whole_lines

_HEAD = 16  # bytes that hold the beginning of a header, if there is one


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
            ticks = self._join_arrived(ticks, self._candles(beside, is_whole=True), market_of(beside[0].path))
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

    def _join_arrived(self, ticks: Ticks, lines: CandleLines, folder: str) -> Ticks:
        """
        Return new *ticks* of a market's *folder* with what candle files say of them.

        A live row replaces an older one of its time, whose candle it must not get, so that one is looked for. A reader
        that has an older row prefers it to all others.
        """
        joined = join(ticks, lines)
        is_in_doubt = joined.has_candle() & (joined.origin == Origin.LIVE)
        if not is_in_doubt.any():
            return joined
        paths = self._files_of_hours(folder, joined.time[is_in_doubt])
        stored = self._rows([self._chunk(path) for path in paths if not is_candle_file(path)], is_whole=True)
        return join(Ticks.concat([ticks, stored]), lines)[: len(ticks)]

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
        data, hours = [chunk.data for chunk in chunks], hours_of(chunk.path for chunk in chunks)
        ticks, malformed = parse_rows(data, *hours)
        if not _are_in_their_hours(ticks.time, chunks, malformed, hours):
            parts = [parse_rows([chunk.data], *hours_of([chunk.path])) for chunk in chunks]
            ticks, malformed = Ticks.concat([rows for rows, _ in parts]), [offsets[0] for _, offsets in parts]
        self._record(chunks, malformed, is_whole=is_whole)
        return ticks

    def _candles(self, chunks: list[Chunk], *, is_whole: bool) -> CandleLines:
        data, hours = [chunk.data for chunk in chunks], hours_of(chunk.path for chunk in chunks)
        lines, malformed = parse_candles(data, *hours)
        if not _are_in_their_hours(lines.time, chunks, malformed, hours):
            parts = [parse_candles([chunk.data], *hours_of([chunk.path])) for chunk in chunks]
            lines, malformed = concat_lines([rows for rows, _ in parts]), [offsets[0] for _, offsets in parts]
        self._record(chunks, malformed, is_whole=is_whole)
        return lines

    def _record(self, chunks: list[Chunk], malformed: Iterable[list[int]], *, is_whole: bool) -> None:
        for chunk, offsets in zip(chunks, malformed, strict=True):
            in_file = (chunk.offset + offset for offset in offsets)
            self.malformed_lines.record(chunk.path, in_file, is_whole=is_whole)


def _are_in_their_hours(
    time: NDArray[np.int64], chunks: Sequence[Chunk], malformed: Sequence[list[int]], hours: tuple[int, int]
) -> bool:
    """
    Return whether every row lies in the hour of its own file; False also if that cannot be told.

    Files read together are parsed together, with the bounds of all. A row that was accepted in the file of another hour
    would come and go with what else is read, and no stamp of its own hour would tell that it changed.

    Args:
        time: of the rows of all chunks, in order.
        chunks: what was parsed.
        malformed: for each chunk, the lines that are no rows.
        hours: the bounds of all files, epoch ms, in which every row lies.
    """
    if not chunks or hours[1] - hours[0] <= HOUR:
        return True
    heads = [b"timestamp," in chunk.data[:_HEAD] for chunk in chunks]
    lines = np.array([chunk.data.count(b"\n") for chunk in chunks])
    size = lines - np.array(heads, dtype=int) - np.array(list(map(len, malformed)), dtype=int)
    if size.sum() != time.size or size.min() < 0:  # there are empty lines
        return False
    own = np.array([hours_of([chunk.path]) for chunk in chunks])[size > 0]
    first = (np.cumsum(size) - size)[size > 0]
    if not first.size:
        return True
    earliest, latest = np.minimum.reduceat(time, first), np.maximum.reduceat(time, first)
    return bool(((earliest >= own[:, 0]) & (latest < own[:, 1])).all())
