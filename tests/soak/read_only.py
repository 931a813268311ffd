"""A folder whose rights are taken away under a collector at work: told, harmless, and over when they are back."""

import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

from tests.soak.contender import MARKETS, make_service
from tests.soak.rows import doubled, on_disk, wait_for
from tracker.stores.csv import CsvStore

EVERY = 100  # ms
NOBODY = 65_534  # root may write anywhere, so somebody else has to collect


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Take the right to write away and give it back, *size* times."""
    data = folder / "data"
    data.mkdir(parents=True)
    for place in (data, folder, *folder.parents):
        if place.stat().st_uid == os.getuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    if os.getuid() == 0:
        os.chown(data, NOBODY, NOBODY)
    pid, said = _collect(data)
    try:
        wait_for(lambda: CsvStore(data, MARKETS).markets() == MARKETS, "it collects both")
        for _ in range(size):
            before = on_disk(data)
            _allow(data, False)
            wait_for(lambda: "Permission denied" in said(), "that it cannot write is told")
            assert CsvStore(data, MARKETS).markets() == MARKETS, "and what is there can be read"
            _allow(data, True)
            wait_for(lambda: said() == "", "that it can again is told")
            count = sum(before.values())
            wait_for(lambda n=count: sum(on_disk(data).values()) > n + 4, "new rows come")
            assert before.keys() <= on_disk(data).keys()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _allow(data, True)
    assert not doubled(on_disk(data))
    return {"rights taken away": size, "older rows lost": 0, "doubled": 0, "rows": sum(on_disk(data).values())}


def _allow(data: Path, may: bool) -> None:
    for place in [data, *data.rglob("*")]:
        folder_right = 0o555 if place.is_dir() else 0o444
        place.chmod(folder_right | (0o200 if may else 0))


def _collect(data: Path):
    """A process of nobody's that collects into *data*; its pid, and what it last said of the store."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            runner = make_service(data, EVERY)
            runner.start()
            last = None
            while True:
                problem = runner.status().store_problem
                if problem != last:
                    last = problem
                    os.write(writing, f"{problem}\n".encode())
                time.sleep(0.02)
        finally:
            os._exit(1)
    os.close(writing)
    os.set_blocking(reading, False)
    heard = [""]

    def said() -> str:
        with suppress(BlockingIOError):
            heard.extend(os.read(reading, 65_536).decode().splitlines())
        return heard[-1]

    return pid, said
