"""
Reading 24 h of eight markets at a second, against other ways to read the same files; and following
them, which must cost what is new and not what is there.
"""

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.generated import HOUR, MARKETS, START, files, prices, store_of
from benchmarks.readers import PANDAS, RAW, readers
from benchmarks.results import Row, percentile, table
from tracker.core.contracts import Store
from tracker.core.ticks import Ticks

OURS = "Store.read"
ALIKE = 1.1  # two medians that are nearer than this do not tell who is faster


def measure(granularity: str, hours: float, rounds: int) -> list[Row]:
    """
    A row for each way to read *hours* of MARKETS: the median of *rounds*, in which the ways take turns.

    Raises:
        RuntimeError: a way found other rows than were written.
    """
    ticks = prices(MARKETS, round(hours * 3600))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = store_of(folder, ticks, granularity)
        store.close()
        there = {str(market): files(folder, market) for market in MARKETS}
        expected = sum(map(len, ticks.values())), sum(float(each.price.sum()) for each in ticks.values())

        def ours(_: object) -> tuple[int, float]:
            found = [store.read(market, START, START + math.ceil(hours * HOUR)) for market in MARKETS]
            return sum(map(len, found)), sum(float(each.price.sum()) for each in found)

        ways: dict[str, Callable[[Any], tuple[int, float]]] = {OURS: ours, **readers()}
        for way, read in ways.items():
            _check(way, read(there), expected)  # also the first, which imports libraries and fills the disk cache
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, read in ways.items():
                began = time.perf_counter()
                read(there)
                times[way].append(time.perf_counter() - began)
    medians = {way: statistics.median(each) for way, each in times.items()}
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
    """Seconds of a Store.poll after one more row for each market with *hours* there, and of reading all anew."""
    seconds = round(hours * 3600)
    with tempfile.TemporaryDirectory() as name:
        store = store_of(Path(name), prices(MARKETS, seconds), granularity)
        polls = _polls(store, seconds, rounds)
        again = []
        for _ in range(3):
            began = time.perf_counter()
            for market in MARKETS:
                store.read(market, START, START + 1000 * (seconds + rounds))
            again.append(time.perf_counter() - began)
        store.close()
    return {"p50": percentile(polls, 50), "p99": percentile(polls, 99), "again": statistics.median(again)}


def report(rounds: int = 7, hours: float = 24.0) -> str:
    parts = [
        f"{hours:g} h of {len(MARKETS)} markets, a row each second ({len(MARKETS) * hours * 3600:,.0f} rows), read "
        f"whole, in one process, from files that are in memory already. Medians of {rounds} rounds in which the ways "
        "take turns. pyarrow, polars and duckdb use all cores; `Store.read` uses one and leaves the others to the "
        "page, and it alone checks each row, puts rows in order and sees torn and malformed lines."
    ]
    for granularity in ("hour", "minute"):
        rows = measure(granularity, hours, rounds)
        parts.append(f"### One file for each {granularity}\n\n{table(rows)}\n{_verdict(rows)}")
    followed = [
        {"files of": granularity, "there (h)": length, **_following(follow(granularity, length, 200))}
        for granularity in ("hour", "minute")
        for length in (1.0, hours)
    ]
    parts.append(
        "### Following\n\n`Store.poll` after one more row for each market, as a page does every time it looks, "
        f"with little and with much there; beside it, reading all of it again.\n\n{table(followed)}\n"
        + " ".join(_growth(followed, granularity) for granularity in ("hour", "minute"))
    )
    return "\n\n".join(parts)


def _polls(store: Store, seconds: int, rounds: int) -> list[float]:
    _, cursor = store.poll(None)
    times = []
    for number in range(rounds):
        time_of_row = START + 1000 * (seconds + number)
        store.append({market: Ticks.of([time_of_row], [95_000.5], 1000) for market in MARKETS})
        began = time.perf_counter()
        arrived, cursor = store.poll(cursor)
        times.append(time.perf_counter() - began)
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
    little, much = (row["poll p50 (ms)"] for row in rows if row["files of"] == granularity)
    return f"With files of one {granularity}, the longer stretch makes a poll take {much / little:.2f} times as long."


def _verdict(rows: Sequence[Row]) -> str:
    """Who is faster than this project, in words, with how much."""
    times = {str(row["way"]): row["ms"] for row in rows}
    own = times[OURS]
    ahead = [f"{way} ({own / each:.2g} times)" for way, each in times.items() if each * ALIKE < own and way != RAW]
    behind = [f"{way} ({each / own:.2g} times)" for way, each in times.items() if each > own * ALIKE]
    alike = [way for way, each in times.items() if way != OURS and own / ALIKE <= each <= own * ALIKE]
    return (
        f"`{OURS}` is slower than {_listed(ahead)}; as fast, within {ALIKE - 1:.0%}, as {_listed(alike)}; "
        f"and faster than {_listed(behind)}."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none of them"


def _check(way: str, found: tuple[int, float], expected: tuple[int, float]) -> None:
    if way != RAW and not (found[0] == expected[0] and math.isclose(found[1], expected[1], rel_tol=1e-9)):
        raise RuntimeError(f"{way} found {found[0]} rows of {expected[0]}, or other prices")
