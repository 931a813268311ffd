"""Downgrade: an older release, taken from git, reads what this one writes, and the two never collect at once."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.older_release import command_of
from tests.upgrade.test_older_folder import USD, all_rows, rows_of
from tracker.collector import former_notes
from tracker.collector.status import encode
from tracker.coordination import open_coordination
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store

pytestmark = pytest.mark.checkout

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
PAXG = Market("kraken", "PAXG", "USD")

READ = """
import json, sys
from pathlib import Path
from tracker.market import Market, Origin, Ticks, source_name
from tracker.outages import read
from tracker.stores.csv_buckets import open_store

rows_by_folder = []
for folder in map(Path, sys.argv[1:]):
    store = open_store(str(folder), base=folder, known=())
    rows = {}
    for market in store.markets():
        ticks = store.read(market, 0, 2**53)
        columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.source)
        rows[str(market)] = [
            [time, price, interval, Origin(origin).name.lower(), source_name(source)]
            for time, price, interval, origin, source in zip(*(column.tolist() for column in columns))
        ]
    rows_by_folder.append(rows)
    store.append({Market("kraken", "BTC", "USD"): Ticks.of([1795453200000], [3.5], 10000)})
    store.close()
print(json.dumps(rows_by_folder))
"""
HOLD = """
import sys
from pathlib import Path
from tracker.leases.lock_file import open_lease
from tracker.locks import locked
import threading

lease = open_lease(Path(sys.argv[1]), "older")
print(lease.try_acquire("collect"), flush=True)
for line in sys.stdin:
    if line == "write\\n":
        with locked(Path(sys.argv[1]) / ".append-lock", threading.Lock(), 5.0):
            print("writing", flush=True)
            sys.stdin.readline()
        print("written", flush=True)
    elif line == "try\\n":
        print(lease.try_acquire("collect"), flush=True)
"""


def write_batches(folder, granularity, batches):
    store = open_store(str(folder), base=folder, known=(), granularity=granularity)
    for batch in batches:
        store.append(batch)
    store.close()
    return folder


def test_an_older_release_reads_every_row_of_this_one_and_this_one_its_rows(older, tmp_path):
    own_rows = Ticks.of([NOW + 10_000 * slot for slot in range(400)], [70_000.1 + slot for slot in range(400)], 10_000)
    past = [
        Ticks.of([NOW - 60_000 * slot - 1_500], [69_000.25 + slot], 60_000, origin)
        for slot, origin in enumerate(Origin)
    ]
    stand_in_row = Ticks.of([NOW + 4_000_500], [70_444.0], 10_000, Origin.LIVE, "coinbase")
    first = [{USD: own_rows}, *({USD: ticks} for ticks in past), {PAXG: own_rows[:3]}]
    folders = [
        write_batches(tmp_path / "format-1", "hour", first),
        write_batches(tmp_path / "format-2-hour", "hour", [*first, {USD: stand_in_row}]),
        write_batches(tmp_path / "format-2-minute", "minute", [*first, {USD: stand_in_row}]),
    ]
    assert [(folder / "FORMAT").read_text() for folder in folders] == ["1\n", "2\n", "2\n"]
    rows = [
        {market: list(map(list, market_rows)) for market, market_rows in all_rows(folder).items()} for folder in folders
    ]
    assert len(rows[1][str(USD)]) == 400 + len(Origin) + 1
    done = subprocess.run(**command_of(older, READ, *folders), check=True, timeout=60)
    assert json.loads(done.stdout) == rows
    added = Ticks.of([1_795_453_200_000], [3.5], 10_000)
    for folder in folders:  # this release reads what the older one added
        assert rows_of(added)[0] in all_rows(folder)[str(USD)]


@contextmanager
def older_process(older, folder):
    """Run the older release, which tries to acquire the lease of *folder*; yield a function that sends it a command."""
    process = subprocess.Popen(**command_of(older, HOLD, folder), stdin=subprocess.PIPE)

    def send(command=None):
        if command is not None:
            process.stdin.write(f"{command}\n")
            process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        yield send
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def coordination_of(folder):
    """Open the coordination under which this release collects into *folder*."""
    return open_coordination(f"file:{folder}", base=folder, label="newer")


def test_an_older_and_this_release_never_hold_the_lease_at_once(older, tmp_path):
    newer = coordination_of(tmp_path)
    with older_process(older, tmp_path) as send:
        assert send() == "True"
        assert not newer.try_acquire("collect")
        assert newer.holder("collect").startswith("older (pid ")
    assert newer.try_acquire("collect"), "the older one has ended"
    with older_process(older, tmp_path) as send:
        assert send() == "False"
        newer.release("collect")
        assert send("try") == "True"


def test_an_older_and_this_release_never_write_at_once(older, tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.stores.csv.store._LOCK_WAIT", 0.05)
    store = open_store(str(tmp_path), base=tmp_path, known=())
    row = {USD: Ticks.of([NOW], [1.0], 10_000)}
    with older_process(older, tmp_path) as send:
        send()
        assert send("write") == "writing"
        with pytest.raises(StoreError, match="another process has been writing"):
            store.append(row)
        assert send("end") == "written"
        store.append(row)
    assert len(all_rows(tmp_path)[str(USD)]) == 1


STATUS = """
import json, sys
from pathlib import Path
from tracker.leases.lock_file import open_lease
from tracker.market import Market
from tracker.runner import Runner
from tracker.status import Board

folder = Path(sys.argv[1])
board = Board({Market("kraken", "BTC", "USD"): 10_000})
runner = Runner(None, open_lease(folder, "older"), board, folder / ".status-collect.json")
status = runner.status()
print(json.dumps([status.collector, status.store_problem, [market.state for market in status.markets.values()]]))
"""


def test_an_older_page_names_this_release_as_the_collector_and_reports_no_problem(older, tmp_path):
    """With its own status file left in place, it would report that the collector cannot write."""
    shutil.copy(Path(__file__).parent / "status-format-1.json", tmp_path / former_notes.STATUS)
    os.utime(tmp_path / former_notes.STATUS, (5, 5))
    newer = coordination_of(tmp_path)
    assert newer.try_acquire("collect")
    before = json.loads(subprocess.run(**command_of(older, STATUS, tmp_path), check=True, timeout=60).stdout)
    assert "has written nothing" in before[1]
    former_notes.FormerNotes(tmp_path, lambda since: None).take_over()
    newer.publish("status", encode(Status(collector=newer.holder("collect"))))
    after = json.loads(subprocess.run(**command_of(older, STATUS, tmp_path), check=True, timeout=60).stdout)
    assert after == [f"newer (pid {os.getpid()})", "", ["waiting"]]
    newer.close()
