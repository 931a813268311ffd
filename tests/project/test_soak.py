"""
Every scenario of ``make soak`` at a small size, each in a process of its own because they fork and kill.

The scenarios assert their invariants; the tests assert that they ended well and caused the fault.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.support.checkout import ROOT

pytestmark = pytest.mark.service

# Name, size, options, expected counts.
SHORT = [
    ("killed_writer", 60, [], {"killed": 60, "lost": 0, "torn": 0, "duplicates": 0}),
    ("killed_writer", 40, ["granularity=minute"], {"killed": 40, "lost": 0, "torn": 0, "duplicates": 0}),
    ("crowd", 12, [], {"processes": 20, "duplicates": 0}),
    ("takeover", 3, [], {"kills": 3, "lost": 0, "duplicates": 0}),
    ("small_disk", 1, [], {"full": 1, "removed": 1, "swapped": 1, "duplicates": 0}),
    ("read_only", 2, [], {"times read-only": 2, "older rows lost": 0, "duplicates": 0}),
    ("clocks", 4, [], {"clock set": 4, "sleeps backfilled": 4, "nights alike in every zone": 4, "duplicates": 0}),
    ("network", 1, [], {"faults": 15, "reported": 15, "duplicates": 0}),
    ("day_away", 3, [], {"hours away": 3, "duplicates": 0}),
    ("forked", 2, [], {"rounds": 6, "children that kept the lock": 0}),
    ("busy_kernel", 4, [], {"seconds busy": 4, "lost": 0, "duplicates": 0}),
]


@pytest.mark.parametrize(("name", "size", "options", "expected"), SHORT, ids=lambda value: str(value)[:20])
def test_the_invariants_hold(name, size, options, expected, tmp_path):
    if name == "small_disk" and os.getuid():
        pytest.skip("only root may mount a small disk")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.soak", name, str(size), "1", *options]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-4000:]
    counted = json.loads(result.stdout.splitlines()[-1])
    assert {what: counted[what] for what in expected} == expected


def test_every_scenario_is_tested():
    helpers = {"__init__", "__main__", "rows", "contender"}
    assert {path.stem for path in (ROOT / "tests" / "soak").glob("*.py")} - helpers == {name for name, *_ in SHORT}
