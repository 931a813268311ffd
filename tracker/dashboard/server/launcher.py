"""Starts Voila on dashboard.ipynb in a process, with live, simulated or recorded prices."""

import json
import os
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tracker.alerts.service.settings_changes import check_settings
from tracker.collector.factory import coordination_url, exchange_names
from tracker.core.durations import HOUR
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.dashboard.server.access import Access
from tracker.history.recorded_store import write_recorded
from tracker.render.format import time_text
from tracker.runtime.base_folder import FILE, PROJECT, is_checkout
from tracker.runtime.clock import ReplayClock, WallClock
from tracker.runtime.light_start import WITH_PARENT
from tracker.runtime.settings import Settings, foreign_variables
from tracker.runtime.state_folder import state_folder
from tracker.runtime.store_url import absolute_store_url
from tracker.sandbox import Recording, Sandbox, Simulated
from tracker.sandbox.demo_rules import demo_rules

NOTEBOOK = "dashboard.ipynb"
HISTORY = 24 * HOUR  # ms of a recording before the default start of its replay
_NO_REQUESTS = {"TRACKER_VIEWER_REQUESTS": "no"}  # a simulated or recorded market has nothing to be asked for


def find_notebook(base: Path, name: str = NOTEBOOK) -> Path:
    """
    Return the path of ``notebooks/<name>`` of the project in *base*, else of the installed copy.

    The folder of another project is not searched, as its notebook of that name is a different one.

    Raises:
        ConfigError: there is no such notebook.
    """
    own = [base] if is_checkout(base) or (base / FILE).is_file() else []
    places = [folder / "notebooks" / name for folder in (*own, Path(__file__).parents[3], *_installed_folders())]
    for place in places:
        if place.is_file():
            return place
    raise ConfigError(f"{name}: not in {', '.join(str(place.parent) for place in places)}; install the package")


def find_server_settings() -> Path:
    """
    Return the folder of ``voila.json``, whose settings secure the page: the project's, else the installed one.

    Raises:
        ConfigError: there is none.
    """
    places = [Path(__file__).parents[3], *_installed_folders()]
    for place in places:
        if (place / "voila.json").is_file():
            return place
    raise ConfigError(f"voila.json: not in {' or '.join(map(str, places))}; install the package")


def _installed_folders() -> list[Path]:
    """Return where pip puts data files: in the environment, /usr/local (Debian) or the home folder (--user)."""
    roots = dict.fromkeys((sys.prefix, sysconfig.get_path("data"), site.getuserbase()))
    return [Path(root) / "share" / PROJECT for root in roots]


def page_command(notebook: Path, port: int, access: Access) -> list[str]:
    """Return the Voila command that serves *notebook* only; *access* also has environment variables for it."""
    return [
        sys.executable,
        "-m",
        "tracker.runtime.light_start",
        WITH_PARENT,
        "voila",
        str(notebook),
        f"--port={port}",
        "--Voila.port_retries=0",
        "--Voila.log_level=WARN",  # what it does with kernels and connections tells an operator nothing
        "--no-browser",
        f"--Voila.config_file_paths={find_server_settings()}",
        *access.options,
    ]


def page_environment(settings: Settings) -> dict[str, str]:
    """
    Return the environment in which the page's kernels read the same settings as this process.

    Kernels run in the notebook's folder, so paths are absolute.
    """
    kept = {
        "TRACKER_STORE": absolute_store_url(settings.store, base=settings.base),
        "TRACKER_COORDINATION": coordination_url(settings),
        "TRACKER_STATE": str(state_folder(settings)),
    }
    if settings.file is not None:
        kept["TRACKER_CONFIG"] = str(settings.file.absolute())
    # This process has warned about other programs' variables; the server and each kernel would repeat it.
    foreign = foreign_variables()
    return {name: value for name, value in os.environ.items() if name not in foreign} | kept


def free_port(port: int, host: str) -> int:
    """
    Return *port*, or a free port if it is 0.

    Raises:
        ConfigError: the port is taken (Voila would silently use another one), or *host* is unknown.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ConfigError(f"--host {host}: {error.strerror}") from None
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ConfigError(f"port {port} on {host}: {error.strerror}; take another one with --port") from None
        return int(probe.getsockname()[1])


def serve_page(
    settings: Settings,
    port: int,
    access: Access,
    more: Mapping[str, str] | None = None,
    *,
    collects: bool = True,
) -> int:
    """
    Run the page until it ends, or until SIGTERM, Ctrl-C or the end of the terminal; return its exit status.

    If *access* requires a token, it is printed here only. If not *collects*, the page asks no exchange.
    """
    if collects:
        check_settings(settings)  # an error here is one line; in a kernel it would be a page without prices
    port = free_port(port, access.host)
    command = page_command(find_notebook(settings.base), port, access)
    print(f"The page: {access.link(port)}  (Ctrl-C ends it)", flush=True)
    # In a separate process group, so that the terminal's Ctrl-C reaches this process only. It then sends SIGTERM,
    # and the page's kernels release their leases and end before this returns.
    environment = {**page_environment(settings), **(more or {}), **access.environment}
    pages: list[subprocess.Popen[bytes]] = []
    signals: list[int] = []

    def end(number: int, _: object) -> None:
        signals.append(number)
        for page in pages:
            page.terminate()

    stdin, kept_open = os.pipe()
    before = {number: signal.signal(number, end) for number in _end_signals()}
    try:
        # Nothing is written to the pipe. It ends with this process, and then so does the page.
        pages.append(subprocess.Popen(command, env=environment, process_group=0, stdin=stdin))  # nosec B603 # no shell
        if signals:  # while the page was started, which an exception in between would leave behind
            pages[0].terminate()
        return pages[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(stdin)
        os.close(kept_open)


def _end_signals() -> list[signal.Signals]:
    """Return the signals that end the page; SIGHUP, which says that the terminal was closed, not under nohup."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if closed is not None and signal.getsignal(closed) != signal.SIG_IGN:
        numbers.append(closed)
    return numbers


def demo(settings: Settings, port: int, access: Access, seed: int) -> int:
    """Run the page on a simulated market, stored in a temporary folder; return its exit status."""
    temporary = tempfile.TemporaryDirectory(prefix="tracker-", ignore_cleanup_errors=True)
    market = Simulated.with_markets(seed, settings.market_list())
    with temporary as folder, Sandbox(market, WallClock().now) as sandbox:
        urls = {f"TRACKER_EXCHANGES__{name.upper()}__URL": f"{sandbox.url}/{name}" for name in exchange_names(settings)}
        simulated = settings.at_store(f"csv:{folder}/simulated")
        more = {**urls, **_NO_REQUESTS}
        if not settings.rules:
            rules = demo_rules(seed, settings.market_list(), WallClock().now())
            more["TRACKER_RULES"] = json.dumps([rule.model_dump(exclude_defaults=True) for rule in rules])
        return serve_page(simulated, port, access, more)


def replay(settings: Settings, recording: Recording, port: int, access: Access, speed: float, at: int | None) -> int:
    """Replay *recording* on the page from *at* (epoch ms), *speed* times as fast; return the page's exit status."""
    clock = replay_clock(recording, speed, at)
    markets = [Market("kraken", base, quote) for base, quote in sorted(recording.pairs)]
    with tempfile.TemporaryDirectory(prefix="tracker-", ignore_cleanup_errors=True) as place:
        replayed = settings.at_store(f"csv:{place}/replayed")
        recorded = Path(place) / "replayed"  # also the folder of the store that it stands in for
        write_recorded(recorded, {market: recording.ticks(market) for market in markets})
        names = json.dumps([{"name": str(market)} for market in markets])
        playback = {"TRACKER_CLOCK": str(clock), "TRACKER_PLAYBACK": "yes", "TRACKER_RECORDING": str(recorded)}
        # No rules: they send nothing in a replay, and may be about markets that were not recorded.
        more = {**playback, "TRACKER_MARKETS": names, "TRACKER_RULES": "[]", **_NO_REQUESTS}
        return serve_page(replayed, port, access, more, collects=False)


def replay_clock(recording: Recording, speed: float, at: int | None = None) -> ReplayClock:
    """
    Return a clock that starts now at *at*, by default a day into the recording or, if that is less, half of it.

    Raises:
        ConfigError: *at* is outside the recording.
    """
    if at is not None and not recording.start <= at <= recording.end:
        first, last = map(time_text.iso_seconds, (recording.start, recording.end))
        raise ConfigError(f"--at: expected a time within the recording, {first} to {last}")
    begin = recording.start + min(HISTORY, (recording.end - recording.start) // 2)
    return ReplayClock(begin if at is None else at, round(time.time() * 1000), speed)
