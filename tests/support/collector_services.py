"""Collector services with an idle collector, and waiting for what they do in their threads."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.fakes import EUR
from tracker.collector.service import CollectorService
from tracker.collector.status import StatusBoard
from tracker.coordination.file import FileCoordination
from tracker.runtime.clock import WallClock

PATIENCE = 20.0  # s; generous, for a machine that is busy


def wait_for(condition: Callable[[], Any], description: str) -> None:
    """Wait until another thread or process makes *condition* true; fail with *description* after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{description}: not within {PATIENCE} s"
        time.sleep(0.01)


class IdleCollector:
    """A collector that only reports a live market."""

    def __init__(self, board: StatusBoard, may_write: Callable[[], bool]) -> None:
        self.board = board
        self.may_write = may_write

    async def run(self) -> None:
        self.board.mark_live([EUR], 1000)
        await asyncio.Event().wait()


def make_service(folder: Path, collector: Any = IdleCollector, label: str = "test", **options: Any) -> CollectorService:
    """A service, not started yet, that coordinates by files in *folder*."""
    board = StatusBoard({EUR: 10_000})
    outages = folder.parent / "outages.csv"
    return CollectorService(collector, FileCoordination(folder, label), board, outages, WallClock(), **options)
