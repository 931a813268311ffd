"""Many processes on one folder, killed, terminated and stopped at random: one collects, no slot has two rows."""

import os
import random
import signal
import time
from itertools import pairwise
from pathlib import Path

from tests.soak.contender import MARKETS, fork
from tests.soak.rows import duplicates, on_disk, wait_for

EVERY = 200  # ms
CROWD = 20


def run(folder: Path, size: int, seed: int, crowd: int = CROWD) -> dict[str, object]:
    """Signal a random or the collecting process *size* times; replace those that ended."""
    chance = random.Random(seed)
    alive = [fork(folder, EVERY) for _ in range(crowd)]
    counts = {"killed": 0, "ended": 0, "frozen": 0}
    longest = 0.0
    try:
        wait_for(lambda: on_disk(folder), "one of them collects")
        for _ in range(size):
            victim = _holder(folder) if chance.random() < 0.6 else chance.choice(alive)
            if victim not in alive:
                victim = chance.choice(alive)
            action = chance.choice(("killed", "killed", "ended", "frozen"))
            counts[action] += 1
            if action == "frozen":
                os.kill(victim, signal.SIGSTOP)
                time.sleep(chance.random())
                os.kill(victim, signal.SIGCONT)
            else:
                os.kill(victim, signal.SIGKILL if action == "killed" else signal.SIGTERM)
                os.waitpid(victim, 0)
                alive[alive.index(victim)] = fork(folder, EVERY)
            before = sum(on_disk(folder).values())
            longest = max(longest, wait_for(lambda n=before: sum(on_disk(folder).values()) > n, "collecting resumes"))
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    rows = on_disk(folder)
    assert not duplicates(rows), duplicates(rows)
    times = sorted(at for market, at, _ in rows if market == MARKETS[0].slug)
    pause = max(later - sooner for sooner, later in pairwise(times)) / 1000
    return {
        "processes": crowd,
        **counts,
        "rows": sum(rows.values()),
        "duplicates": len(duplicates(rows)),
        "longest pause (s)": pause,
    }


def _holder(folder: Path) -> int:
    text = (folder / ".lease-collect").read_text()
    digits = text.rpartition("(pid ")[2].rstrip(")\n")
    return int(digits) if digits.isdigit() else 0
