"""
All attacks on a page that needs a login: by strangers, and by a viewer who is logged in.

Each takes a target and how many seconds it lasts, fails if the server does not hold what it promises, and returns how
much it sent: requests, connections or frames. They can run in a process of their own, see ``attackers``.
"""

import itertools
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support import hostile_http, hostile_websockets
from tests.support.hostile_login import guess, most_looked_at
from tests.support.hostile_page import Page
from tests.support.hostile_starts import open_and_leave

SLACK = 4.0  # s; all attacks at once keep each other waiting, too
_PROCESSES = 4
_COSTS = ("growth", "peak", "log", "load")


class Bounds(NamedTuple):
    """The server's bounds of connections, by default its defaults; times in seconds."""

    header: float = 10.0
    body: float = 10.0
    idle: float = 30.0
    write: float = 30.0
    connections: int = 1_000

    @property
    def options(self) -> tuple[str, ...]:
        """Return the server's options."""
        times = (f"--HttpLimits.{name}_timeout={getattr(self, name)}" for name in ("header", "body", "idle", "write"))
        return (*times, f"--HttpLimits.max_connections={self.connections}")


@dataclass(frozen=True)
class Target:
    """The page at *url*, whose server writes *log*; *cookies* are those of a viewer who is logged in."""

    url: str
    log: Path
    cookies: str
    bounds: Bounds
    seed: int  # of what is random


Attack = Callable[[Target, float], int]


def attackers() -> ProcessPoolExecutor:
    """Return a pool of processes that leave the processor to others, since attackers have machines of their own."""
    return ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    os.nice(10)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def held_connections(target: Target, _: float) -> int:
    """Hold headers, bodies, idle connections and unread answers until the server has given up all of them."""
    return _hold(target, SLACK)


def _hold(target: Target, late: float) -> int:
    """Hold connections, of which each may be given up as many seconds *late*."""
    url, bounds = target.url, target.bounds
    enough = max(bounds[:4]) + late + SLACK
    with ThreadPoolExecutor() as pool:
        held = (
            pool.submit(hostile_http.park_bodies, url, enough, bounds.body + late),
            pool.submit(hostile_http.hold_headers, url, enough, bounds.header + late),
            pool.submit(hostile_http.stay_idle, url, enough, bounds.idle + late),
            pool.submit(hostile_http.leave_unread, url, enough),
        )
        return sum(each.result().total() for each in held)


def pipelined_requests(target: Target, seconds: float) -> int:
    """Send many requests at once on each of many connections."""
    return hostile_http.pipeline(target.url, seconds, count=50).total()


def crowd(target: Target, seconds: float) -> int:
    """Open more connections than the server keeps."""
    most = target.bounds.connections
    return hostile_http.crowd(target.url, seconds, most=most, count=most + most // 5).total()


def odd_requests(target: Target, seconds: float) -> int:
    """Send requests that no browser sends."""
    return hostile_http.ask_oddly(target.url, seconds, target.seed, for_pages=True).total()


def guesses(target: Target, seconds: float) -> int:
    """Guess the page's token."""
    guessed = guess(target.url, seconds)
    assert set(guessed.statuses) <= {200, 302, 401, 403, 429}, guessed.statuses
    assert guessed.looked_at <= most_looked_at(seconds + SLACK), guessed.statuses
    return guessed.statuses.total()


def abandoned_pages(target: Target, seconds: float) -> int:
    """Open pages, and leave them at once; no more kernels than two start at a time."""
    storm = open_and_leave(target.url, target.log, seconds, cookies=target.cookies)
    assert storm.most_starting <= 2, storm
    return storm.opened


def abandoned_pages_among_others(target: Target, seconds: float) -> int:
    """Open pages, and leave them at once, while others stay; nothing tells from outside which kernels are starting."""
    return open_and_leave(target.url, target.log, seconds, cookies=target.cookies).opened


@dataclass(frozen=True)
class WebsocketAttack:
    """An attack on websockets of a page of one's own."""

    how: hostile_websockets.Attack

    @property
    def __name__(self) -> str:
        """The name of what is done."""
        return self.how.__name__

    def __call__(self, target: Target, seconds: float) -> int:
        """Attack from a new page, which is ended; fail if that costs the server more than it may."""
        page = Page(target.url, target.cookies)
        done = hostile_websockets.attack(page, self.how, seconds, target.log)
        page.end()
        return sum(count for what, count in done.items() if what not in _COSTS)


def websockets(target: Target, seconds: float) -> int:
    """Attack from three pages at once, each in all ways in turn; what it costs is not counted."""
    end = time.monotonic() + seconds

    def attack_from_a_page(first: int) -> int:
        sent = 0
        for how in itertools.islice(itertools.cycle(hostile_websockets.ATTACKS), first, None, 3):
            if time.monotonic() > end:
                return sent
            with Page(target.url, target.cookies) as page:
                how(page, min(3.0, seconds))
            page.end()
            sent += page.done.total()
        raise AssertionError

    with ThreadPoolExecutor() as pool:
        return sum(pool.map(attack_from_a_page, range(3)))


def connections_and_requests(target: Target, seconds: float) -> int:
    """Attack HTTP in all ways at once."""
    with ThreadPoolExecutor() as pool:
        # Requests wait their turn while others come, and only then is a client idle, or slow to read.
        running = [pool.submit(_hold, target, SLACK + seconds)]
        running += [pool.submit(way, target, seconds) for way in (pipelined_requests, crowd, odd_requests)]
        return sum(each.result() for each in running)


def short_websockets(target: Target, _: float) -> int:
    """Run those attacks on websockets that a few seconds suffice for."""
    with ThreadPoolExecutor() as pool:
        pages = list(pool.map(lambda _: Page(target.url, target.cookies), hostile_websockets.SHORT))
    sent = 0
    for page, attacks in zip(pages, hostile_websockets.SHORT, strict=True):
        for how, seconds in attacks:
            hostile_websockets.attack(page, how, seconds, target.log)
        page.end()
        sent += page.done.total()
    return sent


# For a test of a few seconds.
SHORT: tuple[tuple[Attack, ...], ...] = ((short_websockets,), (connections_and_requests, guesses))
# Each alone, then all at once.
LONG: tuple[tuple[Attack, ...], ...] = (
    (held_connections,),
    (pipelined_requests,),
    (crowd,),
    (odd_requests,),
    (guesses,),
    (abandoned_pages,),
    *((WebsocketAttack(how),) for how in hostile_websockets.ATTACKS),
    (connections_and_requests, guesses, abandoned_pages_among_others, websockets),
)
