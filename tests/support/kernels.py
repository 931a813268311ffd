"""The kernels of the real Voila, seen from outside: their processes, the server's log, and their websockets."""

import json
import re
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import requests
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.page_server import kernels, wait_for

V1 = "v1.kernel.websocket.jupyter.org"
LASTING = "--WatchedKernels.grace=3600"  # no kernel ends while the tests run, however long they take
SOON = ("--WatchedKernels.grace=4", "--WatchedKernels.check_interval=0.5")  # seconds; the default grace is 45
OUTPUT = "the output of the only cell"
_STARTUP = """
import time
from contextlib import suppress
from pathlib import Path

folder = Path({folder!r})
with suppress(FileNotFoundError):
    (folder / "hold-next").rename(folder / "held")
    while not (folder / "go").exists():
        time.sleep(0.05)
while (folder / "hold-all").exists():
    time.sleep(0.05)
"""


class StartGate:
    """Holds kernels of a server while they start; the server needs its *environment*."""

    def __init__(self, folder):
        self._folder = folder / "gate"
        startup = self._folder / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "wait.py").write_text(_STARTUP.format(folder=str(self._folder)))
        self.environment = {"IPYTHONDIR": str(self._folder / "ipython")}

    def hold_next(self):
        """Hold the next kernel that starts."""
        (self._folder / "hold-next").touch()

    def wait_until_held(self):
        """Wait until the next kernel is held."""
        wait_for((self._folder / "held").exists, "the kernel is held")
        (self._folder / "held").unlink()

    def release_held(self):
        """Let the kernel start that is held, and every later one."""
        (self._folder / "go").touch()

    @contextmanager
    def hold_all(self):
        """Hold every kernel that starts."""
        (self._folder / "hold-all").touch()
        try:
            yield
        finally:
            (self._folder / "hold-all").unlink()


def small_notebook(folder, source=f"print({OUTPUT!r})"):
    """Write a notebook whose kernel starts and ends faster than the dashboard's; return its path."""
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 4}
    path = folder / "small.ipynb"
    path.write_text(json.dumps(notebook))
    return str(path)


def opened(seen, quote="USD"):
    """Wait until the page is live, with a chart of *quote*."""
    seen.wait(lambda: seen.drawn(quote) and seen.page.locator("#bt-snapshot").count() == 0, "the page is live")


def only_kernel(log, before=()):
    """Wait until a single kernel runs, which is none of those *before*; return its id."""
    wait_for(lambda: len(ids := kernels(log)) == 1 and not ids & set(before), f"one kernel is left, see {log}")
    (kernel,) = kernels(log)
    return kernel


def is_ready(log, kernel):
    """Whether *kernel* is preheated, so that the next page takes it."""
    text = log.read_text()
    return f"Kernel {kernel} is ready for the next viewer" in text and f"Using pre-heated kernel: {kernel}" not in text


def preheated(log, before=()):
    """Wait until a single kernel runs, none of those *before*, which the next page takes; return its id."""

    def is_alone_and_ready():
        ids = kernels(log)
        return len(ids) == 1 and not ids & set(before) and is_ready(log, *ids)

    wait_for(is_alone_and_ready, f"one kernel is left and ready, see {log}")
    return only_kernel(log, before)


def id_of(html):
    """The id of a page's kernel."""
    return json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)[1])["kernelId"]


def pid_of(kernel):
    """0 if its process has ended."""
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return next((int(line.split()[0]) for line in lines.splitlines() if f"kernel-{kernel}.json" in line), 0)


def environment_of(pid):
    """Empty if the process has ended."""
    return read(Path(f"/proc/{pid}/environ"))


def channels(url, kernel):
    """The address of a new websocket to *kernel*."""
    return f"{url.replace('http', 'ws')}api/kernels/{kernel}/channels?session_id={uuid4().hex}"


def connected(url, kernel):
    """A websocket to *kernel*, as a page has it."""
    return connect(channels(url, kernel), subprotocols=[V1], open_timeout=60, close_timeout=0.5, max_size=None)


def connections(url, kernel):
    """How many websockets to *kernel* the server counts."""
    return requests.get(f"{url}api/kernels/{kernel}", timeout=60).json()["connections"]


def message(kind, content, channel="shell", metadata=None, buffers=(), **header):
    """A message from a page to its kernel, as a websocket carries it; *header*: fields besides the usual ones."""
    usual = {"msg_type": kind, "msg_id": uuid4().hex, "session": "mine", "username": "x", "version": "5.4", "date": ""}
    parts = [json.dumps(part).encode() for part in (usual | header, {}, metadata or {}, content)]
    return serialize_msg_to_ws_v1([*parts, *buffers], channel)


def close_code(socket):
    """Read until the server closes the websocket; return its close code, None if that got lost."""
    try:
        while True:
            socket.recv(timeout=20)
    except ConnectionClosed as error:
        return error.rcvd and error.rcvd.code


@contextmanager
def asking(url):
    """A curl that asks for the page; communicate() returns the whole answer."""
    with subprocess.Popen(["curl", "-sfN", "--max-time", "60", url], stdout=subprocess.PIPE, text=True) as curl:
        yield curl


def fine(log, since=0):
    """Fail on an error of the tracker or an answer 500; what Jupyter logs of viewers who left is its own."""
    text = log.read_text()[since:]
    # A server's traceback has File "…", a kernel's has colours and no quotes.
    assert not re.search(r"File .*/tracker/dashboard/", text), text
    assert "in write_error" not in text, text
    assert not re.search(r"\b500 \w+ /", text), text


def read(path):
    """The bytes of a file; empty if it cannot be read."""
    with suppress(OSError):
        return path.read_bytes()
    return b""
