"""The process that sends may be killed at any moment, and the lease may move: nothing is lost, no double unmarked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
from pathlib import Path
from tests.support.killed_sender import kill_senders
outcome = kill_senders(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
faults = {name: getattr(outcome, name) for name in ("lost", "unmarked_doubles", "unkept", "early_ends")}
repeated = sum(receipt.repeated for receipt in outcome.receipts)
print(json.dumps(outcome._asdict() | {"faults": faults, "repeated": repeated}))
"""
KILLS, SEED = 30, 18


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has neither fork nor SIGKILL")
def test_of_processes_killed_at_random_moments_nothing_is_lost_and_no_double_is_unmarked(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(KILLS), str(SEED)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    outcome = json.loads(result.stdout)
    assert outcome["faults"] == {"lost": [], "unmarked_doubles": [], "unkept": [], "early_ends": []}
    # Each event follows the one before: none was committed without its state, or with it and not kept.
    first = outcome["demanded"][0][1]
    assert [at for _, at in outcome["demanded"]] == list(range(first, first + len(outcome["demanded"])))
    assert outcome["killed"] >= KILLS / 2
    assert outcome["displaced"] > 0
    assert len(outcome["demanded"]) > 40
    # Each process was between sending and noting it with two deliveries at most.
    assert outcome["repeated"] <= 2 * KILLS
