"""A hostile viewer's own page, seen through websockets that need not read."""

import re
import time
from collections import Counter
from contextlib import AbstractContextManager

import requests

from tests.support.kernels import id_of, message
from tests.support.raw_websocket import BINARY, RawWebsocket, frame

_PAUSE = 0.25  # s


class Page(AbstractContextManager["Page"]):
    """
    A page of one's own at *url*, and four websockets to it, which are opened again when the server ends them.

    *cookies*: of a viewer who is logged in, if the page needs a login.
    """

    def __init__(self, url: str, cookies: str = "") -> None:
        self.url, self.done = url, Counter[str]()
        self._cookies = cookies
        self.kernel = id_of(requests.get(url, headers={"Cookie": cookies}, timeout=60).text)
        self.sockets: list[RawWebsocket] = []

    def __exit__(self, *_: object) -> None:
        """Leave the page, whose kernel goes on."""
        self.abandon()

    def connect(self, *, reads: bool = True) -> RawWebsocket:
        """Begin a websocket, and wait for the answer if it *reads*."""
        return RawWebsocket(self.url, self.kernel, reads=reads, cookies=self._cookies)

    def open(self) -> None:
        """Open as many websockets as are allowed, if none is open."""
        while len(self.sockets) < 4:
            try:
                opened = self.connect()
            except OSError:
                break
            if opened.status != 101:
                opened.abandon()
                self.done["refused connections"] += 1
                time.sleep(_PAUSE)
                break
            self.done["connections"] += 1
            self.sockets.append(opened)

    def send(self, frames: bytes, name: str, *, count: int = 1, to_all: bool = False) -> bool:
        """Send *frames*, as many of *name* as *count*, to one or all websockets; return whether one is open."""
        for each in self.sockets[: None if to_all else 1]:
            try:
                each.send(frames)
                self.done[name] += count
            except OSError:
                self.done["ended connections"] += 1
                self.sockets.remove(each)
                each.abandon()
        return bool(self.sockets)

    def abandon(self) -> None:
        """End all websockets without a word."""
        for each in self.sockets:
            each.abandon()
        self.sockets.clear()

    def end(self) -> None:
        """End the page's kernel, as a browser does that leaves."""
        cookie = {"Cookie": f"_xsrf=a1; {self._cookies}"}
        shutdown = f"{self.url}voila/api/shutdown/{self.kernel}"
        requests.post(shutdown, data={"_xsrf": "a1"}, headers=cookie, timeout=60)

    def widgets(self, model: str = "") -> list[str]:
        """Return the ids of the page's widgets of a *model*, or of all, those of large state first."""
        self.open()
        self.send(open_control("listing") + request("listing", "request_states"), "requests")
        reply = next(payload for _, payload in self.sockets[0].frames() if b'"update_states"' in payload)
        found = [
            (match.start(), match[1].decode(), match[2].decode())
            for match in re.finditer(rb'"([0-9a-f]{32})": ?\{"model_name": ?"(\w+)', reply)
        ]
        ends = [start for start, *_ in found[1:]] + [len(reply)]
        sizes = {each: end - start for (start, each, name), end in zip(found, ends, strict=True) if model in name}
        return sorted(sizes, key=sizes.__getitem__, reverse=True)


def open_control(comm: str) -> bytes:
    """Return the frame that opens a comm to request all widgets."""
    content = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
    return frame(BINARY, message("comm_open", content, metadata={"version": "1.0.0"}))


def request(comm: str, method: str) -> bytes:
    """Return the frame that asks a comm for its state, or for that of all widgets."""
    return frame(BINARY, message("comm_msg", {"comm_id": comm, "data": {"method": method}}))
