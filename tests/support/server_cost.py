"""What a process costs its machine."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.bystanders import memory


@contextmanager
def peak_memory(pid: int) -> Iterator[list[int]]:
    """Collect how much memory the process *pid* uses (bytes), until the end."""
    samples, ended = [memory(pid)], threading.Event()

    def sample() -> None:
        while not ended.wait(0.05):
            samples.append(memory(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def processor_time(pid: int) -> float:
    """Return how many seconds the process *pid* has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
