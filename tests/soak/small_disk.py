"""The disk gets full, or the folder is removed or replaced by another, while a collector runs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.soak.contender import MARKETS, make_service
from tests.soak.rows import duplicates, on_disk, wait_for
from tracker.collector.service import CollectorService
from tracker.history.follower import Follower
from tracker.runtime.clock import WallClock
from tracker.stores.csv import CsvStore

EVERY = 20  # ms; a half-full page of memory takes some more rows after the disk is full


@contextmanager
def disk(place: Path, kilobytes: int = 256) -> Iterator[Path]:
    """Mount a small tmpfs at *place*, which needs root."""
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def collecting(folder: Path) -> Iterator[CollectorService]:
    service = make_service(folder, EVERY)
    service.start()
    try:
        wait_for(lambda: _count(folder), "it collects")
        yield service
    finally:
        service.stop()


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Cause each fault *size* times."""
    counts = {"full": 0, "removed": 0, "swapped": 0}
    with disk(folder / "disk") as place, collecting(place / "data") as service:
        for _ in range(size):
            _full(place, service)
            counts["full"] += 1
        assert not duplicates(on_disk(place / "data"))
    with collecting(folder / "data") as service:
        for number in range(size):
            _removed(folder / "data", service)
            _swapped(folder, number, service)
            counts["removed"] += 1
            counts["swapped"] += 1
    for place in [folder / "data", *folder.glob("before-*")]:
        assert not duplicates(on_disk(place)), place
    return {**counts, "older rows lost": 0, "duplicates": 0}


def _count(folder: Path) -> int:
    return sum(on_disk(folder).values())


def _full(place: Path, service: CollectorService) -> None:
    data, ballast = place / "data", place / "ballast"
    before = on_disk(data)
    free = os.statvfs(place)
    with ballast.open("wb", buffering=0) as file:
        while free.f_bavail:
            file.write(b"x" * free.f_bsize * free.f_bavail)
            free = os.statvfs(place)
    wait_for(lambda: "No space left" in service.status().store_problem, "the full disk is reported")
    ballast.unlink()
    wait_for(lambda: not service.status().store_problem, "it collects again")
    wait_for(lambda: _count(data) > sum(before.values()) + 4, "new rows arrive")
    assert before.keys() <= on_disk(data).keys()


def _removed(data: Path, service: CollectorService) -> None:
    shutil.rmtree(data, ignore_errors=True)
    wait_for(lambda: data.exists() and _count(data) > 4, "rows are in a new folder")
    wait_for(lambda: service.is_leader, "it leads")


def _swapped(folder: Path, number: int, service: CollectorService) -> None:
    """Replace the folder by another one with its own past, while a page follows."""
    data, other, before = folder / "data", folder / f"other-{number}", folder / f"before-{number}"
    page = Follower(CsvStore(data, MARKETS), MARKETS, WallClock())
    page.load(3_600_000)
    shutil.copytree(data, other, ignore=shutil.ignore_patterns(".*"))
    data.rename(before)
    other.rename(data)
    count = _count(data)
    wait_for(lambda: _count(data) > count + 4, "rows are in the other folder")
    wait_for(lambda: service.is_leader, "it leads")
    times = _times(data)
    page.refresh()
    shown = set(page.window(MARKETS[0], 3_600_000).ticks.time.tolist())
    assert times <= shown, "a row of the new folder is missing on the page"
    assert shown <= _times(data) | _times(before), "the page shows a row that is in neither folder"


def _times(data: Path) -> set[int]:
    return {time for market, time, _ in on_disk(data) if market == MARKETS[0].slug}
