"""
Reading 24 h of eight markets with a row per second, compared with other ways to read the same files.

And following them: the cost must depend on the number of new rows, not of stored ones.
"""

import math
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.generated import HOUR, MARKETS, START, files, prices, store_of
from benchmarks.readers import PANDAS, RAW, readers
from benchmarks.results import Row, percentile, table
from tracker.core.contracts import Store
from tracker.core.ticks import Ticks

THIS_PROJECT = "Store.read"
ALIKE = 1.1  # two medians whose ratio is smaller count as equal


def measure(granularity: str, hours: float, rounds: int) -> list[Row]:
    """
    Return a row for each way to read *hours* of MARKETS: the median of *rounds*, in which the ways take turns.

    Raises:
        RuntimeError: a way has read other rows than were written.
    """
    ticks = prices(MARKETS, round(hours * 3600))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = store_of(folder, ticks, granularity)
        store.close()
        paths = {str(market): files(folder, market) for market in MARKETS}
        expected = sum(map(len, ticks.values())), sum(float(rows.price.sum()) for rows in ticks.values())

        def store_read(_: object) -> tuple[int, float]:
            stored = [store.read(market, START, START + math.ceil(hours * HOUR)) for market in MARKETS]
            return sum(map(len, stored)), sum(float(rows.price.sum()) for rows in stored)

        ways: dict[str, Callable[[Any], tuple[int, float]]] = {THIS_PROJECT: store_read, **readers()}
        for way, read in ways.items():
            _check(way, read(paths), expected)  # this first call also imports libraries and fills the disk cache
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, read in ways.items():
                began = perf_counter()
                read(paths)
                times[way].append(perf_counter() - began)
    medians = {way: statistics.median(of_way) for way, of_way in times.items()}
    return [
        {
            "way": way,
            "ms": 1000 * median,
            "rows/s": expected[0] / median,
            "time / raw bytes": median / medians[RAW],
            "time / pandas by file": median / medians[PANDAS],
        }
        for way, median in medians.items()
    ]


def follow(granularity: str, hours: float, rounds: int) -> dict[str, float]:
    """Return the seconds of a Store.poll after one more row for each market, and of reading all *hours* again."""
    seconds = round(hours * 3600)
    with tempfile.TemporaryDirectory() as name:
        store = store_of(Path(name), prices(MARKETS, seconds), granularity)
        polls = _polls(store, seconds, rounds)
        again = []
        for _ in range(3):
            began = perf_counter()
            for market in MARKETS:
                store.read(market, START, START + 1000 * (seconds + rounds))
            again.append(perf_counter() - began)
        store.close()
    return {"p50": percentile(polls, 50), "p99": percentile(polls, 99), "again": statistics.median(again)}


def report(rounds: int = 7, hours: float = 24.0) -> str:
    """Return the section of the results."""
    parts = [
        f"{hours:g} h of {len(MARKETS)} markets, a row each second ({len(MARKETS) * hours * 3600:,.0f} rows), read "
        f"whole, in one process, from files that are in memory already. Medians of {rounds} rounds in which the ways "
        "take turns. pyarrow, polars and duckdb use all cores; `Store.read` uses one and leaves the others to the "
        "page, and it alone checks each row, sorts the rows and finds torn and malformed lines."
    ]
    for granularity in ("hour", "minute"):
        rows = measure(granularity, hours, rounds)
        parts.append(f"### One file for each {granularity}\n\n{table(rows)}\n{_verdict(rows)}")
    followed = [
        {"files of": granularity, "stored (h)": length, **_following(follow(granularity, length, 200))}
        for granularity in ("hour", "minute")
        for length in (1.0, hours)
    ]
    parts.append(
        "### Following\n\n`Store.poll` after one more row for each market, as a page does at each refresh, "
        f"with few and with many rows stored; compared with reading all of them again.\n\n{table(followed)}\n"
        + " ".join(_growth(followed, granularity) for granularity in ("hour", "minute"))
    )
    return "\n\n".join(parts)


def _polls(store: Store, seconds: int, rounds: int) -> list[float]:
    _, cursor = store.poll(None)
    times = []
    for number in range(rounds):
        time_of_row = START + 1000 * (seconds + number)
        store.append({market: Ticks.of([time_of_row], [95_000.5], 1000) for market in MARKETS})
        began = perf_counter()
        arrived, cursor = store.poll(cursor)
        times.append(perf_counter() - began)
        _check("Store.poll", (sum(map(len, arrived.values())), 0.0), (len(MARKETS), 0.0))
    return times


def _following(figures: Mapping[str, float]) -> Row:
    return {
        "poll p50 (ms)": 1000 * figures["p50"],
        "poll p99 (ms)": 1000 * figures["p99"],
        "reading all (ms)": 1000 * figures["again"],
        "all / poll": figures["again"] / figures["p50"],
    }


def _growth(rows: Sequence[Row], granularity: str) -> str:
    short, long = (row["poll p50 (ms)"] for row in rows if row["files of"] == granularity)
    return f"With files of one {granularity}, the longer history makes a poll take {long / short:.2f} times as long."


def _verdict(rows: Sequence[Row]) -> str:
    """Return a sentence that names the faster and the slower ways, with their ratios."""
    times = {str(row["way"]): row["ms"] for row in rows}
    ours = times.pop(THIS_PROJECT)
    ahead = [f"{way} ({ours / time:.2g} times)" for way, time in times.items() if time * ALIKE < ours and way != RAW]
    behind = [f"{way} ({time / ours:.2g} times)" for way, time in times.items() if time > ours * ALIKE]
    alike = [way for way, time in times.items() if ours / ALIKE <= time <= ours * ALIKE]
    return (
        f"`{THIS_PROJECT}` is slower than {_listed(ahead)}; as fast, within {ALIKE - 1:.0%}, as {_listed(alike)}; "
        f"and faster than {_listed(behind)}."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none of them"


def _check(way: str, result: tuple[int, float], expected: tuple[int, float]) -> None:
    """Raise RuntimeError if *result*, number of rows and sum of prices, is not the *expected* one."""
    if way != RAW and not (result[0] == expected[0] and math.isclose(result[1], expected[1], rel_tol=1e-9)):
        raise RuntimeError(f"{way} read {result[0]} rows of {expected[0]}, or other prices")
