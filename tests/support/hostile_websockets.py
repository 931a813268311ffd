"""
What a hostile viewer does with websockets to a page of its own, each for some seconds.

Each function returns how much it did. ``attack`` runs one and fails if it costs the server more than it may.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.bystanders import memory, server_pid
from tests.support.hostile_page import Page, open_control, request
from tests.support.kernels import message
from tests.support.odd_messages import odd_messages
from tests.support.raw_websocket import BINARY, CONTINUATION, PING, PONG, frame
from tests.support.server_cost import peak_memory, processor_time

MAX_GROWTH = 60_000_000  # bytes of the server's memory
MAX_LOAD = 75  # per cent of a core
MAX_LOG = 30_000, 2_000  # bytes at once, and bytes a second

Attack = Callable[[Page, float], None]


def _times(seconds: float, pause: float) -> Iterator[int]:
    """Count for some *seconds*, with a *pause* in between."""
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        yield count
        count += 1
        time.sleep(pause)


def state_requests(page: Page, seconds: float) -> None:
    """Ask for the state of all widgets 95 times a second, read nothing, and send pongs that answer no ping."""
    page.open()
    page.send(open_control("control"), "comms")
    for count in _times(seconds, 1 / 95):
        if not page.send(request("control", "request_states"), "requests"):
            page.open()
        if count % 190 == 0:
            page.send(frame(PONG), "pongs", to_all=True)


def unread_widgets(page: Page, seconds: float) -> None:
    """Ask for the state of each widget as often as allowed, the largest first, and read nothing."""
    widgets = page.widgets()
    for count in _times(seconds, 0.002):
        if not page.send(request(widgets[count // 10 % len(widgets)], "request_state"), "requests"):
            page.open()


def unread_charts(page: Page, seconds: float) -> None:
    """Ask for other spans of time as often as allowed, so that all charts are sent, and read nothing."""
    charts = page.widgets("AnyModel")
    end = round(1_000 * time.time())
    for count in _times(seconds, 0.002):
        content = {"kind": "view", "start": end - 600_000 - count, "end": end - count, "live": False, "seq": count}
        data = {"method": "custom", "content": content}
        frames = b"".join(frame(BINARY, message("comm_msg", {"comm_id": chart, "data": data})) for chart in charts)
        if not page.send(frames, "views"):
            page.open()


def pings(page: Page, seconds: float) -> None:
    """Send pings as fast as they are taken."""
    _flood(page, seconds, frame(PING), "pings")


def pongs(page: Page, seconds: float) -> None:
    """Send pongs as fast as they are taken."""
    _flood(page, seconds, frame(PONG, b"x" * 125), "pongs")


def fragments(page: Page, seconds: float) -> None:
    """Send empty parts of a message that never ends."""
    _flood(page, seconds, frame(CONTINUATION, final=False), "parts", frame(BINARY, b"x", final=False))


def large_fragments(page: Page, seconds: float) -> None:
    """Send large parts of a message that never ends."""
    _flood(page, seconds, frame(CONTINUATION, bytes(30_000), final=False), "parts", frame(BINARY, b"x", final=False), 1)


def messages(page: Page, seconds: float) -> None:
    """Send messages as fast as they are taken."""
    update = {"comm_id": "unknown", "data": {"method": "update"}}
    for _ in _times(seconds, 0):
        if not page.send(frame(BINARY, message("comm_msg", update)), "messages"):
            page.open()


def large_messages(page: Page, seconds: float) -> None:
    """Send messages of 60 kB to a widget as fast as they are taken."""
    (widget, *_) = page.widgets()
    for _ in _times(seconds, 0):
        data = {"method": "custom", "content": "x" * 60_000}
        if not page.send(frame(BINARY, message("comm_msg", {"comm_id": widget, "data": data})), "messages"):
            page.open()


def _flood(page: Page, seconds: float, part: bytes, name: str, first: bytes = b"", count: int = 500) -> None:
    for _ in _times(seconds, 0):
        if not page.sockets:
            page.open()
            page.send(first, "first parts", to_all=True)
        page.send(count * part, name, count=count)


def abandoned(page: Page, seconds: float) -> None:
    """Ask for much, read nothing, and leave without a word."""
    for _ in _times(seconds, 0.2):
        page.open()
        page.send(open_control("control") + 3 * request("control", "request_states"), "requests")
        page.send(b"".join(frame(BINARY, message("kernel_info_request", {})) for _ in range(50)), "bursts", to_all=True)
        time.sleep(0.1)
        page.abandon()


def aborted_handshakes(page: Page, seconds: float) -> None:
    """Begin to open websockets, and leave at once."""
    for _ in _times(seconds, 0.1):  # each is a line in the log, as any refused request is
        page.connect(reads=False).abandon()
        page.done["handshakes"] += 1


def absent_browser(page: Page, seconds: float) -> None:
    """Ask for much and leave, so that the answers are kept for a browser that comes back; then the kernel ends."""
    widgets = page.widgets()
    for each in widgets[:2]:
        page.send(b"".join(request(each, "request_state") for _ in range(10)), "requests")
    page.send(open_control("absent") + b"".join(request("absent", "request_states") for _ in range(10)), "requests")
    while page.sockets:
        page.sockets.pop().leave()
    time.sleep(seconds)


def mixed_odd_messages(page: Page, seconds: float) -> None:
    """Send what the page does not send, to have it in the log."""
    odd = odd_messages()
    for count in _times(seconds, 0):
        page.open()
        if page.send(frame(BINARY, odd[count % len(odd)]), "messages"):
            page.done[f"closed with {page.sockets[0].close_code()}"] += 1
            page.sockets.pop(0).abandon()


ATTACKS = (
    state_requests,
    unread_widgets,
    unread_charts,
    absent_browser,
    pings,
    pongs,
    fragments,
    large_fragments,
    messages,
    large_messages,
    abandoned,
    aborted_handshakes,
    mixed_odd_messages,
)


# For a test of a few seconds: attacks that succeeded before there were limits, and how long each lasts, by page.
SHORT = (
    ((unread_widgets, 1.5), (state_requests, 1.5)),
    ((fragments, 0.7), (pings, 0.7), (pongs, 0.7)),
    ((mixed_odd_messages, 1.0), (aborted_handshakes, 1.0)),
)


def attack(page: Page, how: Attack, seconds: float, log: Path) -> Counter[str]:
    """
    Run one attack from *page* on its server, which writes *log*; return what was done, and what it cost.

    The cost: growth and peak (bytes of memory at the end and at most), log (bytes), load (per cent of a core).
    """
    pid = server_pid(page.url)
    before, logged, worked, start = memory(pid), log.stat().st_size, processor_time(pid), time.monotonic()
    with peak_memory(pid) as peak:
        with page:
            how(page, seconds)
        time.sleep(0.25)  # what was unsent would be logged now
    passed, done = time.monotonic() - start, page.done
    done["growth"], done["peak"] = memory(pid) - before, max(peak) - before
    done["log"] = log.stat().st_size - logged
    done["load"] = round(100 * (processor_time(pid) - worked) / passed)
    cost = f"{how.__name__}: {dict(done)}"
    assert done["peak"] <= MAX_GROWTH, cost
    assert done["log"] <= MAX_LOG[0] + MAX_LOG[1] * passed, cost
    assert done["load"] <= MAX_LOAD, cost
    return done
