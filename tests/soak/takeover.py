"""Two processes of ``tracker collect`` on one folder, of which the collecting one is killed repeatedly."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.soak.rows import duplicates, on_disk, wait_for
from tracker.runtime.clock import WallClock
from tracker.sandbox import Sandbox, Simulated

ROOT = Path(__file__).parents[2]
MARKETS = json.dumps([{"name": f"binance:BTC/{quote}", "every": "200ms"} for quote in ("EUR", "TRY")])


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Kill the collecting process *size* times."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    with Sandbox(Simulated(seed), WallClock().now) as sandbox:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TRACKER_STORE": f"csv:{folder / 'data'}",
            "TRACKER_MARKETS": MARKETS,
            "TRACKER_SPAN": "1min",
            "TRACKER_EXCHANGES__BINANCE__URL": f"{sandbox.url}/binance",
        }

        def start() -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "tracker", "collect"]
            started = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE)
            # It prints that it collects or that it waits; either way it now competes for the lease.
            assert started.stderr is not None
            assert b"collects" in started.stderr.readline()
            return started

        alive = [start(), start()]
        seen: Counter[tuple[str, int, int]] = Counter()
        slowest = 0.0
        try:
            for _ in range(size):
                holder = _holder_of(folder / "data", alive)
                count = sum(on_disk(folder / "data").values()) + chance.randrange(1, 8)
                wait_for(lambda n=count: sum(on_disk(folder / "data").values()) > n, "it collects")
                seen |= on_disk(folder / "data")
                holder.send_signal(signal.SIGKILL)
                holder.communicate()
                alive.remove(holder)
                count = sum(on_disk(folder / "data").values())
                slowest = max(slowest, wait_for(lambda n=count: sum(on_disk(folder / "data").values()) > n, "the next"))
                assert slowest < 3, "the next one takes over within 3 s"
                alive.append(start())
        finally:
            for process in alive:
                process.kill()
                process.communicate()
    rows = on_disk(folder / "data")
    assert not duplicates(rows), duplicates(rows)
    assert seen.keys() <= rows.keys(), "a row that was read before is missing"
    return {
        "kills": size,
        "rows": sum(rows.values()),
        "lost": len(seen.keys() - rows.keys()),
        "duplicates": len(duplicates(rows)),
        "slowest takeover (s)": round(slowest, 2),
    }


def _holder_of(data: Path, alive: "list[subprocess.Popen[bytes]]") -> "subprocess.Popen[bytes]":
    holders: list[subprocess.Popen[bytes]] = []

    def is_known() -> bool:
        try:
            text = (data / ".lease-collect").read_text()
        except FileNotFoundError:
            return False
        holders[:] = [process for process in alive if f"(pid {process.pid})" in text]
        return bool(holders)

    wait_for(is_known, "one of them has the lease")
    return holders[0]
