"""Who waits and who serves, seen from outside of the real Voila: its kernels' processes, its log, its rows."""

import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tests.support.page_server import kernels, now, rows_of, wait_for

V1 = "v1.kernel.websocket.jupyter.org"
SOON = ("--WatchedKernels.grace=4", "--WatchedKernels.check_interval=0.5")  # as in an hour, without waiting for it


def opened(seen):
    """Wait until it is live."""
    seen.wait(lambda: seen.drawn("USD") and seen.page.locator("#bt-snapshot").count() == 0, "the page is live")


def only_one(log, before=()):
    """Wait until no kernel is left but the one that waits; which it is."""
    wait_for(lambda: len(found := kernels(log)) == 1 and not found & set(before), f"one kernel is left, see {log}")
    (found,) = kernels(log)
    return found


def waiting(tmp_path, log):
    """Wait until the kernel that waits has run the notebook, and so collects; which it is."""
    kernel = only_one(log)
    wait_for(lambda: max(rows_of(tmp_path / "data", "USD")) > now() - 1_000, "it collects")
    return kernel


def id_of(html):
    return json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)[1])["kernelId"]


def pid_of(kernel):
    """0 if it is gone."""
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return next((int(line.split()[0]) for line in lines.splitlines() if f"kernel-{kernel}.json" in line), 0)


def environment_of(pid):
    """Empty if it is gone."""
    return read(Path(f"/proc/{pid}/environ"))


def channels(url, kernel):
    """The address of the websocket to *kernel*."""
    return f"{url.replace('http', 'ws')}api/kernels/{kernel}/channels?session_id={uuid4().hex}"


def fine(log, since=0):
    """Fail on an error of the tracker or an answer 500; what Jupyter logs of viewers who left is its own."""
    text = log.read_text()[since:]
    # A server's traceback has File "…", a kernel's has colours and no quotes.
    assert not re.search(r"File .*/tracker/dashboard/", text), text
    assert "in write_error" not in text, text
    assert not re.search(r"\b500 \w+ /", text), text


def read(path):
    with suppress(OSError):
        return path.read_bytes()
    return b""
