"""
Rows per second and the time of an append of one row for each market, in three variants.

As shipped, a thread brings rows to the disk within a second; the others call fsync never, or in every append.
"""

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.exchange import markets
from benchmarks.results import Row, percentile, table
from tracker.core.ticks import Ticks
from tracker.runtime.flusher import Flusher
from tracker.stores.csv import CsvStore

START = 1_763_900_000_000  # epoch ms
SHIPPED, NEVER, ALWAYS = "as shipped", "no fsync", "fsync in every append"


class Never(Flusher):
    """A flusher that leaves it to the operating system when rows reach the disk."""

    def mark(self, paths: Iterable[Path]) -> None:
        pass


class Always(Flusher):
    """A flusher that brings rows to the disk before the append returns."""

    def mark(self, paths: Iterable[Path]) -> None:
        self._dirty.update(paths)
        self.flush()


_FLUSHERS = {SHIPPED: Flusher, NEVER: Never, ALWAYS: Always}


def measure(variant: str, count: int, seconds: float, max_appends: int = 3000) -> Row:
    """
    Return the figures of appending as fast as possible for *seconds*, at most *max_appends* times.

    Each append has the next second's row of *count* markets, as a poll has; the first one, which creates the
    folders, does not count.
    """
    appended = markets(count)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = CsvStore(Path(folder) / "data")
        store._writer.flusher = _FLUSHERS[variant]()
        times: list[float] = []
        stop = time.perf_counter() + seconds
        for number in range(max_appends + 1):
            batch = {market: Ticks.of([START + number * 1000], [95_000.5 + number], 1000) for market in appended}
            began = time.perf_counter()
            store.append(batch)
            ended = time.perf_counter()
            if number:
                times.append(ended - began)
                if ended > stop:
                    break
        store.close()
    return {
        "rows/s": count * len(times) / sum(times),
        "p50 (ms)": 1000 * percentile(times, 50),
        "p99 (ms)": 1000 * percentile(times, 99),
        "appends": len(times),
    }


def compare(count: int, seconds: float, rounds: int = 3) -> list[Row]:
    """Return the median round of each variant, by rows/s; the variants take turns."""
    rounds_of: dict[str, list[Row]] = {variant: [] for variant in _FLUSHERS}
    for _ in range(rounds):
        for variant, rows in rounds_of.items():
            rows.append(measure(variant, count, seconds))
    medians = {}
    for variant, rows in rounds_of.items():
        medians[variant] = sorted(rows, key=lambda row: row["rows/s"])[len(rows) // 2]
    base = medians[SHIPPED]["rows/s"]
    return [
        {"way": variant, "markets": count, **row, "rate / as shipped": row["rows/s"] / base}
        for variant, row in medians.items()
    ]


def report(seconds: float = 2.0, counts: Sequence[int] = (1, 8, 100, 500)) -> str:
    """Return the section of the results."""
    rows = [row for count in counts for row in compare(count, seconds)]
    return (
        "`Store.append` of the CSV store as fast as possible, one row for each market in each append, so one file "
        "opened for each. As shipped, a thread brings everything to the disk within a second; it competes with the "
        "appends measured here. The median of three rounds by rows a second, the ways taking turns.\n\n"
        f"{table(rows)}\n"
        "A collector of 500 markets at 1 s appends 500 rows a second. What an fsync costs depends on the "
        "disk: these figures are of the one with the working directory."
    )
