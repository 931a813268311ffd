"""A process and all that it started: which they are, their memory, their CPU time. Reads /proc: on Linux only."""

import os
import re
from contextlib import suppress
from pathlib import Path


def family(process: int) -> list[int]:
    """*process* and all that it started, which still run."""
    parents = {}
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (each / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(each.name)] = int(fields[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(process: int) -> float:
    """MB of memory of its own that *process* and its children have, a share of what they share included."""
    total = 0
    for each in family(process):
        with suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{each}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
    return total / 1000


def spent(process: int) -> float:
    """Seconds of CPU that *process* and its children have used."""
    total = 0
    for each in family(process):
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
