"""The rows in a data folder, read without the checks by which the store skips some."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tracker.core.ticks import Ticks
from tracker.stores.csv.layout import is_candle_file
from tracker.stores.csv.rows import parse_rows, whole_lines

PATIENCE = 30.0  # s; long, for a busy machine


def on_disk(folder: Path) -> Counter[tuple[str, int, int]]:
    """Count (market's folder, time in ms, interval) of every row; raise AssertionError for a torn or malformed line."""
    rows: Counter[tuple[str, int, int]] = Counter()
    for file in sorted(file for file in folder.glob("*/*/**/*.csv") if not is_candle_file(file.name)):
        ticks, malformed = parse_rows([whole_lines(file.read_bytes())])
        assert malformed == [[]], f"{file}: torn or mixed lines at {malformed}"
        rows.update(keys(str(file.relative_to(folder).parts[1]), ticks))
    return rows


def keys(market: str, ticks: Ticks) -> list[tuple[str, int, int]]:
    """Return a key for each row of *ticks*; a candle and a polled row of the same time differ by their interval."""
    return [(market, time, gap) for time, gap in zip(ticks.time.tolist(), ticks.interval.tolist(), strict=True)]


def duplicates(rows: Counter[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return the slots with more than one row."""
    return [key for key, count in rows.items() if count > 1]


def wait_for(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
    """Wait until *condition*, which other processes fulfil, holds; return how long that took (s)."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, f"{what}: not within {patience:g} s"
        time.sleep(0.005)
    return time.monotonic() - began
