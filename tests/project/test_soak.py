"""
Every scenario of ``make soak`` at a small size, each in a process of its own because they fork and kill.

The scenarios assert their invariants; the tests assert that they ended well and caused the fault.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.soak import __main__ as soak
from tests.support import chromium
from tests.support.checkout import ROOT

pytestmark = pytest.mark.service

# Name, size, options, expected counts.
SHORT = [
    ("killed_writer", 60, [], {"killed": 60, "lost": 0, "torn": 0, "duplicates": 0}),
    ("killed_writer", 40, ["granularity=minute"], {"killed": 40, "lost": 0, "torn": 0, "duplicates": 0}),
    ("killed_sender", 12, [], {"killed": 9, "lease moved": 3, "lost": 0, "doubled unmarked": 0}),
    ("killed_watcher", 20, ["minutes=5"], {"lost": 0, "doubled unmarked": 0}),
    ("killed_watcher", 10, ["hours=1"], {"lost": 0, "doubled unmarked": 0}),
    ("crowd", 12, [], {"processes": 20, "duplicates": 0}),
    ("takeover", 3, [], {"kills": 3, "lost": 0, "duplicates": 0}),
    ("small_disk", 1, [], {"full": 1, "removed": 1, "swapped": 1, "duplicates": 0}),
    ("read_only", 2, [], {"times read-only": 2, "older rows lost": 0, "duplicates": 0}),
    ("clocks", 4, [], {"clock set": 4, "sleeps backfilled": 4, "nights alike in every zone": 4, "duplicates": 0}),
    ("network", 1, [], {"faults": 15, "reported": 15, "duplicates": 0}),
    ("day_away", 3, [], {"hours away": 3, "duplicates": 0}),
    ("forked", 2, [], {"rounds": 6, "children that kept the lock": 0}),
    ("busy_kernel", 4, [], {"seconds busy": 4, "lost": 0, "duplicates": 0}),
    ("hostile", 3, ["attacks=some"], {"attacks": 3, "lost": 0}),
    ("open_week", 1, ["used=some"], {"hours": 1, "controls": 2, "used": 1}),
]


def needs(name):
    return [
        *([pytest.mark.root] if name in soak.NEEDS_ROOT else []),
        *([pytest.mark.browser] if name in soak.NEEDS_BROWSER else []),
    ]


CASES = [pytest.param(*case, marks=needs(case[0])) for case in SHORT]


@pytest.mark.parametrize(("name", "size", "options", "expected"), CASES, ids=lambda value: str(value)[:20])
def test_the_invariants_hold(name, size, options, expected, tmp_path):
    if name in soak.NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    if name in soak.NEEDS_BROWSER and chromium.find() is None:
        pytest.skip(f"no Chromium; type: {chromium.how_to_install()}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.soak", name, str(size), "1", *options]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-4000:]
    counted = json.loads(result.stdout.splitlines()[-1])
    assert {what: counted[what] for what in expected} == expected


def test_every_scenario_is_tested():
    helpers = {"__init__", "__main__", "rows", "contender"}
    assert {path.stem for path in (ROOT / "tests" / "soak").glob("*.py")} - helpers == {name for name, *_ in SHORT}


@pytest.fixture
def verdicts(monkeypatch, tmp_path, capsys):
    """Run two scenarios that do nothing, the second of which needs nothing; return what is recorded of them."""

    def run(name):
        monkeypatch.setattr(soak, "REPORT", tmp_path / "SOAK.md")
        monkeypatch.setattr(soak, "LONG", ((name, 1, {}, 1), ("crowd", 1, {}, 1)))
        monkeypatch.setattr(soak, "run_scenario", lambda *_: {"lost": 0})
        assert soak.run_all() == 0
        printed = capsys.readouterr().out
        assert printed in (tmp_path / "SOAK.md").read_text()
        return [line.split(" | ")[-1].rstrip(" |") for line in printed.splitlines()]

    return run


@pytest.mark.parametrize(("user", "verdict"), [(1000, "not run (needs root)"), (0, "holds")])
def test_a_scenario_that_needs_root_is_recorded_as_not_run_for_others(monkeypatch, verdicts, user, verdict):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert verdicts("small_disk") == [verdict, "holds"]


@pytest.mark.parametrize(("path", "verdict"), [(None, "not run (needs Chromium)"), ("/bin/chromium", "holds")])
def test_a_scenario_that_needs_a_browser_is_recorded_as_not_run_without_one(monkeypatch, verdicts, path, verdict):
    monkeypatch.setattr(chromium, "find", lambda: path)
    assert verdicts("hostile") == [verdict, "holds"]
