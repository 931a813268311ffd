"""The real page for tests: Voila in a process of its own, an exchange on loopback, a data folder."""

import itertools
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import requests

from tests.support.checkout import ROOT
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox import Sandbox, Simulated
from tracker.stores.csv import open_store
from tracker.stores.csv.layout import is_candle_file

QUOTES = ("USD", "EUR", "GBP")
TOKEN = "of-this-test"  # that Jupyter requires
PATIENCE = 60.0  # s; for a kernel to start on a busy machine
LIGHT_START = (sys.executable, "-m", "tracker.runtime.light_start")  # loads no grammar, which takes seconds

# The server of one page needs no second kernel, started in advance for the next viewer.
ONE_VIEWER = ("--VoilaConfiguration.preheat_kernel=False",)

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
_FIRST = 11_000 + 500 * _WORKER  # to 10,080, browsers refuse to connect
# In random order, as another run of the tests may have begun at the same time.
_PORTS = itertools.cycle(random.SystemRandom().sample(range(_FIRST, _FIRST + 500), 500))

Holes = Mapping[str, Sequence[tuple[int, int]]]


def now() -> int:
    """Return the time in epoch ms."""
    return round(time.time() * 1000)


def free_port() -> int:
    """
    Return a TCP port on which nothing listens now, and nothing else will by chance before it is used.

    It is below those that systems give to whoever asks for any port, as the sandboxes of other tests do all the time;
    each process that runs tests has a range of its own, and gives no port of it twice.
    """
    while True:
        port = next(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(condition, what: str, patience: float = PATIENCE) -> None:
    """Wait until *condition*, which another process fulfils, holds; fail with *what* after *patience* seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {patience:g} s"
        time.sleep(0.1)


def settings(folder: Path, exchange: str, quotes: Sequence[str] = QUOTES, every: str = "2s") -> dict:
    """Return TRACKER_… variables: the store in *folder*, kraken at the address *exchange*."""
    markets = [{"name": f"kraken:BTC/{quote}", "every": every} for quote in quotes]
    return {
        "TRACKER_STORE": f"csv:{folder}",
        "TRACKER_EXCHANGES__KRAKEN__URL": exchange,
        "TRACKER_MARKETS": json.dumps(markets),
    }


def seed_day(folder: Path, now: int, holes: Holes, quotes: Sequence[str] = QUOTES) -> None:
    """
    Store a simulated day, a price every ten seconds up to *now* (epoch ms), for each of *quotes*.

    *holes*: quote -> gaps in minutes before *now*, (from, to).
    """
    store = open_store(str(folder), base=folder, known=())
    time = now // 10_000 * 10_000 - 10_000 * np.arange(8_640)[::-1]
    for quote in quotes:
        market = Market("kraken", "BTC", quote)
        is_stored = np.ones(time.size, dtype=bool)
        for start, end in holes.get(quote, []):
            is_stored &= (time <= now - 60_000 * start) | (time > now - 60_000 * end)
        rows = time[is_stored]
        store.append({market: Ticks.of(rows, Simulated(7).prices(market, rows), 10_000, Origin.SIMULATED)})


def mark_as_checkout(folder: Path) -> None:
    """Make *folder* count as a checkout of this project, where data/ belongs beside pyproject.toml."""
    (folder / "pyproject.toml").write_text('[project]\nname = "btc-price-tracker"\n')


def project_in(folder: Path, notebook: str) -> Path:
    """Make *folder* a checkout with *notebook* in its place; return it."""
    mark_as_checkout(folder)
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / notebook, folder / notebook)
    return folder


@contextmanager
def exchange() -> Iterator[str]:
    """Simulate a market on loopback; yield the address of its Kraken."""
    with Sandbox(Simulated(7), now) as sandbox:
        yield f"{sandbox.url}/kraken"


def rows_of(folder: Path, quote: str, exchange: str = "kraken") -> dict[int, float]:
    """Return the stored rows of *exchange*:BTC/*quote*, epoch ms -> price, read without the store."""
    files = [file for file in folder.glob(f"{exchange}/btc{quote.lower()}/**/*.csv") if not is_candle_file(file.name)]
    lines = [line.split(",") for file in files for line in file.read_text().splitlines()[1:]]
    return {round(1000 * float(line[0])): float(line[1]) for line in lines}


@contextmanager
def voila(
    log: Path, *options: str, notebook: str = "notebooks/dashboard.ipynb", port: int = 0, **environment: str
) -> Iterator[str]:
    """Serve *notebook* from the project's root as the commands do, with *options*; its address. Port 0: a free one."""
    port = port or free_port()
    command = [*LIGHT_START, "voila", notebook, "--no-browser", f"--port={port}", *options]
    url = f"http://127.0.0.1:{port}/"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out)
        try:
            wait_for(lambda: answers(f"{url}voila/static/"), f"voila starts, see {log}")
            yield url
        finally:
            _end(server)


@contextmanager
def jupyter(log: Path, program: str, cwd: Path, base: str = "/", **environment: str) -> Iterator[str]:
    """Start ``jupyter`` *program* (lab or server) in *cwd*; yield its address, which ends in *base*."""
    port = free_port()
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    options = ["--no-browser", f"--port={port}", f"--ServerApp.base_url={base}", f"--IdentityProvider.token={TOKEN}"]
    module = {"lab": "jupyterlab", "server": "jupyter_server"}[program]
    command = [*LIGHT_START, module, *options, *as_root]
    # Else JupyterLab opens what the test before had open.
    variables = {**os.environ, "JUPYTERLAB_WORKSPACES_DIR": str(log.parent / "workspaces"), **environment}
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=cwd, env=variables, stdout=out, stderr=out)
        try:
            wait_for(lambda: "is running at" in log.read_text(), f"jupyter starts, see {log}")
            yield f"http://127.0.0.1:{port}{base}"
        finally:
            _end(server)


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Have *server* end its kernels and itself."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    finally:
        server.kill()


def answers(url: str) -> bool:
    """Return whether a server answers at *url*, be it with an error."""
    try:
        return requests.get(url, timeout=5).status_code > 0
    except requests.RequestException:
        return False


@contextmanager
def page_of_a_day(scratch: Path, *options: str, holes: Holes | None = None, **environment: str) -> Iterator[str]:
    """Serve the page of a simulated day in *scratch*/data, which a market on loopback continues; yield its address."""
    seed_day(scratch / "data", now(), holes or {})
    with exchange() as address:
        variables = settings(scratch / "data", address) | environment
        with voila(scratch / "log", *options, **variables) as url:
            yield url


def kernels(log: Path) -> set[str]:
    """Return the ids of all running kernels of the Voila that writes *log*."""
    (folder,) = set(re.findall(r"connection files in (\S+)\.\n", log.read_text()))
    lines = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return set(re.findall(rf"{re.escape(folder)}/kernel-(\S+)\.json", lines))


def kernels_at_once(log: Path) -> set[str]:
    """Return the ids of kernels that ran at the same moment, as kernels() may see one end and then its successor."""
    return kernels(log) & kernels(log)
