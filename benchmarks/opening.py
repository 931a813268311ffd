"""
The same small dashboard on three servers: this page, plain Voila with its stock template, Bokeh's server.

How soon a viewer sees something and something live, what it costs to be looked at, and what is left when all
have gone. Another process collects; each server only shows.
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

from benchmarks.processes import family, memory, spent
from benchmarks.refreshing import worked
from benchmarks.results import Row, table
from benchmarks.ways import WAYS, Way
from tests.support.chromium import find
from tests.support.page_server import ROOT, exchange, free_port, now, seed_day, settings, wait_for

QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "PLN")
ROUNDS = 3
CLIENTS = 28  # beside two tabs
WATCHED = 30.0  # seconds
GONE = 60.0  # seconds after which nobody should be left
_TO_THE_DOM = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_BYTES = """performance.getEntriesByType('resource').reduce((sum, each) => sum + each.transferSize,
  performance.getEntriesByType('navigation')[0].transferSize)"""
_REQUESTS = "performance.getEntriesByType('resource').length + 1"


def report(rounds: int = ROUNDS, clients: int = CLIENTS) -> str:
    """The section of the results."""
    rows = _rows(rounds, clients)
    return (
        f"Eight currencies, 24 h of a price every 10 s; one server after the other, in turn for {rounds} rounds, in "
        "Chromium without a graphics card on the same machine, what is off the machine refused at once. `first paint`: "
        "the first content; `cold`: the same for who comes right after another; `live`: until the charts are drawn by "
        "what goes on; `again`: on the third visit, as a browser compiles scripts for keeps on the second. "
        "`viewer`: PSS of all the server's processes for each further viewer; `left`: processes that were not there "
        f"before the first, {GONE:g} s after the last has gone. Then, while one page is looked at: CPU of all the "
        "server's processes, those left included, bytes over its websocket, and what the browser's main thread does "
        "for it in scripts, styles and layout.\n\n"
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
            opened: dict[str, list[Row]] = {way.name: [] for way in WAYS}
            for _ in range(rounds):
                for way in WAYS:
                    with _served(way, folder, environment) as (url, _):
                        opened[way.name].append(_opens(playwright.chromium, way, url))
            rows = []
            for way in WAYS:
                with _served(way, folder, environment) as (url, server):
                    held = _held(browser, way, url, server, clients)
                each = opened[way.name]
                rows.append(
                    {"server": way.name} | {key: statistics.median(row[key] for row in each) for key in each[0]} | held
                )
            return rows
        finally:
            browser.close()
            collector.terminate()
            collector.wait(30)


@contextmanager
def _served(way: Way, folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """The server, ready and at rest; its address and its process."""
    port = free_port()
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(way.command(port), cwd=ROOT, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}/"
        try:
            wait_for(lambda: _answers(f"{url}voila/static/") or _answers(f"{url}static/js/bokeh.min.js"), way.name)
            time.sleep(8)  # for a kernel that waits, and a picture of it
            yield url, server.pid
        finally:
            server.terminate()
            server.wait(60)


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).status_code in (200, 403, 404)
    return False


def _opened(page: Page, way: Way, url: str) -> float:
    """Open it; seconds until it is live, by the browser's own clock."""
    page.goto(way.page(url), wait_until="commit", timeout=60_000)
    page.wait_for_function(way.live, timeout=60_000, polling="raf")
    return float(page.evaluate("performance.now()")) / 1000


def _painted(page: Page) -> float:
    """Seconds until the first content; what is live may be so before it is painted."""
    page.wait_for_function(_PAINTED)
    return float(page.evaluate(_PAINTED)) / 1000


def _options() -> list[str]:
    """Chromium's, beside Playwright's."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Asked of nobody: Playwright's own way to refuse would turn the browser's cache off.
    return [*as_root, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@contextmanager
def _profile(chromium: BrowserType) -> Iterator[BrowserContext]:
    """A browser as a user has it, fresh: one without a profile on disk keeps no compiled scripts."""
    with tempfile.TemporaryDirectory() as folder:
        size: Any = {"width": 1440, "height": 1000}
        context = chromium.launch_persistent_context(folder, executable_path=find(), args=_options(), viewport=size)
        try:
            yield context
        finally:
            context.close()


def _opens(chromium: BrowserType, way: Way, url: str) -> Row:
    """With a fresh profile, twice again with it, and with a fresh one right after another viewer."""
    row: Row = {}
    with _profile(chromium) as context:
        for visit in range(3):
            page = context.new_page()
            live = _opened(page, way, url)
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
            time.sleep(6)  # for a kernel that waits
    with _profile(chromium) as context:
        page = context.new_page()
        requests.get(way.page(url), timeout=60)
        _opened(page, way, url)
        row["cold (s)"] = _painted(page)
    return row


def _held(browser: Browser, way: Way, url: str, server: int, clients: int) -> Row:
    """What being looked at costs, and what is left of it."""
    before = len(family(server))
    frames: list[int] = []
    with ExitStack() as stack:
        tabs = [stack.enter_context(_tab(browser)) for _ in range(2)]
        tabs[0].on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        for each in tabs:
            _opened(each, way, url)
        time.sleep(5)
        two = memory(server)
        for _ in range(clients):
            stack.enter_context(way.client(url))
        time.sleep(5)
        viewer = (memory(server) - two) / clients
    time.sleep(GONE)
    left = len(family(server)) - before
    with _tab(browser) as page:
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        _opened(page, way, url)
        page.wait_for_timeout(8_000)
        client = page.context.new_cdp_session(page)
        client.send("Performance.enable")
        frames.clear()
        used, did = spent(server), worked(client)
        page.wait_for_timeout(WATCHED * 1000)
        used, after = spent(server) - used, worked(client)
    return {
        "viewer (MB)": viewer,
        "left": float(left),
        "CPU (ms/s)": 1000 * used / WATCHED,
        "sent (kB/s)": sum(frames) / 1000 / WATCHED,
        "to the DOM (ms/s)": 1000 * sum(after[each] - did[each] for each in _TO_THE_DOM) / WATCHED,
    }


@contextmanager
def _tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        yield context.new_page()
    finally:
        context.close()
