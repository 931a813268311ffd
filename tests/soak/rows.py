"""What stands in a data folder, read without the store's own way of leaving things out."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tracker.core.ticks import Ticks
from tracker.stores.csv.rows import parse_rows, whole_lines

PATIENCE = 30.0  # s; generous, for a machine that is busy


def on_disk(folder: Path) -> Counter[tuple[str, int, int]]:
    """(market's folder, time in ms, interval) of every row; a torn or malformed line is an error."""
    found: Counter[tuple[str, int, int]] = Counter()
    for file in sorted(folder.glob("*/*/**/*.csv")):
        ticks, malformed = parse_rows([whole_lines(file.read_bytes())])
        assert malformed == [[]], f"{file}: torn or mixed lines at {malformed}"
        found.update(keys(str(file.relative_to(folder).parts[1]), ticks))
    return found


def keys(market: str, ticks: Ticks) -> list[tuple[str, int, int]]:
    """One key for each row of *ticks*; a candle's interval tells it from a polled row of the same time."""
    return [(market, time, gap) for time, gap in zip(ticks.time.tolist(), ticks.interval.tolist(), strict=True)]


def doubled(rows: Counter[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Slots with more than one row."""
    return [key for key, count in rows.items() if count > 1]


def wait_for(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
    """Look at what other processes do until *condition* holds; how long that took (s)."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, f"{what}: not within {patience:g} s"
        time.sleep(0.005)
    return time.monotonic() - began
