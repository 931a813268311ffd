"""Alert services on a folder, each as in a process of its own."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.alert_messages import EUR, EVERY, KeptMessages, alert_settings, compose, rule
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.messages.message import Message
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.service import AlertService
from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.states.status_document import published
from tracker.coordination.file import FileCoordination
from tracker.core.market_status import Status
from tracker.core.ticks import Ticks
from tracker.runtime.clock import WallClock
from tracker.stores.csv import open_store


class PrintedMessages(KeptMessages):
    """Channels that print what they get, one line for each delivery; ``hang`` takes it and never answers."""

    def send(self, name: str, message: Message) -> Outcome:
        for line in message.lines:
            print(line, flush=True)
        if name == "hang":
            threading.Event().wait()
        return Outcome(True, "printed")


def make_alerts(
    folder: Path, *rules: dict[str, Any], label: str = "test", channels: KeptMessages | None = None, **more: Any
) -> AlertService:
    """Return a service, not started yet, that watches *rules* over the store in *folder*/data."""
    dependencies = Dependencies(
        open_store("data", base=folder, known=()),
        folder / "data",
        FileCoordination(folder / "data", label),
        WallClock(),
        Status,
        lambda watched: PrintedMessages() if channels is None else channels,
        lambda watched: compose,
    )
    return AlertService(alert_settings(*rules, **more), dependencies)


@pytest.fixture
def store_row(tmp_path: Path) -> Callable[[float], None]:
    """Store a live row of now."""
    store, last = open_store("data", base=tmp_path, known=()), [0]

    def append(price: float) -> None:
        last[0] = max(last[0] + 1, time.time_ns() // 1_000_000)
        store.append({EUR: Ticks.of([last[0]], [price], EVERY)})

    return append


def shown(folder: Path) -> AlertStatus | None:
    """Return what is published by the process that watches."""
    return published(FileCoordination(folder / "data"))


def main() -> None:
    """Watch over the folder that the first argument names, until the process is killed; see ``contend``."""
    service = make_alerts(Path(sys.argv[1]), rule(notify=[sys.argv[2]]), label="child")
    service.start()
    while True:
        time.sleep(0.01)  # a signal just before one long sleep would be handled at its end only


if __name__ == "__main__":
    main()
