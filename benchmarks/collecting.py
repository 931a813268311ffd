"""
Collecting every second over HTTP from a sandbox in another process: slots kept, delay, CPU and memory.

Beside it, in the same run, the old app's way: see in_turn.py. Reads /proc, so Linux only.
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
from benchmarks.results import Row, percentile, table
from tracker.core.market import Market
from tracker.stores.csv.layout import bucket_name

LOOK = 0.01  # seconds between two looks at all files: delays are told at most this much too long
PATIENCE = 60.0  # seconds until every market must have its first row
OURS, OLD = "tracker collect", "one request in turn"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Watch:
    """
    When files grew: of each path the sizes met, and when (epoch s) each was first seen.

    Args:
        paths: the files to look at now; a file may not exist yet.
    """

    paths: Callable[[], Sequence[Path]]
    seen: dict[Path, list[tuple[int, float]]] = field(default_factory=dict)

    def look(self) -> None:
        for path in self.paths():
            try:
                size = os.stat(path).st_size  # noqa: PTH116 - fifty thousand times a second
            except FileNotFoundError:
                continue
            known = self.seen.setdefault(path, [])
            if not known or size > known[-1][0]:
                known.append((size, time.time()))

    def until(self, stop: float) -> None:
        """Look again and again until *stop* (epoch s)."""
        while time.time() < stop:
            self.look()
            time.sleep(LOOK)

    def rows(self) -> Iterator[tuple[Path, float, float]]:
        """Each row's file, its own time, and when it was first seen."""
        for path, growth in self.seen.items():
            end, steps = 0, iter(growth)
            size, at = next(steps)
            for line in path.read_bytes().splitlines(keepends=True):
                end += len(line)
                while end > size:
                    size, at = next(steps, (sys.maxsize, float("nan")))
                if line[:1].isdigit() and line.endswith(b"\n"):
                    yield path, float(line.split(b",")[0]), at


def collector(url: str, asked: Sequence[Market], folder: Path, span: str) -> tuple[subprocess.Popen[bytes], Watch]:
    """``tracker collect`` every second into *folder*, and what watches its files."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    environment |= {
        "TRACKER_MARKETS": json.dumps([{"name": str(market), "every": "1s"} for market in asked]),
        "TRACKER_EXCHANGES__BINANCE__URL": url,
        "TRACKER_STORE": f"csv:{folder}",
        "TRACKER_SPAN": span,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    folders = [folder / market.exchange / market.slug for market in asked]

    def paths() -> list[Path]:
        now = time.time_ns() // 1_000_000
        # The hour that has just ended may still get its last row.
        return [each / name for name in {bucket_name(now), bucket_name(now - 2000)} for each in folders]

    command = [sys.executable, "-m", "tracker", "collect"]
    return subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.DEVNULL), Watch(paths)


def in_turn(url: str, asked: Sequence[Market], folder: Path) -> tuple[subprocess.Popen[bytes], Watch]:
    """The old app's way, and what watches its files."""
    files = [folder / f"{market.base}{market.quote}.csv" for market in asked]
    command = [sys.executable, "-m", "benchmarks.in_turn", url, str(len(asked)), str(folder)]
    return subprocess.Popen(command, cwd=ROOT), Watch(lambda: files)


def measure(way: str, count: int, seconds: float, *, span: str = "1min") -> Row:
    """
    Figures of *seconds* of collecting *count* markets in the *way* "tracker" or "in turn".

    *span* is how much of the past the collector fetches meanwhile.
    """
    asked = markets(count)
    with tempfile.TemporaryDirectory() as name, running(count) as url:
        folder = Path(name)
        started = collector(url, asked, folder, span) if way == "tracker" else in_turn(url, asked, folder)
        with ended(started[0]) as process:
            watch = started[1]
            patience = time.time() + PATIENCE
            while len(watch.seen) < count:
                if process.poll() is not None or time.time() > patience:
                    raise RuntimeError(f"{way}: {len(watch.seen)} of {count} markets have a row")
                watch.until(time.time() + 0.1)
            first = int(time.time()) + 1
            watch.until(first)
            before = cpu(process.pid)
            watch.until(first + seconds)
            used = (cpu(process.pid) - before) / seconds
            memory = resident(process.pid)
            watch.until(first + seconds + 1.5)  # a slot's row may come late, but not after the next one's
        found = figures(list(watch.rows()), count, first, int(seconds))
        kept = found["slots due"] * found["kept (%)"] / 100
        return {**found, "CPU": used, "CPU per slot (ms)": 1000 * used * seconds / max(kept, 1), "memory (MB)": memory}


def figures(rows: Sequence[tuple[Path, float, float]], count: int, first: int, slots: int) -> Row:
    """Of *rows* as Watch gives them: what was kept of slots *first*.. of *count* markets, how late, how often."""
    kept: dict[Path, dict[int, float]] = {}
    for path, when, seen in rows:
        if first <= when < first + slots:
            market = path.parent if path.parent.parent.name == "binance" else path
            kept.setdefault(market, {}).setdefault(int(when), seen - int(when))
    delays = [delay for each in kept.values() for delay in each.values()]
    pauses = [pause for each in kept.values() for pause in np.diff(sorted(each)).tolist()]
    return {
        "slots due": count * slots,
        "kept (%)": 100 * len(delays) / (count * slots),
        "delay p50 (s)": percentile(delays, 50),
        "delay p99 (s)": percentile(delays, 99),
        "pause p50 (s)": percentile(pauses, 50),
    }


def report(seconds: float = 60.0, counts: Sequence[int] = (8, 100, 500)) -> str:
    rows: list[Row] = []
    most = max(counts)
    for count in counts:
        rows.append({"way": OURS, "markets": count, **measure("tracker", count, seconds)})
    rows.append(
        {"way": "the same, fetching 24 h", "markets": most, **measure("tracker", most, seconds, span="24h")},
    )
    for count in counts:
        rows.append({"way": OLD, "markets": count, **measure("in turn", count, seconds)})
    return (
        f"{seconds:g} s of collecting each market once a second, over HTTP, from a sandbox in another process that "
        f"speaks Binance's dialect and takes {LATENCY * 1000:g} ms for each request; this project asks for up to 100 "
        "markets at once. Kept: share of (market, second) with a row. Delay: from the second's start until its row "
        f"is in its file, looked for every {LOOK * 1000:g} ms; a row of the other way carries the time of its "
        "answer, so there it says how far into the second that came. Pause: between two seconds of a market that "
        "have a row. CPU: seconds of it per second, of the collecting process alone; per slot: of those kept. "
        "“Fetching 24 h” collects while it asks for the history of every market.\n\n"
        f"{table(rows)}\n{verdict(rows, most)}"
    )


def verdict(rows: Sequence[Row], count: int) -> str:
    """What the two ways are to each other with *count* markets, where this project loses, too."""
    ours, old = (next(row for row in rows if row["way"] == way and row["markets"] == count) for way in (OURS, OLD))
    ratio = {key: ours[key] / max(old[key], 1e-9) for key in ours if key not in ("way",)}
    return (
        f"With {count} markets this project keeps {ratio['kept (%)']:.3g} times as many slots as one request in turn, "
        f"for {ratio['CPU per slot (ms)']:.2g} times the CPU per slot kept, {ratio['CPU']:.2g} times the CPU in all "
        f"and {ratio['memory (MB)']:.2g} times the memory."
    )


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """*process*, terminated at the end; killed if it does not heed that."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu(process: int) -> float:
    """Seconds of CPU that *process* has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def resident(process: int) -> float:
    """MB of memory that *process* holds now."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
