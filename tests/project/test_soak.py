"""
Every scenario of ``make soak`` in its short form, each in a process of its own: they fork, and kill.

What the law is stands in the scenarios; here it is enough that they end well and have really done something.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[2]
# Name, size, options: what must have been counted.
SHORT = [
    ("killed_writer", 60, [], {"killed": 60, "lost": 0, "torn": 0, "doubled": 0}),
    ("killed_writer", 40, ["granularity=minute"], {"killed": 40, "lost": 0, "torn": 0, "doubled": 0}),
    ("crowd", 12, [], {"processes": 20, "doubled": 0}),
    ("takeover", 3, [], {"kills": 3, "lost": 0, "doubled": 0}),
    ("small_disk", 1, [], {"full": 1, "removed": 1, "swapped": 1, "doubled": 0}),
    ("read_only", 2, [], {"rights taken away": 2, "older rows lost": 0, "doubled": 0}),
    ("clocks", 4, [], {"clock set": 4, "sleeps backfilled": 4, "nights alike in every zone": 4, "doubled": 0}),
    ("network", 1, [], {"faults": 15, "told in words": 15, "doubled": 0}),
    ("day_away", 3, [], {"hours away": 3, "doubled": 0}),
    ("forked", 2, [], {"rounds": 6, "children that kept the lock": 0}),
    ("busy_kernel", 4, [], {"seconds busy": 4, "lost": 0, "doubled": 0}),
]


@pytest.mark.parametrize(("name", "size", "options", "wanted"), SHORT, ids=lambda value: str(value)[:20])
def test_the_law_holds(name, size, options, wanted, tmp_path):
    if name == "small_disk" and os.getuid():
        pytest.skip("only root may mount a small disk")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.soak", name, str(size), "1", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    counted = json.loads(done.stdout.splitlines()[-1])
    assert {what: counted[what] for what in wanted} == wanted


def test_every_scenario_has_a_short_form():
    helpers = {"__init__", "__main__", "rows", "contender"}
    assert {path.stem for path in (ROOT / "tests" / "soak").glob("*.py")} - helpers == {name for name, *_ in SHORT}
