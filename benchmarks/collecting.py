"""
Collecting every second over HTTP from a sandbox in another process: slots kept, delay, CPU and memory.

The same run measures the way of the former app, see in_turn.py. Reads /proc, so Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.exchange import LATENCY, ROOT, markets, running
from benchmarks.processes import cpu_seconds
from benchmarks.results import Row, percentile, table
from tracker.core.market import Market
from tracker.stores.csv.layout import bucket_name

CHECK_INTERVAL = 0.01  # seconds between two checks of all files; delays are at most this much too long
PATIENCE = 60.0  # seconds until every market must have its first row
THIS_PROJECT, FORMER_APP = "tracker collect", "one request in turn"


@dataclass
class GrowthLog:
    """
    The growth of files: for each path, each size and when (epoch s) it was first seen.

    Args:
        paths: returns the files to check now; a file may not exist yet.
    """

    paths: Callable[[], Sequence[Path]]
    seen: dict[Path, list[tuple[int, float]]] = field(default_factory=dict)

    def check(self) -> None:
        """Record the files that have grown since the last check."""
        for path in self.paths():
            try:
                size = os.stat(path).st_size  # noqa: PTH116 - called fifty thousand times a second
            except FileNotFoundError:
                continue
            sizes = self.seen.setdefault(path, [])
            if not sizes or size > sizes[-1][0]:
                sizes.append((size, time.time()))

    def check_until(self, stop: float) -> None:
        """Check repeatedly until *stop* (epoch s)."""
        while time.time() < stop:
            self.check()
            time.sleep(CHECK_INTERVAL)

    def rows(self) -> Iterator[tuple[Path, float, float]]:
        """Yield the file of each row, the row's time, and when it was first seen."""
        for path, growth in self.seen.items():
            end, steps = 0, iter(growth)
            size, at = next(steps)
            for line in path.read_bytes().splitlines(keepends=True):
                end += len(line)
                while end > size:
                    size, at = next(steps, (sys.maxsize, float("nan")))
                if line[:1].isdigit() and line.endswith(b"\n"):
                    yield path, float(line.split(b",")[0]), at


def collector(url: str, polled: Sequence[Market], folder: Path, span: str) -> tuple[subprocess.Popen[bytes], GrowthLog]:
    """Start ``tracker collect``, every second into *folder*; return it and the log of its files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    environment |= {
        "TRACKER_MARKETS": json.dumps([{"name": str(market), "every": "1s"} for market in polled]),
        "TRACKER_EXCHANGES__BINANCE__URL": url,
        "TRACKER_STORE": f"csv:{folder}",
        "TRACKER_SPAN": span,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    folders = [folder / market.exchange / market.slug for market in polled]

    def paths() -> list[Path]:
        now = time.time_ns() // 1_000_000
        # The hour that has just ended may still get its last row.
        names = {bucket_name(now), bucket_name(now - 2000)}
        return [place / name for name in names for place in folders]

    command = [sys.executable, "-m", "tracker", "collect"]
    return subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL), GrowthLog(paths)


def in_turn(url: str, polled: Sequence[Market], folder: Path) -> tuple[subprocess.Popen[bytes], GrowthLog]:
    """Start the former app's way to collect; return it and the log of its files."""
    files = [folder / f"{market.base}{market.quote}.csv" for market in polled]
    command = [sys.executable, "-m", "benchmarks.in_turn", url, str(len(polled)), str(folder)]
    return subprocess.Popen(command, cwd=ROOT), GrowthLog(lambda: files)


def measure(way: str, count: int, seconds: float, *, span: str = "1min") -> Row:
    """
    Return the figures of collecting *count* markets for *seconds* in the *way* "tracker" or "in turn".

    *span* is how much of the past the collector fetches at the same time.
    """
    polled = markets(count)
    with tempfile.TemporaryDirectory() as name, running(count) as url:
        folder = Path(name)
        started, log = collector(url, polled, folder, span) if way == "tracker" else in_turn(url, polled, folder)
        with terminated(started) as process:
            deadline = time.time() + PATIENCE
            while len(log.seen) < count:
                if process.poll() is not None or time.time() > deadline:
                    raise RuntimeError(f"{way}: {len(log.seen)} of {count} markets have a row")
                log.check_until(time.time() + 0.1)
            first = int(time.time()) + 1
            log.check_until(first)
            before = cpu_seconds(process.pid)
            log.check_until(first + seconds)
            used = (cpu_seconds(process.pid) - before) / seconds
            memory = resident(process.pid)
            log.check_until(first + seconds + 1.5)  # a slot's row may come late, but not after the next one's
        result = figures(list(log.rows()), count, first, int(seconds))
        kept = result["slots due"] * result["kept (%)"] / 100
        return {**result, "CPU": used, "CPU per slot (ms)": 1000 * used * seconds / max(kept, 1), "memory (MB)": memory}


def figures(rows: Sequence[tuple[Path, float, float]], count: int, first: int, slots: int) -> Row:
    """Return how many slots from *first* on *count* markets kept, their delays and pauses; *rows* of GrowthLog."""
    kept: dict[Path, dict[int, float]] = {}
    for path, when, seen in rows:
        if first <= when < first + slots:
            market = path.parent if path.parent.parent.name == "binance" else path
            kept.setdefault(market, {}).setdefault(int(when), seen - int(when))
    delays = [delay for slots_kept in kept.values() for delay in slots_kept.values()]
    pauses = [pause for slots_kept in kept.values() for pause in np.diff(sorted(slots_kept)).tolist()]
    return {
        "slots due": count * slots,
        "kept (%)": 100 * len(delays) / (count * slots),
        "delay p50 (s)": percentile(delays, 50),
        "delay p99 (s)": percentile(delays, 99),
        "pause p50 (s)": percentile(pauses, 50),
    }


def report(seconds: float = 60.0, counts: Sequence[int] = (8, 100, 500)) -> str:
    """Return the section of the results."""
    rows: list[Row] = []
    most = max(counts)
    for count in counts:
        rows.append({"way": THIS_PROJECT, "markets": count, **measure("tracker", count, seconds)})
    rows.append(
        {"way": "the same, fetching 24 h", "markets": most, **measure("tracker", most, seconds, span="24h")},
    )
    for count in counts:
        rows.append({"way": FORMER_APP, "markets": count, **measure("in turn", count, seconds)})
    return (
        f"{seconds:g} s of collecting each market once a second, over HTTP, from a sandbox in another process that "
        f"speaks Binance's dialect and takes {LATENCY * 1000:g} ms for each request; this project asks for up to 100 "
        "markets at once. Kept: share of (market, second) with a row. Delay: from the second's start until its row "
        f"is in its file, checked every {CHECK_INTERVAL * 1000:g} ms; a row of the former app's way carries the time "
        "of its answer, so there it is how far into the second the answer came. Pause: between two seconds of a market "
        "that have a row. CPU: seconds of it per second, of the collecting process alone; per slot: of those kept. "
        "“Fetching 24 h” collects while it asks for the history of every market.\n\n"
        f"{table(rows)}\n{verdict(rows, most)}"
    )


def verdict(rows: Sequence[Row], count: int) -> str:
    """Return the ratios of the two ways with *count* markets as a sentence."""
    ours, former = (
        next(row for row in rows if row["way"] == way and row["markets"] == count) for way in (THIS_PROJECT, FORMER_APP)
    )
    ratio = {key: ours[key] / max(former[key], 1e-9) for key in ours if key != "way"}
    return (
        f"With {count} markets this project keeps {ratio['kept (%)']:.3g} times as many slots as one request in turn, "
        f"for {ratio['CPU per slot (ms)']:.2g} times the CPU per slot kept, {ratio['CPU']:.2g} times the CPU in all "
        f"and {ratio['memory (MB)']:.2g} times the memory."
    )


@contextmanager
def terminated(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield *process*; terminate it at the end, kill it after 10 s."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def resident(process: int) -> float:
    """Return the resident memory of *process* in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
