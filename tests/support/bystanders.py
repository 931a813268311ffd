"""Watches a healthy viewer and the collector while a test attacks their server: neither may suffer."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.browser import Viewer
from tests.support.page_server import now, rows_of

EVERY = 2_000  # ms; the cadence of tests.support.page_server.settings
MAX_DELAY = 3_000  # ms from a price's slot until the page shows the price
_SAMPLE = 50  # ms

# The page itself takes the samples, as the test is busy meanwhile.
_START = f"""quote => {{
  window.shown = [];
  window.sampler = setInterval(() => {{
    const chart = [...document.querySelectorAll(".bt-chart")].find((each) =>
      each.getClientRects().length && each.querySelector(".bt-pair")?.textContent.includes(quote));
    const text = chart?.querySelector(".bt-price")?.textContent ?? "";
    if (text) window.shown.push([Date.now(), Number(text.replace(/[^\\d.]/g, ""))]);
  }}, {_SAMPLE});
}}"""
_STOP = "() => { clearInterval(window.sampler); return window.shown; }"


@dataclass
class Watched:
    """What was seen; complete at the end of ``bystanders``."""

    delays: list[int] = field(default_factory=list)  # ms; one for each slot

    @property
    def longest_delay(self) -> int:
        """The longest time (ms) from a slot until the page showed its price."""
        return max(self.delays)


@contextmanager
def bystanders(seen: Viewer, folder: Path, quote: str = "USD") -> Iterator[Watched]:
    """
    Fail if the viewer *seen* was late or if the collector, which stores in *folder*, lost a slot meanwhile.

    The viewer's page is live, shows *quote* and polls it every two seconds.
    """
    watched = Watched()
    start = now() // EVERY * EVERY + EVERY  # the first whole slot
    seen.page.evaluate(_START, quote)
    yield watched
    end = max(now() // EVERY * EVERY, start)
    slots = range(start, end + 1, EVERY)
    # Until the last slot's price is shown, or for a generous time if it never is.
    for _ in range(100):
        seen.page.wait_for_timeout(100)
        rows = {time: price for time, price in rows_of(folder, quote).items() if time >= start - EVERY}
        if _delays(slots, rows, seen.page.evaluate("window.shown")) is not None:
            break
    shown = seen.page.evaluate(_STOP)
    lost = [slot for slot in slots if slot not in {time // EVERY * EVERY for time in rows}]
    assert not lost, f"the collector lost {len(lost)} of {len(slots)} slots"
    delays = _delays(slots, rows, shown)
    assert delays is not None, f"the viewer has not seen the newest price after {(now() - end) / 1000:.0f} s"
    watched.delays = delays
    assert watched.longest_delay <= MAX_DELAY, f"the viewer saw a price {watched.longest_delay / 1000:.1f} s late"


def _delays(slots: range, rows: dict[int, float], shown: list[tuple[int, float]]) -> list[int] | None:
    """Return when each slot's price, or that of a later one, was shown (ms after the slot); None: not all are yet."""
    newest = {round(price): time // EVERY * EVERY for time, price in sorted(rows.items())}  # as the page rounds it
    seen_at = [(at, newest[price]) for at, price in shown if price in newest]
    delays = []
    for slot in slots:
        later = [at - slot for at, time in seen_at if time >= slot and at >= slot]
        if not later:
            return None
        delays.append(min(later))
    return delays


def server_pid(url: str) -> int:
    """Return the process id of the server of the page at *url*, an address with a port."""
    port = re.search(r":(\d+)/", url)
    assert port is not None
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    (pid,) = {int(line.split()[0]) for line in lines.splitlines() if f"--port={port[1]}" in line}
    return pid


def stand_still(pid: int, seconds: float) -> None:
    """Stop the process *pid* for some *seconds*."""
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def memory(pid: int) -> int:
    """Return how much memory (bytes) the process *pid* uses."""
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kilobytes) * 1024
