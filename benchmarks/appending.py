"""
Rows a second, and how long an append takes, one row for each market: as shipped, where a thread
has rows on the disk within a second; without that; and with an fsync in every append.
"""

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.exchange import markets
from benchmarks.results import Row, percentile, table
from tracker.core.ticks import Ticks
from tracker.runtime.durable_file import Flusher
from tracker.stores.csv import CsvStore

START = 1_763_900_000_000  # epoch ms
SHIPPED, NEVER, ALWAYS = "as shipped", "no fsync", "fsync in every append"


class Never(Flusher):
    """Leaves it to the operating system when rows reach the disk."""

    def mark(self, paths: Iterable[Path]) -> None:
        pass


class Always(Flusher):
    """Has rows on the disk before the append returns."""

    def mark(self, paths: Iterable[Path]) -> None:
        self._dirty.update(paths)
        self.flush()


_FLUSHERS = {SHIPPED: Flusher, NEVER: Never, ALWAYS: Always}


def measure(variant: str, count: int, seconds: float, most: int = 3000) -> Row:
    """
    Figures of appending as fast as it goes for *seconds*, or *most* times.

    Each append has the next second's row of *count* markets, as a poll has; the first one of all, which
    makes the folders, does not count.
    """
    asked = markets(count)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        store = CsvStore(Path(folder) / "data")
        store._writer.flusher = _FLUSHERS[variant]()
        times: list[float] = []
        stop = time.perf_counter() + seconds
        for number in range(most + 1):
            batch = {market: Ticks.of([START + number * 1000], [95_000.5 + number], 1000) for market in asked}
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
    """The median round, by rows/s, of each variant; their rounds take turns."""
    found: dict[str, list[Row]] = {variant: [] for variant in _FLUSHERS}
    for _ in range(rounds):
        for variant, rows in found.items():
            rows.append(measure(variant, count, seconds))
    middle = {variant: sorted(rows, key=lambda row: row["rows/s"])[len(rows) // 2] for variant, rows in found.items()}
    base = middle[SHIPPED]["rows/s"]
    return [
        {"way": variant, "markets": count, **row, "rate / as shipped": row["rows/s"] / base}
        for variant, row in middle.items()
    ]


def report(seconds: float = 2.0, counts: Sequence[int] = (1, 8, 100, 500)) -> str:
    rows = [row for count in counts for row in compare(count, seconds)]
    return (
        "`Store.append` of the CSV store as fast as it goes, one row for each market in each append, so one file "
        "opened for each. As shipped, a thread has everything on the disk within a second; it competes with the "
        "appends measured here. The median of three rounds by rows a second, the ways taking turns.\n\n"
        f"{table(rows)}\n"
        "A collector of 500 markets at 1 s appends 500 rows a second. What an fsync costs is the disk's matter: "
        "these figures are those of the disk that held the working directory."
    )
