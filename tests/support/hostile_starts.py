"""A client that opens the page and leaves at once, again and again, so that the server starts kernels for nobody."""

import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.page_server import kernels, kernels_at_once

_STARTED = re.compile(r"Kernel started: (\S+)")
_READY = re.compile(r"Kernel (\S+) is ready for the next viewer")
_STAY = 0.05  # s between opening a page and leaving it; the server has read the request by then
_LOOK = 0.05  # s between two looks at the processes


@dataclass
class Storm:
    """What a storm did to the server, with numbers of kernels."""

    opened: int  # pages
    started: int
    most: int  # that ran at a time
    most_starting: int  # without those that had run the notebook, or ran before


def open_and_leave(url: str, log: Path, seconds: float, rate: float = 10.0, cookies: str = "") -> Storm:
    """
    Open the page at *url* *rate* times a second for *seconds*, leaving each at once; *log*: the server's.

    *cookies*: of a viewer who is logged in, if the page needs a login.
    """
    logged, before = len(log.read_text()), kernels(log)
    storm = Storm(0, 0, 0, 0)
    ended = threading.Event()

    def open_pages() -> None:
        began = time.monotonic()
        while (due := storm.opened / rate) < seconds:
            time.sleep(max(0.0, began + due - time.monotonic()))
            _open_and_leave(url, cookies)
            storm.opened += 1
        ended.set()

    opening = threading.Thread(target=open_pages, daemon=True)
    opening.start()
    while not ended.is_set():
        running = kernels_at_once(log)
        # That a kernel has run the notebook is logged of preheated ones only.
        starting = running - before - set(_READY.findall(log.read_text()))
        storm.most, storm.most_starting = max(storm.most, len(running)), max(storm.most_starting, len(starting))
        ended.wait(_LOOK)
    opening.join()
    storm.started = len(_STARTED.findall(log.read_text()[logged:]))
    return storm


def _open_and_leave(url: str, cookies: str) -> None:
    address = urlsplit(url)
    with suppress(OSError), socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        lines = [
            f"GET {address.path} HTTP/1.1",
            f"Host: {address.netloc}",
            *([f"Cookie: {cookies}"] if cookies else []),
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        time.sleep(_STAY)
