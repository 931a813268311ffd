"""A folder becomes read-only while a collector runs: reported, without loss, and over when it is writable."""

import os
import signal
import stat
import time
from contextlib import suppress
from pathlib import Path

from tests.soak.contender import MARKETS, make_service
from tests.soak.rows import duplicates, on_disk, wait_for
from tracker.stores.csv import CsvStore

EVERY = 100  # ms
NOBODY = 65_534  # user id; root may write anywhere, so another user has to collect


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Make the folder read-only and writable again, *size* times."""
    data = folder / "data"
    data.mkdir(parents=True)
    for place in (data, folder, *folder.parents):
        if place.stat().st_uid == os.getuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    if os.getuid() == 0:
        os.chown(data, NOBODY, NOBODY)
    pid, last_problem = _collect(data)
    try:
        wait_for(lambda: CsvStore(data, MARKETS).markets() == MARKETS, "it collects both markets")
        for _ in range(size):
            before = on_disk(data)
            _set_writable(data, False)
            wait_for(lambda: "Permission denied" in last_problem(), "the failure is reported")
            assert CsvStore(data, MARKETS).markets() == MARKETS, "stored rows can still be read"
            _set_writable(data, True)
            wait_for(lambda: last_problem() == "", "the recovery is reported")
            count = sum(before.values())
            wait_for(lambda n=count: sum(on_disk(data).values()) > n + 4, "new rows come")
            assert before.keys() <= on_disk(data).keys()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _set_writable(data, True)
    assert not duplicates(on_disk(data))
    return {"times read-only": size, "older rows lost": 0, "duplicates": 0, "rows": sum(on_disk(data).values())}


def _set_writable(data: Path, is_writable: bool) -> None:
    for place in [data, *data.rglob("*")]:
        base = 0o555 if place.is_dir() else 0o444
        place.chmod(base | (0o200 if is_writable else 0))


def _collect(data: Path):
    """Fork a collector without root's rights; return its pid, and a function with its last problem of the store."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            service = make_service(data, EVERY)
            service.start()
            last = None
            while True:
                problem = service.status().store_problem
                if problem != last:
                    last = problem
                    os.write(write_end, f"{problem}\n".encode())
                time.sleep(0.02)
        finally:
            os._exit(1)
    os.close(write_end)
    os.set_blocking(read_end, False)
    problems = [""]

    def last_problem() -> str:
        with suppress(BlockingIOError):
            problems.extend(os.read(read_end, 65_536).decode().splitlines())
        return problems[-1]

    return pid, last_problem
