"""Many processes on one folder, killed, ended and frozen at random: one collects, no slot gets a second row."""

import os
import random
import signal
import time
from itertools import pairwise
from pathlib import Path

from tests.soak.contender import MARKETS, fork
from tests.soak.rows import doubled, on_disk, wait_for

EVERY = 200  # ms
CROWD = 20


def run(folder: Path, size: int, seed: int, crowd: int = CROWD) -> dict[str, object]:
    """*size* blows, each to a random process or to the one that collects; the dead are replaced."""
    chance = random.Random(seed)
    alive = [fork(folder, EVERY) for _ in range(crowd)]
    counts = {"killed": 0, "ended": 0, "frozen": 0}
    longest = 0.0
    try:
        wait_for(lambda: on_disk(folder), "somebody collects")
        for _ in range(size):
            victim = _holder(folder) if chance.random() < 0.6 else chance.choice(alive)
            if victim not in alive:
                victim = chance.choice(alive)
            blow = chance.choice(("killed", "killed", "ended", "frozen"))
            counts[blow] += 1
            if blow == "frozen":
                os.kill(victim, signal.SIGSTOP)
                time.sleep(chance.random())
                os.kill(victim, signal.SIGCONT)
            else:
                os.kill(victim, signal.SIGKILL if blow == "killed" else signal.SIGTERM)
                os.waitpid(victim, 0)
                alive[alive.index(victim)] = fork(folder, EVERY)
            before = sum(on_disk(folder).values())
            longest = max(longest, wait_for(lambda n=before: sum(on_disk(folder).values()) > n, "collecting goes on"))
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    there = on_disk(folder)
    assert not doubled(there), doubled(there)
    times = sorted(at for market, at, _ in there if market == MARKETS[0].slug)
    pause = max(later - sooner for sooner, later in pairwise(times)) / 1000
    return {
        "processes": crowd,
        **counts,
        "rows": sum(there.values()),
        "doubled": len(doubled(there)),
        "longest pause (s)": pause,
    }


def _holder(folder: Path) -> int:
    text = (folder / ".lease-collect").read_text()
    digits = text.rpartition("(pid ")[2].rstrip(")\n")
    return int(digits) if digits.isdigit() else 0
