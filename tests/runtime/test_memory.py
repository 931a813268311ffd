"""What a process has freed goes back to the operating system, where its C library can do that."""

import subprocess
import sys
from pathlib import Path

import pytest

# Blocks of 64 kB lie in the heap, and one that is kept above them holds all of it.
_SCRIPT = """
from pathlib import Path
from tracker.runtime.memory import give_back
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
blocks = [bytes(65_536) for _ in range(1_000)] + [bytes(1_000) for _ in range(10)]
del blocks[:1_000]
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory is resident")
def test_freed_blocks_are_given_back():
    freed = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, check=True, text=True).stdout
    assert int(freed) > 40_000_000
