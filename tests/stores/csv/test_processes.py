"""Several processes on one folder: writers that are killed, and two that append at once."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.csv_files import (
    HOUR,
    NOW,
    one_row,
    poll_rows,
    reopened,
    rows_on_disk,
)
from tracker.stores.csv.listing import oldest_first

# Appends rows to two markets, every fifth time late ones, and prints the number of each append.
WRITER = """
import sys
from pathlib import Path
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
store = CsvStore(Path(sys.argv[1]), granularity=sys.argv[3])
USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
first = int(sys.argv[2])
for n in range(first, first + 100_000):
    time = 1795446000000 + n * 1000 - (7_200_000 if n % 5 == 0 else 0)
    store.append({market: Ticks.of([time] * 30, [n + 1.0] * 30, range(1, 31)) for market in (USD, EUR)})
    print(n, flush=True)
"""


def test_a_killed_writer_leaves_every_acknowledged_row_complete_and_once(store):
    reader = reopened(store)
    _, cursor = reader.poll(None)
    acknowledged, first, seen = [], 0, Counter()
    for lines_to_await in (1, 7, 40):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.folder), str(first), store.granularity],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        acknowledged += [int(process.stdout.readline()) for _ in range(lines_to_await)]
        process.kill()
        acknowledged += [int(line) for line in process.communicate()[0].split("\n")[:-1]]
        new_rows, cursor = poll_rows(reader, cursor)
        seen += new_rows
        first = acknowledged[-1] + 2  # the next append may be half written
    store.append(one_row(NOW - 99 * HOUR, 0.5))
    seen += poll_rows(reader, cursor)[0]
    rows = rows_on_disk(store.folder)
    assert set(rows.values()) == {1}
    assert seen == rows
    for market in ("btcusd", "btceur"):
        stored = Counter(row[2] for row in rows if row[0] == market)
        assert {number for number in acknowledged if stored[number + 1.0] != 30} == set()


def test_two_processes_that_append_at_once_never_mix_their_lines(store):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER.replace("100_000", "60"), str(store.folder), first, store.granularity],
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )
        for first in ("0", "1000")
    ]
    assert [process.wait() for process in writers] == [0, 0]
    rows = rows_on_disk(store.folder)
    assert sum(rows.values()) == 2 * 60 * 2 * 30
    assert set(rows.values()) == {1}
    assert list(oldest_first(store.folder / "kraken/btcusd"))
