"""The servers that show the same small dashboard, and a client of each that needs no browser."""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_VOILA = "document.querySelector('#rendered_cells path.line[d]') && !document.getElementById('bt-snapshot')"
_BOKEH = "window.Bokeh?.documents?.[0]?.is_idle"


@dataclass(frozen=True)
class Server:
    """One of the compared servers."""

    name: str
    command: Callable[[int], list[str]]  # that serves on a port
    live: str  # JavaScript that is true in a live page
    client: Callable[[str], AbstractContextManager[None]]  # of the server at a URL
    path: str = ""

    def page(self, url: str) -> str:
        """Return the address of the page on the server at *url*."""
        return url + self.path


def _kernel_client(url: str) -> AbstractContextManager[None]:
    page = requests.get(url, timeout=60).text
    kernel = re.search(r'"kernelId": ?"([^"]+)"', page)
    assert kernel, "the page names no kernel"
    address = f"{url.replace('http', 'ws')}api/kernels/{kernel[1]}/channels?session_id={uuid4().hex}"
    return reading(address, "v1.kernel.websocket.jupyter.org")


def _session_client(url: str) -> AbstractContextManager[None]:
    token = re.search(r'"token":"([^"]+)"', requests.get(f"{url}bokeh_app", timeout=60).text)
    assert token, "the page names no session"
    return reading(f"{url.replace('http', 'ws')}bokeh_app/ws", "bokeh", token[1])


@contextmanager
def reading(address: str, *subprotocols: str) -> Iterator[None]:
    """
    Hold a websocket whose messages are read as they arrive, as a browser does.

    Unread messages fill its buffers: then neither pings nor the closing frame arrive, so closing takes ten
    seconds, and the thread that waits for a pong ends with a traceback.
    """
    with connect(address, subprotocols=list(subprotocols), open_timeout=60, max_size=None) as socket:  # type: ignore[arg-type]
        reader = threading.Thread(target=_read, args=(socket,), daemon=True)
        reader.start()
        yield
    reader.join()


def _read(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        for _ in socket:
            pass


def _voila(port: int) -> list[str]:
    return [sys.executable, "-m", "voila", "notebooks/dashboard.ipynb", "--no-browser", f"--port={port}"]


SERVERS = (
    Server("this page", _voila, _VOILA, _kernel_client),
    Server(
        "plain Voila",
        lambda port: [*_voila(port), "--Voila.config_file_paths=[]", "--template=lab"],
        _VOILA,
        _kernel_client,
    ),
    Server(
        "Bokeh's server",
        lambda port: [sys.executable, "-m", "bokeh", "serve", "benchmarks/bokeh_app.py", f"--port={port}"],
        _BOKEH,
        _session_client,
        "bokeh_app",
    ),
)
