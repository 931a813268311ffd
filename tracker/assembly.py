"""Puts the collecting parts together as the settings say; the page and the command line both start here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracker.adapters import Lease, Store, load
from tracker.clock import Clock
from tracker.collector import Collector
from tracker.config import Settings
from tracker.fetch import HttpFetch
from tracker.keeper import Keeper
from tracker.runner import Runner
from tracker.status import Board
from tracker.wish import Wish

STATUS_FILE = ".status-collect.json"
SNAPSHOT_FILE = ".snapshot.html"


def lease_folder(settings: Settings, store: Store) -> Path:
    """Where leases and the published status live: the store's own folder, else ``data/`` beside the settings."""
    folder: Path = getattr(store, "folder", settings.base / "data")
    return folder


def make_runner(settings: Settings, store: Store, clock: Clock, label: str) -> Runner:
    """
    What collects as *settings* say, whenever it gets the lease; not started yet.

    *label* says what kind of process this is, for people: ``dashboard``.

    Raises:
        ConfigError: a market names an exchange that there is no adapter for, or asks more often than it allows.
    """
    settings.check_cadences()
    feeds = settings.feeds()
    fetch = HttpFetch()
    # Once for all terms: what an exchange allows, and a pause that it wants, do not begin anew with a term.
    sources = settings.sources(fetch, clock)

    def collector(board: Board, may_write: Callable[[], bool]) -> Collector:
        return Collector(
            feeds,
            sources,
            Keeper(store, board, may_write),
            clock,
            board,
            span=settings.span,
            retention=settings.retention,
            plausible=settings.plausible,
            wish=Wish(folder, {feed.market.exchange for feed in feeds}),
        )

    folder = lease_folder(settings, store)
    locks: Any = load("leases", "lock_file")
    lease: Lease = locks.open_lease(folder, label)
    return Runner(collector, lease, Board({feed.market: feed.interval for feed in feeds}), folder / STATUS_FILE)
