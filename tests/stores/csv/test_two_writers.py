"""Two writers that no lock keeps apart, as on some network folders: each row read was written by one of them."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, HOUR, NOW, USD, bucket_path, poll_rows, prices, rows_of
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.line_file import LineFile
from tracker.stores.csv import CsvStore
from tracker.stores.csv.rows import HEADER, format_rows

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3599).map(lambda second: NOW + 1000 * second) | st.integers(NOW, NOW + HOUR - 1),
        st.sampled_from([0.5, 3.0, 78120.05, 1e22, 7e-9]) | st.floats(1e-12, 1e15),
        st.sampled_from([10_000, 60_000, 250]),
        st.sampled_from(list(Origin)),
        st.sampled_from(["", "coinbase"]),
    ),
    min_size=1,
    max_size=4,
)
# By which of two writers, whether it knows how long the file is by now, and what it appends.
WRITES = st.lists(st.tuples(st.integers(0, 1), st.booleans(), ROWS), min_size=2, max_size=12)


def written_without_locks(writes):
    """
    Return the file that results from *writes*.

    On a network folder, each writer appends where it believes that the file ends: over the other one's lines.
    """
    data, ends = bytearray(), [0, 0]
    for writer, is_up_to_date, rows in writes:
        if is_up_to_date:
            ends[writer] = len(data)
        lines = format_rows(Ticks.of(*(list(column) for column in zip(*rows, strict=True))))
        lines = lines if ends[writer] else HEADER + lines
        data[ends[writer] : ends[writer] + len(lines)] = lines
        ends[writer] += len(lines)
    return bytes(data)


@settings(CASES, max_examples=500)
@given(WRITES)
def test_every_row_that_is_read_was_written_whole_by_one_of_two_writers(tmp_path_factory, writes):
    store = CsvStore(tmp_path_factory.mktemp("data"))
    _, cursor = store.poll(None)
    bucket = store.folder / bucket_path(store)
    bucket.parent.mkdir(parents=True)
    bucket.write_bytes(written_without_locks(writes))
    written = {row for _, _, rows in writes for row in rows}
    assert set(rows_of(store.read(USD, 0, 2 * NOW))) <= written
    assert {row[1:] for row in poll_rows(store, cursor)[0]} <= written


@pytest.mark.parametrize(
    "line",
    [
        b"446010,78123.4,10,live",  # the end of a row behind a shorter one
        b"5,78123.4,10,live",  # likewise, of 1795446010.5
        b"11795446010,78123.4,10,live",  # a row behind the first digit of another one
        b"1795446000.1795446010,78123.4,10,live",  # likewise, of 1795446000.5
        b"1795446010,7811795446020,78121.0,10,live",
        b"1795446010,781\x00\x00\x00\x0005,10,live",
    ],
)
@pytest.mark.parametrize("count", [1, 3000], ids=["line by line", "fast"])
@pytest.mark.parametrize("time", ["1795446001", "1795446001.5"])
def test_a_line_that_two_writers_made_is_skipped_and_counted(tmp_path, line, count, time):
    store = CsvStore(tmp_path)
    bucket = store.folder / bucket_path(store)
    bucket.parent.mkdir(parents=True)
    bucket.write_bytes(HEADER + f"{time},3.0,10,live\n".encode() * count + line + b"\n")
    assert prices(store) == [3.0]
    [problem] = store.problems()
    assert problem.count == 1


def test_a_row_in_the_file_of_another_hour_is_not_a_row_of_this_market(tmp_path):
    store = CsvStore(tmp_path)
    bucket = store.folder / bucket_path(store)
    bucket.parent.mkdir(parents=True)
    for seconds in (-1, 3600):
        bucket.write_bytes(HEADER + b"%d,3.0,10,live\n" % (NOW // 1000 + seconds))
        assert prices(store) == []
    for seconds in (0, 3599):
        bucket.write_bytes(HEADER + b"%d,3.0,10,live\n" % (NOW // 1000 + seconds))
        assert prices(store) == [3.0]


def test_an_append_that_another_writer_interrupted_is_a_failure_and_makes_no_row(tmp_path):
    store = CsvStore(tmp_path)
    store.append({USD: Ticks.of([NOW], [1.0], 10_000)})
    file = store.folder / bucket_path(store)
    with LineFile(file) as bucket:
        real = bucket._file

        class Interrupted:
            """Takes the first bytes of a write, after which another process writes the first bytes of its row."""

            def __getattr__(self, name):
                return getattr(real, name)

            def write(self, lines):
                written = real.write(lines[:12])
                with file.open("ab") as other:
                    other.write(b"17954")
                return written

        bucket._file = Interrupted()
        with pytest.raises(OSError, match="another process writes to this file"):
            bucket.append(b"1795446010,78120.05,10,live\n")
    assert prices(store) == [1.0]


# Appends 300 rows of its own without working locks, and prints how many were refused.
WRITER = """
import fcntl, sys
from pathlib import Path
fcntl.flock = lambda *args: None
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
store, number, refused = CsvStore(Path(sys.argv[1])), int(sys.argv[2]), 0
sys.stdin.readline()
for n in range(300):
    time = 1795446000000 + 10_000 * n + number
    try:
        store.append({Market("kraken", "BTC", "USD"): Ticks.of([time], [10.0 ** (n % 9) + number], 10_000)})
    except StoreError:
        refused += 1
print(refused)
"""


def test_two_processes_that_append_at_once_without_locks_make_no_row_that_neither_wrote(tmp_path):
    pytest.importorskip("fcntl", reason="locks of another kind here")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for number in (1, 2)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    refused = [int(process.communicate()[0]) for process in processes]
    assert max(refused) < 300
    written = {
        (NOW + 10_000 * n + number, 10.0 ** (n % 9) + number, 10_000, int(Origin.LIVE), "")
        for number in (1, 2)
        for n in range(300)
    }
    store = CsvStore(tmp_path)
    read = Counter(rows_of(store.read(USD, 0, 2 * NOW)))
    assert set(read) <= written
    assert sum(read.values()) > 300
