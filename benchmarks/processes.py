"""The time and memory of a command, and of a process and its descendants. Reads /proc, so Linux only."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


def family(process: int) -> list[int]:
    """Return *process* and its descendants that still run."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    members = [process]
    for member in members:
        members += [child for child, parent in parents.items() if parent == member]
    return members


def family_memory(process: int) -> float:
    """Return the PSS of *process* and its descendants in MB."""
    total = 0
    for member in family(process):
        with suppress(OSError):  # it has ended
            pss = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{member}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(pss[1]) if pss else 0
    return total / 1000


def family_cpu_seconds(process: int) -> float:
    """Return the seconds of CPU that *process* and its descendants have used."""
    total = 0.0
    for member in family(process):
        with suppress(OSError):  # it has ended
            total += cpu_seconds(member)
    return total


def cpu_seconds(process: int) -> float:
    """Return the seconds of CPU that *process* has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_tracker(folder: Path, *arguments: str) -> tuple[float, float]:
    """
    Run ``tracker`` with *arguments* on the store in *folder*, with the settings beside it.

    Returns:
        How long the command took (s), and the most memory that it needed (MB).

    Raises:
        RuntimeError: it has failed.
    """
    environment = {**os.environ, "TRACKER_STORE": f"csv:{folder}", "PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker", *arguments], cwd=folder.parent, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"tracker {' '.join(arguments)} exited with {process.returncode}")
    return seconds, usage.ru_maxrss / 1000
