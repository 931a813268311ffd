"""
One process of the benchmark of watching: a page's kernel without the page, beside whose alert service a loop runs.

``python -m benchmarks.watching_process FOLDER LABEL`` works by the settings in FOLDER until its input ends.
"""

import asyncio
import sys
import time
from pathlib import Path

from tracker.alerts.service.factory import make_alert_service
from tracker.collector.factory import make_coordination
from tracker.core.market_status import Status
from tracker.runtime.settings import read_settings
from tracker.runtime.store_url import open_configured_store

NO_RULE = "no rule"  # the label of the process that leaves out those of the settings
TICK = 0.005  # s; the event loop beside the service wakes up so often


class Waits:
    """
    How long an event loop waits for its turns, in s.

    Attributes:
        longest: longer than it slept.
        most_computed: the seconds of CPU of other threads between two turns; other processes change less of that.
    """

    def __init__(self) -> None:
        self.longest = self.most_computed = 0.0
        self._last = time.perf_counter()
        self._others = time.process_time() - time.thread_time()

    def take_turn(self) -> None:
        """Note that the loop runs again."""
        now, others = time.perf_counter(), time.process_time() - time.thread_time()
        self.longest = max(self.longest, now - self._last - TICK)
        self.most_computed = max(self.most_computed, others - self._others)
        self._last, self._others = now, others


async def serve(folder: Path, label: str) -> None:
    """
    Do what the settings in *folder* say until the input ends; without any rule, if *label* says so.

    For each line of the input, print how an event loop beside it fared since the last one, in s: the longest for which
    it waited, and the longest for which other threads computed between two of its turns.
    """
    import tracker.dashboard.app  # noqa: F401 - a page's kernel has loaded it

    settings = read_settings(folder)
    if label == NO_RULE:
        settings = settings.model_copy(update={"rules": ()})
    store, coordination = open_configured_store(settings), make_coordination(settings, label)
    service = make_alert_service(settings, store, settings.make_clock(), coordination, Status)
    if service is None:
        raise RuntimeError("these settings are not of now")
    service.start()
    asked, waits = asyncio.create_task(asyncio.to_thread(sys.stdin.readline)), Waits()
    while True:
        await asyncio.sleep(TICK)
        waits.take_turn()
        if asked.done():
            if not asked.result():
                break
            print(waits.longest, waits.most_computed, flush=True)
            asked, waits = asyncio.create_task(asyncio.to_thread(sys.stdin.readline)), Waits()
    service.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
