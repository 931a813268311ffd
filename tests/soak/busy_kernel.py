"""A notebook's kernel whose cell computes for seconds: no slot is lost."""

import json
import os
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

from tests.soak.rows import duplicates, on_disk, wait_for
from tests.soak.takeover import ROOT
from tracker.runtime.clock import WallClock
from tracker.sandbox import Sandbox, Simulated

EVERY = 1_000  # ms
BUSY = """
import time
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    sum(range(1000))
"""


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Compute for *size* seconds, in pure Python, in the kernel that collects."""
    data = folder / "data"
    folder.mkdir(parents=True)
    with Sandbox(Simulated(seed), WallClock().now) as sandbox:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TRACKER_STORE": f"csv:{data}",
            "TRACKER_MARKETS": json.dumps([{"name": "binance:BTC/EUR", "every": f"{EVERY}ms"}]),
            "TRACKER_EXCHANGES__BINANCE__URL": f"{sandbox.url}/binance",
        }
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(cwd=str(folder), extra_arguments=["--Application.log_level=40"], env=environment)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            _cell(client, "from tracker.dashboard.app import App; app = App.start()")
            wait_for(lambda: len(on_disk(data)) > 2, "the kernel collects", 60)
            began = time.time()
            _cell(client, BUSY.format(seconds=size))
            ended = time.time()
            wait_for(lambda: max(at for _, at, _ in on_disk(data)) > ended * 1000, "it collects again", 60)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    rows = on_disk(data)
    assert not duplicates(rows)
    slots = range(int(began) + 1, int(ended))
    missed = [slot for slot in slots if ("btceur", slot * 1000, EVERY) not in rows]
    assert len(slots) >= size - 1
    assert not missed, f"{len(missed)} of {len(slots)} slots lost while the kernel was busy"
    return {"seconds busy": size, "slots": len(slots), "lost": len(missed), "duplicates": len(duplicates(rows))}


def _cell(client, code: str) -> None:
    reply = client.execute_interactive(code, timeout=60, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok", reply["content"]
