"""Whoever keeps bars may be killed before and after each change of a file: bars stay those of the rows."""

import subprocess
import sys
from pathlib import Path

# Forks a process for each change that keeping makes to the disk, which kills itself before that change. An audit event
# comes before the change, so a kill before one is a kill after the one before.
SCRIPT = """
import os, shutil, signal, sys
from pathlib import Path
from tests.support.csv_files import HOUR, NOW, USD, bucket_path
from tests.support.kept_bars import CLOSED, assert_right, bar_files, fill, keep_all, kept, touch
from tracker.stores.csv import CsvStore

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
base = Path(sys.argv[1])
first = CsvStore(base / "first")
fill(first, hours=36)
if sys.argv[2] == "again":
    keep_all(first, NOW)  # a day's file and a month's
    path = first.folder / bucket_path(first, NOW - 30 * HOUR)
    path.write_text(path.read_text().replace(",10", ",90"))
    touch(path)
(work,) = kept(first).work(CLOSED)
killed = 0
while True:
    store = CsvStore(base / f"store{killed}")
    shutil.copytree(first.folder, store.folder, copy_function=shutil.copy2)
    if (child := os.fork()) == 0:
        left = killed
        def watch(event, args):
            global left
            if event in CHANGES or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wxa+")):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        kept(store).keep(work)
        os._exit(0)
    is_done = os.waitpid(child, 0)[1] == 0
    assert_right(store)
    keep_all(store)
    assert_right(store)
    assert kept(store).work(CLOSED) == []
    assert [name for name in bar_files(store) if not name.startswith(".")] == ["2026-11.arrow"]
    if is_done:
        break
    killed += 1
print(killed)
"""


def kills(folder, scenario):
    """Return before how many changes the process was killed, with all well afterwards."""
    command = [sys.executable, "-c", SCRIPT, str(folder), scenario]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False)
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def test_bars_kept_for_the_first_time(tmp_path):
    assert kills(tmp_path, "first") >= 5  # three folders, a temporary file, its new name


def test_bars_kept_anew_after_a_bucket_changed(tmp_path):
    assert kills(tmp_path, "again") >= 3  # a temporary file, its new name, the removal of the day's file
