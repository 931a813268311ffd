"""
Runs every scenario at length and writes benchmarks/SOAK.md: ``python -m tests.soak``. Needs Linux.

``python -m tests.soak NAME SIZE SEED [OPTION=VALUE]`` runs one and prints what it counted as JSON.
"""

import importlib
import json
import logging
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.support import chromium

REPORT = Path(__file__).parents[2] / "benchmarks" / "SOAK.md"
NEEDS_ROOT = {"small_disk"}  # it mounts a file system
NEEDS_BROWSER = {"hostile", "open_week"}
# Name, size, options, number of seeds.
LONG: tuple[tuple[str, int, dict[str, str], int], ...] = (
    ("killed_writer", 500, {}, 2),
    ("killed_writer", 500, {"granularity": "minute"}, 2),
    ("killed_sender", 500, {}, 1),
    ("killed_watcher", 500, {}, 1),
    ("crowd", 150, {}, 2),
    ("takeover", 40, {}, 1),
    ("small_disk", 10, {}, 1),
    ("read_only", 25, {}, 1),
    ("clocks", 40, {}, 2),
    ("network", 5, {}, 1),
    ("day_away", 24, {}, 1),
    ("forked", 30, {}, 1),
    ("busy_kernel", 10, {}, 1),
    ("hostile", 8, {}, 1),
    ("open_week", 168, {}, 1),
)


def run_scenario(name: str, size: int, seed: int, options: dict[str, str]) -> dict[str, object]:
    """Return what the scenario *name* counted. Raises its AssertionError."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        counted: dict[str, object] = importlib.import_module(f"tests.soak.{name}").run(
            Path(folder) / "data", size=size, seed=seed, **options
        )
    return counted


def _attempt(name: str, size: int, seed: int, options: dict[str, str]) -> tuple[dict[str, object], str]:
    """Return what the scenario counted, and whether its invariants hold."""
    if name in NEEDS_ROOT and os.geteuid() != 0:
        return {}, "not run (needs root)"
    if name in NEEDS_BROWSER and chromium.find() is None:
        return {}, "not run (needs Chromium)"
    try:
        return run_scenario(name, size, seed, options), "holds"
    except AssertionError as error:
        return {"broken": str(error)}, "**broken**"


def run_all() -> int:
    """Run all scenarios and return how many failed."""
    lines, failed = [], 0
    for name, size, options, seeds in LONG:
        for seed in range(1, seeds + 1):
            started_at = time.monotonic()
            counted, verdict = _attempt(name, size, seed, options)
            failed += "broken" in counted
            took = time.monotonic() - started_at
            counts = ", ".join(f"{what} {count}" for what, count in counted.items())
            doc = importlib.import_module(f"tests.soak.{name}").__doc__ or ""
            what = doc.strip().partition("\n\n")[0].replace("\n", " ")
            kind = "".join(f", {value}" for value in options.values())
            lines.append(f"| `{name}`{kind}, seed {seed} | {what} | {counts} | {took:.0f} s | {verdict} |")
            print(lines[-1], flush=True)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(
        "# Soak\n\nThe last run of `make soak`: faults around the tracker, caused on purpose.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}\n\n"
        "| scenario | fault | counted | took | invariants |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(lines)
        + "\n"
    )
    return failed


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    if len(sys.argv) == 1:
        sys.exit(min(run_all(), 1))
    scenario, amount, start, *more = sys.argv[1:]
    print(json.dumps(run_scenario(scenario, int(amount), int(start), dict(option.split("=") for option in more))))
