"""A public page is attacked in every known way: another viewer is at most 3 s late, and no slot is lost."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.support import chromium
from tests.support.browser import Viewer, viewer
from tests.support.bystanders import bystanders, memory, server_pid
from tests.support.hostile_crowd import LONG, SHORT, Attack, Bounds, Target, attackers
from tests.support.kernels import is_ready
from tests.support.page_server import kernels, page_of_a_day, wait_for
from tests.support.server_cost import peak_memory
from tracker.dashboard.server.access import choose_access

MAX_GROWTH = 150_000_000  # bytes of memory that the server may keep afterwards: caches, and what malloc does not return
MAX_FILES = 10  # that it may keep open afterwards; connections of the viewer's browser
MAX_LOG = 150_000, 4_000  # bytes for an attack, and for each second; those on websockets have a tighter bound
PATIENCE = 120.0  # s until all is as before; a kernel whose viewer left without a word ends after 45 s
SHORT_BOUNDS = Bounds(header=1, body=1, idle=1.5, write=1, connections=300)


@dataclass
class Counts:
    """What was sent, and what came of it."""

    attacks: int = 0
    sent: int = 0
    logged: int = 0  # bytes
    delays: list[int] = field(default_factory=list)  # ms; the longest of each attack


@dataclass(frozen=True)
class Page:
    """The page that is attacked, the token of its login, its data folder, and its healthy viewer."""

    target: Target
    token: str
    data: Path
    viewer: Viewer


def run(folder: Path, size: int, seed: int, attacks: str = "all") -> dict[str, object]:
    """Attack for *size* seconds in each way, then in all ways at once; *attacks*: ``all``, or ``some`` for a test."""
    is_short = attacks == "some"
    counts = Counts()
    with _page(folder, SHORT_BOUNDS if is_short else None, seed) as page:
        log, pid = page.target.log, server_pid(page.target.url)
        _wait_until_one_is_preheated(log)
        before, files = memory(pid), _open_files(pid)
        with attackers() as pool, peak_memory(pid) as peak:
            for at_once in SHORT if is_short else LONG:
                _wait_until_one_is_preheated(log)
                _attack(pool, at_once, page, size, counts)
        kept = _falls_to(before + MAX_GROWTH, lambda: memory(pid), "bytes of memory")
        _falls_to(files + MAX_FILES, lambda: _open_files(pid), "open files")
        _falls_to(2, lambda: len(kernels(log)), "kernels, of which the viewer has one and the next viewer one")
        assert page.viewer.kernel_id() in kernels(log)
        _check_the_log(log.read_text(), page.token)
    return {
        "attacks": counts.attacks,
        "sent": counts.sent,
        "longest delay (s)": max(counts.delays) / 1_000,
        "lost": 0,
        "memory at most (MB)": (max(peak) - before) // 1_000_000,
        "memory kept (MB)": (kept - before) // 1_000_000,
        "log (kB)": counts.logged // 1_000,
    }


@contextmanager
def _page(folder: Path, bounds: Bounds | None, seed: int) -> Iterator[Page]:
    """Serve a public page with *bounds*, None: those of the defaults, to a viewer whom nothing may reach."""
    folder.mkdir(parents=True)
    path = chromium.find()
    assert path is not None, chromium.how_to_install()
    access = choose_access("127.0.0.1", public=True)
    assert access.token is not None
    options = (*access.options, *(bounds.options if bounds else ()))
    with (
        page_of_a_day(folder, *options, **access.environment) as url,
        chromium.launched(path) as browser,
        viewer(browser, f"{url}?token={access.token}") as seen,
    ):
        seen.wait(lambda: len(seen.drawn("USD")) > 500, "the charts are drawn")
        seen.page.evaluate("window.same = true")
        cookies = requests.get(f"{url}tracker/room?token={access.token}", timeout=60).cookies
        assert cookies
        pairs = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
        target = Target(url, folder / "log", pairs, bounds or Bounds(), seed)
        yield Page(target, access.token, folder / "data", seen)
        assert seen.page.evaluate("window.same"), "the page was reloaded"
        assert seen.page.locator(".bt-disconnected").count() == 0
        assert seen.errors == []


def _attack(pool: ProcessPoolExecutor, attacks: Sequence[Attack], page: Page, seconds: float, counts: Counts) -> None:
    """Run *attacks* at once, while the viewer and the collector are watched."""
    names = ", ".join(attack.__name__ for attack in attacks)
    log, seen = page.target.log, page.viewer
    logged, began = log.stat().st_size, time.monotonic()
    try:
        with bystanders(seen, page.data) as watched:
            running: list[Future[int]] = [pool.submit(attack, page.target, seconds) for attack in attacks]
            while not all(each.done() for each in running):
                seen.page.wait_for_timeout(100)  # handles the browser's events
            sent = sum(each.result() for each in running)
    except Exception as error:
        raise AssertionError(f"{names}: {type(error).__name__}: {error}") from error
    logged = log.stat().st_size - logged
    counts.attacks += len(attacks)
    counts.sent += sent
    counts.logged += logged
    counts.delays.append(watched.longest_delay)
    passed = time.monotonic() - began
    assert logged <= MAX_LOG[0] + MAX_LOG[1] * passed, f"{names}: {logged} bytes in the log in {passed:.0f} s"


def _wait_until_one_is_preheated(log: Path) -> None:
    """Wait until no kernel is starting for the next viewer, which costs the machine more than most attacks."""
    wait_for(lambda: any(is_ready(log, kernel) for kernel in kernels(log)), "a kernel is preheated")


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _falls_to(most: int, measure: Callable[[], int], what: str) -> int:
    """Wait until *measure* returns at most as much; return it."""
    end = time.monotonic() + PATIENCE
    while (value := measure()) > most:
        assert time.monotonic() < end, f"{value} {what} are left after {PATIENCE:g} s, {most} are expected"
        time.sleep(0.2)
    return value


def _check_the_log(text: str, token: str) -> None:
    for word in ("Traceback", token, "\x1b"):
        start = text.find(word)
        assert start < 0, f"the log contains {word!r}: {text[max(0, start - 500) : start + 2_000]}"
