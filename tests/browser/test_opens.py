"""The page is opened and left in every way, in random order: no kernel remains, no row is missing."""

import json
import os
import random
import re
import signal
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import Error
from websockets.sync.client import connect

from tests.support.browser import tab
from tests.support.chromium import QUIET
from tests.support.kernels import V1, channels, fine, id_of, only_kernel, opened
from tests.support.page_server import now, page_of_a_day, rows_of, settings, wait_for
from tests.support.proxy import Proxy

pytestmark = pytest.mark.service

SLOT = 5_000  # ms; with an exchange that allows a request a second, a new collector needs more than one
# Longer than other tests' grace: a busy machine may take as long until the page is connected.
PATIENT = ("--WatchedKernels.grace=12", "--WatchedKernels.check_interval=0.5")
PINGS = json.dumps({"ws_ping_interval": 1_000, "ws_ping_timeout": 8_000})
KINDS = ["curl", "aborted", "socket", "early", "close", "reload", "navigation", "no word", "killed", "network"]


def _ask(kind, url):
    """Load the page as a client that is no browser."""
    if kind == "curl":
        requests.get(url, timeout=60)
    elif kind == "aborted":
        with suppress(requests.RequestException):
            requests.get(url, timeout=0.05)
    else:
        mine = id_of(requests.get(url, timeout=60).text)
        with connect(channels(url, mine), subprotocols=[V1], open_timeout=60, max_size=None) as socket:
            socket.recv(timeout=60)


@contextmanager
def _another_browser(browser, chromium):
    """Start a browser like *browser*; yield it and the id of its process."""
    mark = f"--mark={uuid4().hex}"
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    started = browser.browser_type.launch(executable_path=chromium, args=[mark, *QUIET, *as_root])
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [line.split(maxsplit=2) for line in lines.splitlines() if mark in line]
    pids = {int(pid) for pid, _, _ in processes}
    (first,) = (int(pid) for pid, parent, _ in processes if int(parent) not in pids)
    try:
        yield started, first
    finally:
        started.close()


def _view(kind, browser, url):
    """View the page in a tab of *browser*, and leave it."""
    with tab(browser, url) as seen:
        if kind != "early":
            opened(seen)
        if kind == "reload":
            seen.page.reload()
            opened(seen)
        elif kind == "navigation":
            seen.page.goto("about:blank")
        elif kind == "no word":
            seen.page.route("**/voila/api/shutdown/*", lambda route: route.abort())


def _break(kind, browser, chromium, url, stack):
    """View the page in a browser that is killed, or over a network that freezes until *stack* is closed."""
    if kind == "killed":
        with _another_browser(browser, chromium) as (other, process), suppress(Error), tab(other, url) as seen:
            opened(seen)
            os.kill(process, signal.SIGKILL)
        return
    proxy = Proxy(int(re.search(r":(\d+)/", url)[1]))
    proxy.connect()
    stack.callback(proxy.cut)
    with tab(browser, f"http://127.0.0.1:{proxy.port}/") as seen:
        opened(seen)
        proxy.freeze()


def _leave(kind, browser, chromium, url, stack):
    """Open the page and leave it in one of the ways of KINDS."""
    if kind in ("curl", "aborted", "socket"):
        _ask(kind, url)
    elif kind in ("killed", "network"):
        _break(kind, browser, chromium, url, stack)
    else:
        _view(kind, browser, url)


def _check_rows(folder, quote, start, end):
    """Fail unless every slot between *start* and *end* has exactly one row."""
    files = folder.glob(f"kraken/btc{quote.lower()}/????-??-??-??.csv")
    rows = [line.split(",") for file in files for line in file.read_text().splitlines()]
    # Without the rows of the day before, one every 10 s.
    live = [round(1000 * float(row[0])) for row in rows if row[2] == str(SLOT // 1_000)]
    slots = [time // SLOT for time in live if start < time < end]
    assert len(slots) == len(set(slots)), "a slot has two rows"
    missing = set(range(start // SLOT + 1, end // SLOT)) - set(slots)
    assert not missing, f"{quote}: {len(missing)} of {len(slots)} slots have no row"


def _open_files(url):
    """Return how many files and sockets the server has open."""
    port = re.search(r":(\d+)/", url)[1]
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    (pid,) = (line.split()[0] for line in lines.splitlines() if "voila" in line and f"--port={port}" in line)
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def test_after_many_opens_and_closes_of_all_kinds_one_kernel_is_left_and_every_slot_has_its_row(
    browser, chromium, tmp_path, request
):
    order = [KINDS[i % len(KINDS)] for i in range(request.config.getoption("opens"))]
    random.Random(7).shuffle(order)
    folder, log = tmp_path / "data", tmp_path / "log"
    markets = settings(tmp_path, "", every=f"{SLOT // 1_000}s")["TRACKER_MARKETS"]
    options = (*PATIENT, f"--Voila.tornado_settings={PINGS}")
    with page_of_a_day(tmp_path, *options, TRACKER_SPAN="1h", TRACKER_MARKETS=markets) as url, ExitStack() as stack:
        only_kernel(log)
        wait_for(lambda: (folder / ".documents" / "status").exists(), "a kernel collects")
        files, start = _open_files(url), now()
        for kind in order:
            _leave(kind, browser, chromium, url, stack)
        end = now()
        only_kernel(log)
        wait_for(lambda: max(rows_of(folder, "USD")) > end + SLOT, "a kernel still collects")
        # A browser's connections take some seconds to end; a kernel's are five.
        wait_for(lambda: _open_files(url) < files + 15, "the connections of those who left end")
    for quote in ("USD", "EUR", "GBP"):
        _check_rows(folder, quote, start, end)
    fine(log)
