"""A process that holds the lock forks and dies: the child that survives does not keep the lock."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.soak.rows import wait_for
from tracker.coordination.file import FileCoordination

WAYS = ("fork", "multiprocessing", "subprocess")


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Start a child *size* times in each way."""
    slowest = 0.0
    for number in range(size):
        for way in WAYS:
            slowest = max(slowest, _free_after(folder / f"{way}-{number}", way))
    return {"rounds": size * len(WAYS), "children that kept the lock": 0, "longest until free (s)": round(slowest, 3)}


def _free_after(folder: Path, way: str) -> float:
    folder.mkdir(parents=True)
    read_end, write_end = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            lease = FileCoordination(folder, "parent")
            assert lease.try_acquire("collect")
            os.write(write_end, f"{_child(way)}\n".encode())
            time.sleep(60)
        finally:
            os._exit(1)
    os.close(write_end)
    with os.fdopen(read_end) as output:
        child = int(output.readline())
    successor = FileCoordination(folder, "successor")
    try:
        assert not successor.try_acquire("collect"), "the parent holds it"
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        took = wait_for(lambda: successor.try_acquire("collect"), f"{way}: the lock is free", 5)
        os.kill(child, 0)  # the child is still alive
        return took
    finally:
        successor.release("collect")
        os.kill(child, signal.SIGKILL)


def _child(way: str) -> int:
    """Start a child that sleeps; return its pid."""
    if way == "subprocess":
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False).pid
    if way == "multiprocessing":
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        process.start()
        return int(process.pid or 0)
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
    return pid
