"""
The same small dashboard on three servers: this page, plain Voila with its default template, Bokeh's server.

Measures when a viewer sees the first content and the live page, what a viewer costs, and which processes remain
after the last one. Another process collects; each server only shows.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from benchmarks.processes import family, family_cpu_seconds, family_memory
from benchmarks.refreshing import browser_seconds
from benchmarks.results import Row, table
from benchmarks.servers import SERVERS, Server
from tests.support.chromium import find
from tests.support.page_server import ROOT, exchange, free_port, now, seed_day, settings, wait_for

QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "PLN")
ROUNDS = 3
CLIENTS = 28  # in addition to two tabs
MEASURED = 30.0  # seconds
GONE = 60.0  # seconds after which no kernel of a viewer should be left
_TO_THE_DOM = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_BYTES = """performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.transferSize,
  performance.getEntriesByType('navigation')[0].transferSize)"""
_REQUESTS = "performance.getEntriesByType('resource').length + 1"


def report(rounds: int = ROUNDS, clients: int = CLIENTS) -> str:
    """Return the section of the results."""
    rows = _rows(rounds, clients)
    return (
        f"Eight currencies, 24 h of a price every 10 s; the servers take turns for {rounds} rounds, in "
        "Chromium without a graphics card on the same machine; requests to other machines fail at once. `first paint`: "
        "the first content; `cold`: the same for a viewer right after another one; `live`: until the live charts are "
        "drawn; `again`: on the third visit, since a browser caches compiled scripts on the second. "
        "`viewer`: PSS of all the server's processes for each further viewer; `left`: additional processes "
        f"{GONE:g} s after the last viewer has left. Then, with one page open: CPU of all the "
        "server's processes, the remaining ones included, bytes over the page's websocket, and the time of the "
        "browser's main thread in scripts, styles and layout.\n\n"
        + table(rows)
        + "\nRelative to plain Voila and to Bokeh's server (below 1 is less):\n\n"
        + table(_ratios(rows))
    )


def _ratios(rows: list[Row]) -> list[Row]:
    ours = rows[0]
    return [
        {"this page / ": row["server"]}
        | {name: ours[name] / row[name] if row[name] else float("nan") for name in ours if name != "server"}
        for row in rows[1:]
    ]


def _rows(rounds: int, clients: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name, exchange() as address, sync_playwright() as playwright:
        folder = Path(name)
        seed_day(folder / "data", now(), {}, QUOTES)
        environment = {**os.environ, **settings(folder / "data", address, QUOTES, "10s"), "PYTHONPATH": str(ROOT)}
        collector = subprocess.Popen(
            [sys.executable, "-m", "tracker", "collect"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        browser = playwright.chromium.launch(executable_path=find(), args=_options())
        try:
            opened: dict[str, list[Row]] = {server.name: [] for server in SERVERS}
            for _ in range(rounds):
                for server in SERVERS:
                    with _served(server, folder, environment) as (url, _):
                        opened[server.name].append(_visit(playwright.chromium, server, url))
            rows = []
            for server in SERVERS:
                with _served(server, folder, environment) as (url, process):
                    costs = _costs(browser, server, url, process, clients)
                rounds_of = opened[server.name]
                medians = {key: statistics.median(row[key] for row in rounds_of) for key in rounds_of[0]}
                rows.append({"server": server.name} | medians | costs)
            return rows
        finally:
            browser.close()
            collector.terminate()
            collector.wait(30)


@contextmanager
def _served(server: Server, folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Start *server* and wait until it is idle; yield its address and its process id."""
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(server.command(port), cwd=ROOT, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}/"
        try:
            wait_for(lambda: _answers(f"{url}voila/static/") or _answers(f"{url}static/js/bokeh.min.js"), server.name)
            time.sleep(8)  # for a preheated kernel and its snapshot
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(60)


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).status_code in (200, 403, 404)
    return False


def open_until_live(page: Page, server: Server, url: str) -> float:
    """Open the page; return the seconds until it is live, by the browser's clock."""
    page.goto(server.page(url), wait_until="commit", timeout=60_000)
    # Functions, as the page's Content-Security-Policy lets nobody evaluate text.
    page.wait_for_function(f"() => {server.live}", timeout=60_000, polling="raf")
    return float(page.evaluate("performance.now()")) / 1000


def _painted(page: Page) -> float:
    """Return the seconds until the first content; a page may be live before that is painted."""
    page.wait_for_function(f"() => {_PAINTED}")
    return float(page.evaluate(_PAINTED)) / 1000


def _options() -> list[str]:
    """Return the options for Chromium, in addition to Playwright's."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Other hosts are not resolved; blocking requests by Playwright would disable the browser's cache.
    return [*as_root, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@contextmanager
def _profile(chromium: BrowserType) -> Iterator[BrowserContext]:
    """Yield a browser with a new profile on disk; without one it would cache no compiled scripts."""
    with tempfile.TemporaryDirectory() as folder:
        size: Any = {"width": 1440, "height": 1000}
        context = chromium.launch_persistent_context(folder, executable_path=find(), args=_options(), viewport=size)
        try:
            yield context
        finally:
            context.close()


def _visit(chromium: BrowserType, server: Server, url: str) -> Row:
    """Visit three times with a new profile, and once with another one right after another viewer."""
    row: Row = {}
    with _profile(chromium) as context:
        for visit in range(3):
            page = context.new_page()
            live = open_until_live(page, server, url)
            if visit == 0:
                row = {
                    "first paint (s)": _painted(page),
                    "cold (s)": 0.0,
                    "live (s)": live,
                    "kB": float(page.evaluate(_BYTES)) / 1000,
                    "requests": float(page.evaluate(_REQUESTS)),
                }
            row |= {"again (s)": live, "kB again": float(page.evaluate(_BYTES)) / 1000}
            page.close()
            time.sleep(6)  # for a preheated kernel
    with _profile(chromium) as context:
        page = context.new_page()
        requests.get(server.page(url), timeout=60)
        open_until_live(page, server, url)
        row["cold (s)"] = _painted(page)
    return row


def _costs(browser: Browser, server: Server, url: str, process: int, clients: int) -> Row:
    """Return the memory, CPU, bytes and browser time per viewer, and the number of processes left behind."""
    before = len(family(process))
    frames: list[int] = []
    with ExitStack() as stack:
        tabs = [stack.enter_context(_tab(browser)) for _ in range(2)]
        tabs[0].on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        for page in tabs:
            open_until_live(page, server, url)
        time.sleep(5)
        two_viewers = family_memory(process)
        for _ in range(clients):
            stack.enter_context(server.client(url))
        time.sleep(5)
        viewer = (family_memory(process) - two_viewers) / clients
    time.sleep(GONE)
    left = len(family(process)) - before
    with _tab(browser) as page:
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        open_until_live(page, server, url)
        page.wait_for_timeout(8_000)
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")
        frames.clear()
        cpu_before, before_by_name = family_cpu_seconds(process), browser_seconds(client)
        page.wait_for_timeout(MEASURED * 1000)
        used, after = family_cpu_seconds(process) - cpu_before, browser_seconds(client)
    return {
        "viewer (MB)": viewer,
        "left": float(left),
        "CPU (ms/s)": 1000 * used / MEASURED,
        "sent (kB/s)": sum(frames) / 1000 / MEASURED,
        "to the DOM (ms/s)": 1000 * sum(after[name] - before_by_name[name] for name in _TO_THE_DOM) / MEASURED,
    }


@contextmanager
def _tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        yield context.new_page()
    finally:
        context.close()
