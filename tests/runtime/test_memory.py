"""What a process has freed goes back to the operating system, where its C library can do that."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracker.runtime.memory import ONE_HEAP, own_pages

# Blocks of 64 kB lie in the heap, and those that are kept between them hold all of it.
_SCRIPT = """
from pathlib import Path
from tracker.runtime.memory import give_back
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
blocks = [b"%d" % number * 13_107 for number in range(10_000, 12_000)]
del blocks[::2]
before = resident()
give_back()
print(before - resident())
"""


_THREADS = """
import threading
from pathlib import Path
from tracker.runtime.memory import give_back, share_heap
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def read():
    together.wait()
    blocks = [bytearray(65_000) for _ in range(200)]
    together.wait()
bytearray(30_000_000)  # glibc keeps as much for each thread as was freed in one piece before
share_heap()
before, together = resident(), threading.Barrier(4)
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
give_back()
print(resident() - before)
"""


# Threads that ran before, as those of ipykernel, have heaps of their own, in which later ones leave blocks.
_HEAPS = """
import ctypes, threading
from tracker.runtime.memory import share_heap
def run():
    kept.append([bytearray(65_000) for _ in range(10)])
    together.wait()
kept, together = [], threading.Barrier(5)
earlier = [threading.Thread(target=run) for _ in range(4)]
for thread in earlier:
    thread.start()
together.wait()
share_heap()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc lists its heaps"
)
@pytest.mark.parametrize("environment", [{}, ONE_HEAP])
def test_all_threads_have_one_heap_from_the_start_with_its_environment(environment):
    run = subprocess.run(
        [sys.executable, "-c", _HEAPS], capture_output=True, check=True, text=True, env=os.environ | environment
    )
    assert (run.stdout.count("<heap nr=") == 1) == bool(environment)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory is resident")
def test_freed_blocks_are_given_back():
    freed = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, check=True, text=True).stdout
    assert int(freed) > 40_000_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory is resident")
def test_what_threads_have_freed_is_given_back():
    kept = subprocess.run([sys.executable, "-c", _THREADS], capture_output=True, check=True, text=True).stdout
    assert int(kept) < 5_000_000


@pytest.mark.parametrize("shape", [(3,), (100_000,), (5, 20_000), (0, 5)])
def test_pages_of_their_own_are_zeros_that_can_be_written(shape):
    pages = own_pages(shape, np.int64)
    assert (pages.shape, pages.dtype, pages.any()) == (shape, np.int64, False)
    pages[:] = 7
    assert (pages == 7).all()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory is resident")
def test_pages_that_are_only_read_take_no_memory():
    before = resident()
    pages = own_pages((8, 1_000_000), np.int64)
    assert not pages.any()
    pages[1] = 1
    assert resident() - before < 20_000_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
