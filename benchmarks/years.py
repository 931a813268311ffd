"""
`tracker stats` over a year: with kept bars, without any, and over a day; and the time and space of keeping bars.

Each is the command as a user types it, in a process of its own, on prices up to now.
"""

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.generated import MARKETS, name_markets, write_days
from benchmarks.processes import run_tracker
from benchmarks.results import Row, table
from tracker.core.durations import SECOND
from tracker.stores.csv import CsvStore

CHOSEN = MARKETS[:7]
CADENCES = {"1 min": 60 * SECOND, "10 s": 10 * SECOND}


def keep(store: CsvStore, now: int) -> Row:
    """Keep all bars of *store*; return how long that took, and the size of what it made."""
    kept, began = store.kept_bars(), time.perf_counter()
    for work in kept.work(now):
        kept.keep(work)
    seconds = time.perf_counter() - began
    size = sum(path.stat().st_size for path in (store.folder / ".bars").rglob("*.arrow"))
    return {"keeping bars (s)": seconds, "bars (MB)": size / 1e6}


def compare(name: str, every: int, days: int, rounds: int) -> tuple[list[Row], Row]:
    """Return the medians of each way, which take turns, and the figures of keeping bars; *name* is of the cadence."""
    with tempfile.TemporaryDirectory(dir=".") as parent:
        folder = Path(parent).resolve() / "data"
        name_markets(folder, CHOSEN, every)
        now = int(time.time() * 1000)
        store = write_days(folder, CHOSEN, days, every, now)
        year = f"{days}d"
        without = run_tracker(folder, "stats", "--span", year)
        kept = keep(store, now)
        measured: dict[str, list[tuple[float, float]]] = {"1d": [], year: []}
        for _ in range(rounds):
            for span, figures in measured.items():
                figures.append(run_tracker(folder, "stats", "--span", span))
    ways = {
        "a day": _medians(measured["1d"]),
        f"{days} days, of kept bars": _medians(measured[year]),
        f"{days} days, before any are kept": without,
    }
    return [_row(name, way, figures, ways) for way, figures in ways.items()], {"cadence": name, **kept}


def report(days: int = 365, rounds: int = 7) -> str:
    """Return the section of the results."""
    compared = [compare(name, every, days, rounds) for name, every in CADENCES.items()]
    ways = table([row for rows, _ in compared for row in rows])
    kept = table([row for _, row in compared])
    return (
        f"`tracker stats` of {len(CHOSEN)} markets, the whole command, in a process of its own; files are in memory "
        f"already. Medians of {rounds} rounds in which the ways take turns; before any bars are kept, once.\n\n{ways}\n"
        f"Keeping all bars of those {days} days:\n\n{kept}"
    )


def _medians(figures: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(seconds for seconds, _ in figures), statistics.median(memory for _, memory in figures)


def _row(name: str, way: str, figures: tuple[float, float], ways: Mapping[str, tuple[float, float]]) -> Row:
    seconds, memory = figures
    return {
        "way": f"{name}: {way}",
        "s": seconds,
        "s more than a day": seconds - ways["a day"][0],
        "memory (MB)": memory,
    }
