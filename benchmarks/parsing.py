"""
The share of a command's time that a parsed copy of closed buckets would save, with 24 h of a row each second.

A copy has the same columns in Arrow files, which need no parsing. Older prices need no rows: their bars are kept.
"""

import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa

from benchmarks.generated import MARKETS, name_markets, write_days
from benchmarks.opening_years import seconds_to_open
from benchmarks.processes import run_tracker
from benchmarks.results import Row, table
from tests.support.page_server import now
from tracker.core.durations import DAY, SECOND
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore

MATTERS = 0.15  # share of a command's time from which on a copy would be worth its code
COMMANDS = {
    "tracker stats": ("stats",),
    "tracker report": ("report", "--span", "24h", "--out", "report.html"),
    "tracker export, CSV": ("export", "--last", "24h", "--out", "rows.csv", "--force"),
    "tracker export, Parquet": ("export", "--last", "24h", "--out", "rows.parquet", "--force"),
}


def report(rounds: int = 7, every: int = SECOND, *, with_page: bool = True) -> str:
    """Return the section of the results; *every*: ms between rows."""
    with tempfile.TemporaryDirectory(dir=".") as parent:
        folder = Path(parent).resolve() / "data"
        name_markets(folder, MARKETS, every)
        end = now()
        store = write_days(folder, MARKETS, 1, every, end)
        parsing, copied = _reading(store, folder.parent, end, rounds)
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(rounds):
            for name, arguments in COMMANDS.items():
                times[name].append(run_tracker(folder, *arguments)[0])
        commands = {name: statistics.median(each) for name, each in times.items()}
        if with_page:
            commands["opening a page, new kernel"] = seconds_to_open(folder.parent, MARKETS, every, rounds)
    rows = shares(commands, parsing - copied)
    return (
        f"24 h of {len(MARKETS)} markets ({len(MARKETS) * DAY // every:,} rows) take {1000 * parsing:.0f} ms to read, "
        f"and {1000 * copied:.0f} ms from a copy of the same columns in Arrow files. Each command is run as a user "
        f"types it, in a process of its own; medians of {rounds} rounds.\n\n{table(rows)}\n{verdict(rows)}"
    )


def shares(commands: Mapping[str, float], saved: float) -> list[Row]:
    """Return a row for each of *commands* (s) with the share of it that *saved* seconds are."""
    return [
        {"command": name, "s": seconds, "saved by a copy (ms)": 1000 * saved, "saved (%)": 100 * saved / seconds}
        for name, seconds in commands.items()
    ]


def verdict(rows: list[Row]) -> str:
    """Return whether a copy matters for any command."""
    most = max(rows, key=lambda row: row["saved (%)"])
    which = f"at most {most['saved (%)']:.2g} %, of `{most['command']}`"
    if most["saved (%)"] >= 100 * MATTERS:
        return f"A copy would save {which}: it **matters**, as that is {100 * MATTERS:.0f} % or more."
    return (
        f"A copy would save {which}. That is not worth a second form of every price, which has to be made, stored, "
        "compared with its buckets and made anew where these change: none is kept. Spans above 25 h read kept bars."
    )


def _reading(store: CsvStore, folder: Path, end: int, rounds: int) -> tuple[float, float]:
    """Return the medians of reading a day of all markets (s) from *store*, and from copies in *folder*."""
    copies: dict[Market, Path] = {}
    for number, market in enumerate(MARKETS):
        ticks = store.read(market, end - DAY, end)
        columns = {name: getattr(ticks, name) for name in ("time", "price", "interval", "origin")}
        copies[market] = folder / f"{number}.arrow"
        data = pa.table(columns)
        with pa.OSFile(str(copies[market]), "wb") as file, pa.ipc.new_file(file, data.schema) as writer:
            writer.write_table(data)

    def read_rows() -> int:
        return sum(len(store.read(market, end - DAY, end)) for market in MARKETS)

    def read_copies() -> int:
        return sum(len(_copy(path)) for path in copies.values())

    if read_rows() != read_copies():
        raise RuntimeError("the copies have other rows than the store")
    times: dict[Callable[[], int], list[float]] = {read_rows: [], read_copies: []}
    for _ in range(rounds):
        for read, seconds in times.items():
            began = perf_counter()
            read()
            seconds.append(perf_counter() - began)
    return statistics.median(times[read_rows]), statistics.median(times[read_copies])


def _copy(path: Path) -> Ticks:
    with pa.OSFile(str(path)) as file:
        data = pa.ipc.open_file(file).read_all()
    time, price, interval, origin = (np.asarray(data[name]) for name in ("time", "price", "interval", "origin"))
    return Ticks.of(time, price, interval, origin)
