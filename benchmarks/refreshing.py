"""
What a row for each market costs a page that shows 24 h of a row a second: bytes sent, kernel time, browser time.

A replay feeds the real page, Voila and Chromium, with rows that are stored, each second one for each market.
Beside it, computed: the same lines sent whole, and all their points unthinned.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import CDPSession, Page, WebSocket, sync_playwright

from benchmarks.generated import HOUR, MARKETS, START, prices, store_of
from benchmarks.results import Row, table
from tests.support.chromium import find
from tests.support.page_server import voila
from tracker.core.downsampling import downsample
from tracker.core.market import Market
from tracker.core.window import Window
from tracker.runtime.clock import ReplayClock

SECONDS = 86_400
FEW, MANY = 8, 50
WATCHED = 30.0  # seconds
_TO_THE_DOM = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")


def report(seconds: float = WATCHED) -> str:
    """The section of the results."""
    rows = [measure(count, seconds) for count in (FEW, MANY)]
    return (
        f"A page with 24 h of a row a second for each market, all of them chosen, watched for {seconds:g} s in "
        "Chromium without a graphics card, while a row for each market arrives every second. "
        "`sent`: bytes over the websocket for each second's rows, the middle and the largest. `to the DOM`: what "
        "its main thread did for them in scripts, styles and layout; `browser`: all that it did, drawing included. "
        "`kernel`: its CPU time. `lines whole`: what the thinned lines "
        "alone would be if they were sent again each time; `all points`: without thinning.\n\n" + table(rows)
    )


def measure(count: int, seconds: float) -> Row:
    """A row of the table, of *count* markets."""
    names = [market.quote for market in MARKETS] + [f"A{number:02}" for number in range(count)]
    markets = [Market("kraken", "BTC", name) for name in names[:count]]
    ticks = prices(markets, SECONDS)
    whole = sum(len(downsample(Window.of(each, SECONDS * 1000, START + SECONDS * 1000))) for each in ticks.values())
    with tempfile.TemporaryDirectory() as name:
        store_of(Path(name) / "data", ticks).close()
        with _page(Path(name), markets) as (page, client, frames, kernel):
            began, before, spent = time.monotonic(), worked(client), cpu(kernel)
            page.wait_for_timeout(seconds * 1000)
            after, used = worked(client), cpu(kernel) - spent
            sent = _by_second([(at - began, size) for at, size in frames], seconds)
    usual = statistics.median(sent)
    return {
        "markets": count,
        "sent p50 (kB)": usual / 1000,
        "sent max (kB)": max(sent) / 1000,
        "to the DOM (ms)": 1000 * sum(after[each] - before[each] for each in _TO_THE_DOM) / seconds,
        "browser (ms)": 1000 * (after["TaskDuration"] - before["TaskDuration"]) / seconds,
        "kernel (ms)": 1000 * used / seconds,
        "lines whole / sent": 8 * whole / usual,
        "all points / sent": 8 * count * SECONDS / usual,
    }


@contextmanager
def _page(folder: Path, markets: list[Market]) -> Iterator[tuple[Page, CDPSession, list[tuple[float, int]], int]]:
    """
    The open page, its charts drawn, and what measures it.

    Beside it what it gets, as it comes (monotonic time, bytes), and its kernel's process.
    """
    settings = {
        "TRACKER_STORE": f"csv:{folder / 'data'}",
        "TRACKER_MARKETS": json.dumps([{"name": str(market), "every": "1s"} for market in markets]),
        "TRACKER_CLOCK": str(ReplayClock(START + 23 * HOUR, round(time.time() * 1000), 1.0)),
        "TRACKER_PLAYBACK": "yes",
    }
    frames: list[tuple[float, int]] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append((time.monotonic(), len(frame))))

    with voila(folder / "log", **settings) as url, sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find(), args=as_root)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.on("websocket", listen)
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")
        page.goto(url, wait_until="commit", timeout=120_000)
        page.locator(".bt-price").nth(len(markets) - 1).wait_for(timeout=120_000)
        page.wait_for_timeout(3_000)
        yield page, client, frames, kernel_of(page)
        browser.close()


def _by_second(frames: list[tuple[float, int]], seconds: float) -> list[int]:
    """Bytes in each second, of those that brought more than the clock."""
    totals = [0] * int(seconds)
    for at, size in frames:
        if 0 <= at < len(totals):
            totals[int(at)] += size
    return totals


def worked(client: CDPSession) -> dict[str, float]:
    """Seconds that the page's main thread has worked so far, in all and by kind, in Chromium's words."""
    return {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}


def kernel_of(page: Page) -> int:
    """The process that draws *page*."""
    config = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent)")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if f"kernel-{config['kernelId']}.json".encode() in (process / "cmdline").read_bytes():
                return int(process.name)
    raise RuntimeError("the page's kernel is not running")


def cpu(process: int) -> float:
    """Seconds of CPU that *process* has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
