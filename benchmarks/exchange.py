"""
A sandbox with any number of markets in a process of its own: ``python -m benchmarks.exchange 500``.

It prints its URL, then answers until its standard input ends, as it does when the process that started it dies.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.core.market import Market
from tracker.sandbox import Sandbox, Simulated

ROOT = Path(__file__).resolve().parents[1]  # where `python -m benchmarks` finds this package, which is never installed
LATENCY = 0.02  # seconds per request, about those of an exchange on the same continent


def markets(count: int) -> list[Market]:
    """Return *count* markets, ``binance:BTC/Q000`` and so on: bitcoin in invented currencies."""
    return [Market("binance", "BTC", f"Q{number:03d}") for number in range(count)]


@contextmanager
def running(count: int) -> Iterator[str]:
    """Run a sandbox with *count* markets in another process; yield its URL of Binance's dialect."""
    command = [sys.executable, "-m", "benchmarks.exchange", str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the sandbox did not start")
            yield f"{url}/binance"
        finally:
            process.terminate()


def main(count: int) -> None:
    """Serve *count* markets until standard input ends."""
    pairs = frozenset((market.base, market.quote) for market in markets(count))
    with Sandbox(Simulated(1, pairs=pairs), lambda: time.time_ns() // 1_000_000) as sandbox:
        sandbox.faults.set("latency", seconds=LATENCY)
        print(sandbox.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
