"""The lock held while the process forks: a child that lives on does not keep it when the parent dies."""

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
    """*size* rounds of each way to have a child."""
    slowest = 0.0
    for number in range(size):
        for way in WAYS:
            slowest = max(slowest, _one(folder / f"{way}-{number}", way))
    return {"rounds": size * len(WAYS), "children that kept the lock": 0, "longest until free (s)": round(slowest, 3)}


def _one(folder: Path, way: str) -> float:
    folder.mkdir(parents=True)
    reading, writing = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            lease = FileCoordination(folder, "parent")
            assert lease.try_acquire("collect")
            os.write(writing, f"{_child(way)}\n".encode())
            time.sleep(60)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as said:
        child = int(said.readline())
    heir = FileCoordination(folder, "heir")
    try:
        assert not heir.try_acquire("collect"), "the parent holds it"
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        took = wait_for(lambda: heir.try_acquire("collect"), f"{way}: the lock is free", 5)
        os.kill(child, 0)  # the child lives on all the while
        return took
    finally:
        heir.release("collect")
        os.kill(child, signal.SIGKILL)


def _child(way: str) -> int:
    """A child that sleeps; its pid."""
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
