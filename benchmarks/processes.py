"""The time and memory of a command, and of a process and its descendants. Reads /proc, so Linux only."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_STARTER = """
import os, sys, time
began = time.perf_counter()
process = os.posix_spawn(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
)
_, status, usage = os.wait4(process, 0)
print(time.perf_counter() - began, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


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


def family_memory(process: int, of: str = "Pss") -> float:
    """
    Return the PSS of *process* and its descendants in MB.

    *of*: ``Pss_Anon`` leaves out what is read from files. Of libraries, a process has a share that falls and rises with
    how many other processes use them, and with what the system has put aside.
    """
    total = 0
    for member in family(process):
        with suppress(OSError):  # it has ended
            pss = re.search(rf"^{of}:\s+(\d+) kB", Path(f"/proc/{member}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(pss[1]) if pss else 0
    return total / 1000


def own_memory(process: int) -> float:
    """Return the USS of *process* in MB: what it shares with no other."""
    pages = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", pages, re.MULTILINE))) / 1000


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
    """Return what run() does of ``tracker`` with *arguments*, on the store in *folder*, with the settings beside it."""
    environment = {**os.environ, "TRACKER_STORE": f"csv:{folder}", "PYTHONPATH": os.pathsep.join(sys.path)}
    return run([sys.executable, "-m", "tracker", *arguments], folder.parent, environment)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """
    Run *command* in *folder*; its output is thrown away.

    Returns:
        How long it took (s), and the most memory that it needed (MB).

    Raises:
        RuntimeError: it has failed.
    """
    # A process counts what the one that started it had in memory as its own, so a small one starts it.
    measured = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTER, *command],
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, kilobytes, status = measured.stdout.split()
    if int(status):
        raise RuntimeError(f"{' '.join(command)} exited with {status}")
    return float(seconds), int(kilobytes) / 1000
