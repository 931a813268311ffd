"""
Measures what one new row per market costs a page of 24 h: bytes sent, kernel time, browser time.

A replay feeds the real page, served by Voila and opened in Chromium, with stored rows: one per market each second.
For comparison it computes the size of the same lines sent whole, and of all their points; and the time that a
static picture of the same day takes.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import CDPSession, Page, WebSocket, sync_playwright

from benchmarks.generated import HOUR, MARKETS, START, prices, store_of
from benchmarks.processes import cpu_seconds
from benchmarks.results import Row, table
from tests.support.chromium import find
from tests.support.page_server import voila
from tracker.core.downsampling import downsample
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.render.svg.price_chart import price_chart_svg
from tracker.runtime.clock import ReplayClock

SECONDS = 86_400
FEW, MANY = 8, 50  # markets
DURATION = 30.0  # seconds
PICTURE_ROUNDS = 7
_TO_THE_DOM = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")


def report(seconds: float = DURATION) -> str:
    """Return the section of the results."""
    rows = [measure(count, seconds) for count in (FEW, MANY)]
    return (
        f"A page with 24 h of one row per second and market, all markets selected, watched for {seconds:g} s in "
        "Chromium without a graphics card, while one row per market arrives every second. "
        "`sent`: bytes over the websocket per second, median and maximum. `to the DOM`: time of the main thread in "
        "scripts, styles and layout; `browser`: all its time, drawing included. `kernel`: its CPU time. "
        "`lines whole`: size of the downsampled lines if they were sent whole each second; `all points`: without "
        "downsampling.\n\n" + table(rows) + f"\nA static picture of {FEW} markets over the same day takes "
        f"{1000 * picture_time(FEW):.0f} ms of CPU (minimum of {PICTURE_ROUNDS}).\n"
    )


def measure(count: int, seconds: float) -> Row:
    """Return the row of the table for *count* markets."""
    markets = _markets(count)
    ticks = prices(markets, SECONDS)
    points = sum(len(downsample(window)) for window in _day(ticks).values())
    with tempfile.TemporaryDirectory() as name:
        store_of(Path(name) / "data", ticks).close()
        with _page(Path(name), markets) as (page, client, frames, kernel):
            start, before, cpu_before = time.monotonic(), browser_seconds(client), cpu_seconds(kernel)
            page.wait_for_timeout(seconds * 1000)
            after, used = browser_seconds(client), cpu_seconds(kernel) - cpu_before
            sent = _by_second([(at - start, size) for at, size in frames], seconds)
    median = statistics.median(sent)
    return {
        "markets": count,
        "sent p50 (kB)": median / 1000,
        "sent max (kB)": max(sent) / 1000,
        "to the DOM (ms)": 1000 * sum(after[name] - before[name] for name in _TO_THE_DOM) / seconds,
        "browser (ms)": 1000 * (after["TaskDuration"] - before["TaskDuration"]) / seconds,
        "kernel (ms)": 1000 * used / seconds,
        "lines whole / sent": 8 * points / median,
        "all points / sent": 8 * count * SECONDS / median,
    }


def picture_time(count: int) -> float:
    """Return the CPU seconds of a static picture of *count* markets, the minimum of several rounds."""
    ticks = prices(_markets(count), SECONDS)
    seconds = []
    for _ in range(PICTURE_ROUNDS):
        windows = _day(ticks)
        start = time.process_time()
        price_chart_svg(windows)
        seconds.append(time.process_time() - start)
    return min(seconds)


def _markets(count: int) -> list[Market]:
    names = [market.quote for market in MARKETS] + [f"A{number:02}" for number in range(count)]
    return [Market("kraken", "BTC", name) for name in names[:count]]


def _day(ticks: Mapping[Market, Ticks]) -> dict[Market, Window]:
    end = START + SECONDS * 1000
    return {market: Window.of(rows, SECONDS * 1000, end) for market, rows in ticks.items()}


@contextmanager
def _page(folder: Path, markets: list[Market]) -> Iterator[tuple[Page, CDPSession, list[tuple[float, int]], int]]:
    """
    Open the page and wait until its charts are drawn.

    Yields the page, its debugger, the frames received so far (monotonic time, bytes), and its kernel's process id.
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
    """Return the bytes received in each second."""
    totals = [0] * int(seconds)
    for at, size in frames:
        if 0 <= at < len(totals):
            totals[int(at)] += size
    return totals


def browser_seconds(client: CDPSession) -> dict[str, float]:
    """Return the seconds that the page's main thread has worked, by Chromium's names of metrics."""
    return {metric["name"]: metric["value"] for metric in client.send("Performance.getMetrics")["metrics"]}


def kernel_of(page: Page) -> int:
    """Return the process id of the kernel of *page*."""
    config = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent)")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if f"kernel-{config['kernelId']}.json".encode() in (process / "cmdline").read_bytes():
                return int(process.name)
    raise RuntimeError("the page's kernel is not running")
