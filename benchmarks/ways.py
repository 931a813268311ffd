"""The servers that show the same small dashboard, and who looks at each without a browser."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import requests
from websockets.sync.client import connect

_VOILA = "document.querySelector('#rendered_cells path.line[d]') && !document.getElementById('bt-first')"
_BOKEH = "window.Bokeh?.documents?.[0]?.is_idle"


@dataclass(frozen=True)
class Way:
    """One of the servers: how it is started, what is true in a live page of it, and who looks without a browser."""

    name: str
    command: Callable[[int], list[str]]
    live: str
    client: Callable[[str], object]
    path: str = ""

    def page(self, url: str) -> str:
        """The page's address on the server at *url*."""
        return url + self.path


def _kernel_client(url: str) -> object:
    page = requests.get(url, timeout=60).text
    kernel = re.search(r'"kernelId": ?"([^"]+)"', page)
    assert kernel, "the page names no kernel"
    address = f"{url.replace('http', 'ws')}api/kernels/{kernel[1]}/channels?session_id={uuid4().hex}"
    return connect(address, subprotocols=["v1.kernel.websocket.jupyter.org"], open_timeout=60, max_size=None)  # type: ignore[list-item]


def _session_client(url: str) -> object:
    token = re.search(r'"token":"([^"]+)"', requests.get(f"{url}bokeh_app", timeout=60).text)
    assert token, "the page names no session"
    address = f"{url.replace('http', 'ws')}bokeh_app/ws"
    return connect(address, subprotocols=["bokeh", token[1]], open_timeout=60, max_size=None)  # type: ignore[list-item]


def _voila(port: int) -> list[str]:
    return [sys.executable, "-m", "voila", "notebooks/dashboard.ipynb", "--no-browser", f"--port={port}"]


WAYS = (
    Way("this page", _voila, _VOILA, _kernel_client),
    Way(
        "plain Voila",
        lambda port: [*_voila(port), "--Voila.config_file_paths=[]", "--template=lab"],
        _VOILA,
        _kernel_client,
    ),
    Way(
        "Bokeh's server",
        lambda port: [sys.executable, "-m", "bokeh", "serve", "benchmarks/bokeh_app.py", f"--port={port}"],
        _BOKEH,
        _session_client,
        "bokeh_app",
    ),
)
